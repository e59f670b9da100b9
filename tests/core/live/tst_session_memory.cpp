// SPDX-License-Identifier: GPL-3.0-or-later
// What a session keeps, what it lets go, and what it does not know.
#include "core/live/recording.h"
#include "core/live/session.h"
#include "tests/support/watched_session.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace prism;
using namespace prism::live;
using namespace prism::test;

class TestSessionMemory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oldDetailIsThinnedAndSaid()
    {
        FakeHelper helper;
        Budgets budgets;
        budgets.requests = 10;
        budgets.writes = 50;
        const auto session = connected(helper, budgets);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 20)); // 10 writes each
        QVERIFY(
            watcher.until([&] { return session->status().requests == 20 && session->status().eventsFrom; }));
        const auto ended = allEnded(*session);
        QCOMPARE(ended.size(), std::size_t(10));
        QVERIFY(session->status().requestsFrom.has_value());
        QVERIFY(!session->events(ended.front()->id));
        QVERIFY(session->events(ended.back()->id));
        QCOMPARE(ended.front()->gapMax->value, 10.0); // its slowest gaps stay
        QVERIFY(session->since(Cursor {}).skipped);
        QCOMPARE(session->total({ { 0 }, { 60 * second } }).arrived, 20u); // the series forget nothing
    }

    void aTierThatWasSwitchedOffIsNotSeenMeanwhile()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 0, 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 1));
        QVERIFY(watcher.until([&] { return session->status().requests == 1; }));
        const std::int64_t off = 50 * second;
        const std::int64_t on = 60 * second;
        test::ScriptedRequest under;
        under.connection = 9;
        under.arrival = off - second;
        stream.connection(off - second, 9, wire::ConnectionRole::Server, 8000, 40009);
        stream.asked(under);
        const auto tell = [&](std::int64_t at, wire::ProbeState state, std::string_view hint) {
            wire::State body {};
            body.name = stream.text("tier 1");
            body.state = static_cast<std::uint16_t>(state);
            body.tier = 1;
            body.hint = stream.text(hint);
            stream.add(wire::Source::Supervisor, at, body);
        };
        tell(off, wire::ProbeState::Failed, "Switched off by a client");
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->total({ { off }, { on } }).unseen; }));
        // What was under way is not in flight for ever.
        QVERIFY(watcher.until([&] { return session->status().inFlight == 0; }));
        tell(on, wire::ProbeState::Ready, {});
        test::ScriptedRequest later;
        later.connection = 10;
        later.arrival = on + second;
        stream.connection(on + second, 10, wire::ConnectionRole::Server, 8000, 40010);
        stream.request(later);
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return !session->total({ { on }, { on + second } }).unseen; }));
        QVERIFY(watcher.until([&] { return allEnded(*session).size() == 3; }));
        const auto c
            = session->columns({ { off - 2 * second }, { on + 3 * second } }, { second }, { second });
        QVERIFY(!std::isnan(c.inFlight[1]));
        for (std::size_t row = 2; row < 12; ++row) {
            QVERIFY(std::isnan(c.inFlight[row]));
            QVERIFY(std::isnan(c.tokenEventsPerSecond[row]));
            QVERIFY(std::isnan(c.cpuCores[row]));
        }
        QCOMPARE(c.inFlight[12], 0.0);
    }

    /// Turns of threads that came faster than they were read cost nobody his requests.
    void forgottenTurnsAreCountedAndNothingElseIsForgotten()
    {
        FakeHelper helper;
        Budgets budgets;
        budgets.spans = 10;
        const auto session = connected(helper, budgets);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 3));
        QVERIFY(watcher.until([&] { return allEnded(*session).size() == 3; }));
        const Increment first = session->since({});
        QVERIFY(!first.skipped);
        for (int i = 0; i < 25; ++i) {
            const std::int64_t at = 50 * second + i * 1'000'000;
            stream.add(wire::Source::Scheduler, at, wire::Sched { std::uint64_t(at + 500'000), 0, 0, 0, 0 },
                0, 7, 500'000);
        }
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->status().spansFrom.has_value(); }));
        QVERIFY(watcher.until([&] { return session->since(first.next).spansSkipped == 15; }));
        const Increment later = session->since(first.next);
        QVERIFY(later.skipped);
        QVERIFY(!later.endedSkipped);
        QVERIFY(later.ended.empty());
        QCOMPARE(later.spans.size(), std::size_t(10));
        QCOMPARE(session->since(later.next).spansSkipped, std::uint64_t(0));
    }

    void aReplayWaitsForItsReader()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath("a.prismlive").toStdString();
        constexpr std::size_t blocks = 400, ofBlock = 5;
        Recording recording(256u << 20);
        Target target;
        target.number = 1;
        recording.target(target);
        MadeStream stream;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
        for (std::size_t i = 0; i < blocks * ofBlock; ++i) {
            ScriptedRequest script;
            script.number = static_cast<std::uint32_t>(i);
            script.arrival = second + static_cast<std::int64_t>(i) * 300 * millisecond;
            stream.request(script);
            if (i % ofBlock == ofBlock - 1) {
                recording.records(stream.take());
                recording.tick({ script.arrival + 2 * second }); // a block of its own
            }
        }
        QVERIFY(recording.open(file));
        QVERIFY(recording.close());
        // Room for two blocks' requests, and for fewer event times than one block has.
        Budgets budgets;
        budgets.requests = 2 * ofBlock;
        budgets.writes = 8;
        budgets.waitForReader = true;
        const auto session = Session::replay(file, 0, budgets);
        QVERIFY(session);
        Watcher watcher(**session);
        Cursor cursor;
        std::size_t seen = 0, timed = 0;
        bool skipped = false;
        QVERIFY(watcher.until([&] {
            const bool over = (*session)->status().phase == Phase::Ended;
            const Increment news = (*session)->since(cursor);
            cursor = news.next;
            skipped = skipped || news.skipped;
            seen += news.ended.size();
            for (const RequestPtr& request : news.ended) {
                timed += (*session)->events(request->id) ? 1 : 0;
            }
            (*session)->taken(cursor);
            return over;
        }));
        QVERIFY(!skipped);
        QCOMPARE(seen, blocks * ofBlock);
        QCOMPARE(timed, blocks * ofBlock);
    }
};

QTEST_GUILESS_MAIN(TestSessionMemory)
#include "tst_session_memory.moc"
