// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/facets/facet_model.h"

#include "app/panels/facets/facet_panel.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"
#include "tests/support/synthetic_table.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QtTest>

using namespace prism;
using namespace prism::app;
using prism::test::syntheticTable;

namespace {

const prism::test::OwnFolders folders;

/// Two engines and ten concurrencies, so that concurrency hides some behind "more".
std::shared_ptr<const ColumnTable> runs()
{
    std::vector<prism::test::SyntheticPoint> points;
    for (int i = 1; i <= 10; ++i) {
        const bool first = i <= 7;
        points.push_back({ first ? 1 : 2,
            { { "engine", first ? "vLLM" : "SGLang" }, { "concurrency", std::to_string(i * 2) } },
            { { "output_throughput", i * 10.0 } }, {}, {} });
    }
    return syntheticTable(points);
}

QModelIndex find(const FacetModel& model, const QString& category, const QString& value = {})
{
    for (int head = 0; head < model.rowCount(); ++head) {
        const QModelIndex parent = model.index(head, 0);
        if (model.category(parent) != category) {
            continue;
        }
        if (value.isEmpty()) {
            return parent;
        }
        for (int row = 0; row < model.rowCount(parent); ++row) {
            if (model.index(row, 0, parent).data().toString() == value) {
                return model.index(row, 0, parent);
            }
        }
    }
    return {};
}

const QString engine = QStringLiteral("engine");
const QString vllm = QStringLiteral("vLLM");
const QString sglang = QStringLiteral("SGLang");

} // namespace

class TestFacetModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aLongListShowsWhatWouldFindSomething()
    {
        Workspace workspace;
        FacetModel model(workspace);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        workspace.setTable(runs());
        const QString concurrency = QStringLiteral("concurrency");
        QVERIFY(!find(model, concurrency, QStringLiteral("18")).isValid()); // behind "more"
        model.toggle(find(model, engine, sglang));
        for (const char* value : { "16", "18", "20" }) {
            QVERIFY2(find(model, concurrency, QString::fromLatin1(value)).isValid(), value);
        }
    }

    void whatIsNotStatedStaysInItsPlace()
    {
        Workspace workspace;
        FacetModel model(workspace);
        workspace.setTable(syntheticTable({ { 1, { { "engine", "vLLM" }, { "model", "a" } }, {}, {}, {} },
            { 2, { { "model", "b" } }, {}, {}, {} } }));
        const QString notStated = QStringLiteral("Not stated");
        QCOMPARE(find(model, engine, notStated).data(FacetModel::CountRole).toUInt(), 1u);
        model.toggle(find(model, QStringLiteral("model"), QStringLiteral("a")));
        QVERIFY(find(model, engine, notStated).isValid());
        QCOMPARE(find(model, engine, notStated).data(FacetModel::CountRole).toUInt(), 0u);
        QVERIFY(!find(model, QStringLiteral("model"), notStated).isValid()); // every point states it
    }

    void modelsLeaveTheirPublisherOutWhereTheyCan()
    {
        Workspace workspace;
        FacetModel model(workspace);
        std::vector<prism::test::SyntheticPoint> points;
        for (const char* name : { "one/Alpha", "one/Beta", "two/Beta" }) {
            points.push_back({ int(points.size()) + 1, { { "model", name } }, {}, {}, {} });
        }
        workspace.setTable(syntheticTable(points));
        const QString category = QStringLiteral("model");
        for (const char* shown : { "Alpha", "one/Beta", "two/Beta" }) {
            QVERIFY2(find(model, category, QString::fromLatin1(shown)).isValid(), shown);
        }
        model.setSearch(QStringLiteral("one/"));
        QVERIFY(find(model, category, QStringLiteral("Alpha")).isValid());
    }

    void valuesStandInTheOrderInWhichTheyRead()
    {
        Workspace workspace;
        FacetModel model(workspace);
        std::vector<prism::test::SyntheticPoint> points;
        for (const char* name : { "z/alpha", "y/Beta", "a/gamma" }) {
            points.push_back({ int(points.size()) + 1, { { "model", name } }, {}, {}, {} });
        }
        workspace.setTable(syntheticTable(points));
        QStringList shown;
        const QModelIndex models = find(model, QStringLiteral("model"));
        for (int row = 0; row < model.rowCount(models); ++row) {
            shown << model.index(row, 0, models).data().toString();
        }
        QCOMPARE(shown.join(QLatin1Char(' ')), QStringLiteral("alpha Beta gamma"));
    }

    void tickingFiltersAndKeepsTheOwnCounts()
    {
        Workspace workspace;
        FacetModel model(workspace);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        workspace.setTable(runs());
        QCOMPARE(find(model, engine, vllm).data(FacetModel::CountRole).toUInt(), 7u);
        model.toggle(find(model, engine, sglang));
        QCOMPARE(workspace.filtered().passing.size(), 3u);
        // A facet's counts leave its own ticks out: what ticking would show.
        QCOMPARE(find(model, engine, vllm).data(FacetModel::CountRole).toUInt(), 7u);
        QCOMPARE(find(model, engine).data(FacetModel::SelectedRole).toInt(), 1);
        QVERIFY(find(model, engine, sglang).data(FacetModel::TickedRole).toBool());
        model.toggle(find(model, engine, vllm));
        QCOMPARE(workspace.filtered().passing.size(), 10u);
        model.only(find(model, engine, vllm));
        QCOMPARE(workspace.filtered().passing.size(), 7u);
        model.toggle(find(model, engine, vllm));
        QVERIFY(workspace.filter().empty());
    }

    void othersCountOnlyWhatPasses()
    {
        Workspace workspace;
        FacetModel model(workspace);
        workspace.setTable(runs());
        model.toggle(find(model, QStringLiteral("concurrency"), QStringLiteral("2")));
        QCOMPARE(find(model, engine, sglang).data(FacetModel::CountRole).toUInt(), 0u);
        QCOMPARE(find(model, engine, vllm).data(FacetModel::CountRole).toUInt(), 1u);
    }

    void moreShowsEveryValueInOrderOfNumbers()
    {
        Workspace workspace;
        FacetModel model(workspace);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        workspace.setTable(runs());
        QModelIndex head = find(model, QStringLiteral("concurrency"));
        QCOMPARE(model.rowCount(head), 7);
        const QModelIndex more = model.index(6, 0, head);
        QCOMPARE(more.data(FacetModel::KindRole).toInt(), int(FacetModel::More));
        model.showAll(more);
        head = find(model, QStringLiteral("concurrency"));
        QCOMPARE(model.rowCount(head), 10);
        QCOMPARE(model.index(4, 0, head).data().toString(), QStringLiteral("10"));
        QCOMPARE(model.index(9, 0, head).data().toString(), QStringLiteral("20"));
    }

    void searchKeepsMatchingValues()
    {
        Workspace workspace;
        FacetModel model(workspace);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        workspace.setTable(runs());
        model.setSearch(QStringLiteral("sgl"));
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(find(model, engine, sglang).isValid());
        QVERIFY(!find(model, engine, vllm).isValid());
        model.setSearch({});
        QVERIFY(find(model, engine, vllm).isValid());
    }

    void thePanelSaysHowManyRunsPass()
    {
        Workspace workspace;
        FacetPanel panel(&workspace);
        workspace.setTable(runs());
        panel.model().toggle(find(panel.model(), engine, sglang));
        bool said = false;
        for (const QLabel* label : panel.findChildren<QLabel*>()) {
            said = said || label->text().startsWith(QStringLiteral("1 of 2 "));
        }
        QVERIFY(said);
    }
};

QTEST_MAIN(TestFacetModel)
#include "tst_facet_model.moc"
