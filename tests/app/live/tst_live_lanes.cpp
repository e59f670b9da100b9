// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_lanes.h"
#include "tests/support/no_qt_warnings.h"

#include <QtTest>

#include <cmath>

using namespace prism;
using namespace prism::app;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1'000 * ms;

struct Fixture {
    TimelineModel model;
    LiveLanes lanes { model, {} };
    SeriesLane& series(const char* id)
    {
        return static_cast<SeriesLane&>(*model.lane(QString::fromLatin1(id)));
    }
};

/// `rows` buckets of 100 ms from `from`; TTFT p99 rises by a ms a bucket.
LiveLanes::Answer answer(std::int64_t from, int rows)
{
    LiveLanes::Answer a;
    live::SeriesColumns& c = a.columns;
    c.from = { from };
    c.step = { 100 * ms };
    c.window = { 2 * second };
    for (int i = 0; i < rows; ++i) {
        for (auto* column :
            { &c.inFlight, &c.inFlightMost, &c.tokenEventsPerSecond, &c.goodputPerSecond, &c.attainment,
                &c.ttftP50, &c.gapP50, &c.gapP99, &c.lagMax, &c.cpuCores, &c.runnableCores }) {
            column->push_back(double(i));
        }
        c.ttftP99.push_back(double((from + i * 100 * ms) / (100 * ms)));
        c.lost.push_back(0);
    }
    a.gaps = { { { from }, { { live::Sketch::cellOf(10), 5 } } } };
    return a;
}

live::LossGap loss(std::int64_t from, std::int64_t to, std::uint64_t dropped)
{
    live::LossGap gap;
    gap.from = { from };
    gap.to = { to };
    gap.dropped = dropped;
    gap.reason = wire::LossReason::RingFull;
    return gap;
}

} // namespace

class TestLiveLanes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aClockThatJumpedIsSaid()
    {
        Fixture f;
        live::Increment news;
        news.marks = std::vector<live::Mark> { { 7, { 2 * second }, {}, "mine" } };
        news.jumps = { { live::ClockJump::Suspend, { 4 * second }, { 60 * second } },
            { live::ClockJump::WallClock, { 5 * second }, { -10 * second } } };
        f.lanes.take(news, { 6 * second }, 1);
        const auto notes = f.model.notes();
        QCOMPARE(notes.size(), std::size_t(3));
        QCOMPARE(notes[0].text, QStringLiteral("mine"));
        QVERIFY(notes[1].text.contains(QStringLiteral("slept for 60")));
        QCOMPARE(notes[1].range.fromNs, 4 * second);
        QCOMPARE(notes[1].id, LiveLanes::ownNote);
        QVERIFY(notes[2].text.contains(QStringLiteral("set back by 10")));
        live::Increment more; // marks that change leave them
        more.marks = std::vector<live::Mark>();
        f.lanes.take(more, { 7 * second }, 1);
        QCOMPARE(f.model.notes().size(), std::size_t(2));
        f.lanes.clear();
        QVERIFY(f.model.notes().empty());
    }

    void aProcessThatIsStoppedIsSaid()
    {
        Fixture f;
        const auto told = [](std::int64_t at, std::uint32_t pid, wire::ProcessChange change) {
            live::Increment news;
            live::ProcessFact fact;
            fact.at = { at };
            fact.target = 1;
            fact.pid = pid;
            fact.change = change;
            news.processes = { fact };
            return news;
        };
        f.lanes.take(told(3 * second, 48, wire::ProcessChange::Stopped), { 3 * second }, 1);
        f.lanes.take(told(4 * second, 48, wire::ProcessChange::Stopped), { 4 * second }, 1);
        QCOMPARE(f.model.notes().size(), std::size_t(1));
        QCOMPARE(f.model.notes()[0].range.fromNs, 3 * second);
        QCOMPARE(f.model.notes()[0].id, LiveLanes::ownNote);
        f.lanes.take(told(9 * second, 48, wire::ProcessChange::Continued), { 9 * second }, 1);
        QCOMPARE(f.model.notes()[0].range.toNs, 9 * second);
        QVERIFY2(f.model.notes()[0].text.contains(QStringLiteral("48 was stopped for about 6")),
            qPrintable(f.model.notes()[0].text));
        f.lanes.clear();
        QVERIFY(f.model.notes().empty());
    }

    void onlyBucketsThatAreOverAreShown()
    {
        Fixture f;
        const Nanoseconds now { 10 * second + 50 * ms };
        const auto question = f.lanes.question({ 0, 10 * second }, now);
        QVERIFY(question && question->everything);
        QCOMPARE(question->step.value, 100 * ms);
        f.lanes.take(*question, answer(0, 101), now);
        const SeriesTrack& track = f.series("ttft").series()[1].track;
        QCOMPARE(track.size(), std::size_t(100));
        QCOMPARE(track.timeAt(99), 10 * second); // a bucket stands at its end
        LiveLanes::Answer late = answer(0, 101);
        late.columns.told = { 9 * second }; // the helper has not spoken since
        f.lanes.take(*question, late, now);
        QCOMPARE(track.size(), std::size_t(90));
    }

    void followingAsksForTheEndAloneAndReplacesIt()
    {
        Fixture f;
        Nanoseconds now { 10 * second };
        f.lanes.take(*f.lanes.question({ 0, 10 * second }, now), answer(0, 100), now);
        QVERIFY(!f.lanes.question({ 0, 10 * second }, { now.value + 50 * ms }));
        now = { 10 * second + 300 * ms };
        const auto more = f.lanes.question({ 300 * ms, 10 * second + 300 * ms }, now);
        QVERIFY(more && !more->everything);
        QVERIFY(more->from.value > 7 * second);
        const std::int64_t from = more->from.value / (100 * ms) * (100 * ms);
        f.lanes.take(*more, answer(from, int((now.value - from) / (100 * ms))), now);
        const SeriesTrack& track = f.series("ttft").series()[1].track;
        QCOMPARE(track.timeAt(track.size() - 1), now.value);
        for (std::size_t i = 1; i < track.size(); ++i) {
            QCOMPARE(track.timeAt(i) - track.timeAt(i - 1), 100 * ms); // no hole, nothing twice
            QCOMPARE(track.valueAt(i), double(track.timeAt(i) / (100 * ms) - 1));
        }
        // A step into the past, or another zoom, asks anew.
        QVERIFY(f.lanes.question({ -60 * second, -50 * second }, now)->everything);
        QVERIFY(f.lanes.question({ 0, 300 * second }, { 300 * second })->everything);
    }

    /// The parser is behind what else is told: what it reads belongs to columns that are drawn already.
    void whatIsReadLateIsAskedAnew()
    {
        Fixture f;
        const Nanoseconds now { 10 * second };
        const TimeRange view { 0, 10 * second };
        const auto request = [](live::RequestId id, std::int64_t from, std::int64_t to) {
            auto made = std::make_shared<live::Request>();
            made->id = id;
            made->seen = { from };
            made->end = { to };
            made->ended = live::Ended::Complete;
            return live::RequestPtr(made);
        };
        const auto asked = [&](const live::Increment& news) {
            f.lanes.take(*f.lanes.question(view, now), answer(0, 100), now);
            if (f.lanes.question(view, now)) {
                return std::optional<Nanoseconds>();
            }
            f.lanes.take(news, now, 1);
            const auto question = f.lanes.question(view, now);
            if (question) {
                f.lanes.take(*question, answer(question->from.value / (100 * ms) * (100 * ms), 10), now);
            }
            f.lanes.setLimits({}); // all is asked for again by the next
            return question && !question->everything ? std::optional(question->from) : std::nullopt;
        };
        live::Increment inTime;
        inTime.ended = { request(1, 2 * second, 9 * second) };
        QVERIFY(!asked(inTime));
        live::Increment late;
        late.ended = { request(2, 4 * second, 6 * second) };
        QVERIFY(asked(late) && *asked(late) <= Nanoseconds { 4 * second });
        live::Increment running; // told in each increment, and late once
        auto open = std::make_shared<live::Request>(*request(3, 5 * second, 6 * second));
        open->end.reset();
        open->ended = live::Ended::Running;
        running.running = { open };
        const auto first = asked(running);
        QVERIFY(first && *first <= Nanoseconds { 5 * second });
        QVERIFY(!asked(running));
    }

    /// What is in view was judged by the limits before: all of it is asked for again, not the end alone.
    void otherLimitsAskForEverythingAnew()
    {
        Fixture f;
        const Nanoseconds now { 10 * second };
        const TimeRange view { 0, 10 * second };
        f.lanes.take(*f.lanes.question(view, now), answer(0, 100), now);
        QVERIFY(!f.lanes.question(view, now));
        f.lanes.setLimits({ { findMetric("ttft"), Stat::percentile(99), 60 } });
        auto question = f.lanes.question(view, now);
        QVERIFY(question && question->everything);
        f.lanes.take(*question, answer(0, 100), now);
        live::Increment judged; // by then every request is
        judged.restarted = true;
        f.lanes.take(judged, now, 1);
        question = f.lanes.question(view, now);
        QVERIFY(question && question->everything);
    }

    void limitsAreDrawnAndBandsSaySince()
    {
        Fixture f;
        QVERIFY(f.model.lane(QStringLiteral("goodput"))->isHidden());
        f.lanes.setLimits({ { findMetric("ttft"), Stat::percentile(99), 60 },
            { findMetric("itl"), Stat::percentile(99), 250 } });
        QVERIFY(!f.model.lane(QStringLiteral("goodput"))->isHidden());
        QCOMPARE(f.lanes.gapLimit().value, 250.0);
        const Nanoseconds now { 10 * second };
        f.lanes.take(*f.lanes.question({ 0, 10 * second }, now), answer(0, 100), now);
        QCOMPARE(f.model.bands().size(), std::size_t(1));
        QCOMPARE(f.model.bands()[0].range, (TimeRange { 6'100 * ms, 10 * second }));
        QVERIFY(f.model.bands()[0].text.contains(QStringLiteral("TTFT p99 > 60.0")));
        QVERIFY(f.series("ttft").readings(std::nullopt).last().bad);
        f.lanes.setLimits({});
        QVERIFY(f.model.bands().empty());
        QVERIFY(!f.lanes.gapLimitIsSlo());
    }

    void lossesThatTouchAreOneGapWithOneNumber()
    {
        Fixture f;
        live::Increment increment;
        increment.losses = { loss(second, 2 * second, 300), loss(2 * second, 2 * second + 500 * ms, 12),
            loss(9 * second, 9 * second, 12) };
        f.lanes.take(increment, { 10 * second }, 1);
        QCOMPARE(f.model.gaps().size(), std::size_t(2));
        QCOMPARE(f.model.gaps()[1].text, QStringLiteral("12 event(s) lost"));
        QCOMPARE(f.model.gaps()[0].range, (TimeRange { second, 2 * second + 500 * ms }));
        QCOMPARE(f.model.gaps()[0].text, QStringLiteral("312 event(s) lost"));
        QCOMPARE(f.lanes.lostIn({ 0, 5 * second }), std::uint64_t(312));
        QCOMPARE(f.lanes.lostIn({ 3 * second, 5 * second }), std::uint64_t(0));
        // Only a prefix was copied, on purpose: nothing is missing.
        live::LossGap cut = loss(4 * second, 5 * second, 99);
        cut.reason = wire::LossReason::Truncated;
        increment.losses = { cut };
        f.lanes.take(increment, { 10 * second }, 1);
        QCOMPARE(f.model.gaps().size(), std::size_t(2));
    }

    void whatIsNotObservedIsHatchedUntilItIs()
    {
        Fixture f;
        live::Increment news;
        news.probes = { { { 3 * second }, 1, "tier 1", wire::ProbeState::Failed, 1, 0, "Switched off" } };
        news.losses = { loss(second, 2 * second, 7) };
        f.lanes.take(news, { 4 * second }, 1);
        QCOMPARE(f.model.gaps().size(), std::size_t(2));
        QCOMPARE(f.model.gaps()[1].range, (TimeRange { 3 * second, 4 * second }));
        QVERIFY(!f.model.gaps()[1].ofSampled); // what /proc and /metrics tell goes on
        f.lanes.take({}, { 6 * second }, 1);
        QCOMPARE(f.model.gaps()[1].range.toNs, 6 * second);
        news = {};
        news.probes = { { { 7 * second }, 1, "tier 1", wire::ProbeState::Ready, 1, 0, {} } };
        f.lanes.take(news, { 8 * second }, 1);
        f.lanes.take({}, { 9 * second }, 1);
        QCOMPARE(f.model.gaps()[1].range, (TimeRange { 3 * second, 7 * second }));
        QCOMPARE(f.lanes.lostIn({ 0, 10 * second }), 7u);
    }

    void threadsAreNotCountedWhileNobodyLooks()
    {
        Fixture f;
        live::Increment news;
        news.spans = { { { second }, { 2 * second }, 7, 1, 0, wire::ThreadState::Running, false } };
        f.lanes.take(news, { 2 * second }, 1);
        SpanLane* lane = f.lanes.threadLane();
        QVERIFY(lane);
        QCOMPARE(lane->readings(std::nullopt).first().value, QStringLiteral("1"));
        news = {};
        news.probes = { { { 3 * second }, 1, "tier 1", wire::ProbeState::Failed, 1, 0, "Switched off" } };
        f.lanes.take(news, { 5 * second }, 1);
        QVERIFY(lane->readings(std::nullopt).isEmpty()); // what was last seen is not what is
        QVERIFY(lane->readings(4 * second).isEmpty());
        QCOMPARE(lane->readings(second + 1).first().value, QStringLiteral("1"));
        news.probes = { { { 6 * second }, 1, "tier 1", wire::ProbeState::Ready, 1, 0, {} } };
        f.lanes.take(news, { 7 * second }, 1);
        QVERIFY(!lane->readings(std::nullopt).isEmpty());
        QVERIFY(lane->readings(4 * second).isEmpty());
    }

    void stagesAreNamedFromTheBeginning()
    {
        Fixture f;
        const auto expected = liveStages(f.lanes.gapLimit());
        const auto& stages = f.lanes.requests().stages();
        QCOMPARE(stages.size(), expected.size());
        for (std::size_t i = 0; i < stages.size(); ++i) {
            QCOMPARE(stages[i].name, expected[i].name);
        }
    }

    void lanesOfDevicesComeWhenTheyAreTold()
    {
        Fixture f;
        QVERIFY(!f.model.lane(QStringLiteral("gpu3")));
        live::Increment increment;
        increment.samples = { { { second }, 1, wire::SampleMetric::GpuUtilization, 3, 0.98 } };
        f.lanes.take(increment, { 2 * second }, 1);
        QVERIFY(f.model.lane(QStringLiteral("gpu3")));
        QCOMPARE(f.series("gpu3").readings(std::nullopt).first().value, QStringLiteral("98.0\u2009%"));
    }

    void stepsOfTheEngineHaveALane()
    {
        Fixture f;
        live::Step step;
        step.begin = { second };
        step.end = { second + 12 * ms };
        step.target = 1;
        step.phase = wire::StepPhase::Decode;
        step.sequences = 8;
        step.tokens = 8;
        step.running = 8;
        step.waiting = 2;
        live::Step next = step;
        next.begin = step.end;
        next.end = { second + 40 * ms };
        next.sequences = 9;
        live::Increment increment;
        increment.steps = { step, next };
        f.lanes.take(increment, { 2 * second }, 1);
        auto* lane = dynamic_cast<SpanLane*>(f.model.lane(QStringLiteral("steps")));
        QVERIFY(lane);
        QCOMPARE(lane->rows().size(), std::size_t(1));
        QCOMPARE(lane->rows()[0].size(), std::size_t(2));
        QCOMPARE(lane->readings(std::nullopt).first().value, QStringLiteral("28.0\u2009ms"));
        QCOMPARE(lane->readings(second + 5 * ms).first().value, QStringLiteral("12.0\u2009ms"));
        const QString text = f.lanes.engine().stepText(*lane, { 0, lane->rows()[0].at(0) });
        QVERIFY2(text.contains(QStringLiteral("decode, 12.0")), qPrintable(text));
        QVERIFY(text.contains(QStringLiteral("2 waiting")));
        QCOMPARE(f.series("batch").series()[0].track.valueAt(1), 9.0);
        // No request of the table is meant by a step.
        QCOMPARE(lane->rows()[0].at(0).item, 0u);
        f.lanes.clear();
        QVERIFY(lane->rows().empty());
        QVERIFY(lane->isHidden());
    }

    void whatTheServerReportsItselfHasLanesOfItsOwn()
    {
        Fixture f;
        live::EngineReading first;
        first.at = first.since = { second };
        first.target = 1;
        first.waiting = 7;
        live::EngineReading next = first;
        next.at = { 2 * second };
        next.kvUsage = 0.25;
        next.generationTokensPerSecond = 96;
        live::Increment increment;
        increment.readings = { first };
        f.lanes.take(increment, { 2 * second }, 1);
        QCOMPARE(f.series("engine").readings(std::nullopt)[1].value, QStringLiteral("7"));
        QVERIFY(!f.model.lane(QStringLiteral("enginetokens")));
        increment.readings = { next };
        f.lanes.take(increment, { 2 * second }, 1);
        // A rate stands where its time begins, a state where it was told.
        QCOMPARE(f.series("enginetokens").series()[0].track.timeAt(0), second);
        QCOMPARE(f.series("enginecache").series()[0].track.timeAt(0), 2 * second);
        // It stops answering: the lines end there.
        increment = {};
        live::ProbeFact fact;
        fact.at = { 3 * second };
        fact.name = "metrics";
        fact.state = wire::ProbeState::Failed;
        increment.probes = { fact };
        f.lanes.take(increment, { 3 * second }, 1);
        QVERIFY(std::isnan(*f.series("engine").series()[1].track.heldAt(4 * second)));
        QCOMPARE(f.series("engine").series()[1].track.heldAt(3 * second - 1), std::optional(7.0));
        // Another session may have none.
        f.lanes.clear();
        QVERIFY(f.series("engine").isHidden());
    }

    void aNewStartForgetsEverything()
    {
        Fixture f;
        live::Increment increment;
        increment.losses = { loss(second, 2 * second, 300) };
        f.lanes.take(increment, { 10 * second }, 1);
        f.lanes.take(*f.lanes.question({ 0, 10 * second }, { 10 * second }), answer(0, 100), { 10 * second });
        f.lanes.clear();
        QVERIFY(f.model.gaps().empty());
        QVERIFY(f.series("ttft").series()[1].track.isEmpty());
        QVERIFY(f.lanes.question({ 0, 10 * second }, { 10 * second })->everything);
    }
};

QTEST_GUILESS_MAIN(TestLiveLanes)
#include "tst_live_lanes.moc"
