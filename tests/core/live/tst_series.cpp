// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/series.h"

#include <QTest>

#include <cmath>

using namespace prism;
using namespace prism::live;

namespace {

Nanoseconds at(double seconds)
{
    return { static_cast<std::int64_t>(seconds * 1e9) };
}

Nanoseconds ms(std::int64_t n)
{
    return { n * 1'000'000 };
}

void gap(SeriesStore& store, double seconds, double milliseconds)
{
    store.add(at(seconds), [&](Bucket& bucket) {
        ++bucket.tokenEvents;
        bucket.gap.add(milliseconds);
    });
}

} // namespace

class TestSeries : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ratesAreCountsOverTheStep()
    {
        SeriesStore store;
        for (int i = 0; i < 50; ++i) {
            gap(store, 10.01 + i * 0.002, 2);
        }
        const auto c = store.columns({ at(10), at(10.3) }, ms(100), ms(1000));
        QCOMPARE(c.step.value, ms(100).value);
        QCOMPARE(c.size(), std::size_t(3));
        QCOMPARE(c.tokenEventsPerSecond[0], 450.0); // 45 fall into the first 100 ms
        QCOMPARE(c.tokenEventsPerSecond[1], 50.0);
        QVERIFY(std::isnan(c.tokenEventsPerSecond[2])); // nothing is known there yet
    }

    /// Kernel programs were off from 3.05 s to 5 s: nothing seen then is no rest.
    void whatIsNotObservedIsUnknown()
    {
        SeriesStore store;
        for (int i = 0; i < 100; ++i) {
            if (i < 30 || i >= 50) {
                gap(store, i * 0.1 + 0.05, 10);
                store.add(at(i * 0.1 + 0.05), [](Bucket& bucket) { ++bucket.holds; });
                store.sched({ at(i * 0.1), at(i * 0.1 + 0.05), 1, 1, 0, wire::ThreadState::Running, false });
            }
        }
        store.observed(at(3.05), false);
        store.observed(at(5), true);
        const auto c = store.columns({ at(0), at(10) }, ms(100), ms(1000));
        for (const std::vector<double>* column : { &c.inFlight, &c.inFlightMost, &c.arrivedPerSecond,
                 &c.tokenEventsPerSecond, &c.bytesPerSecond, &c.cpuCores, &c.runnableCores }) {
            QVERIFY(!std::isnan((*column)[29]));
            for (std::size_t row = 30; row < 50; ++row) {
                QVERIFY(std::isnan((*column)[row]));
            }
            QVERIFY(!std::isnan((*column)[50]));
        }
        QCOMPARE(c.tokenEventsPerSecond[50], 10.0);
        QCOMPARE(c.gapP50[30], c.gapP50[29]); // the window holds what was seen before
        for (std::size_t row = 31; row < 50; ++row) {
            QVERIFY(std::isnan(c.gapP50[row]));
            QVERIFY(std::isnan(c.attainment[row]));
        }
        QVERIFY(std::isnan(c.goodputPerSecond[58])); // a second that was not seen whole
        QCOMPARE(c.goodputPerSecond[59], 10.0);
        QVERIFY(store.total({ at(2), at(3.1) }).unseen);
        QVERIFY(store.total({ at(4), at(4.5) }).threadsUnseen);
        QVERIFY(!store.total({ at(5), at(6) }).unseen);
    }

    /// Attached from 1 s on, told up to 5 s; requests from 2 s to 2.5 s only.
    void whileObservedNothingIsNought()
    {
        SeriesStore store;
        store.observedFrom(at(1));
        store.observedUntil(at(1.9));
        const auto idle = store.columns({ at(0), at(3) }, ms(100), ms(1000));
        QVERIFY(std::isnan(idle.inFlight[9]));
        QCOMPARE(idle.inFlight[10], 0.0);
        QCOMPARE(idle.tokenEventsPerSecond[18], 0.0);
        QVERIFY(std::isnan(idle.tokenEventsPerSecond[19])); // nothing is told yet
        QCOMPARE(idle.told.value, at(1.9).value);
        store.inFlight(at(2.05), 1);
        gap(store, 2.15, 10);
        store.inFlight(at(2.45), -1);
        store.observedUntil(at(5));
        const auto c = store.columns({ at(0), at(6) }, ms(100), ms(1000));
        QCOMPARE(c.inFlight[21], 1.0);
        for (std::size_t row = 25; row < 50; ++row) {
            QCOMPARE(c.inFlight[row], 0.0);
            QCOMPARE(c.tokenEventsPerSecond[row], 0.0);
            QCOMPARE(c.goodputPerSecond[row], 0.0);
            QCOMPARE(std::isnan(c.gapP50[row]), row > 30); // there is none to take it of
        }
        QVERIFY(std::isnan(c.inFlight[50]));
        QVERIFY(std::isnan(c.goodputPerSecond[50]));
        // A stretch of it in which nothing was seen stays unknown.
        store.observed(at(3), false);
        store.observed(at(4), true);
        const auto off = store.columns({ at(0), at(6) }, ms(100), ms(100));
        QCOMPARE(off.inFlight[29], 0.0);
        QVERIFY(std::isnan(off.inFlight[30]));
        QCOMPARE(off.inFlight[40], 0.0);
    }

    void percentilesSlide()
    {
        SeriesStore store;
        for (int i = 0; i < 100; ++i) {
            gap(store, i * 0.1 + 0.05, i < 50 ? 10 : 100);
        }
        const auto c = store.columns({ at(0), at(10) }, ms(100), ms(1000));
        QVERIFY(std::abs(c.gapP50[40] - 10) < 0.2);
        QVERIFY(std::abs(c.gapP99[50] - 100) < 2); // the first long one is in the window
        QVERIFY(std::abs(c.gapP50[50] - 10) < 0.2);
        QVERIFY(std::abs(c.gapP50[70] - 100) < 2); // the short ones have left it
    }

    void windowReachesBackBeforeTheRange()
    {
        SeriesStore store;
        gap(store, 1.0, 40);
        gap(store, 2.05, 40);
        const auto c = store.columns({ at(1.5), at(1.7) }, ms(100), ms(1000));
        QVERIFY(std::abs(c.gapP50[0] - 40) < 1);
        const auto late = store.columns({ at(2.2), at(2.3) }, ms(100), ms(100));
        QVERIFY(std::isnan(late.gapP50[0]));
    }

    void inFlightIsCarriedAndTakesLateArrivals()
    {
        SeriesStore store;
        store.inFlight(at(1.05), 1);
        store.inFlight(at(1.55), 1);
        store.inFlight(at(3.05), -1);
        store.inFlight(at(1.25), 1); // known late
        const auto c = store.columns({ at(1), at(3.1) }, ms(100), ms(100));
        QCOMPARE(c.inFlight[0], 1.0);
        QCOMPARE(c.inFlight[2], 2.0);
        QCOMPARE(c.inFlight[10], 3.0); // no change of its own
        QCOMPARE(c.inFlight[20], 2.0);
        const auto whole = store.columns({ at(0), at(10) }, ms(10000), ms(10000));
        QCOMPARE(whole.inFlight[0], 2.0);
    }

    void lossIsSaidInEveryBucketThatItTouches()
    {
        SeriesStore store;
        gap(store, 1.05, 5);
        LossGap loss;
        loss.from = at(1.15);
        loss.to = at(1.35);
        loss.dropped = 7;
        store.lost(loss);
        loss.reason = wire::LossReason::Truncated;
        store.lost(loss);
        const auto c = store.columns({ at(1), at(1.5) }, ms(100), ms(100));
        QCOMPARE(c.lost, (std::vector<std::uint64_t> { 0, 7, 7, 7, 0 }));
        QCOMPARE(store.total({ at(1), at(1.1) }).lost, 0u);
        QVERIFY(store.total({ at(1), at(1.3) }).lost > 0);
    }

    void oldTimesAreToldByTheCoarserStep()
    {
        SeriesStore store;
        for (int i = 0; i < 8000; ++i) {
            gap(store, i * 0.1, 5);
        }
        const auto fine = store.columns({ at(790), at(799) }, ms(100), ms(100));
        QCOMPARE(fine.step.value, ms(100).value);
        const auto old = store.columns({ at(0), at(20) }, ms(100), ms(1000));
        QCOMPARE(old.step.value, ms(1000).value);
        QCOMPARE(old.tokenEventsPerSecond[5], 10.0);
        // One that comes later than everything that is kept in 100 ms is not lost.
        gap(store, 5.5, 5);
        QCOMPARE(store.columns({ at(0), at(20) }, ms(1000), ms(1000)).tokenEventsPerSecond[5], 11.0);
    }

    void schedulerTimeIsSpread()
    {
        SeriesStore store;
        store.sched({ at(1.05), at(1.25), 1, 1, 0, wire::ThreadState::Running, false });
        store.sched({ at(1.25), at(1.30), 1, 1, 0, wire::ThreadState::Runnable, false });
        const auto c = store.columns({ at(1), at(1.3) }, ms(100), ms(100));
        QVERIFY(std::abs(c.cpuCores[0] - 0.5) < 1e-9);
        QVERIFY(std::abs(c.cpuCores[1] - 1) < 1e-9);
        QVERIFY(std::abs(c.runnableCores[2] - 0.5) < 1e-9);
    }

    void threadsThatAreNotSeenAreNotIdle()
    {
        SeriesStore store;
        const auto ms = [](std::int64_t n) { return Nanoseconds { n * 1'000'000 }; };
        store.add(ms(0), [](Bucket& bucket) { ++bucket.events; });
        store.add(ms(950), [](Bucket& bucket) { ++bucket.events; });
        store.threadsSeen(ms(250), false);
        store.threadsSeen(ms(650), true);
        const SeriesColumns columns = store.columns({ ms(0), ms(1000) }, ms(100), ms(100));
        QCOMPARE(columns.size(), std::size_t(10));
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const bool unseen = i >= 2 && i <= 6; // partly seen is not seen
            QCOMPARE(std::isnan(columns.cpuCores[i]), unseen);
            QCOMPARE(std::isnan(columns.runnableCores[i]), unseen);
        }
        QVERIFY(!store.total({ ms(0), ms(250) }).threadsUnseen);
        QVERIFY(store.total({ ms(600), ms(1000) }).threadsUnseen);
    }

    void heatHasTheCellsOfTheSketch()
    {
        SeriesStore store;
        gap(store, 1.05, 5);
        gap(store, 1.15, 5);
        gap(store, 1.25, 500);
        const auto heat = store.heat(HeatOf::Gap, { at(1), at(2) }, ms(200));
        QCOMPARE(heat.size(), std::size_t(2));
        QCOMPARE(heat[0].cells.size(), std::size_t(1));
        QCOMPARE(heat[0].cells[0].count, 2u);
        QCOMPARE(heat[1].cells[0].cell, Sketch::cellOf(500));
    }

    void hostileTimesAreBounded()
    {
        SeriesStore store;
        LossGap loss;
        loss.from = at(0);
        loss.to = { INT64_MAX / 2 };
        loss.dropped = 1;
        store.lost(loss);
        store.sched({ { INT64_MIN / 4 }, { INT64_MAX / 4 }, 1, 1, 0, wire::ThreadState::Running, false });
        gap(store, 3, 1);
        QVERIFY(store.columns({ { 0 }, { INT64_MAX / 2 } }, ms(100), ms(100)).size() <= (1u << 16));
    }
};

QTEST_GUILESS_MAIN(TestSeries)
#include "tst_series.moc"
