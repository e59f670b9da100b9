// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/assembly.h"
#include "tests/support/made_stream.h"

#include <QTest>
#include <rapidcheck.h>

#include <cmath>

using namespace prism;
using namespace prism::live;
using prism::test::MadeStream;
using prism::test::millisecond;
using prism::test::ScriptedRequest;

namespace {

constexpr std::int64_t second = 1'000 * millisecond;

/// Everything that an assembly tells.
class Told : public AssemblySink {
public:
    std::vector<Request> requests;
    std::vector<RequestEvents> events;
    std::vector<LossGap> losses;
    std::vector<ClockJump> jumps;
    std::vector<double> gaps;
    std::vector<TargetNumber> gone;
    std::uint64_t counted = 0;
    Assembly assembly { *this };

    void ended(Request request, RequestEvents writes, bool counts) override
    {
        counted += counts ? 1 : 0;
        requests.push_back(std::move(request));
        events.push_back(std::move(writes));
    }
    void gap(Nanoseconds, Milliseconds gap, std::uint32_t times, bool) override
    {
        gaps.insert(gaps.end(), times, gap.value);
    }
    void loss(const LossGap& gap) override { losses.push_back(gap); }
    void jump(const ClockJump& jump) override { jumps.push_back(jump); }
    void targetGone(TargetNumber target, Nanoseconds, const std::string&) override { gone.push_back(target); }

    void play(MadeStream& stream) { QVERIFY(assembly.records(stream.take())); }
    const Request& only()
    {
        assembly.finish();
        if (requests.size() != 1) {
            qFatal("%zu requests instead of one", requests.size());
        }
        return requests.front();
    }
};

Target target(TargetNumber number, std::uint32_t pid)
{
    Target t;
    t.number = number;
    t.server.pid = pid;
    t.start = { second };
    t.startUnixNs = 1'700'000'001'000'000'000;
    return t;
}

MadeStream begun()
{
    MadeStream stream;
    stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
    return stream;
}

} // namespace

class TestAssembly : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStreamedAnswerHasAllItsTimes()
    {
        Told told;
        told.assembly.attached(target(1, 4711));
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.request(script);
        told.play(stream);
        const Request& r = told.only();
        QCOMPARE(r.id, RequestId(1));
        QCOMPARE(r.pid, 4711u);
        QCOMPARE(r.method, std::string("POST"));
        QCOMPARE(r.path, std::string("/v1/chat/completions"));
        QCOMPARE(*r.status, std::uint16_t(200));
        QVERIFY(r.streamed);
        QCOMPARE(r.arrival->value, 2 * second);
        QCOMPARE(r.read->value, 2 * second + millisecond);
        QCOMPARE(r.firstEvent->value, 2 * second + 49 * millisecond); // the role event
        QCOMPARE(r.firstToken->value, 2 * second + 50 * millisecond);
        QCOMPARE(r.end->value, script.end());
        QCOMPARE(r.events, 12u); // role, 8 tokens, finish, usage, [DONE]
        QCOMPARE(r.tokenEvents, 8u);
        QCOMPARE(*r.outputTokens, 8u);
        QCOMPARE(r.ttft()->value, 50.0);
        QCOMPARE(r.lag()->value, 1.0);
        QCOMPARE(r.chunkGap()->value, 10.0);
        QCOMPARE(r.tpot()->value, 10.0);
        QCOMPARE(r.e2e()->value, 121.0);
        QCOMPARE(r.ended, Ended::Complete);
        QVERIFY(r.ok());
        QVERIFY(!r.incomplete);
        QCOMPARE(told.gaps, std::vector<double>(7, 10.0));
        QCOMPARE(told.events.front().writes.size(), std::size_t(10));
    }

    void eventsAreNoTokens()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        script.usage = false;
        stream.request(script);
        told.play(stream);
        const Request& r = told.only();
        QVERIFY(!r.tpot());
        QVERIFY(!r.outputTokens);
        QCOMPARE(r.chunkGap()->value, 10.0);
    }

    void mergedTokensHaveNoGapBetweenThem()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.chunk(script, 0, 3 * second, 1, 1); // role and first token in one write
        stream.chunk(script, 1, 3 * second + 20 * millisecond, 0, 3);
        stream.end(script, 4 * second, 5, 4, 2);
        told.play(stream);
        const Request& r = told.only();
        QCOMPARE(r.ttft()->value, 1000.0);
        QCOMPARE(told.gaps, (std::vector<double> { 20, 0, 0 }));
        QCOMPARE(tokenGaps(told.events.front()), (std::vector<double> { 20, 0, 0 }));
        QCOMPARE(r.gapMax->value, 20.0);
        QCOMPARE(r.slowestGaps.front().token, 2u);
    }

    void aTokenWithoutTextIsNotTheFirstToken()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.chunk(script, 0, 2 * second + 30 * millisecond, 1, 0);
        stream.chunk(script, 1, 2 * second + 40 * millisecond, 0, 0, 1);
        stream.chunk(script, 2, 2 * second + 50 * millisecond, 0, 1);
        stream.end(script, 3 * second, 3, 2, 3);
        told.play(stream);
        const Request& r = told.only();
        QCOMPARE(r.ttft()->value, 50.0);
        QCOMPARE(r.firstTokenEvent->value, 2 * second + 40 * millisecond);
        QCOMPARE(r.chunkGap()->value, 10.0);
    }

    void runningAtTheAttachHasNoTtft()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.chunk(script, 40, 2 * second, 0, 1);
        stream.chunk(script, 41, 2 * second + 10 * millisecond, 0, 1);
        stream.end(script, 3 * second, 2, 2, 2);
        told.play(stream);
        const Request& r = told.only();
        QVERIFY(r.inProgress);
        QVERIFY(!r.ttft());
        QVERIFY(!r.e2e());
        QVERIFY(!r.arrival);
        QVERIFY(!r.incomplete);
        QCOMPARE(r.chunkGap()->value, 10.0);
    }

    void aLostWriteLeavesNoWrongNumber()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.lose(wire::Source::Http, 1); // the first token's write
        stream.chunk(script, 1, 2 * second + 60 * millisecond, 0, 1);
        stream.chunk(script, 2, 2 * second + 70 * millisecond, 0, 1);
        stream.lose(wire::Source::Http, 3);
        stream.chunk(script, 6, 2 * second + 170 * millisecond, 0, 1);
        stream.end(script, 3 * second, 7, 7, 7);
        told.play(stream);
        const Request& r = told.only();
        QVERIFY(!r.ttft());
        QVERIFY(!r.firstEvent);
        QVERIFY(r.incomplete);
        QVERIFY(!r.chunkGap());
        QCOMPARE(r.tokenEvents, 7u); // the parser counted all
        QCOMPARE(told.gaps, (std::vector<double> { 10 }));
        QCOMPARE(tokenGaps(told.events.front()), (std::vector<double> { 10 }));
        QCOMPARE(told.losses.size(), std::size_t(2));
        QCOMPARE(told.losses[0].dropped, 1u);
        QCOMPARE(told.losses[1].dropped, 3u);
        QCOMPARE(told.losses[1].from.value, 2 * second + 70 * millisecond);
        QCOMPARE(told.losses[1].to.value, 2 * second + 170 * millisecond);
    }

    void aHoleOfTheStreamDoubtsOnlyWhatItTouched()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script, other;
        script.arrival = other.arrival = 2 * second;
        other.connection = 2;
        stream.connection(second, 2, wire::ConnectionRole::Server, 8000, 40001);
        stream.asked(script);
        stream.asked(other);
        stream.lose(
            wire::Source::Http, 1); // a write of `other`; the helper flags the next record of the source
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 1, 0, wire::LostBefore);
        stream.chunk(other, 1, 2 * second + 60 * millisecond, 0, 1);
        stream.end(script, 3 * second, 1, 1, 1);
        stream.end(other, 3 * second, 2, 2, 2);
        told.play(stream);
        told.assembly.finish();
        QCOMPARE(told.requests[0].ttft()->value, 50.0);
        QVERIFY(!told.requests[0].incomplete);
        QVERIFY(!told.requests[1].ttft());
        QVERIFY(told.requests[1].incomplete);
    }

    void whatWasNotLookedAtIsNoFirstToken()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 0, 0, wire::Truncated);
        stream.chunk(script, 1, 2 * second + 90 * millisecond, 0, 1);
        stream.end(script, 3 * second, 1, 1, 2);
        told.play(stream);
        QVERIFY(!told.only().ttft());
        QVERIFY(told.only().incomplete);
    }

    void lossTotalsAddUp()
    {
        Told told;
        MadeStream stream;
        wire::Loss loss {};
        loss.program = stream.text("http_send");
        loss.cpu = 1;
        loss.reason = static_cast<std::uint16_t>(wire::LossReason::RingFull);
        loss.attempted = 1000;
        loss.emitted = 990;
        loss.dropped = 10;
        loss.fromNs = 2 * second;
        loss.toNs = 3 * second;
        stream.add(wire::Source::Supervisor, 3 * second, loss);
        told.play(stream);
        QCOMPARE(told.assembly.lossTotals().size(), std::size_t(1));
        QCOMPARE(told.losses.front().program, std::string("http_send"));
        QVERIFY(told.losses.front().missing());
        loss.final = 1;
        loss.attempted = 120000;
        loss.emitted = 119988;
        loss.dropped = 12;
        stream.add(wire::Source::Supervisor, 4 * second, loss);
        told.play(stream);
        const auto totals = told.assembly.lossTotals();
        QCOMPARE(totals.size(), std::size_t(1));
        QCOMPARE(totals[0].attempted, 120000u);
        QCOMPARE(totals[0].emitted + totals[0].dropped, totals[0].attempted);
        QCOMPARE(told.losses.size(), std::size_t(1)); // totals are no interval
    }

    void whatTheHelperCouldNotSendCountsOnce()
    {
        Told told;
        MadeStream stream;
        wire::Loss loss {};
        loss.program = stream.text("stream");
        loss.cpu = wire::noCpu;
        loss.reason = static_cast<std::uint16_t>(wire::LossReason::SocketBackpressure);
        loss.attempted = loss.dropped = 5;
        stream.lose(wire::Source::Http, 5);
        stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        stream.add(wire::Source::Supervisor, 2 * second, loss);
        told.play(stream);
        std::uint64_t dropped = 0;
        for (const LossTotal& total : told.assembly.lossTotals()) {
            dropped += total.dropped;
        }
        QCOMPARE(dropped, 5u);
    }

    void recordsMayOvertakeEachOther()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        script.tokens = 3;
        stream.asked(script);
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 1);
        stream.end(script, 2 * second + 75 * millisecond, 3, 3, 3);
        stream.chunk(script, 1, 2 * second + 60 * millisecond, 0, 1); // behind the end
        stream.chunk(script, 2, 2 * second + 70 * millisecond, 0, 1);
        told.play(stream);
        const Request& r = told.only();
        QCOMPARE(r.tokenEvents, 3u);
        QVERIFY(!r.incomplete);
        QCOMPARE(r.chunkGap()->value, 10.0);
    }

    void detachEndsWhatRuns()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 1);
        told.play(stream);
        QCOMPARE(told.assembly.inFlight(), std::size_t(1));
        QCOMPARE(told.assembly.running().size(), std::size_t(1));
        told.assembly.detached(1);
        QCOMPARE(told.requests.front().ended, Ended::Detached);
        QVERIFY(!told.requests.front().e2e());
        QCOMPARE(told.requests.front().ttft()->value, 50.0);
        QCOMPARE(told.assembly.inFlight(), std::size_t(0));
    }

    void suspendIsAJump()
    {
        Told told;
        MadeStream stream;
        stream.clock(2 * second);
        stream.clock(3 * second);
        stream.clock(4 * second, 60 * second);
        stream.clock(5 * second, 60 * second);
        stream.clock(6 * second, 60 * second, 1'700'000'010'000'000'000);
        told.play(stream);
        QCOMPARE(told.jumps.size(), std::size_t(2));
        QCOMPARE(told.jumps[0].kind, ClockJump::Suspend);
        QCOMPARE(told.jumps[0].by.value, 60 * second);
        QCOMPARE(told.jumps[1].kind, ClockJump::WallClock);
        QCOMPARE(told.jumps[1].by.value, 10 * second);
        QCOMPARE(*told.assembly.clocks().unixTime({ 3 * second }), 1'700'000'003'000'000'000);
        QCOMPARE(*told.assembly.clocks().unixTime({ 5 * second }), 1'700'000'065'000'000'000);
    }

    void routerAndServerAreJoined()
    {
        Told told;
        told.assembly.attached(target(1, 100));
        told.assembly.attached(target(2, 200));
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8080, 50000);
        stream.connection(second, 2, wire::ConnectionRole::Client, 51000, 8000);
        stream.target = 2;
        stream.connection(second, 9, wire::ConnectionRole::Server, 8000, 51000);
        for (int i = 0; i < 3; ++i) {
            ScriptedRequest in, out, served;
            in.number = out.number = static_cast<std::uint32_t>(i);
            served.number = static_cast<std::uint32_t>(i + 4); // it was attached earlier
            in.connection = 1;
            out.connection = 2;
            served.connection = 9;
            in.arrival = (2 + i) * second;
            out.arrival = in.arrival + 2 * millisecond;
            served.arrival = out.arrival + millisecond / 10;
            in.firstTokenAfter = 55 * millisecond;
            stream.target = 1;
            stream.asked(in);
            stream.asked(out);
            stream.target = 2;
            stream.request(served);
            stream.target = 1;
            stream.head(out, out.arrival + 48 * millisecond);
            stream.end(out, served.end() + millisecond, 12, 8, 10);
            stream.head(in, in.arrival + 54 * millisecond);
            stream.end(in, served.end() + 2 * millisecond, 12, 8, 10);
        }
        told.play(stream);
        told.assembly.finish();
        QCOMPARE(told.requests.size(), std::size_t(9));
        QCOMPARE(told.counted, 3u);
        std::map<RequestId, Request> byId;
        for (const Request& r : told.requests) {
            byId[r.id] = r;
        }
        for (const Request& r : told.requests) {
            if (r.target == 2) {
                const Request& out = byId[r.cause];
                QCOMPARE(out.role, live::ConnectionRole::Client);
                QCOMPARE(out.onConnection + 4, r.onConnection);
                const Request& in = byId[out.cause];
                QCOMPARE(in.connection, 1u);
                QCOMPARE(in.onConnection, out.onConnection);
                QCOMPARE(in.cause, RequestId(0));
            }
        }
    }

    void twoThatWaitAreNoCause()
    {
        Told told;
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8080, 50000);
        stream.connection(second, 3, wire::ConnectionRole::Server, 8080, 50001);
        stream.connection(second, 2, wire::ConnectionRole::Client, 51000, 8000);
        ScriptedRequest a, b, out;
        a.arrival = b.arrival = 2 * second;
        b.connection = 3;
        b.key = "abc";
        out.connection = 2;
        out.arrival = 2 * second + millisecond;
        stream.asked(a);
        stream.asked(b);
        stream.asked(out);
        out.number = 1;
        out.key = "abc";
        stream.asked(out);
        told.play(stream);
        const auto running = told.assembly.running();
        QCOMPARE(running.size(), std::size_t(4));
        QCOMPARE(running[2]->cause, RequestId(0));
        QCOMPARE(running[3]->cause, running[1]->id); // the key is certain
    }

    void theThreadTellsWhichOfTwo()
    {
        Told told;
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8080, 50000);
        stream.connection(second, 3, wire::ConnectionRole::Server, 8080, 50001);
        stream.connection(second, 2, wire::ConnectionRole::Client, 51000, 8000);
        ScriptedRequest a, b, out;
        a.arrival = b.arrival = 2 * second;
        b.connection = 3;
        out.connection = 2;
        out.arrival = 2 * second + millisecond;
        a.thread = 71;
        b.thread = out.thread = 72;
        stream.asked(a);
        stream.asked(b);
        stream.asked(out);
        told.play(stream);
        const auto running = told.assembly.running();
        QCOMPARE(running.size(), std::size_t(3));
        QCOMPARE(running[2]->cause, running[1]->id);
    }

    void targetThatExits()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        wire::State state {};
        state.name = stream.text("target");
        state.state = static_cast<std::uint16_t>(wire::ProbeState::Gone);
        state.hint = stream.text("The process ended.");
        stream.add(wire::Source::Supervisor, 3 * second, state);
        told.play(stream);
        QCOMPARE(told.gone, std::vector<TargetNumber> { 1 });
        QCOMPARE(told.requests.front().ended, Ended::Detached);
    }

    void anyBytesAreBounded()
    {
        QVERIFY(rc::check("hostile records", [] {
            Told told;
            MadeStream stream;
            const auto count = *rc::gen::inRange(1, 60);
            for (int i = 0; i < count; ++i) {
                const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(
                    std::size_t(64), rc::gen::arbitrary<std::uint8_t>());
                const auto type
                    = *rc::gen::element<int>(1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 32, 48);
                wire::RecordHeader header {};
                std::memcpy(&header, bytes.data(), sizeof header);
                std::vector<std::byte> record;
                std::array<std::uint64_t, 8> body {};
                std::memcpy(body.data(), bytes.data(), sizeof body);
                // Small numbers meet each other more often.
                body[0] %= 3;
                header.bytes = 32 + 64;
                header.type = static_cast<std::uint16_t>(type);
                record.resize(header.bytes);
                std::memcpy(record.data(), &header, sizeof header);
                std::memcpy(record.data() + 32, body.data(), sizeof body);
                told.assembly.records(record);
            }
            told.assembly.finish();
            RC_ASSERT(told.assembly.inFlight() == 0);
        }));
    }

    void floodIsForgottenAndCounted()
    {
        Told told;
        HttpAssembly http(told, { 100, 50, 1000 });
        wire::HttpRequest body {};
        for (std::uint32_t i = 0; i < 1000; ++i) {
            body.connection = i;
            body.arrivalNs = static_cast<std::uint64_t>(second) + i;
            http.request(1, body, "/", {}, { second + i }, false, 0);
        }
        QVERIFY(http.inFlight() <= 50);
        QCOMPARE(told.requests.size(), std::size_t(950));
        QCOMPARE(told.requests.front().ended, Ended::Unsynchronised);
        QVERIFY(http.takeForgotten() >= 950);
    }
};

QTEST_GUILESS_MAIN(TestAssembly)
#include "tst_assembly.moc"
