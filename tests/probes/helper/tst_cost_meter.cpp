// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/cost_meter.h"

#include <QtTest>

using namespace prism::probes;

namespace {

constexpr std::uint64_t second = 1'000'000'000;

/// A helper's programs, second by second.
class Played {
public:
    /// Further runs, each of so many nanoseconds; `stallNs` more in one of them.
    std::optional<CostReading> play(std::uint64_t runs, std::uint64_t eachNs, std::uint64_t stallNs = 0)
    {
        calls.runs += runs;
        calls.runNs += runs * eachNs + stallNs;
        scheduler.runs += runs;
        scheduler.runNs += runs * eachNs;
        return meter.note({ calls, scheduler }, false, now += second);
    }

    ProgramCost calls { "on_sent", 0, 0, false };
    ProgramCost scheduler { "on_switch", 0, 0, true };
    CostMeter meter;
    std::uint64_t now = 0;
};

} // namespace

class TestCostMeter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void runsTimesTheirTime()
    {
        Played played;
        QVERIFY(!played.play(100, 1000)); // since when they count is not known
        const auto reading = played.play(2000, 500);
        QVERIFY(reading);
        QCOMPARE(reading->took, 0.002);
        QCOMPARE(reading->usual, 0.002);
        QCOMPARE(reading->usualScheduler, 0.001);
    }

    void aStallIsTheMachines()
    {
        Played played;
        for (int i = 0; i < 10; ++i) {
            played.play(2000, 500);
        }
        const auto reading = played.play(2000, 500, 50'000'000);
        QVERIFY(reading->took > 0.05);
        QCOMPARE(reading->usual, 0.002);
    }

    /// Twice as many runs count at once, and runs that take twice as long within eight readings.
    void whatReallyCostsMoreIsNotTakenForAStall()
    {
        Played played;
        for (int i = 0; i < 30; ++i) {
            played.play(2000, 500);
        }
        QCOMPARE(played.play(4000, 500)->usual, 0.004);
        int readings = 1;
        while (played.play(2000, 1000)->usual < 0.004) {
            QVERIFY(++readings <= 8);
        }
        QCOMPARE(played.play(2000, 1000)->usual, 0.004);
    }

    /// A program that had not run is none whose beginning is not known.
    void aProgramThatRunsForTheFirstTimeCounts()
    {
        CostMeter meter;
        QVERIFY(!meter.note({ { "on_sent", 10, 1000, false } }, false, second));
        const auto reading
            = meter.note({ { "on_sent", 10, 1000, false }, { "on_packet_out", 1000, 1'000'000, false } },
                false, 2 * second);
        QCOMPARE(reading->took, 0.001);
    }

    void theKernelsTotalsSayNothingOfTheSamples()
    {
        CostMeter meter;
        QVERIFY(!meter.note({ { "calls", 10, 1000, false } }, true, second));
        QVERIFY(meter.note({ { "calls", 20, 2000, false } }, true, 2 * second));
        QVERIFY(!meter.note({ { "on_sent", 1'000'000, 900'000'000, false } }, false, 3 * second));
        QCOMPARE(
            meter.note({ { "on_sent", 1'001'000, 901'000'000, false } }, false, 4 * second)->took, 0.001);
    }

    /// A run in which the machine stood still is left out, and a program that is as slow as that is not.
    void samplesOfAMachineThatStoodStillAreLeftOut()
    {
        QCOMPARE(meanRunNs({ 0, 0, 0, 0 }), 0.0);
        QCOMPARE(meanRunNs({ 100, 50'000, 2, 8'000'000 }), 500.0);
        QCOMPARE(meanRunNs({ 0, 0, 1, 60'000 }), 60'000.0);
        QCOMPARE(meanRunNs({ 60, 60'000, 40, 2'400'000 }), 24'600.0);
    }
};

QTEST_GUILESS_MAIN(TestCostMeter)
#include "tst_cost_meter.moc"
