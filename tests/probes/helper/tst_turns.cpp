// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/turns.h"

#include <QtTest>

using namespace prism::probes;

namespace {

constexpr std::uint32_t target = 3;
constexpr std::uint32_t someThread = 70;

/// A thread under the scheduler: tells a departure whenever it leaves the CPU.
struct Scene {
    ThreadTurns turns;
    prism_departure next {};

    Scene()
    {
        next.event.kind = PRISM_DEPARTURE;
        next.event.target = target;
        next.event.tgid = next.event.tid = someThread;
        next.arrivals = 40; // it ran before
        next.waited_ns = 9'000;
    }
    /// It got the CPU at `from` after having waited for it, and left at `to`.
    prism_departure ran(std::uint64_t from, std::uint64_t waited, std::uint64_t to, unsigned flags = 0)
    {
        next.event.time_ns = to;
        next.event.flags = static_cast<std::uint16_t>(flags | PRISM_COUNTED);
        next.arrived_ns = from;
        next.waited_ns += waited;
        ++next.arrivals;
        return next;
    }
};

} // namespace

class TestTurns : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void blockedThenWaitingThenRunning()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000, PRISM_UNINTERRUPTIBLE));
        const ThreadTurn turn = scene.turns.turnOf(scene.ran(9'000, 600, 9'500));
        QCOMPARE(turn.blockedNs, std::uint64_t(2'000));
        QCOMPARE(turn.runnableNs, std::uint64_t(8'400));
        QCOMPARE(turn.runningNs, std::uint64_t(9'000));
        QCOMPARE(turn.endNs, std::uint64_t(9'500));
        QVERIFY(turn.uninterruptible);
        QCOMPARE(turn.tid, someThread);
        QVERIFY(!scene.turns.turnOf(scene.ran(12'000, 0, 12'500)).uninterruptible);
    }

    /// It could have gone on: it waited from the moment on at which it left.
    void preempted()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000, PRISM_PREEMPTED));
        const ThreadTurn turn = scene.turns.turnOf(scene.ran(3'000, 990, 4'000));
        QCOMPARE(turn.blockedNs, std::uint64_t(0));
        QCOMPARE(turn.runnableNs, std::uint64_t(2'000));
        QCOMPARE(turn.runningNs, std::uint64_t(3'000));
    }

    /// What went before the attach is not known; of a thread that has just begun all is.
    void theFirstTurn()
    {
        Scene scene;
        const ThreadTurn before = scene.turns.turnOf(scene.ran(1'000, 0, 2'000));
        QCOMPARE(before.runnableNs, std::uint64_t(0));
        QCOMPARE(before.runningNs, std::uint64_t(1'000));
        scene.next.arrivals = 0;
        scene.next.waited_ns = 0;
        scene.next.event.tid = someThread + 1;
        const ThreadTurn born = scene.turns.turnOf(scene.ran(5'000, 300, 6'000));
        QCOMPARE(born.blockedNs, std::uint64_t(0));
        QCOMPARE(born.runnableNs, std::uint64_t(4'700));
    }

    /// The two clocks differ: no wait reaches back before the thread went to sleep.
    void aWaitIsNeverLongerThanTheTimeSinceItLeft()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000));
        QCOMPARE(scene.turns.turnOf(scene.ran(2'500, 700, 3'000)).runnableNs, std::uint64_t(2'000));
    }

    void aMissingDepartureLeavesNoDates()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000, PRISM_UNINTERRUPTIBLE));
        scene.ran(3'000, 10, 4'000); // never told
        const ThreadTurn after = scene.turns.turnOf(scene.ran(9'000, 10, 9'500));
        QCOMPARE(after.blockedNs + after.runnableNs + after.runningNs, std::uint64_t(0));
        QVERIFY(!after.uninterruptible);
        QCOMPARE(scene.turns.turnOf(scene.ran(9'900, 100, 9'990)).runnableNs, std::uint64_t(9'800));
    }

    void anArrivalThatWasNotSeenLeavesNoDates()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000));
        const ThreadTurn unseen = scene.turns.turnOf(scene.ran(0, 10, 9'500));
        QCOMPARE(unseen.runnableNs + unseen.runningNs, std::uint64_t(0));
        const ThreadTurn stale = scene.turns.turnOf(scene.ran(8'000, 10, 9'900)); // of an earlier turn
        QCOMPARE(stale.runnableNs + stale.runningNs, std::uint64_t(0));
    }

    /// It ran for a second by a clock that is steered against ours.
    void aLongTurnDoesNotBeginBeforeTheThreadLeft()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000'000, PRISM_PREEMPTED));
        const ThreadTurn turn = scene.turns.turnOf(scene.ran(1'995'000, 100, 1'002'000'000));
        QCOMPARE(turn.runnableNs, std::uint64_t(2'000'000));
        QCOMPARE(turn.runningNs, std::uint64_t(2'000'000));
    }

    /// Without the scheduler's count nobody knows whether a departure is missing: what is certain is told.
    void kernelsThatDoNotCount()
    {
        Scene scene;
        prism_departure first = scene.ran(1'000, 0, 2'000, PRISM_PREEMPTED);
        prism_departure second = scene.ran(3'000, 0, 4'000);
        for (prism_departure* one : { &first, &second }) {
            one->event.flags &= static_cast<std::uint16_t>(~PRISM_COUNTED);
            one->arrivals = 0;
            one->waited_ns = 0;
        }
        scene.turns.turnOf(first);
        const ThreadTurn turn = scene.turns.turnOf(second);
        QCOMPARE(turn.runningNs, std::uint64_t(3'000));
        QCOMPARE(turn.runnableNs, std::uint64_t(0));
    }

    /// Its number may be another thread's soon.
    void theDeadAndTheDetachedAreForgotten()
    {
        Scene scene;
        scene.turns.turnOf(scene.ran(1'000, 0, 2'000));
        QCOMPARE(scene.turns.threads(), std::size_t(1));
        scene.turns.forget(target);
        QCOMPARE(scene.turns.threads(), std::size_t(0));
        scene.turns.turnOf(scene.ran(3'000, 0, 4'000));
        scene.turns.turnOf(scene.ran(5'000, 0, 6'000, PRISM_DEAD));
        QCOMPARE(scene.turns.threads(), std::size_t(0));
        for (std::uint32_t tid = 0; tid < 2 * ThreadTurns::most; ++tid) {
            scene.next.event.tid = tid;
            scene.turns.turnOf(scene.ran(7'000, 0, 8'000));
        }
        QVERIFY(scene.turns.threads() <= ThreadTurns::most);
    }
};

QTEST_GUILESS_MAIN(TestTurns)
#include "tst_turns.moc"
