// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/request_rows.h"

#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

constexpr std::int64_t ms = 1'000'000;

live::Request request(live::RequestId id, std::int64_t arrival, std::optional<std::int64_t> end)
{
    live::Request r;
    r.id = id;
    r.streamed = true;
    r.seen = { arrival };
    r.arrival = Nanoseconds { arrival };
    r.read = Nanoseconds { arrival + ms };
    r.firstToken = Nanoseconds { arrival + 50 * ms };
    if (end) {
        r.end = Nanoseconds { *end };
        r.lastTokenEvent = r.end;
        r.ended = live::Ended::Complete;
    }
    return r;
}

live::RequestPtr shared(const live::Request& r)
{
    return std::make_shared<live::Request>(r);
}

struct Fixture {
    SpanLane lane { QStringLiteral("requests"), QStringLiteral("Requests"), {}, liveStages({ 100 }) };
    std::vector<live::Gap> all;
    RequestRows rows { lane, [this](live::RequestId) { return all; } };
};

std::vector<int> stagesOf(const SpanTrack& track)
{
    std::vector<int> stages;
    for (std::size_t i = 0; i < track.size(); ++i) {
        stages.push_back(track.at(i).stage);
    }
    return stages;
}

constexpr int number(LiveStage stage)
{
    return int(stage);
}

} // namespace

class TestRequestRows : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stagesFollowEachOtherWithoutHoles()
    {
        live::Request r = request(1, 0, 1'000 * ms);
        r.slowestGaps = { { { 200 * ms }, { 420 * ms }, 9 }, { { 600 * ms }, { 650 * ms }, 30 } };
        const auto parts = stageParts(r, r.slowestGaps, { 100 }, {});
        const LiveStage expected[] = { LiveStage::Read, LiveStage::FirstToken, LiveStage::Decode,
            LiveStage::Gap, LiveStage::Decode };
        QCOMPARE(parts.size(), std::size(expected));
        for (std::size_t i = 0; i < parts.size(); ++i) {
            QCOMPARE(int(parts[i].stage), int(expected[i]));
            QVERIFY(i == 0 || parts[i].begin == parts[i - 1].end);
        }
        QCOMPARE(parts[3].begin.value, 200 * ms);
        QCOMPARE(parts.back().end.value, 1'000 * ms);
    }

    /// It ran at the attach: what came before its first token event seen is not known, the rest is decode.
    void whatRanAtTheAttachIsNotKnownBefore()
    {
        live::Request r = request(1, 100 * ms, {});
        r.inProgress = true;
        r.streamed = false; // its header was sent before
        r.arrival.reset();
        r.read.reset();
        r.firstToken.reset();
        r.header = Nanoseconds { 90 * ms };
        const auto stages = [&r](std::int64_t now) {
            std::vector<int> all;
            for (const StagePart& part : stageParts(r, r.slowestGaps, { 100 }, { now })) {
                all.push_back(int(part.stage));
            }
            return all;
        };
        QCOMPARE(stages(130 * ms), std::vector<int> { number(LiveStage::NotKnown) });
        r.firstTokenEvent = r.lastTokenEvent = Nanoseconds { 150 * ms };
        r.tokenEvents = 1;
        QCOMPARE(
            stages(200 * ms), (std::vector<int> { number(LiveStage::NotKnown), number(LiveStage::Decode) }));
        r.seen = *r.firstTokenEvent;
        QCOMPARE(stages(200 * ms), std::vector<int> { number(LiveStage::Decode) });
        r.ended = live::Ended::Complete;
        r.end = Nanoseconds { 170 * ms };
        QCOMPARE(stages(200 * ms), std::vector<int> { number(LiveStage::Decode) });
    }

    /// A stream that stands still shows so while it does, not only once the next token has come.
    void aGapThatGoesOnIsShown()
    {
        live::Request r = request(1, 0, {});
        r.tokenEvents = 9;
        r.lastTokenEvent = Nanoseconds { 300 * ms };
        const auto before = stageParts(r, {}, { 100 }, { 390 * ms });
        QCOMPARE(int(before.back().stage), number(LiveStage::Decode));
        const auto parts = stageParts(r, {}, { 100 }, { 6'300 * ms });
        QCOMPARE(int(parts.back().stage), number(LiveStage::Gap));
        QCOMPARE(parts.back().begin.value, 300 * ms);
        QCOMPARE(parts.back().end.value, 6'300 * ms);
    }

    void queueAndPrefillStandApartWhereTheEngineTellsThem()
    {
        live::Request r = request(1, 0, 100 * ms);
        r.queued = Nanoseconds { 5 * ms };
        r.scheduled = Nanoseconds { 30 * ms };
        const auto parts = stageParts(r, {}, { 100 }, {});
        QCOMPARE(parts.size(), std::size_t(4));
        QCOMPARE(int(parts[1].stage), number(LiveStage::Queued)); // with the way to the engine
        QCOMPARE(parts[1].begin.value, 1 * ms);
        QCOMPARE(parts[1].end.value, 30 * ms);
        QCOMPARE(int(parts[2].stage), number(LiveStage::Prefill));
        QCOMPARE(parts[2].end.value, 50 * ms);
        // A time that cannot be: taken up before it was read, or begun after its first token.
        for (const std::int64_t odd : { std::int64_t(0), 60 * ms }) {
            r.scheduled = Nanoseconds { odd };
            QCOMPARE(int(stageParts(r, {}, { 100 }, {})[1].stage), number(LiveStage::FirstToken));
        }
        r.read.reset(); // nothing tells where its wait began
        r.scheduled = Nanoseconds { 30 * ms };
        for (const StagePart& part : stageParts(r, {}, { 100 }, {})) {
            QVERIFY(part.stage != LiveStage::Queued && part.stage != LiveStage::Prefill);
        }
    }

    void theLegendNamesTheQueueWhereItIsKnown()
    {
        const auto names = [](bool known) {
            QStringList all;
            for (const StageStyle& style : legendStages({ 100 }, known)) {
                all << style.name;
            }
            return all;
        };
        QVERIFY(!names(false).contains(QStringLiteral("queued")));
        QVERIFY(names(true).contains(QStringLiteral("queued")));
        QVERIFY(!names(true).contains(QStringLiteral("prefill"))); // it looks as "to first token" does
        QCOMPARE(liveStages({ 100 }).size(), std::size_t(LiveStage::NotKnown) + 1);
    }

    void whatIsNotKnownIsNotDrawnAsSomethingElse()
    {
        live::Request r = request(1, 0, {});
        r.firstToken.reset();
        auto parts = stageParts(r, {}, { 100 }, { 30 * ms }); // still waiting
        QCOMPARE(int(parts.back().stage), number(LiveStage::FirstToken));
        QCOMPARE(parts.back().end.value, 30 * ms);
        r.streamed = false; // a plain answer has no first token
        r.ended = live::Ended::Complete;
        r.end = Nanoseconds { 90 * ms };
        parts = stageParts(r, {}, { 100 }, {});
        QCOMPARE(int(parts.back().stage), number(LiveStage::Answer));
        r.arrival.reset(); // it ran at the attach
        r.read.reset();
        r.seen = { 40 * ms };
        parts = stageParts(r, {}, { 100 }, {});
        QCOMPARE(parts.size(), std::size_t(1));
        QCOMPARE(parts.front().begin.value, 40 * ms);
    }

    void whatWasLeftWhileItRanEndsWhereItWasLastSeen()
    {
        live::Request r = request(1, 0, {});
        r.lastTokenEvent = Nanoseconds { 80 * ms };
        r.ended = live::Ended::Detached;
        QCOMPARE(stageParts(r, {}, { 100 }, { 9'000 * ms }).back().end.value, 80 * ms);
    }

    void asManyRowsAsRunAtOnce()
    {
        Fixture f;
        f.rows.take({}, { shared(request(1, 0, {})), shared(request(2, 10 * ms, {})) }, { 100 * ms });
        QCOMPARE(f.lane.rows().size(), std::size_t(2));
        // The first ends; a third begins later and takes its row.
        f.rows.take({ shared(request(1, 0, 300 * ms)) },
            { shared(request(2, 10 * ms, {})), shared(request(3, 400 * ms, {})) }, { 500 * ms });
        QCOMPARE(f.lane.rows().size(), std::size_t(2));
        QCOMPARE(f.rows.rowOf(request(3, 400 * ms, {})).value(), 0);
        QCOMPARE(f.rows.rowOf(request(2, 10 * ms, {})).value(), 1);
        QCOMPARE(f.rows.rowOf(request(1, 0, 300 * ms)).value(), 0);
        QVERIFY(!f.rows.rowOf(request(9, 77 * ms, {})));
    }

    void whatRunsGrowsAndKeepsItsRow()
    {
        Fixture f;
        const live::RequestPtr running = shared(request(7, 0, {}));
        for (int frame = 1; frame < 50; ++frame) {
            f.rows.take({}, { running }, { frame * 33 * ms });
        }
        const SpanTrack& track = f.lane.rows()[0];
        QCOMPARE(stagesOf(track),
            (std::vector<int> {
                number(LiveStage::Read), number(LiveStage::FirstToken), number(LiveStage::Decode) }));
        QCOMPARE(track.extent().toNs, 49 * 33 * ms);
        f.rows.take({ shared(request(7, 0, 2'000 * ms)) }, {}, { 5'000 * ms });
        QCOMPARE(track.size(), std::size_t(3));
        QCOMPARE(track.extent().toNs, 2'000 * ms);
    }

    void moreGapsThanARequestKeepsAreAskedFor()
    {
        Fixture f;
        live::Request r = request(1, 0, 9'000 * ms);
        for (int i = 0; i < 16; ++i) {
            r.slowestGaps.push_back({ { (i * 300 + 100) * ms }, { (i * 300 + 250) * ms }, std::uint32_t(i) });
        }
        for (int i = 0; i < 20; ++i) {
            f.all.push_back({ { (i * 300 + 100) * ms }, { (i * 300 + 250) * ms }, std::uint32_t(i) });
        }
        f.rows.take({ shared(r) }, {}, { 9'000 * ms });
        const auto stages = stagesOf(f.lane.rows()[0]);
        QCOMPARE(std::count(stages.begin(), stages.end(), number(LiveStage::Gap)), std::ptrdiff_t(20));
    }

    void oldRequestsGoAndRowsWithThem()
    {
        Fixture f;
        std::vector<live::RequestPtr> ended;
        for (int i = 0; i < 10; ++i) {
            ended.push_back(shared(request(live::RequestId(i + 1), i * ms, 1'000 * ms)));
        }
        f.rows.take(ended, {}, { 1'000 * ms });
        QCOMPARE(f.lane.rows().size(), std::size_t(10));
        f.rows.dropBefore({ 2'000 * ms });
        QCOMPARE(f.lane.rows().size(), std::size_t(0));
        f.rows.take({ shared(request(20, 3'000 * ms, 3'100 * ms)) }, {}, { 4'000 * ms });
        QCOMPARE(f.lane.rows().size(), std::size_t(1));
    }

    void gapsComeFromTokenEventsAlone()
    {
        live::RequestEvents events;
        events.writes = { { { 0 }, 1, 0, 90 }, { { 500 * ms }, 1, 1, 90 }, { { 700 * ms }, 2, 2, 90 },
            { { 950 * ms }, 1, 0, 90 }, { { 960 * ms }, 1, 1, 90 } };
        const auto gaps = gapsOver(events, { 150 });
        QCOMPARE(gaps.size(), std::size_t(2));
        QCOMPARE(gaps[0].begin.value, 500 * ms);
        QCOMPARE(gaps[1].begin.value, 700 * ms); // [DONE] and usage are no tokens
        QCOMPARE(gaps[1].end.value, 960 * ms);
        QCOMPARE(gaps[1].token, std::uint32_t(4));
    }
};

QTEST_APPLESS_MAIN(TestRequestRows)
#include "tst_request_rows.moc"
