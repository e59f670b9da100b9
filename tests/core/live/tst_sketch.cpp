// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/sketch.h"

#include <QTest>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>

using prism::live::Sketch;

namespace {

double exact(std::vector<double> values, double p)
{
    std::sort(values.begin(), values.end());
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(p / 100 * static_cast<double>(values.size()))));
    return values[rank - 1];
}

std::vector<double> made()
{
    return *rc::gen::nonEmpty(rc::gen::map(
        rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0u, 4'000'000'000u)), [](auto numbers) {
            std::vector<double> values;
            for (const unsigned n : numbers) {
                values.push_back(std::exp(double(n) / 4e9 * 30 - 12));
            }
            return values;
        }));
}

} // namespace

class TestSketch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void percentileIsWithinTheStatedError()
    {
        QVERIFY(rc::check("relative error", [] {
            const auto values = made();
            const double p = *rc::gen::inRange(0, 1001) / 10.0;
            Sketch sketch;
            for (const double v : values) {
                sketch.add(v);
            }
            const double want = exact(values, p);
            RC_ASSERT(std::abs(*sketch.percentile(p) - want) <= Sketch::relativeError * want * 1.0000001);
            RC_ASSERT(sketch.count() == values.size());
            RC_ASSERT(*sketch.max() == *std::max_element(values.begin(), values.end()));
        }));
    }

    void mergedIsTheSameAsTogether()
    {
        QVERIFY(rc::check("merge", [] {
            const auto a = made();
            const auto b = made();
            Sketch left, right, both;
            for (const double v : a) {
                left.add(v);
                both.add(v);
            }
            for (const double v : b) {
                right.add(v);
                both.add(v);
            }
            left.merge(right);
            RC_ASSERT(left.count() == both.count());
            RC_ASSERT(left.cells().size() == both.cells().size());
            for (const double p : { 0.0, 50.0, 99.0, 100.0 }) {
                RC_ASSERT(left.percentile(p) == both.percentile(p));
            }
        }));
    }

    void nothingIsNoZero()
    {
        Sketch sketch;
        QVERIFY(!sketch.percentile(50));
        QVERIFY(!sketch.mean());
        QVERIFY(!sketch.max());
        sketch.add(std::nan(""));
        QCOMPARE(sketch.count(), 0u);
    }

    void extremesStayInBounds()
    {
        Sketch sketch;
        sketch.add(0);
        sketch.add(-5);
        QCOMPARE(*sketch.percentile(50), 0.0);
        sketch.add(std::numeric_limits<double>::infinity(), 3);
        QVERIFY(std::abs(*sketch.percentile(99) - Sketch::greatest) < 0.01 * Sketch::greatest);
        QCOMPARE(sketch.count(), 5u);
        QCOMPARE(sketch.cells().size(), std::size_t(2));
    }
};

QTEST_GUILESS_MAIN(TestSketch)
#include "tst_sketch.moc"
