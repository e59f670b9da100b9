// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_points.h"

#include <QtTest>

#include <filesystem>

using namespace prism;
using namespace prism::test;

namespace {

std::vector<SourceId> visible(const TemporaryStore& store)
{
    std::vector<SourceId> ids;
    auto reader = store.reader();
    auto sources = reader->sources();
    for (const SourceRecord& source : *sources) {
        ids.push_back(source.id);
    }
    return ids;
}

RunRecord firstRun(const TemporaryStore& store)
{
    return store.reader()->runs()->front();
}

std::string shown(const TemporaryStore& store, const char* attribute)
{
    auto table = store.reader()->table();
    return std::string((*table)->text(attribute, 0));
}

} // namespace

class Edits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void removedSourcesComeBack();
    void everyChangeRaisesTheRevision();
    void undoRedoUndo();
    void undoTwiceIsRefused();
    void nothingToChangeIsSaid();
    void runFields();
    void wrongFieldsAreRefused();
    void aliasIsReadEverywhere();
    void aliasMatchesWhatWasGiven();
    void restoringReplacedBytesIsRefused();
    void editsDoNotPublishWhatIsBuilding();
    void purgeGivesSpaceBack();
    void purgeKeepsWhatTheUserWrote();
};

void Edits::removedSourcesComeBack()
{
    const TemporaryStore store;
    const SourceId a = store.add("dir/a.json", { madePoint(0) });
    const SourceId b = store.add("b.json", { madePoint(0) }, "run-b");
    const SourceId c = store.add("c.json", { madePoint(0) }, "run-c");
    auto writer = store.writer();
    auto single = writer->remove({ a });
    QVERIFY(single);
    QCOMPARE(single->text, std::string("Remove a.json"));
    auto removed = writer->remove({ a, b });
    QVERIFY(removed);
    QCOMPARE(removed->text, std::string("Remove 2 sources"));
    QCOMPARE(visible(store), std::vector { c });
    QCOMPARE(store.reader()->runs()->size(), 1u);
    QVERIFY(writer->restore({ a }));
    QCOMPARE(visible(store), (std::vector { a, c }));
    auto point = store.reader()->point(1);
    QVERIFY(point && *point && (*point)->measures == madePoint(0).measures);
}

void Edits::everyChangeRaisesTheRevision()
{
    const TemporaryStore store;
    const SourceId a = store.add("a.json", { madePoint(0) });
    auto reader = store.reader();
    auto writer = store.writer();
    std::uint64_t before = reader->revision();
    const auto rose = [&] { return reader->revision() > std::exchange(before, reader->revision()); };
    auto edit = writer->remove({ a });
    QVERIFY(rose());
    QVERIFY(writer->undo(edit->id));
    QVERIFY(rose());
    QVERIFY(writer->setRunField({ 1 }, "name", "x"));
    QVERIFY(rose());
    QVERIFY(writer->setAlias("model", "x", "y"));
    QVERIFY(rose());
    QVERIFY(!rose());
}

void Edits::undoRedoUndo()
{
    const TemporaryStore store;
    const SourceId a = store.add("a.json", { madePoint(0) });
    const SourceId b = store.add("b.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(writer->remove({ b }));
    auto edit = writer->remove({ a, b }); // b was removed before
    auto redo = writer->undo(edit->id);
    QVERIFY(redo);
    QCOMPARE(redo->text, "Undo: " + edit->text);
    QCOMPARE(visible(store), std::vector { a }); // and stays so
    auto undoAgain = writer->undo(redo->id);
    QVERIFY(undoAgain);
    QCOMPARE(undoAgain->text, edit->text);
    QVERIFY(visible(store).empty());
    writer.reset();
    QVERIFY(store.writer()->undo(undoAgain->id)); // the journal is in the file
    QCOMPARE(visible(store), std::vector { a });
}

void Edits::undoTwiceIsRefused()
{
    const TemporaryStore store;
    const SourceId a = store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    auto edit = writer->remove({ a });
    QVERIFY(writer->undo(edit->id));
    const auto twice = writer->undo(edit->id);
    QVERIFY(!twice);
    QVERIFY(twice.error().reason.find("taken back already") != std::string::npos);
    const auto never = writer->undo(4711);
    QVERIFY(!never);
    QVERIFY(never.error().reason.find("there is no change 4711") != std::string::npos);
    QCOMPARE(visible(store), std::vector { a });
}

void Edits::nothingToChangeIsSaid()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(!writer->remove({ 99 }));
    QVERIFY(!writer->remove({}));
    QVERIFY(!writer->setRunField({ 1 }, "name", ""));
    QVERIFY(writer->setRunField({ 1 }, "name", "later")); // the writer lives on
}

void Edits::runFields()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    auto named = writer->setRunField({ 1 }, "name", "Baseline");
    QVERIFY(named);
    QCOMPARE(named->text, std::string("Name run \"Baseline\""));
    QVERIFY(writer->setRunField({ 1 }, "note", "two\nlines"));
    QVERIFY(writer->setRunField({ 1 }, "evidence", "vendor-claim"));
    QVERIFY(writer->setRunField({ 1 }, "tags", "nightly\nh100"));
    QVERIFY(writer->setRunField({ 1 }, "colour", "3"));
    RunRecord run = firstRun(store);
    QCOMPARE(run.name, std::string("Baseline"));
    QCOMPARE(run.note, std::string("two\nlines"));
    QCOMPARE(run.evidence, std::string("vendor-claim"));
    QCOMPARE(run.tags, (std::vector<std::string> { "nightly", "h100" }));
    QCOMPARE(run.colourSlot, 3);
    QCOMPARE(shown(store, "evidence"), std::string("vendor-claim"));
    QCOMPARE(shown(store, "tags"), std::string("nightly, h100"));
    QVERIFY(writer->undo(named->id));
    QCOMPARE(firstRun(store).name, std::string());
    QCOMPARE(firstRun(store).colourSlot, 3);
}

void Edits::wrongFieldsAreRefused()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(!writer->setRunField({ 1 }, "uid", "x"));
    QVERIFY(!writer->setRunField({ 1 }, "name = '', uid", "x"));
    QVERIFY(!writer->setRunField({ 1 }, "evidence", "rumour"));
    QVERIFY(!writer->setRunField({ 1 }, "colour", "red"));
    QVERIFY(!writer->setRunField({ 1 }, "colour", "-2"));
}

void Edits::aliasIsReadEverywhere()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    auto edit = writer->setAlias("accelerator", "H100", "NVIDIA H100 SXM");
    QVERIFY(edit);
    QCOMPARE(shown(store, "accelerator"), std::string("NVIDIA H100 SXM"));
    auto point = store.reader()->point(1);
    const auto& attribute = (*point)->record.attributes[1];
    QCOMPARE(toText(attribute.value), std::string("NVIDIA H100 SXM"));
    QCOMPARE(attribute.given, std::string("H100"));
    QCOMPARE(attribute.origin, Origin::User);
    QVERIFY(writer->undo(edit->id));
    QCOMPARE(shown(store, "accelerator"), std::string("H100"));
    QVERIFY(writer->setAlias("accelerator", "H100", "X"));
    QVERIFY(writer->setAlias("accelerator", "H100", ""));
    QCOMPARE(shown(store, "accelerator"), std::string("H100"));
}

void Edits::aliasMatchesWhatWasGiven()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(writer->setAlias("model", "/models/llama-3.1-8b", "Our Llama"));
    QCOMPARE(shown(store, "model"), std::string("Our Llama"));
    auto point = store.reader()->point(1);
    QCOMPARE((*point)->record.attributes[0].given, std::string("/models/llama-3.1-8b"));
    QVERIFY(writer->setAlias("engine", "H100", "wrong attribute"));
    QCOMPARE(shown(store, "accelerator"), std::string("H100"));
}

void Edits::restoringReplacedBytesIsRefused()
{
    const TemporaryStore store;
    const SourceId old = store.add("a.json", { madePoint(0) });
    QVERIFY(store.writer()->remove({ old }));
    const SourceId fresh = store.add("a.json", { madePoint(0) });
    QVERIFY(!store.writer()->restore({ old }));
    QCOMPARE(visible(store), std::vector { fresh });
}

void Edits::editsDoNotPublishWhatIsBuilding()
{
    const TemporaryStore store;
    const SourceId a = store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    auto building = writer->begin(madeSource("b.json"));
    QVERIFY(writer->addPoint(*building, madePoint(0), madeRun()));
    auto finished = writer->begin(madeSource("c.json"));
    QVERIFY(writer->addPoint(*finished, madePoint(0), madeRun()));
    QVERIFY(writer->finish(*finished, {}));
    QVERIFY(writer->remove({ a }));
    QVERIFY(visible(store).empty());
    QVERIFY(writer->finish(*building, {}));
    QVERIFY(writer->commit());
    QCOMPARE(visible(store), (std::vector { *building, *finished }));
}

void Edits::purgeGivesSpaceBack()
{
    const TemporaryStore store;
    const SourceId keep = store.add("keep.json", { madePoint(0) });
    auto writer = store.writer();
    auto big = writer->begin(madeSource("big.json"));
    std::vector<RequestRow> rows;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        rows.push_back(madeRequest(i, 100));
    }
    QVERIFY(writer->addPoint(*big, madePoint(0), madeRun("big")));
    QVERIFY(writer->addRequests(*big, 0, rows));
    QVERIFY(writer->finish(*big, {}));
    QVERIFY(writer->commit());
    auto edit = writer->remove({ *big });
    auto freed = writer->purge();
    QVERIFY(freed);
    QVERIFY2(*freed > 1'000'000, qPrintable(QString::number(*freed)));
    const auto gone = writer->undo(edit->id);
    QVERIFY(!gone);
    QVERIFY(gone.error().reason.find("deleted for good") != std::string::npos);
    QVERIFY(!*writer->removedWith(madeSource("big.json").sha256));
    writer.reset();
    QVERIFY(std::filesystem::file_size(store.file()) < 500'000);
    QCOMPARE(visible(store), std::vector { keep });
    QCOMPARE(rawCount(store.file(), "run"), 1);
    QCOMPARE(rawText(store.file(), "PRAGMA integrity_check"), std::string("ok"));
    QCOMPARE(*store.writer()->purge(), 0u);
}

void Edits::purgeKeepsWhatTheUserWrote()
{
    const TemporaryStore store;
    const SourceId a = store.add("a.json", { madePoint(0) });
    {
        auto writer = store.writer();
        QVERIFY(writer->setRunField({ 1 }, "name", "Mine"));
        QVERIFY(writer->remove({ a }));
        QVERIFY(writer->purge());
        QVERIFY(store.reader()->runs()->empty());
    }
    store.add("a.json", { madePoint(0) });
    QCOMPARE(firstRun(store).name, std::string("Mine"));
}

QTEST_GUILESS_MAIN(Edits)
#include "tst_edits.moc"
