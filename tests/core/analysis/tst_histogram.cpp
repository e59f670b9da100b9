// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/histogram.h"
#include "core/model/percentile.h"

#include <QtTest>
#include <rapidcheck.h>

#include <numeric>

using namespace prism;

class TestHistogram : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void percentilesInterpolate()
    {
        const std::vector<double> samples { 1, 2, 3, 4 };
        QCOMPARE(percentileOfSorted(samples, 0), 1.0);
        QCOMPARE(percentileOfSorted(samples, 50), 2.5);
        QCOMPARE(percentileOfSorted(samples, 90), 3.7);
        QCOMPARE(percentileOfSorted(samples, 100), 4.0);
        QVERIFY(std::isnan(percentileOfSorted({}, 50)));
    }

    void everySampleIsCountedOnce()
    {
        QVERIFY(rc::check([](const std::vector<int>& values, bool logarithmic) {
            std::vector<double> samples(values.begin(), values.end());
            samples = ascending(std::move(samples));
            const Histogram h = histogram(samples, logarithmic);
            const auto counted = std::accumulate(h.counts.begin(), h.counts.end(), std::size_t(h.outside));
            RC_ASSERT(counted == samples.size());
            RC_ASSERT(h.counts.empty() || h.edges.size() == h.counts.size() + 1);
            RC_ASSERT(std::is_sorted(h.edges.begin(), h.edges.end()));
        }));
    }

    void equalSamplesMakeOneInterval()
    {
        const Histogram h = histogram(std::vector<double>(10, 5.0));
        QCOMPARE(h.counts, (std::vector<std::uint32_t> { 10 }));
        QVERIFY(h.edges[1] > h.edges[0]);
    }

    void distributionFunctionRisesToOne()
    {
        std::vector<double> samples(100'000);
        std::iota(samples.begin(), samples.end(), 0.0);
        const auto steps = cdf(samples, 1000);
        QVERIFY(steps.size() <= 1002);
        QCOMPARE(steps.front().value, 0.0);
        QCOMPARE(steps.back().value, 99'999.0);
        QCOMPARE(steps.back().part, 1.0);
        QVERIFY(cdf({}).empty());
    }
};

QTEST_GUILESS_MAIN(TestHistogram)
#include "tst_histogram.moc"
