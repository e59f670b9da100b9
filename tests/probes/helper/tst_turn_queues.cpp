// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/turn_queues.h"

#include <QtTest>

#include <array>

using namespace prism::probes;

namespace {

constexpr std::size_t cpus = 2;
constexpr std::size_t slots = 4;

/// Queues as the scheduler's program fills them.
struct Queues {
    std::array<prism_turn_queue, cpus> queues {};
    std::array<prism_departure, cpus * slots> places {};
    TurnQueues reader { queues, places };
    std::vector<std::uint64_t> told;

    /// False when there is no room.
    bool put(std::size_t cpu, std::uint64_t endNs)
    {
        prism_turn_queue& queue = queues[cpu];
        if (queue.written - queue.taken >= slots) {
            return false;
        }
        places[cpu * slots + queue.written % slots].event.time_ns = endNs;
        ++queue.written;
        return true;
    }
    std::vector<std::uint64_t> take(std::uint64_t untilNs = UINT64_MAX)
    {
        told.clear();
        reader.consume(untilNs, [this](const prism_departure& turn) { told.push_back(turn.event.time_ns); });
        return told;
    }
};

using Times = std::vector<std::uint64_t>;

} // namespace

class TestTurnQueues : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void turnsOfSeveralCpusComeByTime()
    {
        Queues all;
        QVERIFY(all.put(0, 10) && all.put(1, 15) && all.put(0, 20) && all.put(1, 16));
        QCOMPARE(all.take(), (Times { 10, 15, 16, 20 }));
        QCOMPARE(all.take(), Times());
    }

    /// A thread that went to another CPU: the older turn may not be in its queue yet when that of the other
    /// is read.
    void theNewestWaitUntilNoOlderOneCanCome()
    {
        Queues all;
        QVERIFY(all.put(1, 100) && all.put(1, 130));
        QCOMPARE(all.take(120), (Times { 100 }));
        QVERIFY(all.put(0, 125));
        QCOMPARE(all.take(200), (Times { 125, 130 }));
    }

    void placesAreGivenBackRoundAndRound()
    {
        Queues all;
        for (std::uint64_t round = 0; round < 10; ++round) {
            for (std::uint64_t i = 0; i < slots; ++i) {
                QVERIFY(all.put(1, round * slots + i));
            }
            QVERIFY(!all.put(1, 1000));
            QVERIFY(all.put(0, round * slots)); // the other CPU has its own
            QCOMPARE(all.take().size(), slots + 1);
        }
        QCOMPARE(std::uint64_t(all.queues[1].taken), std::uint64_t(10 * slots));
    }
};

QTEST_GUILESS_MAIN(TestTurnQueues)
#include "tst_turn_queues.moc"
