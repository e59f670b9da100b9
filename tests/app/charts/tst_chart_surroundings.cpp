// SPDX-License-Identifier: GPL-3.0-or-later
// What stands around the plot: legend, heading, controls, notes, and the room that they leave it.
#include "app/charts/chart_heading.h"
#include "app/charts/chart_legend.h"
#include "app/charts/overflow_row.h"
#include "app/theme/theme.h"
#include "tests/app/charts/chart_runs.h"
#include "tests/support/qt_warnings.h"

#include <QComboBox>
#include <QLabel>
#include <QToolButton>
#include <QtTest/QtTest>

using namespace prism;
using namespace prism::app;
using namespace prism::test;

class TestChartSurroundings : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        Theme::current().apply(Theme::Choice::Light);
        m_warnings = std::make_unique<test::QtWarnings>();
    }
    void cleanup() { QCOMPARE(test::QtWarnings::texts(), QStringList()); }

    void theLegendShowsAloneAndHides()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        const auto entries = [&panel] {
            QList<LegendEntry*> shown;
            for (auto* e : panel.legend()->findChildren<LegendEntry*>()) {
                if (e->isVisible()) {
                    shown << e;
                }
            }
            std::ranges::sort(shown, {}, &LegendEntry::group);
            return shown;
        };
        QCOMPARE(entries().size(), 3);
        QTest::mouseClick(entries()[1], Qt::LeftButton);
        QCOMPARE(workspace.soloRuns(), QSet<RunId> { 2 });
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.chart()->size(), 6u);
        QCOMPARE(entries().size(), 3);
        QTest::mouseClick(entries()[1], Qt::LeftButton);
        QVERIFY(workspace.soloRuns().isEmpty());
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.chart()->size(), 18u);
        QTest::mouseClick(entries()[0], Qt::LeftButton, Qt::ControlModifier);
        QCOMPARE(workspace.soloRuns(), (QSet<RunId> { 2, 3 }));
        QTRY_VERIFY(!panel.isBuilding());
        QTest::mouseClick(entries()[0], Qt::LeftButton, Qt::ControlModifier);
        QVERIFY(workspace.soloRuns().isEmpty());
    }

    void manyEntriesFold()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(19));
        QCOMPARE(panel.spec().colour, ColourBy::Engine); // more runs than colours
        colourByRun(panel);
        const auto visible = [&panel] {
            const auto all = panel.legend()->findChildren<LegendEntry*>();
            return std::ranges::count_if(all, [](const LegendEntry* e) { return e->isVisible(); });
        };
        QCOMPARE(visible(), 12);
        auto* more = panel.legend()->findChild<QToolButton*>();
        QVERIFY(more);
        QCOMPARE(more->text(), QStringLiteral("+ 7 more"));
        more->click();
        QCOMPARE(visible(), 19);
    }

    void aLowChartKeepsItsPlotWhole()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(19));
        QCOMPARE(panel.spec().colour, ColourBy::Engine); // more runs than colours
        colourByRun(panel);
        panel.resize(640, 340);
        QCoreApplication::processEvents();
        QVERIFY(panel.view()->height() >= 160);
        QVERIFY2(panel.view()->mapTo(&panel, QPoint(0, panel.view()->height())).y() <= panel.height(),
            "the axis must not be cut off");
        auto* more = panel.legend()->findChild<QToolButton*>(QString(), Qt::FindDirectChildrenOnly);
        QVERIFY(more && more->text().startsWith(QLatin1Char('+')));
    }

    void aNoteTakesTheRoomThatItsWordsNeed()
    {
        ChartNote note;
        ChartData data;
        data.differing = { QStringLiteral("lengths: 64 → 32, 128 → 64"), QStringLiteral("dataset: a, b") };
        note.setBrief(true);
        note.setChart(data);
        auto* label = note.findChild<QLabel*>();
        QCOMPARE(label->text(), QStringLiteral("⚠ Not alike: lengths, dataset"));
        note.setBrief(false);
        QVERIFY(label->text().contains(QStringLiteral("128 → 64")));
        QVERIFY(note.hasHeightForWidth()); // else it keeps the height of a narrower one
    }

    void controlsNeverWrap()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        const auto rows = panel.findChildren<OverflowRow*>();
        QCOMPARE(rows.size(), qsizetype(2));
        QVERIFY(rows[0]->moreButton()->isHidden());
        const int before = panel.view()->mapTo(&panel, QPoint()).y();
        panel.resize(480, 600);
        QCoreApplication::processEvents();
        QCOMPARE(panel.view()->mapTo(&panel, QPoint()).y(), before);
        QVERIFY(rows[0]->moreButton()->isVisible());
        for (auto* box : rows[0]->findChildren<QComboBox*>()) {
            const bool inRow = box->window() == panel.window();
            QVERIFY(!inRow || box->mapTo(rows[0], QPoint(box->width(), 0)).x() <= rows[0]->width());
        }
        panel.resize(900, 600);
        QCoreApplication::processEvents();
        QVERIFY(rows[0]->moreButton()->isHidden());
    }

    void whatIsShownAloneHasAWayBackInSight()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(3));
        const auto entries = [&panel] { return panel.legend()->findChildren<LegendEntry*>(); };
        const QPoint second = entries()[1]->pos();
        workspace.setSoloRuns({ 2 });
        QTRY_VERIFY(!panel.isBuilding());
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCOMPARE(entries()[1]->pos(), second); // what was clicked stays under the mouse
        auto* back = panel.legend()->findChild<QToolButton*>(QString(), Qt::FindDirectChildrenOnly);
        QVERIFY(back && back->isVisible());
        back->click();
        QVERIFY(workspace.soloRuns().isEmpty());
    }

    void besideAWidePlotTheLegendHasARowForEach()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(9));
        panel.resize(1500, 700);
        QCoreApplication::processEvents();
        std::set<int> rows;
        for (const LegendEntry* entry : panel.legend()->findChildren<LegendEntry*>()) {
            if (entry->isVisible()) {
                rows.insert(entry->y());
                QVERIFY(entry->geometry().right() <= panel.legend()->width());
            }
        }
        QCOMPARE(rows.size(), std::size_t(9));
    }

    void runColoursAreOnThePlotInEveryTheme()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(1));
        for (const auto choice : { Theme::Choice::Dark, Theme::Choice::HighContrast, Theme::Choice::Light }) {
            Theme::current().apply(choice);
            const QImage image = panel.view()->grab().toImage();
            QCOMPARE(QColor(image.pixel(at(panel, 3))), QColor(0x4E8AFF));
            const QPoint corner = panel.view()->plotRect().topLeft().toPoint() + QPoint(5, 5);
            QCOMPARE(QColor(image.pixel(corner)), Theme::current().tokens().base);
        }
    }

    void aRunShownAloneThatIsFilteredAwayHidesNothing()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        workspace.setSoloRuns({ 1 });
        Filter filter;
        filter.facets["engine"] = { "SGLang" };
        workspace.setFilter(filter);
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.chart()->size(), 6u);
    }

private:
    std::unique_ptr<test::QtWarnings> m_warnings;
};

QTEST_MAIN(TestChartSurroundings)
#include "tst_chart_surroundings.moc"
