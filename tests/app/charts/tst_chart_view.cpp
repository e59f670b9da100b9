// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_view.h"
#include "tests/support/qt_warnings.h"
#include "tests/support/synthetic_table.h"

#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest/QtTest>

#include <algorithm>
#include <cmath>

using namespace prism;
using namespace prism::app;
using test::SyntheticPoint;

Q_DECLARE_METATYPE(std::optional<prism::app::PointRef>)
Q_DECLARE_METATYPE(std::vector<std::uint32_t>)

class TestChartView : public QObject {
    Q_OBJECT

    static std::shared_ptr<const ChartData> sweep(const char* y = "output_throughput", double factor = 1)
    {
        std::vector<SyntheticPoint> points;
        for (RunId run = 1; run <= 2; ++run) {
            for (int load = 1; load <= 64; load *= 2) {
                points.push_back({ .run = run,
                    .attributes = { { "concurrency", std::to_string(load) } },
                    .measures
                    = { { y, factor * load * static_cast<double>(10 * run) }, { "tpot p99", 5. + load } } });
            }
        }
        ChartRequest r;
        r.table = test::syntheticTable(points);
        r.passing = RowSet(r.table->rows(), true);
        r.spec.x.quantity = "tpot";
        r.spec.x.stat = Stat::percentile(99);
        r.spec.x.logarithmic = true;
        r.spec.y.quantity = y;
        return buildChart(r);
    }

    static void show(ChartView& view, std::shared_ptr<const ChartData> data)
    {
        view.resize(800, 400);
        view.show();
        view.setData(std::move(data), { { QColor(Qt::blue), 0 }, { QColor(Qt::red), 1 } });
    }

    static void wheel(ChartView& view, QPointF at, int delta)
    {
        QWheelEvent event(at, view.viewport()->mapToGlobal(at), {}, { 0, delta }, Qt::NoButton,
            Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(view.viewport(), &event);
    }

private Q_SLOTS:
    void initTestCase() { m_warnings = std::make_unique<test::QtWarnings>(); }
    void cleanup() { QCOMPARE(test::QtWarnings::texts(), QStringList()); }

    void axesMirrorTheScale()
    {
        ChartView view;
        show(view, sweep());
        const auto* data = view.data();
        for (std::uint32_t i = 0; i < data->size(); ++i) {
            const QPointF at = view.place(i) - view.plotRect().topLeft();
            QVERIFY(std::abs(view.plotView().x.toValue(at.x()) / data->x[i] - 1) < 1e-4);
            QVERIFY(std::abs(view.plotView().y.toValue(at.y()) - data->y[i]) < 0.1);
            QVERIFY(view.isVisible(i));
        }
        QVERIFY(view.plotRect().width() > 600 && view.plotRect().height() > 250);
    }

    void axesFollowAtOnce()
    {
        ChartView view;
        show(view, sweep());
        QCoreApplication::processEvents();
        view.setData(sweep("output_throughput", 40), { { QColor(Qt::blue), 0 }, { QColor(Qt::red), 1 } });
        const QImage now = view.grab().toImage(); // no event in between
        QCoreApplication::processEvents();
        QCOMPARE(now, view.grab().toImage());
    }

    void theWheelKeepsTheValueUnderTheCursor()
    {
        ChartView view;
        show(view, sweep());
        const QPointF at = view.plotRect().topLeft() + QPointF(123, 77);
        const double x = view.plotView().x.toValue(123);
        const double y = view.plotView().y.toValue(77);
        const Scale before = view.plotView().x;
        wheel(view, at, 360);
        const QPointF inside = at - view.plotRect().topLeft(); // labels may have moved the plot
        QVERIFY(view.plotView().x.high() - view.plotView().x.low() < 0.6 * (before.high() - before.low()));
        QVERIFY(std::abs(view.plotView().x.toValue(inside.x()) / x - 1) < 0.02);
        QVERIFY(std::abs(view.plotView().y.toValue(inside.y()) / y - 1) < 0.02);
        const Scale y1 = view.plotView().y;
        wheel(view, QPointF(view.plotRect().center().x(), view.plotRect().bottom() + 20), 120);
        QCOMPARE(view.plotView().y.low(), y1.low()); // beside the x axis only that one zooms
    }

    void zoomSurvivesNewDataButNotAnotherQuantity()
    {
        ChartView view;
        show(view, sweep());
        view.zoomBy(0.5, view.plotRect().center());
        const Scale x = view.plotView().x;
        const Scale y = view.plotView().y;
        view.setData(sweep("output_throughput", 3), { { QColor(Qt::blue), 0 }, { QColor(Qt::red), 1 } });
        QCOMPARE(view.plotView().x.low(), x.low());
        QCOMPARE(view.plotView().y.high(), y.high());
        view.setData(sweep("total_throughput", 3), { { QColor(Qt::blue), 0 }, { QColor(Qt::red), 1 } });
        QCOMPARE(view.plotView().x.low(), x.low());
        QVERIFY(view.plotView().y.high() != y.high());
    }

    void zoomHasAHistory()
    {
        ChartView view;
        show(view, sweep());
        const double all = view.plotView().x.high();
        QTest::keyClick(&view, Qt::Key_Plus);
        const double zoomed = view.plotView().x.high();
        QVERIFY(zoomed < all);
        QTest::keyClick(&view, Qt::Key_BracketLeft);
        QCOMPARE(view.plotView().x.high(), all);
        QTest::keyClick(&view, Qt::Key_BracketRight);
        QCOMPARE(view.plotView().x.high(), zoomed);
        QTest::keyClick(&view, Qt::Key_0);
        QVERIFY(!view.isZoomed());
        QTest::keyClick(&view, Qt::Key_BracketLeft);
        QCOMPARE(view.plotView().x.high(), zoomed);
        QTest::mouseDClick(view.viewport(), Qt::LeftButton, {}, view.plotRect().center().toPoint());
        QVERIFY(!view.isZoomed());
    }

    void aDragBrushesExactlyThePointsInside()
    {
        ChartView view;
        show(view, sweep());
        QSignalSpy brushed(&view, &ChartView::brushed);
        // Around the last two points of run 2; the last of run 1 lies in the corner.
        const QRectF rect = QRectF(view.place(12), view.place(13)).normalized().adjusted(-6, -6, 6, 6);
        QTest::mousePress(view.viewport(), Qt::LeftButton, {}, rect.topLeft().toPoint());
        QTest::mouseMove(view.viewport(), rect.bottomRight().toPoint());
        QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, rect.bottomRight().toPoint());
        QCOMPARE(brushed.count(), 1);
        QCOMPARE(
            brushed[0][0].value<std::vector<std::uint32_t>>(), (std::vector<std::uint32_t> { 6, 12, 13 }));
        QVERIFY(view.hasBrush());
        view.setSelected({ 12, 13 });
        QTest::keyClick(&view, Qt::Key_F);
        QVERIFY(view.isVisible(12) && view.isVisible(13) && !view.isVisible(0));
    }

    void aBrushLiesOverValuesNotPixels()
    {
        ChartView view;
        show(view, sweep());
        const auto local = [&view](QPointF p) { return view.viewport()->mapFrom(&view, p.toPoint()); };
        const QPoint from = local(view.place(5) + QPointF(-12, -12));
        const QPoint to = local(view.place(6) + QPointF(12, 12));
        QTest::mousePress(view.viewport(), Qt::LeftButton, {}, from);
        QTest::mouseMove(view.viewport(), (from + to) / 2);
        QTest::mouseMove(view.viewport(), to);
        QSignalSpy brushed(&view, &ChartView::brushed);
        QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, to);
        const auto before = brushed[0][0].value<std::vector<std::uint32_t>>();
        const auto* brush = dynamic_cast<const BrushLayer*>(view.layers().back());
        const QRectF small = brush->rect();
        const auto* points = dynamic_cast<const PointLayer*>(*std::ranges::find_if(view.layers(),
            [](const ChartLayer* l) { return dynamic_cast<const PointLayer*>(l) != nullptr; }));
        view.resize(1000, 700);
        QVERIFY(brush->rect().height() > small.height());
        QCOMPARE(points->inside(brush->rect()), before);
        view.zoomBy(0.8, view.place(5));
        QCOMPARE(points->inside(brush->rect()), before);
        view.setData(sweep("request_throughput"), { { QColor(Qt::blue), 0 }, { QColor(Qt::red), 1 } });
        QVERIFY(!view.hasBrush()); // its values are none of this axis
    }

    void arrowsWalkPointsAndRuns()
    {
        ChartView view;
        show(view, sweep());
        connect(&view, &ChartView::hoveredPoint, &view, &ChartView::setHovered);
        QTest::keyClick(&view, Qt::Key_Right);
        QCOMPARE(view.hovered(), std::optional<std::uint32_t>(0));
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Right);
        QCOMPARE(view.hovered(), std::optional<std::uint32_t>(2));
        QTest::keyClick(&view, Qt::Key_Down);
        QCOMPARE(view.hovered(), std::optional<std::uint32_t>(9));
        QTest::keyClick(&view, Qt::Key_Left);
        QCOMPARE(view.hovered(), std::optional<std::uint32_t>(8));
        QSignalSpy clicked(&view, &ChartView::clickedPoint);
        QTest::keyClick(&view, Qt::Key_Return);
        QCOMPARE(clicked.count(), 1);
        QSignalSpy baseline(&view, &ChartView::baselineKey);
        QTest::keyClick(&view, Qt::Key_B);
        QCOMPARE(baseline.count(), 1);
    }

    void arrowsPassWhatIsOutOfSight()
    {
        ChartView view;
        show(view, sweep());
        connect(&view, &ChartView::hoveredPoint, &view, &ChartView::setHovered);
        view.setSelected({ 2, 3, 9, 10 });
        view.fitSelection();
        QVERIFY(!view.isVisible(0) && view.isVisible(2));
        QTest::keyClick(&view, Qt::Key_Right);
        QVERIFY(view.hovered() && view.isVisible(*view.hovered()));
        for (const int key : { Qt::Key_Right, Qt::Key_Right, Qt::Key_Right, Qt::Key_Right, Qt::Key_Down,
                 Qt::Key_Left, Qt::Key_Left, Qt::Key_Left, Qt::Key_Up }) {
            QTest::keyClick(&view, Qt::Key(key));
            QVERIFY(view.isVisible(*view.hovered()));
        }
    }

    void emptyAndSingularDataAreQuiet()
    {
        ChartView view;
        ChartRequest r;
        r.table = test::syntheticTable(
            { { .run = 1, .attributes = { { "concurrency", "4" } }, .measures = { { "ttft p50", 0 } } } });
        r.passing = RowSet(1, true);
        r.spec.x.quantity = "concurrency";
        r.spec.x.logarithmic = true;
        r.spec.y.quantity = "ttft";
        r.spec.y.stat = Stat::percentile(50);
        show(view, buildChart(r));
        QVERIFY(view.isVisible(0));
        r.spec.y.logarithmic = true;
        view.setData(buildChart(r), { { QColor(Qt::blue), 0 } });
        QCOMPARE(view.data()->size(), 0u);
        QVERIFY(!view.nearest(view.plotRect().center()));
        view.grab();
        view.resize(60, 40);
        view.grab();
    }

    void aCapEndsTheAxis()
    {
        ChartView view;
        auto data = std::make_shared<ChartData>(*sweep());
        data->spec.y.cap = 100;
        show(view, data);
        QCOMPARE(view.plotView().y.fromUnit(view.plotView().y.high()), 100.);
    }

private:
    std::unique_ptr<test::QtWarnings> m_warnings;
};

QTEST_MAIN(TestChartView)
#include "tst_chart_view.moc"
