// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_cards.h"
#include "app/charts/chart_empty_state.h"
#include "app/charts/chart_table.h"
#include "app/theme/theme.h"
#include "tests/app/charts/chart_runs.h"
#include "tests/support/qt_warnings.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest/QtTest>

using namespace prism;
using namespace prism::app;
using namespace prism::test;

class TestChartPanel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        Theme::current().apply(Theme::Choice::Light);
        m_warnings = std::make_unique<test::QtWarnings>();
    }
    void cleanup() { QCOMPARE(test::QtWarnings::texts(), QStringList()); }

    void emptyStatesAskForWhatTheyNeed()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        panel.resize(900, 600);
        panel.show();
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.emptyState()->reason(), ChartEmptyState::Reason::NoRuns);
        QSignalSpy files(&panel, &ChartPanel::openFiles);
        QSignalSpy folder(&panel, &ChartPanel::openFolder);
        QSignalSpy paste(&panel, &ChartPanel::paste);
        button(panel, QStringLiteral("Open files…"))->click();
        button(panel, QStringLiteral("Open a folder…"))->click();
        button(panel, QStringLiteral("Paste"))->click();
        QCOMPARE(files.count() + folder.count() + paste.count(), 3);
        load(workspace, panel, runs());
        QVERIFY(!panel.emptyState()->isVisible());
        Filter nothing;
        nothing.facets["engine"] = { "no such engine" };
        workspace.setFilter(nothing);
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.emptyState()->reason(), ChartEmptyState::Reason::NoMatch);
        QVERIFY(panel.emptyState()->isVisible());
        button(panel, QStringLiteral("Clear the last filter"))->click();
        QTRY_VERIFY(!panel.isBuilding() && panel.chart());
        QVERIFY(!panel.emptyState()->isVisible());
        ChartSpec absent = panel.spec();
        absent.x.quantity = "e2e";
        absent.x.stat = Stat::percentile(99);
        panel.setSpec(absent);
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.emptyState()->reason(), ChartEmptyState::Reason::NothingToDraw);
    }

    void aBrushSelectsInTheWorkspace()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(1));
        const QPoint from = at(panel, 5) + QPoint(8, -8);
        const QPoint to = at(panel, 4) + QPoint(-8, 8);
        auto* port = panel.view()->viewport();
        QTest::mousePress(port, Qt::LeftButton, {}, from);
        QTest::mouseMove(port, to);
        QTest::mouseRelease(port, Qt::LeftButton, {}, to);
        std::vector<PointId> selected = workspace.selectedPoints();
        std::ranges::sort(selected);
        QCOMPARE(selected, (std::vector<PointId> { 5, 6 }));
        QTest::keyClick(panel.view(), Qt::Key_Escape);
        QVERIFY(workspace.selectedPoints().empty());
    }

    void anotherSelectionTakesTheBrushAway()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(1));
        auto* port = panel.view()->viewport();
        QTest::mousePress(port, Qt::LeftButton, {}, at(panel, 5) + QPoint(8, -8));
        QTest::mouseMove(port, at(panel, 4) + QPoint(-8, 8));
        QTest::mouseRelease(port, Qt::LeftButton, {}, at(panel, 4) + QPoint(-8, 8));
        QVERIFY(panel.view()->hasBrush());
        workspace.selectPoints({ 1 });
        QVERIFY(!panel.view()->hasBrush());
        QCOMPARE(workspace.selectedPoints(), std::vector<PointId> { 1 });
    }

    void aLongNameMakesACardHigherNotWider()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        auto points = runs(2);
        for (auto& p : points) {
            p.attributes["model"] = "org/" + std::string(30, p.run == 1 ? 'a' : 'b');
            p.attributes["dataset"] = std::string(25, p.run == 1 ? 'c' : 'd');
        }
        load(workspace, panel, points);
        workspace.setBaseline(1);
        QTRY_VERIFY(!panel.isBuilding());
        QTest::mouseMove(panel.view()->viewport(), at(panel, 8));
        const PointCard* tip = panel.cards()->tooltip();
        QVERIFY(tip->isVisible());
        QVERIFY2(tip->width() < 420, qPrintable(QString::number(tip->width())));
    }

    void whereNothingHasAPlaceOtherAxesAreOffered()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        ChartSpec spec = panel.spec();
        spec.x.quantity = "request_rate";
        spec.x.stat = Stat::value();
        panel.setSpec(spec);
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.emptyState()->reason(), ChartEmptyState::Reason::NothingToDraw);
        auto* other = button(*panel.emptyState(), QStringLiteral("Choose axes that fit"));
        QVERIFY(other && other->isVisible());
        other->click();
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.chart()->size(), 18u);
    }

    void hoverComparesWithTheBaselineAtTheSameLoad()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        workspace.setBaseline(1);
        workspace.setSlo({ { findMetric("ttft"), Stat::percentile(99), 1000 } }, true);
        QTRY_VERIFY(!panel.isBuilding());
        QTest::mouseMove(panel.view()->viewport(), at(panel, 9)); // run 2, concurrency 8
        const PointCard* tip = panel.cards()->tooltip();
        QVERIFY(tip->isVisible());
        const CardText& text = tip->text();
        QVERIFY(text.title.endsWith(QStringLiteral("concurrency 8")));
        QCOMPARE(text.lines[0].name, QStringLiteral("Output throughput"));
        QCOMPARE(text.lines[0].difference, QStringLiteral("▲ +100.0\u2009%"));
        QCOMPARE(text.lines[0].standing, Standing::Better);
        QCOMPARE(text.lines[1].name, QStringLiteral("TPOT p99"));
        QCOMPARE(text.lines[1].standing, Standing::Worse);
        QCOMPARE(text.holds, std::optional(true));
        QVERIFY(text.footer.contains(QStringLiteral("at concurrency 8")));
        QCOMPARE(workspace.hoveredPoint(), std::optional<PointId>(10));
        QVERIFY(!QRectF(tip->geometry()).contains(at(panel, 9)));
        QTest::mouseMove(panel.view()->viewport(), QPoint(3, 3));
        QVERIFY(!tip->isVisible());
        QVERIFY(!workspace.hoveredPoint());
    }

    void aPinnedCardLeavesLinesInSight()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs(2));
        QTest::mouseClick(panel.view()->viewport(), Qt::LeftButton, {}, at(panel, 3));
        auto* card = panel.view()->viewport()->findChild<PointCard*>(QString(), Qt::FindDirectChildrenOnly);
        for (auto* each : panel.view()->viewport()->findChildren<PointCard*>()) {
            card = each->isVisible() ? each : card;
        }
        QVERIFY(card && card->isVisible());
        QCOMPARE(panel.view()->inkUnder(QRectF(card->geometry())), 0);
        // A line that only crosses a place counts, wherever its ends are.
        const QRectF between(at(panel, 4) + (at(panel, 5) - at(panel, 4)) * 0.6 - QPoint(4, 4), QSizeF(8, 8));
        QVERIFY(panel.view()->inkUnder(between.adjusted(-8, -8, 8, 8)) > 0);
    }

    void aClickPinsAndInspects()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        QSignalSpy inspected(&workspace, &Workspace::inspected);
        QTest::mouseClick(panel.view()->viewport(), Qt::LeftButton, {}, at(panel, 5));
        QCOMPARE(panel.cards()->pinned(), std::vector<PointId> { 6 });
        QCOMPARE(inspected.count(), 1);
        QCOMPARE(inspected[0][1].toString(), QStringLiteral("output_throughput"));
        const QJsonObject state = panel.state();
        for (const Row row : { 0u, 1u, 2u, 3u, 4u, 10u }) {
            panel.cards()->togglePin({ *panel.chart()->pointOf(row), false, 0 });
        }
        QCOMPARE(panel.cards()->pinned().size(), std::size_t(ChartCards::mostPinned));
        QCOMPARE(panel.cards()->pinned().front(), PointId(1)); // the first gave way
        QVERIFY(panel.restore(state));
        QTRY_COMPARE(panel.cards()->pinned(), std::vector<PointId> { 6 });
        auto* card = panel.cards()->cards().front();
        QVERIFY(card->findChildren<QLabel*>().back()->textInteractionFlags() & Qt::TextSelectableByMouse);
        card->findChild<QToolButton*>()->click();
        QVERIFY(panel.cards()->pinned().empty());
        QVERIFY(!panel.restore({}));
    }

    void leftOutPointsCanBeReached()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        auto points = runs(2);
        points[3].measures.erase("tpot p99");
        points[7].measures.erase("tpot p99");
        load(workspace, panel, points);
        QLabel* link = nullptr;
        for (auto* label : panel.view()->viewport()->findChildren<QLabel*>()) {
            if (label->text().contains(QStringLiteral("2 points have no TPOT p99"))) {
                link = label;
            }
        }
        QVERIFY(link && link->isVisible());
        QVERIFY(link->y() >= panel.view()->plotRect().bottom()); // it covers no point
        QSignalSpy asked(&panel, &ChartPanel::leftOutRequested);
        Q_EMIT link->linkActivated(QStringLiteral("rows"));
        QCOMPARE(asked.count(), 1);
        QCOMPARE(workspace.selectedPoints(), (std::vector<PointId> { 4, 8 }));
    }

    void csvIsTheTableInFull()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        auto points = runs(1);
        points.resize(2);
        points[0].attributes["source"] = "dir/a,b.json";
        points[0].measures["tpot p99"] = 11.123456789012;
        load(workspace, panel, points);
        QCOMPARE(panel.csv(),
            QStringLiteral("Run,Load,TPOT p99 (ms),Output throughput per GPU (tok/s),Estimated,Source\r\n"
                           "Llama · vLLM,concurrency 1,11.123456789012,50,,\"dir/a,b.json\"\r\n"
                           "Llama · vLLM,concurrency 2,12,100,,\r\n")
                .replace(QStringLiteral("Llama · vLLM"), panel.chart()->groups[0].label));
        // What a file is called is no formula of a spreadsheet, and a number that is the user's word is
        // marked.
        points[0].attributes["source"] = "=HYPERLINK(\"http://x\")";
        points[0].attributes["model"] = "@SUM(1)";
        points[1].attributes["source"] = "-1+1.json";
        points[1].origins["accelerator_count"] = Origin::User;
        workspace.setTable(syntheticTable(points));
        QTRY_VERIFY(!panel.isBuilding() && panel.chart()->usersCounts == 1);
        const QStringList lines = panel.csv().split(QStringLiteral("\r\n"));
        QVERIFY2(
            lines[0].contains(QStringLiteral(",Number of GPUs set by you,Source")), qPrintable(lines[0]));
        QVERIFY2(lines[1].startsWith(QStringLiteral("'@SUM(1)")), qPrintable(lines[1]));
        QVERIFY2(
            lines[1].endsWith(QStringLiteral(",,\"'=HYPERLINK(\"\"http://x\"\")\"")), qPrintable(lines[1]));
        QVERIFY2(lines[2].endsWith(QStringLiteral(",yes,'-1+1.json")), qPrintable(lines[2]));
        ChartTable table(panel.chart());
        QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(table.data(table.index(0, 2)).toString(), QStringLiteral("11.12"));
    }

    void picturesAreWritten()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        QTemporaryDir folder;
        QVERIFY(panel.exportTo(folder.filePath(QStringLiteral("a.png"))).isEmpty());
        QVERIFY(panel.exportTo(folder.filePath(QStringLiteral("a.svg"))).isEmpty());
        QVERIFY(panel.exportTo(folder.filePath(QStringLiteral("a.csv"))).isEmpty());
        QVERIFY(!panel.exportTo(folder.filePath(QStringLiteral("a.doc"))).isEmpty());
        QVERIFY(!panel.exportTo(folder.filePath(QStringLiteral("no/such/folder.png"))).isEmpty());
        const QImage png(folder.filePath(QStringLiteral("a.png")));
        QVERIFY(png.width() > 1500);
        const QByteArray svg = panel.svg();
        QVERIFY(svg.contains("<svg"));
        QVERIFY2(svg.toLower().count("#4e8aff") > 3, "lines stay vectors in the run's colour");
    }

    void onlyTheNewestRequestIsShown()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        QSignalSpy built(&panel, &ChartPanel::built);
        for (const char* engine : { "vLLM", "SGLang", "TensorRT-LLM" }) {
            Filter filter;
            filter.facets["engine"] = { engine };
            workspace.setFilter(filter);
        }
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(built.count(), 1);
        QCOMPARE(panel.chart()->lines.size(), std::size_t(1));
        QCOMPARE(panel.chart()->lines[0].run, RunId(3));
    }

    void aDefaultThatShowsNothingGivesWayButAChoiceDoesNot()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        QCOMPARE(panel.spec().x.quantity, std::string("tpot"));
        std::vector<SyntheticPoint> sweep;
        for (const char* load : { "1", "2" }) {
            sweep.push_back({ .attributes = { { "concurrency", load } }, .measures = { { "ttft p50", 9 } } });
        }
        workspace.setTable(test::syntheticTable(sweep));
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.spec().x.quantity, std::string("concurrency"));
        QCOMPARE(panel.chart()->size(), 2u);
        panel.setSpec(panel.spec());
        workspace.setTable(test::syntheticTable(runs()));
        QTRY_VERIFY(!panel.isBuilding());
        QCOMPARE(panel.spec().y.quantity, std::string("ttft"));
    }

    void everyControlHasANameForScreenReaders()
    {
        Workspace workspace;
        ChartPanel panel(workspace);
        load(workspace, panel, runs());
        for (auto* box : panel.findChildren<QComboBox*>()) {
            QVERIFY(!box->accessibleName().isEmpty());
        }
        for (auto* tool : panel.findChildren<QToolButton*>()) {
            QVERIFY(!tool->accessibleName().isEmpty() || !tool->text().isEmpty());
        }
        QAccessibleInterface* chart = QAccessible::queryAccessibleInterface(panel.view());
        QCOMPARE(chart->role(), QAccessible::Chart);
        QVERIFY(chart->text(QAccessible::Description).contains(QStringLiteral("18 points of 3 runs")));
    }

private:
    std::unique_ptr<test::QtWarnings> m_warnings;
};

QTEST_MAIN(TestChartPanel)
#include "tst_chart_panel.moc"
