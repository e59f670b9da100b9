// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/theme.h"
#include "app/timeline/heat_lane.h"
#include "app/timeline/series_lane.h"
#include "app/timeline/span_lane.h"
#include "app/timeline/timeline_view.h"
#include "tests/support/no_qt_warnings.h"

#include <QAccessible>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>
#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>

using namespace prism::app;

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::vector<StageStyle> stages()
{
    return { { QStringLiteral("wait"), [](const Tokens& t) { return t.stages.read; }, true },
        { QStringLiteral("work"), [](const Tokens& t) { return t.stages.decode; } },
        { QStringLiteral("gap"), [](const Tokens& t) { return t.stages.gap; }, false, true, true } };
}

QString plain(double v)
{
    return QString::number(v);
}

/// Ten seconds: two rows of spans, a line, a heatmap.
struct Fixture {
    Fixture()
    {
        spans = &model.add(std::make_unique<SpanLane>(QStringLiteral("spans"), QStringLiteral("Requests"),
            Lane::Heights { { 60, 60, 60 }, true }, stages()));
        spans->rows().resize(2);
        spans->rows()[0].append({ 1 * second, 3 * second, 11, 1 });
        spans->rows()[0].append({ 5 * second, 8 * second, 12, 1 });
        spans->rows()[1].append({ 2 * second, 4 * second, 21, 0 });
        line = &model.add(std::make_unique<SeriesLane>(QStringLiteral("line"), QStringLiteral("TTFT"),
            Lane::Heights { { 34, 50, 80 } }, ValueScale { 0, 100, false }, plain, plain));
        line->series().push_back({ QStringLiteral("p50"), SeriesLane::Form::Line, false, {}, {} });
        for (int i = 0; i <= 10; ++i) {
            line->append(0, i * second, i * 10);
        }
        line->setLimit(50);
        heat = &model.add(std::make_unique<HeatLane>(QStringLiteral("heat"), QStringLiteral("Heatmap"),
            Lane::Heights { { 44, 62, 110 } }, ValueScale { 1, 100, true }, second / 10, 10, plain));
        heat->add(6 * second, 10, 7);
        view.setModel(&model);
        view.resize(168 + 42 + 1000, 400);
        view.setRange({ 0, 10 * second });
        view.show();
    }
    int x(std::int64_t ns) const { return TimelineView::namesWidth + view.axis().columnOf(ns); }
    QPoint inRow(std::int64_t ns, int row) const
    {
        const QRect lane = view.laneRect(QStringLiteral("spans"));
        return { x(ns), lane.top() + 4 + int(spans->pitch(lane.height()) * (row + 0.4)) };
    }
    QImage picture() { return view.viewport()->grab().toImage(); }
    QColor at(const QPoint& p) { return picture().pixelColor(p); }

    TimelineModel model;
    SpanLane* spans = nullptr;
    SeriesLane* line = nullptr;
    HeatLane* heat = nullptr;
    TimelineView view;
};

void wheel(TimelineView& view, const QPoint& at, int notches, Qt::KeyboardModifiers keys = {})
{
    QWheelEvent event(at, view.viewport()->mapToGlobal(at), {}, { 0, 120 * notches }, Qt::NoButton, keys,
        Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(view.viewport(), &event);
}

void drag(TimelineView& view, const QPoint& from, const QPoint& to, Qt::KeyboardModifiers keys = {})
{
    QTest::mousePress(view.viewport(), Qt::LeftButton, keys, from);
    for (const QPoint& at : { from + (to - from) / 2, to }) {
        QMouseEvent move(
            QEvent::MouseMove, at, view.viewport()->mapToGlobal(at), Qt::NoButton, Qt::LeftButton, keys);
        QCoreApplication::sendEvent(view.viewport(), &move);
    }
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, keys, to);
}

} // namespace

class TestTimelineView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aCellOfTheHeatmapTellsItsCount()
    {
        Fixture f;
        const int height = 100; // ten bins of 10 pixels; the value 10 of 1 … 100 begins the sixth
        const TimeAxis axis = f.view.axis();
        const QString tip = f.heat->tipAt(axis, axis.columnOf(6 * second + second / 20), 45, height);
        QVERIFY2(tip.startsWith(QStringLiteral("7 from 10 to ")), qPrintable(tip));
        QVERIFY(f.heat->tipAt(axis, axis.columnOf(6 * second + second / 20), 95, height).isEmpty());
        QVERIFY(f.heat->tipAt(axis, axis.columnOf(3 * second), 45, height).isEmpty());
    }

    void init()
    {
        prism::test::failOnQtWarnings();
        Theme::current().apply(Theme::Choice::Dark);
    }

    void spansStandWhereTheirTimesAre()
    {
        Fixture f;
        const Tokens& t = Theme::current().tokens();
        QCOMPARE(f.at(f.inRow(2 * second, 0)), t.stages.decode);
        QCOMPARE(f.at(f.inRow(6 * second, 0)), t.stages.decode);
        QCOMPARE(f.at(f.inRow(4 * second + second / 2, 0)), t.base);
        QCOMPARE(f.at(f.inRow(3 * second, 1)), t.stages.read);
        QCOMPARE(f.at({ f.x(second) - 3, f.inRow(second, 0).y() }), t.base);
    }

    void thinnedDetailIsMarkedUpToWhereItEnds()
    {
        Fixture f;
        const Tokens& t = Theme::current().tokens();
        const int ruler = f.view.plotRect().top() - 3;
        QVERIFY(f.at({ f.x(2 * second), ruler }) != t.warn);
        f.model.setDetailFrom(3 * second, QStringLiteral("from here on"));
        f.model.touch();
        QCOMPARE(f.at({ f.x(2 * second), ruler }), t.warn);
        QVERIFY(f.at({ f.x(4 * second), ruler }) != t.warn);
    }

    void aGapSparesWhatOthersTell()
    {
        Fixture f;
        const QRect lane = f.view.laneRect(QStringLiteral("line"));
        const QRect hatched(f.x(4 * second), lane.top() + 1, 40, lane.height() - 2);
        const QImage before = f.picture().copy(hatched);
        f.line->setSampled(true);
        f.model.setGaps({ { { 4 * second, 6 * second }, {}, false } });
        f.model.touch();
        QCOMPARE(f.picture().copy(hatched), before);
        f.line->setSampled(false);
        QVERIFY(f.picture().copy(hatched) != before);
    }

    void bothThemesAndHighContrastPaintTheirOwnColours()
    {
        Fixture f;
        for (const auto choice : { Theme::Choice::Light, Theme::Choice::HighContrast, Theme::Choice::Dark }) {
            Theme::current().apply(choice);
            QCOMPARE(f.at(f.inRow(2 * second, 0)), Theme::current().tokens().stages.decode);
            QCOMPARE(f.at({ 3, 200 }), Theme::current().tokens().window);
        }
    }

    void aPictureAtTwoPixelsAPointShowsTheSame()
    {
        Fixture f;
        QImage image(f.view.viewport()->size() * 2, QImage::Format_RGB32);
        image.setDevicePixelRatio(2);
        QPainter painter(&image);
        f.view.renderFrame(painter);
        painter.end();
        QCOMPARE(image.pixelColor(f.inRow(2 * second, 0) * 2), Theme::current().tokens().stages.decode);
        QCOMPARE(image.pixelColor(f.inRow(4 * second + second / 2, 0) * 2), Theme::current().tokens().base);
    }

    void theWheelZoomsAtThePointer()
    {
        Fixture f;
        QSignalSpy moved(&f.view, &TimelineView::rangeMoved);
        const QPoint at = f.inRow(2 * second, 0);
        wheel(f.view, at, 3);
        QCOMPARE(moved.size(), 1);
        QVERIFY(f.view.range().lengthNs() < 6 * second);
        QVERIFY(std::abs(f.x(2 * second) - at.x()) <= 1);
        wheel(f.view, at, -3);
        QVERIFY(std::abs(f.view.range().lengthNs() - 10 * second) < 1'000);
        wheel(f.view, at, 1, Qt::ShiftModifier);
        QVERIFY(f.view.range().fromNs < 0);
    }

    void aDragPansAndAClickChooses()
    {
        Fixture f;
        QSignalSpy chosen(&f.view, &TimelineView::spanChosen);
        QSignalSpy moved(&f.view, &TimelineView::rangeMoved);
        drag(f.view, f.inRow(4 * second, 0), f.inRow(4 * second, 0) + QPoint(-100, 0));
        QCOMPARE(f.view.range(), (TimeRange { second, 11 * second }));
        QVERIFY(!moved.isEmpty());
        QCOMPARE(chosen.size(), 0);
        QTest::mouseClick(f.view.viewport(), Qt::LeftButton, {}, f.inRow(6 * second, 0));
        QCOMPARE(chosen.size(), 1);
        QCOMPARE(chosen[0][1].value<LaneSpan>().span.item, std::uint32_t(12));
    }

    void aStretchSnapsToEdges()
    {
        Fixture f;
        drag(f.view, f.inRow(5 * second, 0) + QPoint(3, 0), f.inRow(8 * second, 0) - QPoint(4, 0),
            Qt::ShiftModifier);
        QCOMPARE(f.view.selectedRange(), std::optional(TimeRange { 5 * second, 8 * second }));
        drag(f.view, f.inRow(5 * second, 0) + QPoint(3, 0), f.inRow(8 * second, 0) - QPoint(4, 0),
            Qt::ShiftModifier | Qt::AltModifier);
        QVERIFY(f.view.selectedRange()->fromNs > 5 * second);
        QTest::keyClick(&f.view, Qt::Key_F); // zooms to it
        QCOMPARE(f.view.range(), *f.view.selectedRange());
        QTest::keyClick(&f.view, Qt::Key_BracketLeft); // and back
        QCOMPARE(f.view.range(), (TimeRange { 0, 10 * second }));
        QTest::keyClick(&f.view, Qt::Key_Escape);
        QVERIFY(!f.view.selectedRange());
    }

    void keysWalkSpansAndLanes()
    {
        Fixture f;
        QSignalSpy chosen(&f.view, &TimelineView::spanChosen);
        const std::uint32_t expected[] = { 11, 21, 12 };
        for (const std::uint32_t item : expected) {
            QTest::keyClick(&f.view, Qt::Key_Right);
            QCOMPARE(chosen.last()[1].value<LaneSpan>().span.item, item);
        }
        QCOMPARE(f.view.instant(), std::optional<std::int64_t>(5 * second));
        QTest::keyClick(&f.view, Qt::Key_Left);
        QCOMPARE(chosen.last()[1].value<LaneSpan>().span.item, std::uint32_t(21));
        QTest::keyClick(&f.view, Qt::Key_Down);
        QCOMPARE(f.view.focusedLane()->id(), QStringLiteral("line"));
        QSignalSpy reset(&f.view, &TimelineView::resetRequested);
        QTest::keyClick(&f.view, Qt::Key_0);
        QCOMPARE(reset.size(), 1);
        QSignalSpy note(&f.view, &TimelineView::noteRequested);
        QTest::keyClick(&f.view, Qt::Key_M);
        QCOMPARE(note.size(), 1);
    }

    void readingsFollowTheCursor()
    {
        Fixture f;
        QCOMPARE(f.line->readings(3 * second + 1).first().value, QStringLiteral("30"));
        QVERIFY(!f.line->readings(3 * second).first().bad);
        QVERIFY(f.line->readings(8 * second).first().bad);
        QCOMPARE(f.line->readings(std::nullopt).first().value, QStringLiteral("100"));
        QCOMPARE(f.line->readings(-second).first().value, QStringLiteral("—"));
    }

    void aGapIsHatchedOverEveryLane()
    {
        Fixture f;
        f.model.setGaps({ { { 6 * second, 7 * second }, QStringLiteral("312 lost") } });
        f.model.touch();
        const QImage image = f.picture();
        const Tokens& t = Theme::current().tokens();
        for (const auto* id : { "spans", "line", "heat" }) {
            const QRect lane = f.view.laneRect(QLatin1String(id));
            int hatched = 0;
            int data = 0;
            const int y = lane.top() + 8;
            for (int x = f.x(6 * second) + 1; x < f.x(7 * second); ++x) {
                hatched += image.pixelColor(x, y) == t.loss ? 1 : 0;
                data += image.pixelColor(x, y) == t.stages.decode ? 1 : 0;
            }
            QVERIFY2(hatched > 25 && hatched < 45, id);
            QCOMPARE(data, 0);
        }
        QVERIFY(f.view.describe().contains(QStringLiteral("312 lost")));
    }

    void theLimitIsDrawnAndWhatGrowsIsLaidOut()
    {
        Fixture f;
        const QImage image = f.picture();
        const QRect lane = f.view.laneRect(QStringLiteral("line"));
        int bad = 0;
        for (int y = lane.top(); y < lane.bottom(); ++y) {
            bad += image.pixelColor(TimelineView::namesWidth + 2, y) == Theme::current().tokens().bad ? 1 : 0;
        }
        QCOMPARE(bad, 1);
        QCOMPARE(f.view.laneRect(QStringLiteral("heat")).bottom() + 2, f.view.viewport()->height());
        QCOMPARE(f.view.verticalScrollBar()->maximum(), 0);
        f.view.resize(f.view.width(), 180); // less than the lanes need
        QVERIFY(f.view.verticalScrollBar()->maximum() > 0);
    }

    void lanesHideShowAndChangeTheirHeight()
    {
        Fixture f;
        f.model.setSize(QStringLiteral("line"), LaneSize::Large);
        QCOMPARE(f.view.laneRect(QStringLiteral("line")).height(), 80);
        f.model.setHidden(QStringLiteral("line"), true);
        QVERIFY(f.view.laneRect(QStringLiteral("line")).isEmpty());
        QMenu menu;
        f.view.fillLaneMenu(menu);
        for (QAction* action : menu.actions()) {
            if (action->text() == QStringLiteral("TTFT")) {
                QVERIFY(!action->isChecked());
                action->setChecked(true);
            }
        }
        QVERIFY(!f.view.laneRect(QStringLiteral("line")).isEmpty());
        f.model.setFilter(QStringLiteral("heat"));
        QVERIFY(f.view.laneRect(QStringLiteral("line")).isEmpty());
        QVERIFY(!f.view.laneRect(QStringLiteral("heat")).isEmpty());
    }

    void aScaleNeverShrinks()
    {
        ValueScale scale { 4, 400, true };
        scale.include(900);
        QCOMPARE(scale.high, 1000.0);
        scale.include(5);
        QCOMPARE(scale.high, 1000.0);
        scale.include(0.3);
        QCOMPARE(scale.low, 0.2);
        QCOMPARE(scale.toY(1000, 50), 0.0);
        QCOMPARE(scale.toY(0, 50), 50.0); // zero has no place on it: the edge
    }

    void manyRowsAreCountedInsteadWhereTheyAreAskedTo()
    {
        Fixture f;
        f.spans->setForm(SpanLane::Form::Counts);
        f.model.touch();
        const QImage image = f.picture();
        const QRect lane = f.view.laneRect(QStringLiteral("spans"));
        // Two at 2.5 s, one at 6 s: half as high. Between the lines of the grid.
        const auto top = [&](std::int64_t ns) {
            int y = lane.top();
            while (y < lane.bottom() && image.pixelColor(f.x(ns), y) == Theme::current().tokens().base) {
                ++y;
            }
            return lane.bottom() - y;
        };
        QVERIFY(top(2 * second + second / 2) > 1.9 * top(6 * second + second / 2));
    }

    void screenReadersFindAChartOfLanes()
    {
        Fixture f;
        QAccessibleInterface* chart = QAccessible::queryAccessibleInterface(&f.view);
        QVERIFY(chart);
        QCOMPARE(chart->role(), QAccessible::Chart);
        QCOMPARE(chart->childCount(), 3);
        QCOMPARE(chart->child(1)->text(QAccessible::Name), QStringLiteral("TTFT"));
        QVERIFY(chart->child(1)->text(QAccessible::Value).contains(QStringLiteral("100")));
        QVERIFY(chart->child(1)->text(QAccessible::Description).contains(QStringLiteral("at most")));
        QVERIFY(chart->child(0)->rect().height() > 60);
        QVERIFY(chart->text(QAccessible::Description).contains(QStringLiteral("3 lane")));
    }
};

QTEST_MAIN(TestTimelineView)
#include "tst_timeline_view.moc"
