// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/choice_delegate.h"
#include "app/mapping/column_model.h"
#include "app/mapping/constant_model.h"
#include "app/mapping/filter_model.h"
#include "app/mapping/preview_models.h"

#include "core/model/load_point.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

std::shared_ptr<const FileLook> look()
{
    auto look = std::make_shared<FileLook>();
    look->columns = { "users", "ttft", "phase" };
    look->proposal.columns = look->columns;
    look->rows = { { "1", "0.5", "warmup" }, { "2", "0.7", "run" }, { "4", "0.9", "" } };
    return look;
}

QString textAt(const QAbstractItemModel& model, int row, int column)
{
    return model.index(row, column).data().toString();
}

QStringList keysAt(const QAbstractItemModel& model, int row, int column)
{
    QStringList out;
    const Choices choices = model.index(row, column).data(ChoiceDelegate::choicesRole).value<Choices>();
    for (const Choice& choice : choices) {
        out << choice.key;
    }
    return out;
}

} // namespace

class TestMappingModels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    /// A filter leaves out here what it will leave out of an import.
    void filtersReadNumbersAsAnImportDoes()
    {
        FileLook seen = *look();
        seen.rows = { { "1,234", "120,512", "a" }, { "7", "1.234", "b" } };
        seen.numbers = { { { 0, "?1,234" }, { 1, "120512" } } };
        Mapping mapping = seen.proposal;
        const auto leavesOut = [&](const char* column, RowFilter::Is is, const char* value, std::size_t row) {
            mapping.leaveOut = { { column, is, value, {} } };
            return !leftOutBecause(mapping, seen, row).isEmpty();
        };
        QVERIFY(!leavesOut("users", RowFilter::Is::More, "1", 0)); // unclear: compares with nothing
        QVERIFY(!leavesOut("users", RowFilter::Is::Less, "2000", 0));
        QVERIFY(leavesOut("users", RowFilter::Is::Equal, "1,234", 0)); // as a text
        QVERIFY(leavesOut("ttft", RowFilter::Is::More, "1000", 0));
        mapping.decimalComma = true;
        QVERIFY(leavesOut("users", RowFilter::Is::Less, "2", 0));
        QVERIFY(!leavesOut("ttft", RowFilter::Is::More, "1000", 0));
        QVERIFY(leavesOut("ttft", RowFilter::Is::More, "1000", 1));
    }

    void aColumnIsMappedStepByStep()
    {
        MappingDraft draft;
        ColumnModel model(draft);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        draft.setLook(look(), false);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(textAt(model, 1, ColumnModel::Values), QStringLiteral("0.5  0.7  0.9"));
        QVERIFY(!(model.flags(model.index(1, ColumnModel::UnitColumn)) & Qt::ItemIsEditable));
        QVERIFY(keysAt(model, 1, ColumnModel::Target).contains(QStringLiteral("measure:ttft")));
        // Costs are derived from a price, and what belongs to a request is not offered to a point.
        QVERIFY(
            !keysAt(model, 1, ColumnModel::Target).contains(QStringLiteral("measure:cost_per_mtok_total")));
        QVERIFY(keysAt(model, 1, ColumnModel::Target).filter(QStringLiteral("request:")).isEmpty());

        QVERIFY(
            model.setData(model.index(1, ColumnModel::Target), QStringLiteral("measure:ttft"), Qt::EditRole));
        QVERIFY(textAt(model, 1, ColumnModel::State).contains(QStringLiteral("⚠")));
        QVERIFY(!model.index(1, ColumnModel::State).data(Qt::CheckStateRole).isValid());
        QCOMPARE(keysAt(model, 1, ColumnModel::UnitColumn),
            (QStringList {
                QStringLiteral("ms"), QStringLiteral("s"), QStringLiteral("us"), QStringLiteral("ns") }));
        QVERIFY(
            model.setData(model.index(1, ColumnModel::Statistic), QStringLiteral("nonsense"), Qt::EditRole));
        QCOMPARE(draft.valueOf("ttft")->stat, Stat::value()); // a word that is none changes nothing
        QVERIFY(model.setData(model.index(1, ColumnModel::Statistic), QStringLiteral("p97.5"), Qt::EditRole));
        QVERIFY(model.setData(model.index(1, ColumnModel::UnitColumn), QStringLiteral("s"), Qt::EditRole));
        QCOMPARE(draft.valueOf("ttft")->stat, Stat::percentile(97.5));
        QVERIFY(draft.isReady());

        // Another target keeps of statistic and unit what still fits: nothing here.
        QVERIFY(model.setData(
            model.index(1, ColumnModel::Target), QStringLiteral("measure:output_throughput"), Qt::EditRole));
        QCOMPARE(draft.valueOf("ttft")->unit, std::string());
        QCOMPARE(draft.valueOf("ttft")->stat, Stat::value());
        QVERIFY(model.setData(model.index(1, ColumnModel::Target), QString(), Qt::EditRole));
        QCOMPARE(draft.valueOf("ttft"), nullptr);
    }

    void aProposalIsTickedToAcceptIt()
    {
        MappingDraft draft;
        ColumnModel model(draft);
        draft.setLook(look(), true);
        const QModelIndex state = model.index(0, ColumnModel::State);
        QVERIFY(state.data().toString().startsWith(QStringLiteral("Proposed")));
        QCOMPARE(state.data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
        QVERIFY(model.flags(state) & Qt::ItemIsUserCheckable);
        QVERIFY(model.setData(state, Qt::Checked, Qt::CheckStateRole));
        QVERIFY(draft.valueOf("users")->proposed.empty());
        QVERIFY(!(model.flags(state) & Qt::ItemIsUserCheckable));
    }

    void leavingAListWithoutChoosingDecidesNothing()
    {
        MappingDraft draft;
        ColumnModel model(draft);
        draft.setLook(look(), true);
        QVERIFY(!draft.valueOf("users")->proposed.empty());
        const ChoiceDelegate delegate;
        QWidget parent;
        const QModelIndex index = model.index(0, ColumnModel::Target);
        const std::unique_ptr<QWidget> editor(delegate.createEditor(&parent, {}, index));
        delegate.setEditorData(editor.get(), index);
        auto* box = qobject_cast<QComboBox*>(editor.get());
        QVERIFY(box && !box->accessibleName().isEmpty());
        QCOMPARE(box->currentData().toString(), QStringLiteral("attribute:concurrency"));
        delegate.setModelData(editor.get(), &model, index);
        QVERIFY(!draft.valueOf("users")->proposed.empty());
        box->setCurrentIndex(box->findData(QStringLiteral("attribute:batch_size")));
        delegate.setModelData(editor.get(), &model, index);
        QCOMPARE(draft.valueOf("users")->name, std::string("batch_size"));
        QVERIFY(draft.valueOf("users")->proposed.empty());
    }

    void columnsThatAreGoneStandFirst()
    {
        MappingDraft draft;
        ColumnModel model(draft);
        Mapping mapping;
        mapping.values = { { "gone", {}, MappedValue::Target::Attribute, "model", Stat::value(), {}, {} } };
        draft.start(mapping);
        draft.setLook(look(), false);
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.columnAt(0), std::string("gone"));
        QVERIFY(textAt(model, 0, ColumnModel::State).contains(QStringLiteral("no column gone")));
        QCOMPARE(model.rowOf("phase"), 3);
        draft.dropValue("gone");
        QCOMPARE(model.rowCount(), 3);
    }

    void constants()
    {
        MappingDraft draft;
        ConstantModel model(draft);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.add();
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(draft.mapping().values[0].name, std::string(attributeNames().front()));
        QVERIFY(textAt(model, 0, ConstantModel::State).contains(QStringLiteral("no value")));
        QVERIFY(model.setData(model.index(0, ConstantModel::Value), QStringLiteral(" llama "), Qt::EditRole));
        QCOMPARE(draft.mapping().values[0].constant, std::string("llama"));
        QVERIFY(!draft.problemOf(0));
        model.add(); // the next one that nothing says yet
        QVERIFY(draft.mapping().values[1].name != draft.mapping().values[0].name);
        QVERIFY(model.setData(
            model.index(1, ConstantModel::Target), QStringLiteral("measure:duration"), Qt::EditRole));
        QVERIFY(model.flags(model.index(1, ConstantModel::UnitColumn)) & Qt::ItemIsEditable);
        model.remove(0);
        QCOMPARE(model.rowCount(), 1);
        draft.undoStack().undo();
        QCOMPARE(model.rowCount(), 2);
    }

    void rowsThatDoNotCountAreStruckOut()
    {
        MappingDraft draft;
        draft.setLook(look(), false);
        FilterModel filters(draft);
        RowModel rows(draft);
        QAbstractItemModelTester tester(&filters, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QAbstractItemModelTester other(&rows, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto isOut
            = [&rows](int row) { return rows.index(row, 0).data(Qt::FontRole).value<QFont>().strikeOut(); };
        filters.add();
        QVERIFY(filters.setData(
            filters.index(0, FilterModel::FileColumn), QStringLiteral("phase"), Qt::EditRole));
        QVERIFY(
            filters.setData(filters.index(0, FilterModel::Value), QStringLiteral("warmup"), Qt::EditRole));
        QVERIFY(isOut(0) && !isOut(1) && !isOut(2));
        QVERIFY(filters.setData(
            filters.index(0, FilterModel::FileColumn), QStringLiteral("users"), Qt::EditRole));
        QVERIFY(filters.setData(
            filters.index(0, FilterModel::Is), QString::number(int(RowFilter::Is::More)), Qt::EditRole));
        QVERIFY(filters.setData(filters.index(0, FilterModel::Value), QStringLiteral("3"), Qt::EditRole));
        QVERIFY(
            filters.setData(filters.index(0, FilterModel::Why), QStringLiteral("too many"), Qt::EditRole));
        QVERIFY(!isOut(0) && isOut(2));
        QVERIFY(rows.index(2, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("too many")));
        draft.edit(QStringLiteral("first"), [](Mapping& mapping) { mapping.leaveOutFirst = 2; });
        QVERIFY(isOut(0) && isOut(1) && isOut(2));
    }

    void pointsAsTheyWouldBeStored()
    {
        LoadPoint point;
        point.attributes = { { "concurrency", std::int64_t(4), {}, Origin::Reported, "2:1" } };
        Measure good { findMetric("ttft"), Stat::percentile(50), 20.5, Status::Ok, Origin::Reported, "2:2",
            "t", {}, {} };
        Measure bad = good;
        bad.stat = Stat::mean();
        bad.status = Status::NotANumber;
        point.measures = { good, bad };
        PointModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPoints({ point, LoadPoint {} });
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.columnCount(), 3);
        QCOMPARE(
            model.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("TTFT p50\nms"));
        QCOMPARE(textAt(model, 0, 0), QStringLiteral("4"));
        QCOMPARE(textAt(model, 0, 1), QStringLiteral("20.50"));
        QCOMPARE(textAt(model, 0, 2), QStringLiteral("✗"));
        QCOMPARE(textAt(model, 1, 1), QStringLiteral("—")); // missing is never zero
    }
};

QTEST_MAIN(TestMappingModels)
#include "tst_mapping_models.moc"
