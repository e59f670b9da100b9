// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/layers.h"
#include "app/theme/tokens.h"
#include "tests/support/synthetic_table.h"

#include <QPainter>
#include <QtTest/QtTest>

#include <random>

using namespace prism;
using namespace prism::app;
using test::SyntheticPoint;

class TestLayers : public QObject {
    Q_OBJECT

    /// Data without a table: layers need only columns.
    static std::shared_ptr<ChartData> scattered(std::size_t count, unsigned seed)
    {
        auto data = std::make_shared<ChartData>();
        data->spec.x.quantity = "tpot";
        data->spec.y.quantity = "output_throughput";
        data->table = test::syntheticTable({});
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> value(1, 1000);
        for (std::size_t i = 0; i < count; ++i) {
            data->rows.push_back(static_cast<Row>(i));
            data->x.push_back(value(random));
            data->y.push_back(value(random));
            data->flags.push_back(0);
            data->lineOf.push_back(0);
        }
        data->groups.push_back({ QStringLiteral("a"), 0, false, true, { 1 } });
        data->lines.push_back({ 1, 0, 0, static_cast<std::uint32_t>(count), false });
        return data;
    }

    static PlotView view(QSizeF size = { 700, 400 }, double high = 1000)
    {
        return { Scale(Scale::Kind::Linear, 0, high, 0, size.width()),
            Scale(Scale::Kind::Linear, 0, high, size.height(), 0), size, 1 };
    }

    static void fill(PlotState& state, std::shared_ptr<const ChartData> data, const PlotView& v)
    {
        state.tokens = &tokensOf(Variant::Light);
        state.groups = { { QColor(0x4E8AFF), 0 } };
        state.points.setData(std::move(data), v.x, v.y);
        state.points.project(v);
    }

    static int inked(const QImage& image, const QColor& ground)
    {
        int count = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                count += QColor(image.pixel(x, y)) != ground;
            }
        }
        return count;
    }

    static QImage painted(ChartLayer& layer, QSize size)
    {
        QImage image(size, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::white);
        QPainter painter(&image);
        layer.paint(&painter, nullptr, nullptr);
        return image;
    }

private Q_SLOTS:
    void nearestAgreesWithBruteForce()
    {
        PlotState state;
        fill(state, scattered(500, 7), view());
        PointLayer layer(state);
        layer.prepare();
        std::mt19937 random(3);
        std::uniform_real_distribution<double> x(0, 700);
        std::uniform_real_distribution<double> y(0, 400);
        for (int trial = 0; trial < 300; ++trial) {
            const QPointF at(x(random), y(random));
            std::optional<std::uint32_t> best;
            double least = 24;
            for (std::uint32_t i = 0; i < 500; ++i) {
                const PixelPoint p = state.points.main(i);
                const double d = std::hypot(p.x - at.x(), p.y - at.y());
                if (d <= least) {
                    least = d;
                    best = i;
                }
            }
            const auto found = layer.nearest(at, 24);
            QCOMPARE(found.has_value(), best.has_value());
            if (found) {
                QVERIFY(std::abs(found->distance - least) < 1e-3);
            }
        }
    }

    void hiddenPointsAreNotNear()
    {
        PlotState state;
        auto data = scattered(1, 1);
        data->x[0] = 1002; // just right of the plot
        data->y[0] = 500;
        fill(state, data, view());
        PointLayer layer(state);
        QVERIFY(!layer.nearest({ 699, 200 }, 24));
    }

    void insideFindsExactlyThePointsOfARectangle()
    {
        PlotState state;
        const auto data = scattered(2000, 11);
        fill(state, data, view());
        PointLayer layer(state);
        const QRectF rect(100, 50, 300, 120);
        std::vector<std::uint32_t> expected;
        for (std::uint32_t i = 0; i < 2000; ++i) {
            const double px = data->x[i] * 0.7;
            const double py = 400 - data->y[i] * 0.4;
            if (px >= 100 && px <= 400 && py >= 50 && py <= 170) {
                expected.push_back(i);
            }
        }
        QCOMPARE(layer.inside(rect), expected);
    }

    void everyPointLeavesInkInEveryMode_data()
    {
        QTest::addColumn<int>("count");
        QTest::newRow("markers") << 300;
        QTest::newRow("stamps") << 5000;
        QTest::newRow("density") << 30000;
    }

    void everyPointLeavesInkInEveryMode()
    {
        QFETCH(int, count);
        PlotState state;
        const auto data = scattered(static_cast<std::size_t>(count), 5);
        fill(state, data, view());
        PointLayer layer(state);
        layer.prepare();
        const QImage image = painted(layer, { 700, 400 });
        for (std::uint32_t i = 0; i < data->size(); ++i) {
            const PixelPoint p = state.points.main(i);
            const int px = std::clamp(static_cast<int>(p.x), 0, 699);
            const int py = std::clamp(static_cast<int>(p.y), 0, 399);
            QVERIFY(QColor(image.pixel(px, py)) != QColor(Qt::white));
        }
        state.points.project(view({ 700, 400 }, 1e-6)); // zoomed to where nothing is
        layer.prepare();
        QCOMPARE(inked(painted(layer, { 700, 400 }), Qt::white), 0);
    }

    void linesOutsideThePlotAreLeftOut()
    {
        PlotState state;
        auto data = scattered(4, 1);
        data->x = { 100, 200, 2000, 3000 };
        data->y = { 100, 200, 2000, 3000 };
        fill(state, data, view());
        LineLayer layer(state);
        layer.prepare();
        QCOMPARE(layer.segments(), std::size_t(2));
        data->spec.lines = false;
        layer.prepare();
        QCOMPARE(layer.segments(), std::size_t(0));
    }

    void aStaircaseNeverPromisesMoreThanItsPoints()
    {
        PlotState state;
        auto data = scattered(3, 1);
        data->x = { 100, 200, 400 };
        data->y = { 100, 300, 500 };
        data->frontiers.push_back({ -1, { 0, 1, 2 } });
        fill(state, data, view());
        FrontierLayer layer(state);
        layer.prepare();
        // tpot: lower is better, so between two points the left one's throughput holds.
        QCOMPARE(layer.corners(0),
            (QPolygonF {
                { 70, 360 }, { 140, 360 }, { 140, 280 }, { 280, 280 }, { 280, 200 }, { 700, 200 } }));
        data->limits = { { findMetric("tpot"), Stat::value(), 500 } };
        layer.prepare();
        QCOMPARE(layer.corners(0).last(), QPointF(350, 200));
        data->limits.clear();
        data->spec.x.quantity = "request_throughput";
        data->x = { 100, 200, 400 };
        data->y = { 500, 300, 100 };
        fill(state, data, view());
        layer.prepare();
        QCOMPARE(layer.corners(0),
            (QPolygonF { { 0, 200 }, { 70, 200 }, { 70, 280 }, { 140, 280 }, { 140, 360 }, { 280, 360 } }));
    }

    void limitsAreDrawnOnlyWhereTheirStatisticIs()
    {
        PlotState state;
        auto data = scattered(3, 1);
        data->limits
            = { { findMetric("tpot"), Stat::value(), 500 }, { findMetric("tpot"), Stat::percentile(99), 400 },
                  { findMetric("output_throughput"), Stat::value(), 250 } };
        fill(state, data, view());
        SloLayer layer(state);
        layer.prepare();
        QCOMPARE(layer.lines().size(), std::size_t(2));
        QVERIFY(layer.lines()[0].vertical);
        QCOMPARE(layer.lines()[0].bad, QRectF(350, 0, 350, 400));
        QCOMPARE(layer.lines()[1].bad, QRectF(0, 300, 700, 100)); // throughput: below is bad
        QVERIFY(layer.describe().contains(QStringLiteral("≥ 250")));
        data->spec.y.perAccelerator = true;
        layer.prepare();
        QCOMPARE(layer.lines().size(), std::size_t(1));
    }

    void errorBarsReachOneDeviation()
    {
        PlotState state;
        auto data = scattered(1, 1);
        data->x = { 500 };
        data->y = { 500 };
        data->deviation = { 100 };
        fill(state, data, view());
        ErrorBarLayer layer(state);
        layer.prepare();
        const QImage image = painted(layer, { 700, 400 });
        QVERIFY(QColor(image.pixel(350, 165)) != QColor(Qt::white));
        QVERIFY(QColor(image.pixel(350, 235)) != QColor(Qt::white));
        QCOMPARE(QColor(image.pixel(350, 150)), QColor(Qt::white));
    }
};

QTEST_MAIN(TestLayers)
#include "tst_layers.moc"
