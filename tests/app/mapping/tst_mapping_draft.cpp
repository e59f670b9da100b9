// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_draft.h"

#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QSignalSpy>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

std::shared_ptr<const FileLook> lookOf(
    std::vector<std::string> columns, std::vector<std::vector<std::string>> rows = {})
{
    auto look = std::make_shared<FileLook>();
    look->columns = std::move(columns);
    look->proposal.columns = look->columns;
    look->rows = std::move(rows);
    return look;
}

MappedValue measure(const char* column, const char* metric, Stat stat, std::string unit)
{
    return { column, {}, MappedValue::Target::Measure, metric, stat, std::move(unit), {} };
}

} // namespace

class TestMappingDraft : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void everyChangeCanBeTakenBack()
    {
        MappingDraft draft;
        draft.setLook(lookOf({ "a", "b" }), false);
        const Mapping empty = draft.mapping();
        QSignalSpy changed(&draft, &MappingDraft::changed);
        draft.setValue(measure("a", "ttft", Stat::mean(), "ms"));
        draft.setValue(measure("a", "ttft", Stat::percentile(99), "ms"));
        draft.edit(QStringLiteral("header"), [](Mapping& mapping) { mapping.headerRow = 3; });
        draft.edit(QStringLiteral("nothing"), [](Mapping& mapping) { mapping.headerRow = 3; });
        QCOMPARE(changed.size(), 3);
        QVERIFY(draft.isDirty());
        QCOMPARE(draft.valueOf("a")->stat, Stat::percentile(99));
        QCOMPARE(draft.valueOf("b"), nullptr);
        draft.dropValue("a");
        QCOMPARE(draft.valueOf("a"), nullptr);
        for (int i = 0; i < 4; ++i) {
            draft.undoStack().undo();
        }
        QCOMPARE(draft.mapping(), empty);
        QVERIFY(!draft.isDirty());
        draft.undoStack().redo();
        QCOMPARE(draft.valueOf("a")->stat, Stat::mean());
    }

    void aProposalIsOneUntilItIsAccepted()
    {
        MappingDraft draft;
        draft.setLook(lookOf({ "ttft_p50_ms", "concurrency", "seed" }, { { "20", "1", "7" } }), true);
        QCOMPARE(draft.proposals(), 2);
        QVERIFY(draft.problems().empty());
        QVERIFY(!draft.isReady());
        draft.accept({ "concurrency" });
        QCOMPARE(draft.proposals(), 1);
        draft.acceptAll();
        QVERIFY(draft.isReady());
        draft.undoStack().undo();
        QCOMPARE(draft.proposals(), 1);
    }

    void whatIsWrongIsSaidOfItsValue()
    {
        MappingDraft draft;
        draft.setLook(lookOf({ "ttft", "tps" }, { { "0.5", "9" } }), true);
        // No unit and no statistic is in the name: neither is guessed.
        QVERIFY(draft.valueOf("ttft"));
        QVERIFY(draft.valueOf("ttft")->unit.empty());
        QVERIFY(draft.problemOf(0));
        QVERIFY(!draft.isReady());
        draft.acceptAll(); // what something is missing of cannot be accepted
        QCOMPARE(draft.proposals(), 1);
        QCOMPARE(draft.acceptable(), 0);
        draft.setValue(measure("ttft", "ttft", Stat::percentile(50), {}));
        QVERIFY(draft.problemOf(0)->reason.find("unit") != std::string::npos);
        draft.setValue(measure("ttft", "ttft", Stat::percentile(50), "s"));
        QVERIFY(!draft.problemOf(0));
    }

    void aColumnThatIsGone()
    {
        Mapping mapping;
        mapping.name = "old";
        mapping.values = { measure("gone", "ttft", Stat::mean(), "ms"),
            measure("there", "output_throughput", Stat::value(), "tok/s") };
        mapping.leaveOut = { { "phase", RowFilter::Is::Equal, "warmup", {} } };
        MappingDraft draft;
        draft.start(mapping);
        QVERIFY(draft.isReady()); // by itself it is in order
        draft.setLook(lookOf({ "there", "new" }), false);
        QVERIFY(draft.problemOf(0));
        QVERIFY(draft.problemOf(0)->reason.find("gone") != std::string::npos);
        QVERIFY(!draft.problemOf(1));
        QVERIFY(draft.problemOf(MappingProblem::ofAll)->reason.find("phase") != std::string::npos);
        draft.dropValue("gone");
        draft.edit(QStringLiteral("x"), [](Mapping& m) { m.leaveOut.clear(); });
        QVERIFY(draft.isReady());
        // Saved, it is for files like the one that was looked at.
        QCOMPARE(draft.named("new").columns, (std::vector<std::string> { "there", "new" }));
    }

    void aRowThatIsARequest()
    {
        MappingDraft draft;
        draft.setLook(lookOf({ "ttft_ms", "latency", "model" }, { { "20", "1", "m" } }), true);
        draft.setValue(measure("latency", "e2e", Stat::mean(), "us"));
        draft.acceptAll();
        draft.setRow(Mapping::Row::Request);
        const MappedValue* ttft = draft.valueOf("ttft_ms");
        QVERIFY(ttft);
        QCOMPARE(ttft->target, MappedValue::Target::Request);
        QVERIFY(!ttft->proposed.empty()); // what it is now was never accepted
        QCOMPARE(draft.valueOf("latency")->unit, std::string("us")); // but its numbers are the same
        QVERIFY(draft.valueOf("model")->proposed.empty());
        draft.undoStack().undo();
        QCOMPARE(draft.valueOf("latency")->target, MappedValue::Target::Measure);
    }

    void aConstantWithoutAValueIsNotSaved()
    {
        MappingDraft draft;
        draft.setLook(lookOf({ "a" }), false);
        draft.setValue(measure("a", "ttft", Stat::mean(), "ms"));
        draft.edit(QStringLiteral("constant"), [](Mapping& mapping) {
            mapping.values.push_back(
                { {}, {}, MappedValue::Target::Attribute, "model", Stat::value(), {}, {} });
        });
        QVERIFY(!draft.isReady());
        QVERIFY(draft.problemOf(1));
        QCOMPARE(draft.named("x").values.size(), std::size_t(1));
    }

    void tenThousandColumns()
    {
        std::vector<std::string> columns;
        std::vector<std::string> cells;
        for (int i = 0; i < 10'000; ++i) {
            columns.push_back("column_" + std::to_string(i));
            cells.push_back(std::to_string(i));
        }
        columns.push_back("ttft_p99_ms");
        cells.push_back("7");
        MappingDraft draft;
        draft.setLook(lookOf(columns, { cells, cells }), true);
        QCOMPARE(draft.proposals(), 1);
        QVERIFY(draft.valueOf("ttft_p99_ms"));
    }
};

QTEST_MAIN(TestMappingDraft)
#include "tst_mapping_draft.moc"
