// SPDX-License-Identifier: GPL-3.0-or-later
// What the user says of points and runs, beside what files say.
#include "core/analysis/filter.h"
#include "core/store/database.h"
#include "core/store/schema.h"
#include "tests/support/made_points.h"
#include "tests/support/stored_points.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using namespace prism::test;

namespace {

const Attribute* attributeOf(const PointDetail& point, std::string_view name)
{
    const auto& all = point.record.attributes;
    const auto it = std::find_if(all.begin(), all.end(), [&](const Attribute& a) { return a.name == name; });
    return it == all.end() ? nullptr : &*it;
}

std::uint32_t countOf(const ColumnTable& table, const Filter& filter, const char* category, const char* value)
{
    const CategoryColumn* column = table.category(category);
    const auto code = std::find(column->dictionary.begin(), column->dictionary.end(), value);
    for (const FacetCounts& counts : apply(table, filter).facets) {
        if (counts.category == category && code != column->dictionary.end()) {
            return counts.counts[static_cast<std::size_t>(code - column->dictionary.begin())];
        }
    }
    return 0;
}

} // namespace

class Words : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anAttributeIsTheUsersBesideTheFiles();
    void anAttributeThatNoFileStates();
    void whatIsSaidOfARunReachesWhatComesLater();
    void aRunsWordTakesThePlaceOfThosePointByPoint();
    void aRunsWordGoesAlongWithItsPoints();
    void valuesThatCannotBeAreRefused_data();
    void valuesThatCannotBeAreRefused();
    void hiddenPointsHaveNoRow();
    void aRunWhoseEveryPointIsHiddenIsKept();
    void notesOfPoints();
    void tagsAreValuesOfTheirOwn();
    void tagsChangeRunByRun();
    void everyEditSaysWhoAndWhenAndWhatWas();
    void undoPutsBackWhatWasSaidBefore();
    void wordsOutliveAPurge();
    void olderDatabasesKeepTheirWords();
};

void Words::anAttributeIsTheUsersBesideTheFiles()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1) });
    auto edit = store.writer()->setPointWord({ 1 }, "attribute:model", "Llama 3.1 8B");
    QVERIFY2(edit, edit ? "" : edit.error().text().c_str());
    QCOMPARE(edit->text, std::string("Set model of point to Llama 3.1 8B"));
    const PointDetail point = pointOf(store, 1);
    const Attribute* model = attributeOf(point, "model");
    QVERIFY(model);
    QCOMPARE(toText(model->value), std::string("Llama 3.1 8B"));
    QCOMPARE(model->given, std::string("/models/llama-3.1-8b")); // the file's own text
    QCOMPARE(model->path, std::string("/model_id"));
    QCOMPARE(model->origin, Origin::User);
    const Word* word = point.word("attribute:model");
    QVERIFY(word);
    QCOMPARE(word->before, std::string("meta-llama/Llama-3.1-8B"));
    QVERIFY(!word->saidAt.empty() && !word->saidBy.empty());
    const auto table = tableOf(store);
    QCOMPARE(table->text("model", 0), std::string_view("Llama 3.1 8B"));
    QCOMPARE(table->text("model", 1), std::string_view("meta-llama/Llama-3.1-8B"));
    QVERIFY(store.writer()->undo(edit->id));
    QVERIFY(pointOf(store, 1).words.empty());
    QCOMPARE(toText(attributeOf(pointOf(store, 1), "model")->value), std::string("meta-llama/Llama-3.1-8B"));
    QCOMPARE(attributeOf(pointOf(store, 1), "model")->origin, Origin::Reported);
}

void Words::anAttributeThatNoFileStates()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1) });
    QVERIFY(store.writer()->setPointWord({ 1, 2 }, "attribute:accelerator_count", " 8 "));
    const PointDetail point = pointOf(store, 2);
    const Attribute* count = attributeOf(point, "accelerator_count");
    QVERIFY(count);
    QCOMPARE(count->value, AttributeValue(std::int64_t(8)));
    QVERIFY(count->given.empty() && count->path.empty());
    QVERIFY(point.word("attribute:accelerator_count")->before.empty());
    const auto table = tableOf(store);
    const CategoryColumn* column = table->category("accelerator_count");
    QVERIFY(column);
    QCOMPARE(column->numbers[column->codes[1]], 8.0);
    // The load of a point as corrected is the load that orders it.
    QVERIFY(store.writer()->setPointWord({ 1 }, "attribute:concurrency", "64"));
    QCOMPARE(tableOf(store)->loadRank(0), 1u);
    QCOMPARE(tableOf(store)->loadRank(1), 0u);
}

void Words::whatIsSaidOfARunReachesWhatComesLater()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    const RunId run = pointOf(store, 1).record.run;
    const auto edit = store.writer()->setRunField({ run }, "attribute:accelerator_count", " 8 ");
    QVERIFY2(edit, edit ? "" : edit.error().text().c_str());
    QCOMPARE(edit->text, std::string("Set accelerator_count of run to 8"));
    store.add("b.json", { madePoint(0, 1) });
    store.add("c.json", { madePoint(0, 2) }, "run-c");
    const PointDetail later = pointOf(store, 2);
    QCOMPARE(later.record.run, run);
    const Attribute* count = attributeOf(later, "accelerator_count");
    QVERIFY(count);
    QCOMPARE(count->value, AttributeValue(std::int64_t(8)));
    QCOMPARE(count->origin, Origin::User);
    QVERIFY(later.word("attribute:accelerator_count")->ofRun);
    QVERIFY(!attributeOf(pointOf(store, 3), "accelerator_count"));
    QCOMPARE(tableOf(store)->text("accelerator_count", 1), std::string_view("8"));
    QCOMPARE(tableOf(store)->text("accelerator_count", 2), std::string_view());
    QVERIFY(!store.writer()->setRunField({ run }, "attribute:accelerator_count", "many"));
    QVERIFY(store.writer()->undo(edit->id));
    QVERIFY(!attributeOf(pointOf(store, 1), "accelerator_count"));
    QVERIFY(!attributeOf(pointOf(store, 2), "accelerator_count"));
}

void Words::aRunsWordTakesThePlaceOfThosePointByPoint()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1) });
    const RunId run = pointOf(store, 1).record.run;
    QVERIFY(store.writer()->setPointWord({ 1 }, "attribute:tp", "2"));
    const auto edit = store.writer()->setRunField({ run }, "attribute:tp", "4");
    QVERIFY(edit);
    QCOMPARE(tableOf(store)->text("tp", 0), std::string_view("4"));
    // A later word on one point is an exception to it.
    QVERIFY(store.writer()->setPointWord({ 2 }, "attribute:tp", "8"));
    QCOMPARE(tableOf(store)->text("tp", 1), std::string_view("8"));
    QVERIFY(!pointOf(store, 2).word("attribute:tp")->ofRun);
    const auto nothing = store.writer()->setPointWord({ 1 }, "attribute:tp", "");
    QVERIFY(!nothing);
    QVERIFY2(nothing.error().reason.find("whole run") != std::string::npos, nothing.error().text().c_str());
    QVERIFY(store.writer()->undo(edit->id));
    QCOMPARE(tableOf(store)->text("tp", 0), std::string_view("2"));
    QCOMPARE(tableOf(store)->text("tp", 1), std::string_view("8"));
}

void Words::aRunsWordGoesAlongWithItsPoints()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    store.add("b.json", { madePoint(0, 1) }, "run-b");
    store.add("c.json", { madePoint(0, 2) }, "run-c");
    const RunId a = pointOf(store, 1).record.run;
    const RunId b = pointOf(store, 2).record.run;
    QVERIFY(store.writer()->setRunField({ a }, "attribute:tp", "4"));
    QVERIFY(store.writer()->setRunField({ b }, "attribute:tp", "8"));
    QVERIFY(store.writer()->setRunField({ b }, "attribute:nodes", "2"));
    // A merge leaves every point what it is.
    const auto merged = store.writer()->merge({ a, b });
    QVERIFY(merged);
    QCOMPARE(pointOf(store, 2).record.run, a);
    QCOMPARE(tableOf(store)->text("tp", 0), std::string_view("4"));
    QCOMPARE(tableOf(store)->text("tp", 1), std::string_view("8"));
    QCOMPARE(tableOf(store)->text("nodes", 0), std::string_view());
    QCOMPARE(tableOf(store)->text("nodes", 1), std::string_view("2"));
    QVERIFY(store.writer()->undo(merged->id));
    QVERIFY(pointOf(store, 2).word("attribute:tp")->ofRun);
    // What is moved into a run of which nothing is said keeps what is said of its own.
    QVERIFY(store.writer()->regroup({ 2 }, pointOf(store, 3).record.run));
    QCOMPARE(tableOf(store)->text("tp", 1), std::string_view("8"));
    QCOMPARE(tableOf(store)->text("tp", 2), std::string_view());
}

void Words::valuesThatCannotBeAreRefused_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* field, const char* value) {
        QTest::addRow("%s %s", field, value) << QString::fromLatin1(field) << QString::fromLatin1(value);
    };
    row("attribute:modle", "x");
    row("attribute:tp", "two");
    row("attribute:tp", "1.5");
    row("attribute:tp", "-1");
    row("attribute:request_rate", "inf");
    row("attribute:request_rate", "1,5");
    row("attribute:prefix_caching", "yes");
    row("attribute:load_mode", "closed");
    row("attribute:started_at", "yesterday");
    row("attribute:started_at", "2026-13-01T00:00:00Z");
    row("attribute:model", "two\nlines");
    row("run", "abc");
    row("label", "x");
}

void Words::valuesThatCannotBeAreRefused()
{
    QFETCH(QString, field);
    QFETCH(QString, value);
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    const auto edit = writer->setPointWord({ 1 }, field.toStdString(), value.toStdString());
    QVERIFY(!edit);
    QVERIFY(!edit.error().reason.empty());
    QVERIFY(writer->usable());
    QVERIFY(pointOf(store, 1).words.empty());
}

void Words::hiddenPointsHaveNoRow()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1), madePoint(2) });
    QVERIFY(!store.writer()->setPointWord({ 99 }, "hidden", "not there"));
    auto edit = store.writer()->setPointWord({ 2 }, "hidden", "warm-up");
    QVERIFY(edit);
    QCOMPARE(edit->text, std::string("Hide point: warm-up"));
    const auto table = tableOf(store);
    QCOMPARE(table->rows(), 2u);
    QVERIFY(!table->rowOf(2));
    QCOMPARE(table->hidden().size(), 1u);
    QCOMPARE(table->hidden()[0].point, PointId(2));
    QCOMPARE(table->hidden()[0].run, RunId(1));
    QCOMPARE(table->runRecord(1)->hidden, 1u);
    QCOMPARE(table->runRecord(1)->points, 2u);
    QCOMPARE(table->measures(*findMetric("ttft"), Stat::mean())->present, 2u);
    std::vector<PointId> seen;
    const auto see = [&](const SourceRecord&, PointDetail&& point) {
        seen.push_back(point.record.id);
        return true;
    };
    QVERIFY(store.reader()->points(see));
    QCOMPARE(seen, (std::vector<PointId> { 1, 3 }));
    seen.clear();
    QVERIFY(store.reader()->points(see, StoreReader::HiddenPoints::Included));
    QCOMPARE(seen, (std::vector<PointId> { 1, 2, 3 }));
    QCOMPARE(pointOf(store, 2).hiddenBecause(), std::string("warm-up")); // it can be looked at
    auto shown = store.writer()->setPointWord({ 2 }, "hidden", "");
    QVERIFY(shown);
    QCOMPARE(shown->text, std::string("Show point again"));
    QCOMPARE(tableOf(store)->rows(), 3u);
}

void Words::aRunWhoseEveryPointIsHiddenIsKept()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    store.add("b.json", { madePoint(0) }, "run-b");
    QVERIFY(store.writer()->setPointWord({ 1 }, "hidden", "broken server"));
    const auto table = tableOf(store);
    QCOMPARE(table->rows(), 1u);
    QCOMPARE(table->hidden().size(), 1u);
    QCOMPARE(runOf(store, 1).hidden, 1u);
    QCOMPARE(runOf(store, 1).points, 0u);
    QCOMPARE(runOf(store, 2).hidden, 0u);
}

void Words::notesOfPoints()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "the fan failed"));
    QCOMPARE(pointOf(store, 1).word("note")->value, std::string("the fan failed"));
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", ""));
    QVERIFY(!pointOf(store, 1).word("note"));
}

void Words::tagsAreValuesOfTheirOwn()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1) });
    store.add("b.json", { madePoint(0) }, "run-b");
    store.add("c.json", { madePoint(0) }, "run-c");
    QVERIFY(store.writer()->setRunField({ 1 }, "tags", "nightly\nh100"));
    QVERIFY(store.writer()->setRunField({ 2 }, "tags", "nightly"));
    const auto table = tableOf(store);
    QCOMPARE(table->text("tags", 0), std::string_view("nightly, h100"));
    QCOMPARE(countOf(*table, {}, "tags", "nightly"), 3u);
    QCOMPARE(countOf(*table, {}, "tags", "h100"), 2u);
    QCOMPARE(countOf(*table, {}, "tags", "nightly, h100"), 0u); // two values, not a third
    QCOMPARE(countOf(*table, {}, "tags", ""), 1u);
    Filter filter;
    filter.facets["tags"] = { "nightly" };
    QCOMPARE(apply(*table, filter).passing.size(), 3u);
    QCOMPARE(countOf(*table, filter, "tags", "h100"), 2u);
    filter.facets["tags"] = { "h100" };
    QCOMPARE(apply(*table, filter).passing.size(), 2u);
    QCOMPARE(countOf(*table, filter, "tags", "nightly"), 3u); // what ticking it would show
    filter.facets["tags"] = { "" };
    QCOMPARE(apply(*table, filter).passing.size(), 1u);
}

void Words::tagsChangeRunByRun()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    store.add("b.json", { madePoint(0) }, "run-b");
    QVERIFY(store.writer()->setRunField({ 1 }, "tags", "mine"));
    QVERIFY(store.writer()->setRunField({ 2 }, "tags", "other\nold"));
    auto edit = store.writer()->changeTags({ 1, 2 }, { "nightly" }, { "old" });
    QVERIFY(edit);
    QCOMPARE(runOf(store, 1).tags, (std::vector<std::string> { "mine", "nightly" }));
    QCOMPARE(runOf(store, 2).tags, (std::vector<std::string> { "other", "nightly" }));
    QVERIFY(!store.writer()->changeTags({ 1, 2 }, { "nightly" }, {}));
    QVERIFY(!store.writer()->changeTags({ 1 }, { "a, b" }, {}));
    QVERIFY(store.writer()->undo(edit->id));
    QCOMPARE(runOf(store, 2).tags, (std::vector<std::string> { "other", "old" }));
}

void Words::everyEditSaysWhoAndWhenAndWhatWas()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    QVERIFY(store.writer()->setRunField({ 1 }, "name", "First"));
    auto second = store.writer()->setRunField({ 1 }, "name", "Second");
    QVERIFY(store.writer()->undo(second->id));
    const auto edits = store.reader()->edits();
    QVERIFY(edits);
    QCOMPARE(edits->size(), 3u);
    for (const EditRecord& edit : *edits) {
        QVERIFY(!edit.madeBy.empty());
        QVERIFY(edit.madeAt.ends_with('Z'));
        QCOMPARE(edit.changes.size(), 1u);
        QCOMPARE(edit.changes[0].field, std::string("name"));
    }
    QCOMPARE((*edits)[0].changes[0].before, std::string());
    QCOMPARE((*edits)[1].changes[0].before, std::string("First"));
    QVERIFY((*edits)[1].undone);
    QCOMPARE((*edits)[2].undoes, std::optional<std::int64_t>(second->id));
    const auto words = store.reader()->words();
    QVERIFY(words);
    QCOMPARE(words->size(), 1u);
    QCOMPARE((*words)[0].word.value, std::string("First"));
    QCOMPARE((*words)[0].run, std::optional<RunId>(1));
}

void Words::undoPutsBackWhatWasSaidBefore()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    QVERIFY(store.writer()->setPointWord({ 1 }, "hidden", "first"));
    const Word said = *pointOf(store, 1).word("hidden");
    auto edit = store.writer()->setPointWord({ 1 }, "hidden", "second");
    QVERIFY(store.writer()->undo(edit->id));
    QCOMPARE(*pointOf(store, 1).word("hidden"), said); // with who said it, and when
}

void Words::wordsOutliveAPurge()
{
    const TemporaryStore store;
    const SourceId a = store.add("a.json", { madePoint(0), madePoint(1) });
    store.add("b.json", { madePoint(0) }, "run-b");
    QVERIFY(store.writer()->setPointWord({ 2 }, "hidden", "warm-up"));
    QVERIFY(store.writer()->regroup({ 3 }, 1)); // the point of b stands in the run of a
    QVERIFY(store.writer()->remove({ a }));
    QCOMPARE(runOf(store, 1).points, 1u);
    QVERIFY(store.writer()->purge());
    QCOMPARE(runOf(store, 1).points, 1u);
    store.add("a.json", { madePoint(0), madePoint(1) });
    QCOMPARE(tableOf(store)->hidden().size(), 1u); // the same reader: the same numbers
    QCOMPARE(runOf(store, 1).points, 2u);
}

void Words::olderDatabasesKeepTheirWords()
{
    const TemporaryStore store;
    const auto all = store::migrations();
    QVERIFY(store::prepareFile(store.file(), all.first(3)));
    {
        auto database = store::Database::open(store.file(), store::Access::Write);
        QVERIFY(database);
        QVERIFY(
            (*database)->exec("INSERT INTO run(id, uid, label, producer, name, note, evidence, tags, colour)"
                              " VALUES (1, 'aaaa', 'l', 'vllm-serve', 'Mine', '', 'reproduced', 'x', 4)"));
    }
    store.writer(); // brings it to today's schema
    QCOMPARE(rawCount(store.file(), "word"), 3);
    QCOMPARE(rawText(store.file(), "SELECT value FROM word WHERE subject = 'aaaa' AND field = 'name'"),
        std::string("Mine"));
    QCOMPARE(rawText(store.file(), "SELECT colour FROM run"), std::string("4"));
    QCOMPARE(rawText(store.file(), "PRAGMA integrity_check"), std::string("ok"));
}

QTEST_GUILESS_MAIN(Words)
#include "tst_words.moc"
