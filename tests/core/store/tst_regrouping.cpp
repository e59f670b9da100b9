// SPDX-License-Identifier: GPL-3.0-or-later
// Points that the user puts into other runs, and runs that he makes one.
#include "tests/support/made_points.h"
#include "tests/support/stored_points.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

class Regrouping : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pointsMoveToAnotherRun();
    void pointsMakeARunOfTheirOwn();
    void mergedRunsKeepTheirPointsAndWords();
    void mergesOfDifferentEvidenceAreRefused();
};

void Regrouping::pointsMoveToAnotherRun()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1) });
    store.add("b.json", { madePoint(2) }, "run-b");
    auto edit = store.writer()->regroup({ 2 }, 2);
    QVERIFY(edit);
    const auto table = tableOf(store);
    QCOMPARE(table->run(*table->rowOf(2)), RunId(2));
    QCOMPARE(runOf(store, 1).points, 1u);
    QCOMPARE(runOf(store, 2).points, 2u);
    QCOMPARE(pointOf(store, 2).record.run, RunId(2));
    QCOMPARE(pointOf(store, 2).record.fileRun, RunId(1));
    QVERIFY(!store.writer()->regroup({ 2 }, 2)); // it is there
    QVERIFY(!store.writer()->regroup({ 2 }, 77));
    QVERIFY(store.writer()->regroupAsFiled({ 2 }));
    QCOMPARE(runOf(store, 1).points, 2u);
    QVERIFY(pointOf(store, 2).words.empty());
    QVERIFY(store.writer()->regroup({ 2 }, 2));
    QVERIFY(store.writer()->regroup({ 2 }, 1)); // back by hand is no word either
    QVERIFY(pointOf(store, 2).words.empty());
}

void Regrouping::pointsMakeARunOfTheirOwn()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1), madePoint(2) });
    auto edit = store.writer()->regroup({ 2, 3 }, std::nullopt);
    QVERIFY(edit);
    const RunId own = pointOf(store, 2).record.run;
    QVERIFY(own != 1);
    QCOMPARE(pointOf(store, 3).record.run, own);
    QCOMPARE(runOf(store, own).points, 2u);
    QCOMPARE(runOf(store, own).producer, std::string("vllm-serve"));
    auto redo = store.writer()->undo(edit->id);
    QVERIFY(redo);
    QCOMPARE(store.reader()->runs()->size(), 1u);
    QVERIFY(store.writer()->undo(redo->id));
    QCOMPARE(pointOf(store, 2).record.run, own); // the same run again
}

void Regrouping::mergedRunsKeepTheirPointsAndWords()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    store.add("b.json", { madePoint(1) }, "run-b");
    store.add("c.json", { madePoint(2) }, "run-c");
    QVERIFY(store.writer()->setRunField({ 1 }, "name", "The sweep"));
    QVERIFY(store.writer()->setRunField({ 1 }, "tags", "nightly"));
    QVERIFY(store.writer()->setRunField({ 2 }, "tags", "h100\nnightly"));
    QVERIFY(store.writer()->setRunField({ 2 }, "note", "second"));
    QVERIFY(store.writer()->setPointWord({ 3 }, "hidden", "later"));
    const auto before = store.reader()->runs();
    auto edit = store.writer()->merge({ 1, 2, 3 });
    QVERIFY2(edit, edit ? "" : edit.error().text().c_str());
    QCOMPARE(edit->text, std::string("Merge 3 runs into one"));
    QCOMPARE(store.reader()->runs()->size(), 1u);
    const RunRecord run = runOf(store, 1);
    QCOMPARE(run.name, std::string("The sweep"));
    QCOMPARE(run.points, 2u);
    QCOMPARE(run.hidden, 1u);
    QCOMPARE(run.tags, (std::vector<std::string> { "nightly", "h100" }));
    QCOMPARE(run.note, std::string("second"));
    // Load levels in their order, each with its own numbers.
    const auto table = tableOf(store);
    QCOMPARE(table->loadRank(0), 0u);
    QCOMPARE(table->loadRank(1), 1u);
    QCOMPARE(pointOf(store, 2).measures, madePoint(1).measures);
    QVERIFY(!store.writer()->merge({ 1 }));
    QVERIFY(store.writer()->undo(edit->id));
    const auto after = store.reader()->runs();
    QCOMPARE(after->size(), before->size());
    QCOMPARE(runOf(store, 1).tags, std::vector<std::string> { "nightly" });
    QCOMPARE(runOf(store, 2).note, std::string("second"));
    QCOMPARE(runOf(store, 3).hidden, 1u);
}

void Regrouping::mergesOfDifferentEvidenceAreRefused()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    store.add("b.json", { madePoint(1) }, "run-b");
    QVERIFY(store.writer()->setRunField({ 1 }, "evidence", "measured-here"));
    const auto edit = store.writer()->merge({ 1, 2 });
    QVERIFY(!edit);
    QVERIFY(edit.error().reason.find("evidence") != std::string::npos);
    QVERIFY(store.writer()->setRunField({ 2 }, "evidence", "measured-here"));
    QVERIFY(store.writer()->merge({ 1, 2 }));
}

QTEST_GUILESS_MAIN(Regrouping)
#include "tst_regrouping.moc"
