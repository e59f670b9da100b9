// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/run_table.h"

#include "app/tables/column_menu.h"

#include "tests/support/synthetic_table.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QFocusEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QToolButton>
#include <QTreeView>
#include <QWheelEvent>
#include <QtTest>

using namespace prism;
using namespace prism::app;
using prism::test::SyntheticPoint;
using prism::test::syntheticTable;

namespace {

SyntheticPoint point(RunId run, const char* engine, int concurrency, double tokens, double tpot)
{
    return { run, { { "engine", engine }, { "concurrency", std::to_string(concurrency) } },
        { { "output_throughput", tokens }, { "tpot p99", tpot }, { "tpot p50", tpot / 2 } }, {}, {} };
}

std::shared_ptr<const ColumnTable> twoRuns()
{
    return syntheticTable({ point(1, "vLLM", 1, 100, 10), point(1, "vLLM", 8, 600, 30),
        point(1, "vLLM", 64, 900, 80), point(2, "SGLang", 1, 120, 9), point(2, "SGLang", 8, 500, 35) });
}

int columnOf(const RunTableModel& model, const TableColumn& column)
{
    return int(model.columns().indexOf(column)) + 1;
}

} // namespace

class TestRunTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAndLabels()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        workspace.setTable(twoRuns());
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.pointCount(), std::size_t(5));
        QCOMPARE(model.rowCount(model.indexOfRun(1)), 3);
        QCOMPARE(model.indexOfRun(2).data().toString(), QStringLiteral("SGLang"));
        // Points stand by falling load.
        QCOMPARE(model.index(0, 0, model.indexOfRun(1)).data().toString(), QStringLiteral("concurrency 64"));
        workspace.setFilter({ { { "engine", { "vLLM" } } }, {}, {} });
        QCOMPARE(model.rowCount(), 1);
        model.sort(1, Qt::AscendingOrder);
        workspace.setTable(syntheticTable({}));
        QCOMPARE(model.rowCount(), 0);
    }

    void runRowShowsTheHighestLoadThatHolds()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        workspace.setTable(twoRuns());
        QCOMPARE(
            model.pointAt(model.indexOfRun(1)), std::optional<PointId>(3)); // most throughput without limits
        workspace.setSlo({ { findMetric("tpot"), Stat::percentile(99), 50 } }, true);
        QCOMPARE(model.pointAt(model.indexOfRun(1)), std::optional<PointId>(2));
        model.setRunRow(RunTableModel::RunRow::LowestTpot);
        QCOMPARE(model.pointAt(model.indexOfRun(1)), std::optional<PointId>(1));
    }

    void theHighestLoadIsSoughtAmongLoadsOfAKind()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        SyntheticPoint rate = point(1, "vLLM", 8, 300, 20);
        rate.attributes = { { "engine", "vLLM" }, { "request_rate", "10" } };
        workspace.setTable(
            syntheticTable({ point(1, "vLLM", 1, 100, 10), point(1, "vLLM", 8, 600, 30), rate }));
        workspace.setSlo({ { findMetric("tpot"), Stat::percentile(99), 50 } }, true);
        // Ten requests a second are not a higher load than eight at a time; eight gave more.
        QCOMPARE(model.pointAt(model.indexOfRun(1)), std::optional<PointId>(2));
    }

    void numbersOfAnotherMeaningAreMarked()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        SyntheticPoint other = point(2, "SGLang", 8, 500, 35);
        other.semantics["tpot p99"] = "token-weighted";
        workspace.setTable(syntheticTable({ point(1, "vLLM", 8, 600, 30), other }));
        workspace.setSlo({ { findMetric("tpot"), Stat::percentile(99), 50 } }, true);
        const int tpot = columnOf(model, TableColumn::measure("tpot", Stat::percentile(99)));
        const int slo = columnOf(model, *TableColumn::fromId(QStringLiteral("slo")));
        const auto cell = [&](RunId run, int column, int role = Qt::DisplayRole) {
            return model.index(model.indexOfRun(run).row(), column).data(role).toString();
        };
        QCOMPARE(cell(1, tpot), QStringLiteral("30.00"));
        QCOMPARE(cell(2, tpot), QStringLiteral("† 35.00"));
        QVERIFY(cell(2, tpot, Qt::ToolTipRole).contains(QStringLiteral("token-weighted")));
        QCOMPARE(cell(1, slo), QStringLiteral("✓"));
        QCOMPARE(cell(2, slo), QStringLiteral("✓ †"));
        QVERIFY(cell(2, slo, Qt::ToolTipRole).contains(QStringLiteral("TPOT p99: token-weighted")));
        const QString csv = model.csv({ model.indexOfRun(1), model.indexOfRun(2) });
        QVERIFY2(csv.contains(QStringLiteral(",Measured otherwise\r\n")), qPrintable(csv));
        QVERIFY2(csv.contains(QStringLiteral("TPOT p99: token-weighted")), qPrintable(csv));
        QVERIFY(!model.csv({ model.indexOfRun(1) }).contains(QStringLiteral("Measured otherwise")));
    }

    void aReachedRateHasFourDigits()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        SyntheticPoint rate = point(1, "vLLM", 8, 600, 30);
        rate.attributes = { { "engine", "vLLM" }, { "request_rate", "19.36852531" } };
        workspace.setTable(syntheticTable({ rate }));
        const int load = columnOf(model, *TableColumn::fromId(QStringLiteral("load")));
        QCOMPARE(model.index(0, load).data().toString(), QStringLiteral("19.37"));
        QVERIFY(model.csv({ model.index(0, 0) }).contains(QStringLiteral(",19.36852531,")));
        QCOMPARE(loadNumber(100'000), QStringLiteral("100000"));
        QCOMPARE(loadNumber(2.5), QStringLiteral("2.5"));
    }

    void sortsRunsAndPointsAndKeepsTheBaselineFirst()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        workspace.setTable(twoRuns());
        const int column = columnOf(model, TableColumn::measure("output_throughput", Stat::value()));
        model.sort(column, Qt::AscendingOrder);
        QCOMPARE(model.index(0, 0).data(RunTableModel::RunRole).toLongLong(), 2);
        QCOMPARE(model.index(0, 0, model.indexOfRun(1)).data(RunTableModel::PointRole).toLongLong(), 1);
        workspace.setBaseline(1);
        QCOMPARE(model.index(0, 0).data(RunTableModel::RunRole).toLongLong(), 1);
        model.sort(column, Qt::DescendingOrder);
        QCOMPARE(model.index(0, 0).data(RunTableModel::RunRole).toLongLong(), 1);
    }

    void differencesCompareTheSameLoad()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        workspace.setTable(twoRuns());
        workspace.setBaseline(1);
        const int column = columnOf(model, TableColumn::difference("output_throughput", Stat::value()));
        const QModelIndex run = model.indexOfRun(2);
        const QModelIndex atEight = model.index(0, column, run);
        QCOMPARE(atEight.data().toString(), QStringLiteral("▼ \u221216.7\u2009%"));
        QCOMPARE(model.index(1, column, run).data().toString(), QStringLiteral("▲ +20.0\u2009%"));
        QCOMPARE(model.index(0, column).data().toString(), QStringLiteral("★ baseline"));
        // Without a partner of the same load there is no difference.
        workspace.setBaseline(2);
        const QModelIndex sixtyFour = model.index(0, column, model.indexOfRun(1));
        QCOMPARE(sixtyFour.data().toString(), QStringLiteral("—"));
    }

    void aRateIsNeverComparedAsAConcurrency()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        SyntheticPoint rate = point(2, "SGLang", 8, 500, 35);
        rate.attributes = { { "engine", "SGLang" }, { "request_rate", "8" } };
        workspace.setTable(syntheticTable({ point(1, "vLLM", 8, 600, 30), rate }));
        workspace.setBaseline(1);
        const int difference = columnOf(model, TableColumn::difference("output_throughput", Stat::value()));
        const int load = columnOf(model, *TableColumn::fromId(QStringLiteral("load")));
        const QModelIndex run = model.indexOfRun(2);
        QCOMPARE(model.index(0, difference, run).data().toString(), QStringLiteral("—"));
        // Loads of two kinds say which they are; of one kind the header does.
        QCOMPARE(model.index(0, load, run).data().toString(), QStringLiteral("8 req/s"));
        QCOMPARE(model.index(0, load).data().toString(), QStringLiteral("8 conc."));
        workspace.setFilter({ { { "engine", { "vLLM" } } }, {}, {} });
        QCOMPARE(model.index(0, load).data().toString(), QStringLiteral("8"));
        QCOMPARE(model.headerData(load, Qt::Horizontal, Qt::DisplayRole).toString(),
            QStringLiteral("Load\nconcurrency"));
    }

    void aDifferenceSaysWhatItCompares()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        workspace.setTable(twoRuns());
        workspace.setBaseline(1);
        const int column = columnOf(model, TableColumn::difference("output_throughput", Stat::value()));
        QCOMPARE(model.index(model.indexOfRun(2).row(), column).data(Qt::ToolTipRole).toString(),
            QStringLiteral("500.0 tok/s at concurrency 8, against 900.0 tok/s at concurrency 64 of ★ vLLM"));
        // What hides the baseline changes no difference.
        model.setSearch(QStringLiteral("sglang"));
        QCOMPARE(model.index(0, column, model.indexOfRun(2)).data().toString(),
            QStringLiteral("▼ \u221216.7\u2009%"));
        workspace.setFilter({ { { "engine", { "SGLang" } } }, {}, {} });
        QCOMPARE(model.index(0, column, model.indexOfRun(2)).data().toString(),
            QStringLiteral("▼ \u221216.7\u2009%"));
    }

    void runsThatDifferInNothingAreToldApart()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        SyntheticPoint first = point(1, "vLLM", 8, 600, 30);
        SyntheticPoint second = point(2, "vLLM", 8, 500, 35);
        first.attributes["source"] = "a/monday/run.json";
        second.attributes["source"] = "a/tuesday/run.json";
        workspace.setTable(syntheticTable({ first, second }));
        QCOMPARE(model.indexOfRun(2).data().toString(), QStringLiteral("vLLM · tuesday/run.json"));
    }

    void aRunOfSeveralFilesIsNamedByTheirFolder()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        std::vector<SyntheticPoint> points;
        for (const char* file : { "/r/aiperf/c1/p.json", "/r/aiperf/c4/p.json", "/r/aiperf/c8/p.json",
                 "/r/sweep/one/p.json", "/r/sweep/two/p.json" }) {
            const bool sweep = std::string_view(file).starts_with("/r/sweep");
            points.push_back(point(sweep ? 2 : 1, "vLLM", 8, 600, 30));
            points.back().attributes["source"] = file;
        }
        workspace.setTable(syntheticTable(points));
        QCOMPARE(model.indexOfRun(1).data().toString(), QStringLiteral("vLLM · aiperf"));
        QCOMPARE(model.indexOfRun(2).data().toString(), QStringLiteral("vLLM · sweep"));
    }

    void whatWasOpenIsOpenAgain()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        table.view().expand(table.model().indexOfRun(1));
        workspace.setFilter({ { { "engine", { "SGLang" } } }, {}, {} });
        workspace.setFilter({});
        QVERIFY(table.view().isExpanded(table.model().indexOfRun(1)));
        table.view().collapse(table.model().indexOfRun(1));
        table.model().sort(1, Qt::AscendingOrder);
        QVERIFY(!table.view().isExpanded(table.model().indexOfRun(1)));
    }

    void onlyAChosenRowIsInspected()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        table.show();
        table.view().setFocus();
        QFocusEvent focus(QEvent::FocusIn, Qt::TabFocusReason);
        QCoreApplication::sendEvent(&table.view(), &focus);
        QVERIFY(!workspace.inspectedPoint());
        QTest::keyClick(&table.view(), Qt::Key_Down);
        QVERIFY(workspace.inspectedPoint());
        const QRect second = table.view().visualRect(table.model().indexOfRun(2));
        QTest::mouseClick(table.view().viewport(), Qt::LeftButton, {}, second.center());
        QCOMPARE(workspace.inspectedPoint(), table.model().pointAt(table.model().indexOfRun(2)));
        // Sorting keeps the row that is looked at.
        const auto inspected = workspace.inspectedPoint();
        table.model().sort(2, Qt::AscendingOrder);
        QCOMPARE(workspace.inspectedPoint(), inspected);
        QCOMPARE(table.model().pointAt(table.view().currentIndex()), inspected);
    }

    void theFirstClickOnAHeadBringsTheBestToTheTop()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        table.resize(1400, 300);
        table.show();
        QHeaderView& header = *table.view().header();
        const auto click = [&](const TableColumn& column) {
            const int section = columnOf(table.model(), column);
            QTest::mouseClick(header.viewport(), Qt::LeftButton, {},
                QPoint(header.sectionViewportPosition(section) + 20, header.height() / 2));
            return table.model().index(0, 0).data(RunTableModel::RunRole).toLongLong();
        };
        QCOMPARE(click(TableColumn::measure("output_throughput", Stat::value())), 1); // 900 against 500
        QCOMPARE(click(TableColumn::measure("tpot", Stat::percentile(99))), 2); // 35 against 80
    }

    void whatHoldsTheLimitsStandsAboveWhatDoesNot()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        workspace.setTable(syntheticTable({ point(1, "vLLM", 8, 600, 30), point(2, "SGLang", 8, 900, 80),
            { 3, { { "engine", "X" } }, { { "output_throughput", 700 } }, {}, {} } }));
        const int column = columnOf(model, TableColumn::measure("output_throughput", Stat::value()));
        model.sort(column, Qt::DescendingOrder);
        QCOMPARE(model.indexOfRun(2).row(), 0);
        workspace.setSlo({ { findMetric("tpot"), Stat::percentile(99), 50 } }, true);
        QCOMPARE(model.indexOfRun(1).row(), 0);
        QCOMPARE(model.indexOfRun(2).row(), 1);
        model.setRunRow(RunTableModel::RunRow::HighestThroughput); // then the limits are not asked for
        QCOMPARE(model.indexOfRun(2).row(), 0);
    }

    void widthsThatTheUserSetStay()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        table.resize(1200, 300);
        table.show();
        QVERIFY(table.view().columnWidth(0) < 400); // as wide as the names, not as the window
        table.view().header()->resizeSection(3, 333);
        workspace.setFilter({ { { "engine", { "SGLang" } } }, {}, {} });
        table.resize(1100, 300);
        QCOMPARE(table.view().columnWidth(3), 333);
    }

    /// As wide as the middle of a window of 1280 pixels.
    void latenciesNeedNoSidewaysScroll()
    {
        Workspace workspace;
        RunTable table(&workspace);
        table.resize(760, 300);
        SyntheticPoint one = point(1, "vLLM", 256, 12'345.6, 140.25);
        one.attributes["model"] = "an-organisation/A-Model-With-A-Long-Name-That-Tells-Much-70B-Instruct-FP8";
        SyntheticPoint other = point(2, "vLLM", 256, 100, 10);
        for (SyntheticPoint* p : { &one, &other }) {
            p->measures["ttft p50"] = 1'234.56;
            p->measures["ttft p99"] = 6'543.21;
        }
        workspace.setTable(syntheticTable({ one, other }));
        table.show();
        const auto right = [&](const TableColumn& column) {
            const int at = columnOf(table.model(), column);
            return table.view().columnViewportPosition(at) + table.view().columnWidth(at);
        };
        const int room = table.view().viewport()->width();
        QVERIFY(room <= 760);
        QVERIFY(right(TableColumn::measure("ttft", Stat::percentile(99))) <= room);
        // A difference has its room while there is something to differ from.
        const int difference
            = columnOf(table.model(), TableColumn::difference("output_throughput", Stat::value()));
        QVERIFY(table.view().isColumnHidden(difference));
        workspace.setBaseline(RunId(2));
        QVERIFY(!table.view().isColumnHidden(difference));
        QVERIFY(right(TableColumn::measure("ttft", Stat::percentile(99))) <= room);
    }

    void theWheelWithShiftGoesSideways()
    {
        Workspace workspace;
        RunTable table(&workspace);
        table.resize(400, 300);
        workspace.setTable(twoRuns());
        table.show();
        QScrollBar* bar = table.view().horizontalScrollBar();
        QTRY_VERIFY(bar->maximum() > 0);
        const auto turn = [&](int steps, Qt::KeyboardModifiers keys) {
            QWheelEvent wheel({ 50, 50 }, table.view().viewport()->mapToGlobal(QPointF(50, 50)), {},
                { 0, 120 * steps }, Qt::NoButton, keys, Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(table.view().viewport(), &wheel);
        };
        turn(-1, Qt::NoModifier);
        QCOMPARE(bar->value(), 0);
        turn(-1, Qt::ShiftModifier);
        QVERIFY(bar->value() > 0);
        turn(5, Qt::ShiftModifier);
        QCOMPARE(bar->value(), 0);
    }

    void theColumnMenuStaysOpenWhileColumnsAreTicked()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        table.show();
        QSignalSpy changed(&table, &RunTable::columnsChanged);
        auto* menu = table.tools()->findChild<ColumnMenu*>();
        QVERIFY(menu);
        menu->popup({ 0, 0 });
        QAction* load = menu->actions().value(0);
        QCOMPARE(load->text(), QStringLiteral("Load"));
        QVERIFY(load->isChecked());
        QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(load).center());
        QVERIFY(menu->isVisible());
        QVERIFY(!load->isChecked());
        QCOMPARE(changed.size(), 1);
        QVERIFY(!table.columnIds().contains(QStringLiteral("load")));
        menu->setActiveAction(load);
        QTest::keyClick(menu, Qt::Key_Space);
        QVERIFY(menu->isVisible());
        QVERIFY(load->isChecked());
        QVERIFY(table.columnIds().contains(QStringLiteral("load")));
        QAction* defaults = menu->actions().constLast();
        QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(defaults).center());
        QVERIFY(!menu->isVisible());
        QCOMPARE(table.model().columns(), defaultTableColumns());
    }

    void missingIsNeverZero()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        workspace.setTable(
            syntheticTable({ point(1, "vLLM", 1, 100, 10), { 2, { { "engine", "X" } }, {}, {}, {} } }));
        const int column = columnOf(model, TableColumn::measure("output_throughput", Stat::value()));
        QCOMPARE(model.index(model.indexOfRun(2).row(), column).data().toString(), QStringLiteral("—"));
        model.sort(column, Qt::AscendingOrder);
        QCOMPARE(model.indexOfRun(2).row(), 1); // what has no number comes last either way
        model.sort(column, Qt::DescendingOrder);
        QCOMPARE(model.indexOfRun(2).row(), 1);
    }

    void selectionIsSharedBothWays()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        RunTableModel& model = table.model();
        table.view().expand(model.indexOfRun(1));
        table.view().selectionModel()->select(
            model.indexOf(2), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        QCOMPARE(workspace.selectedPoints(), std::vector<PointId> { 2 });
        workspace.selectPoints({ 3 });
        QCOMPARE(table.view().selectionModel()->selectedRows().value(0), model.indexOf(3));
        // A run's row stands for all its points; a filter that keeps them keeps the selection.
        table.view().selectionModel()->select(
            model.indexOfRun(2), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        QCOMPARE(workspace.selectedPoints(), (std::vector<PointId> { 5, 4 }));
        workspace.setFilter({ { { "engine", { "SGLang" } } }, {}, {} });
        QCOMPARE(workspace.selectedPoints(), (std::vector<PointId> { 5, 4 }));
    }

    void findsAndCopies()
    {
        Workspace workspace;
        RunTable table(&workspace);
        workspace.setTable(twoRuns());
        table.findField()->setText(QStringLiteral("sgl"));
        QCOMPARE(table.model().rowCount(), 1);
        table.copyCsv();
        const QString csv = QGuiApplication::clipboard()->text();
        QVERIFY2(csv.startsWith(QStringLiteral("Run,Point,Load (concurrency),")), qPrintable(csv));
        QVERIFY2(csv.contains(QStringLiteral("\r\nSGLang,concurrency 8,8,,500,")), qPrintable(csv));
    }

    void aCurveShowsTheLoadsOfARun()
    {
        Workspace workspace;
        RunTableModel model(workspace);
        SyntheticPoint rate = point(1, "vLLM", 8, 5000, 20);
        rate.attributes = { { "engine", "vLLM" }, { "request_rate", "10" } };
        workspace.setTable(syntheticTable({ point(1, "vLLM", 1, 100, 10), point(1, "vLLM", 8, 600, 30),
            point(1, "vLLM", 64, 900, 80), rate, point(2, "SGLang", 1, 120, 9) }));
        model.setRunRow(RunTableModel::RunRow::LowestTpot);
        const int column = columnOf(model, TableColumn::trend("output_throughput", Stat::value()));
        const auto cell = [&](RunId run) {
            return model.index(model.indexOfRun(run).row(), column).data(RunTableModel::TrendRole);
        };
        const auto trend = cell(1).value<Trend>();
        QCOMPARE(trend.line.size(), 3); // the rate is another kind of load
        QCOMPARE(trend.line.first(), QPointF(0, 100. / 900));
        QCOMPARE(trend.line.last(), QPointF(1, 1));
        QCOMPARE(trend.at, 0);
        QVERIFY(!cell(2).isValid()); // one load is no curve
        QVERIFY(!model.index(0, column, model.indexOfRun(1)).data(RunTableModel::TrendRole).isValid());
        QVERIFY(!model.csv({ model.indexOfRun(1) }).contains(QStringLiteral("by load")));
    }

    void columnsReadBackTheirIds()
    {
        for (const TableColumn& column : defaultTableColumns()) {
            QCOMPARE(TableColumn::fromId(column.id()), std::optional(column));
        }
        QVERIFY(!TableColumn::fromId(QStringLiteral("measure nothing p99")));
        Workspace workspace;
        RunTable table(&workspace);
        table.setColumnIds({ QStringLiteral("measure ttft p99"), QStringLiteral("attribute precision"),
            QStringLiteral("rubbish") });
        QCOMPARE(table.columnIds(),
            (QStringList { QStringLiteral("measure ttft p99"), QStringLiteral("attribute precision") }));
    }
};

QTEST_MAIN(TestRunTable)
#include "tst_run_table.moc"
