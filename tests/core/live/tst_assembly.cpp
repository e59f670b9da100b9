// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/protocol/id_number.h"
#include "tests/support/told_assembly.h"

#include <QTest>

using namespace prism;
using namespace prism::live;
using namespace prism::test;

class TestAssembly : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aStepKnowsItsRequests()
    {
        Told told;
        told.assembly.attached(target(1, 4711));
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        // The engine tells of the step before the answer's first event does.
        const auto at = static_cast<std::uint64_t>(2 * second);
        stream.add(wire::Source::Engine, 2 * second + 20 * millisecond,
            wire::EngineRequest { 42, 0, 1, 0, 0, 0, at + 2 * millisecond, at + 5 * millisecond });
        stream.add(wire::Source::Engine, 2 * second + 20 * millisecond,
            wire::EngineRequest { 99, 0, 1, 0, 0, 0, 0, 0 }); // nobody whom HTTP knows
        stream.add(wire::Source::Engine, 2 * second + 5 * millisecond,
            wire::EngineStep { 0, 1, 0, 2, 2, 2, 2, 3, 250, 0, 0 }, 0, 0, 15 * millisecond);
        told.play(stream);
        QVERIFY(told.steps.empty());
        stream.head(script, script.arrival + 21 * millisecond);
        stream.chunk(script, 0, script.arrival + 21 * millisecond, 1, 1);
        stream.add(wire::Source::Http, script.arrival + 21 * millisecond,
            wire::HttpAnswerKey { script.connection, script.number, 0, 42 });
        told.play(stream);
        stream.clock(3 * second);
        told.play(stream);
        QCOMPARE(told.steps.size(), std::size_t(1));
        const Step& step = told.steps[0];
        QCOMPARE(step.begin.value, 2 * second + 5 * millisecond);
        QCOMPARE(step.end.value, 2 * second + 20 * millisecond);
        QCOMPARE(step.phase, wire::StepPhase::Prefill);
        QCOMPARE(step.sequences, 2);
        QCOMPARE(step.waiting, 3);
        QCOMPARE(step.kvUsage, std::optional(0.25));
        QCOMPARE(step.requests, std::vector<RequestId> { 1 });
        const Request& request = told.only();
        QCOMPARE(request.queued->value, 2 * second + 2 * millisecond);
        QCOMPARE(request.scheduled->value, 2 * second + 5 * millisecond);
    }

    /// Its answer's header was sent before the attach: that it is streamed is told by its events.
    void anAnswerThatWasRunningIsStreamedWhereItHasEvents()
    {
        Told told;
        told.assembly.attached(target(1, 4711));
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.chunk(script, 0, 2 * second, 0, 1);
        stream.chunk(script, 1, 2 * second + 10 * millisecond, 0, 1);
        ScriptedRequest plain;
        plain.connection = 2;
        stream.chunk(plain, 0, 2 * second, 0, 0);
        told.play(stream);
        told.assembly.finish();
        QCOMPARE(told.requests.size(), std::size_t(2));
        QVERIFY(told.requests[0].inProgress && told.requests[0].streamed);
        QVERIFY(told.requests[1].inProgress && !told.requests[1].streamed);
    }

    void ourOwnQuestionIsNobodysRequest()
    {
        Told told;
        told.assembly.attached(target(1, 4711));
        MadeStream stream = begun();
        ScriptedRequest own;
        own.path = "/metrics";
        own.key = "prism-metrics";
        own.arrival = 2 * second;
        stream.asked(own);
        told.play(stream);
        QCOMPARE(told.assembly.inFlight(), std::size_t(0));
        QVERIFY(told.assembly.running().empty());
        stream.head(own, own.arrival + millisecond);
        stream.chunk(own, 0, own.arrival + 2 * millisecond, 0, 0);
        stream.end(own, own.arrival + 3 * millisecond, 0, 0, 1);
        // Somebody else's question for the same page is one.
        ScriptedRequest theirs = own;
        theirs.number = 1;
        theirs.key = {};
        theirs.arrival = 3 * second;
        stream.asked(theirs);
        told.play(stream);
        QCOMPARE(told.assembly.inFlight(), std::size_t(1));
        told.assembly.finish();
        QCOMPARE(told.requests.size(), std::size_t(1));
        QCOMPARE(told.requests[0].arrival->value, theirs.arrival);
        QCOMPARE(told.requests[0].id, RequestId(1));
        QCOMPARE(told.arrivedCount, 1u);
        QCOMPARE(told.wroteCount, 0u);
    }

    void aStreamedAnswerHasAllItsTimes()
    {
        Told told;
        told.assembly.attached(target(1, 4711));
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        script.key = "fd78b108";
        script.answer = "chatcmpl-9ddd8fb7";
        stream.request(script);
        told.play(stream);
        const Request& r = told.only();
        QCOMPARE(r.id, RequestId(1));
        QCOMPARE(r.pid, 4711u);
        QCOMPARE(r.method, std::string("POST"));
        QCOMPARE(r.path, std::string("/v1/chat/completions"));
        QCOMPARE(r.key, std::string("fd78b108"));
        QCOMPARE(r.answerId, std::optional(wire::idNumber("chatcmpl-9ddd8fb7")));
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
        QVERIFY(r.method.empty() && r.path.empty() && !r.bytesIn); // went by before the attach
        QVERIFY(!r.ttft());
        QVERIFY(!r.e2e());
        QVERIFY(!r.arrival);
        QVERIFY(!r.incomplete);
        QCOMPARE(r.chunkGap()->value, 10.0);
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

    void routerAndServerAreJoined()
    {
        Told told;
        told.assembly.attached(target(1, 100));
        told.assembly.attached(target(2, 200));
        MadeStream stream;
        routed(stream, second, 4); // its connection to the server was attached earlier
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

    /// An answer without a length ends with its connection: whole, or since the server was killed.
    void anAnswerUntilTheCloseIsCutByAKill_data()
    {
        QTest::addColumn<bool>("untilClose");
        QTest::addColumn<int>("status"); // of the wait
        QTest::addColumn<qint64>("killedAfter"); // its end
        QTest::addColumn<bool>("toldFirst");
        QTest::addColumn<bool>("cut");
        QTest::newRow("killed") << true << 9 << -qint64(millisecond) << false << true;
        QTest::newRow("and told before") << true << 9 << -qint64(millisecond) << true << true;
        QTest::newRow("core dumped") << true << (11 | 0x80) << -qint64(millisecond) << true << true;
        QTest::newRow("exited") << true << (1 << 8) << -qint64(millisecond) << true << false;
        QTest::newRow("long before") << true << 9 << -qint64(second) << true << false;
        QTest::newRow("later") << true << 9 << qint64(8 * millisecond) << false << false;
        QTest::newRow("with a length") << false << 9 << -qint64(millisecond) << true << false;
    }
    void anAnswerUntilTheCloseIsCutByAKill()
    {
        QFETCH(bool, untilClose);
        QFETCH(int, status);
        QFETCH(qint64, killedAfter);
        QFETCH(bool, toldFirst);
        QFETCH(bool, cut);
        Told told;
        told.assembly.attached(target(1, 4711));
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        const std::int64_t end = 3 * second;
        const auto killed = [&] {
            wire::Process process {};
            process.pid = 4711;
            process.change = static_cast<std::uint16_t>(wire::ProcessChange::Exited);
            process.exitCode = static_cast<std::uint32_t>(status);
            stream.add(wire::Source::Supervisor, end + killedAfter, process);
        };
        stream.asked(script);
        wire::HttpResponse head {};
        head.connection = script.connection;
        head.request = script.number;
        head.status = 200;
        head.flags = static_cast<std::uint16_t>(wire::Streamed | (untilClose ? wire::UntilClose : 0));
        head.bodyBytes = wire::unknownBytes;
        stream.add(wire::Source::Http, script.arrival + 5 * millisecond, head);
        stream.chunk(script, 0, script.arrival + 50 * millisecond, 0, 1);
        if (toldFirst) {
            killed();
        }
        stream.end(script, end, 1, 1, 1);
        if (!toldFirst) {
            killed();
        }
        told.play(stream);
        QCOMPARE(told.only().ended, cut ? Ended::ServerClosed : Ended::Complete);
        QCOMPARE(told.only().end->value, end);
        QVERIFY(!told.only().ok() || !cut);
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
        QCOMPARE(told.requests.front().ended, Ended::ServerClosed); // nobody is left who could answer
    }
};

QTEST_GUILESS_MAIN(TestAssembly)
#include "tst_assembly.moc"
