// SPDX-License-Identifier: GPL-3.0-or-later
// What the user says is about the measurement: it is seen on whichever encoding of the result is shown.
#include "tests/support/made_points.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using namespace prism::test;

namespace {

/// Adds a source that stands behind `richer`, or before all of its own.
SourceId addTwin(const TemporaryStore& store, const std::string& path, const std::vector<LoadPoint>& points,
    const std::string& run, const std::string& richer)
{
    auto writer = store.writer();
    const auto source = writer->begin(madeSource(path));
    for (const LoadPoint& point : points) {
        if (!writer->addPoint(*source, point, madeRun(run))) {
            QTest::qFail("no point", __FILE__, __LINE__);
        }
    }
    StoreWriter::Finished finished;
    finished.twinOf = richer.empty() ? std::string() : madeSource(richer).sha256;
    if (!writer->finish(*source, finished) || !writer->commit()) {
        QTest::qFail("no commit", __FILE__, __LINE__);
    }
    return *source;
}

/// The only shown point of a file, hidden by the user or not.
PointDetail pointIn(const TemporaryStore& store, const std::string& path, std::uint32_t index = 0)
{
    PointDetail found;
    (void)store.reader()->points(
        [&](const SourceRecord& source, PointDetail&& point) {
            if (source.path == path && point.record.index == index) {
                found = std::move(point);
            }
            return true;
        },
        StoreReader::HiddenPoints::Included);
    return found;
}

std::string saidOf(const PointDetail& point, const std::string& field)
{
    const Word* word = point.word(field);
    return word ? word->value : std::string();
}

RunRecord runOf(const TemporaryStore& store, RunId id)
{
    const auto runs = store.reader()->runs();
    const auto it = std::find_if(runs->begin(), runs->end(), [id](const RunRecord& r) { return r.id == id; });
    return it == runs->end() ? RunRecord {} : *it;
}

LoadPoint pointAs(std::uint32_t index, const LoadPoint& like)
{
    LoadPoint point = like;
    point.index = index;
    return point;
}

using Texts = std::vector<std::string>;

} // namespace

class TwinWords : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void thePoorerOneHasThemWhenTheRicherIsGone();
    void theListNamesTheShownPoint();
    void theRicherOneHasThemWhenItComesLater();
    void hiddenPointsStayHidden();
    void pointsThatWereMovedStayThere();
    void theyMeetTheSameMeasurementNotTheSameNumber();
    void whatFitsSeveralIsOfNone();
    void theLatestHoldsAndAllTagsDo();
    void takingBackTakesItBackEverywhere();
    void aPurgeHandsThemOn();
};

void TwinWords::thePoorerOneHasThemWhenTheRicherIsGone()
{
    const TemporaryStore store;
    const SourceId rich = store.add("a.json", { madePoint(0) });
    addTwin(store, "a.csv", { madePoint(0) }, "run-csv", "a.json");
    const RunId run = pointIn(store, "a.json").record.run;
    {
        auto writer = store.writer();
        QVERIFY(writer->setPointWord({ 1 }, "note", "new driver"));
        QVERIFY(writer->setPointWord({ 1 }, "attribute:tp", "4"));
        QVERIFY(writer->setRunField({ run }, "name", "Baseline"));
        QVERIFY(writer->setRunField({ run }, "attribute:nodes", "2"));
        QVERIFY(writer->changeTags({ run }, { "nightly" }, {}));
        QVERIFY(writer->remove({ rich }));
    }
    const PointDetail csv = pointIn(store, "a.csv");
    QVERIFY(csv.record.run != 0 && csv.record.run != run);
    QCOMPARE(saidOf(csv, "note"), std::string("new driver"));
    QCOMPARE(saidOf(csv, "attribute:tp"), std::string("4"));
    QCOMPARE(saidOf(csv, "attribute:nodes"), std::string("2"));
    QVERIFY(csv.word("attribute:nodes")->ofRun);
    QCOMPARE(runOf(store, csv.record.run).name, std::string("Baseline"));
    QCOMPARE(runOf(store, csv.record.run).tags, Texts { "nightly" });
    QCOMPARE((*store.reader()->table())->text("tp", 0), std::string_view("4"));
    QCOMPARE((*store.reader()->table())->text("nodes", 0), std::string_view("2"));
    // The file itself says what it said.
    QVERIFY(store.writer()->restore({ rich }));
    QCOMPARE(saidOf(pointIn(store, "a.json"), "note"), std::string("new driver"));
}

void TwinWords::theRicherOneHasThemWhenItComesLater()
{
    const TemporaryStore store;
    const SourceId poor = addTwin(store, "a.csv", { madePoint(0) }, "run-csv", {});
    const RunId run = pointIn(store, "a.csv").record.run;
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "new driver"));
    QVERIFY(store.writer()->setRunField({ run }, "note", "of the run"));
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(writer->setTwin(poor, madeSource("a.json").sha256));
    QVERIFY(writer->commit());
    const PointDetail json = pointIn(store, "a.json");
    QCOMPARE(saidOf(json, "note"), std::string("new driver"));
    QCOMPARE(runOf(store, json.record.run).note, std::string("of the run"));
}

void TwinWords::theListNamesTheShownPoint()
{
    const TemporaryStore store;
    const SourceId poor = addTwin(store, "a.csv", { madePoint(0) }, "run-csv", {});
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "new driver"));
    QCOMPARE(store.reader()->words()->at(0).point, std::optional<PointId>(1));
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(writer->setTwin(poor, madeSource("a.json").sha256));
    QVERIFY(writer->commit());
    QCOMPARE(store.reader()->words()->at(0).point, std::optional(pointIn(store, "a.json").record.id));
    QVERIFY(writer->remove({ poor }));
    QCOMPARE(store.reader()->words()->at(0).point, std::optional(pointIn(store, "a.json").record.id));
}

void TwinWords::hiddenPointsStayHidden()
{
    const TemporaryStore store;
    const SourceId rich = store.add("a.json", { madePoint(0), madePoint(1, 3) });
    addTwin(store, "a.csv", { madePoint(0), madePoint(1, 3) }, "run-csv", "a.json");
    QVERIFY(store.writer()->setPointWord({ 2 }, "hidden", "warm-up"));
    QVERIFY(store.writer()->remove({ rich }));
    QCOMPARE((*store.reader()->table())->rows(), 1u);
    QCOMPARE(pointIn(store, "a.csv", 1).hiddenBecause(), std::string("warm-up"));
    QCOMPARE((*store.reader()->runs())[0].hidden, 1u);
}

void TwinWords::pointsThatWereMovedStayThere()
{
    const TemporaryStore store;
    store.add("b.json", { madePoint(0, 7) }, "run-b");
    const SourceId rich = store.add("a.json", { madePoint(0) });
    addTwin(store, "a.csv", { madePoint(0) }, "run-csv", "a.json");
    const RunId b = pointIn(store, "b.json").record.run;
    QVERIFY(store.writer()->regroup({ 2 }, b));
    QVERIFY(store.writer()->remove({ rich }));
    const PointDetail csv = pointIn(store, "a.csv");
    QCOMPARE(csv.record.run, b);
    // Whoever speaks of that run speaks of this point.
    QVERIFY(store.writer()->merge({ b, b }).error().reason.find("nothing to merge") != std::string::npos);
    QVERIFY(store.writer()->regroupAsFiled({ csv.record.id }));
    QCOMPARE(pointIn(store, "a.csv").record.run, csv.record.fileRun);
    QVERIFY(store.writer()->regroup({ csv.record.id }, std::nullopt));
    QVERIFY(pointIn(store, "a.csv").record.run != csv.record.fileRun);
}

/// A file of one stage, and a log of all of them: number 0 of the one is number 1 of the other.
void TwinWords::theyMeetTheSameMeasurementNotTheSameNumber()
{
    const TemporaryStore store;
    const SourceId log
        = store.add("log.json", { madePoint(0, 1), pointAs(1, madePoint(1, 5)), madePoint(2, 9) });
    addTwin(store, "stage.csv", { pointAs(0, madePoint(1, 5)) }, "run-csv", "log.json");
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "first"));
    QVERIFY(store.writer()->setPointWord({ 2 }, "note", "second"));
    QVERIFY(store.writer()->remove({ log }));
    QCOMPARE(saidOf(pointIn(store, "stage.csv"), "note"), std::string("second"));
}

void TwinWords::whatFitsSeveralIsOfNone()
{
    const TemporaryStore store;
    const SourceId log = store.add("log.json", { madePoint(0, 5), pointAs(1, madePoint(0, 5)) });
    addTwin(store, "stage.csv", { madePoint(0, 5) }, "run-csv", "log.json");
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "first"));
    QVERIFY(store.writer()->remove({ log }));
    QCOMPARE(saidOf(pointIn(store, "stage.csv"), "note"), std::string());
}

void TwinWords::theLatestHoldsAndAllTagsDo()
{
    const TemporaryStore store;
    const SourceId poor = addTwin(store, "a.csv", { madePoint(0) }, "run-csv", {});
    store.add("a.json", { madePoint(0) });
    {
        auto writer = store.writer();
        QVERIFY(writer->changeTags({ pointIn(store, "a.csv").record.run }, { "old" }, {}));
        QVERIFY(writer->changeTags({ pointIn(store, "a.json").record.run }, { "new" }, {}));
        QVERIFY(writer->setTwin(poor, madeSource("a.json").sha256));
        QVERIFY(writer->commit());
    }
    const RunId run = pointIn(store, "a.json").record.run;
    QCOMPARE(runOf(store, run).tags, (Texts { "new", "old" }));
    const auto edit = store.writer()->changeTags({ run }, {}, { "old" });
    QVERIFY(edit);
    QCOMPARE(runOf(store, run).tags, Texts { "new" });
    QVERIFY(store.writer()->undo(edit->id));
    QCOMPARE(runOf(store, run).tags, (Texts { "new", "old" }));
}

void TwinWords::takingBackTakesItBackEverywhere()
{
    const TemporaryStore store;
    const SourceId rich = store.add("a.json", { madePoint(0) });
    addTwin(store, "a.csv", { madePoint(0) }, "run-csv", "a.json");
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "new driver"));
    QVERIFY(store.writer()->remove({ rich }));
    const PointId csv = pointIn(store, "a.csv").record.id;
    const auto changed = store.writer()->setPointWord({ csv }, "note", "old driver");
    QVERIFY(changed);
    QVERIFY(store.writer()->restore({ rich }));
    QCOMPARE(saidOf(pointIn(store, "a.json"), "note"), std::string("old driver"));
    const auto gone = store.writer()->setPointWord({ 1 }, "note", "");
    QVERIFY2(gone, gone ? "" : gone.error().text().c_str());
    QCOMPARE(saidOf(pointIn(store, "a.json"), "note"), std::string());
    QVERIFY(store.writer()->remove({ rich }));
    QCOMPARE(saidOf(pointIn(store, "a.csv"), "note"), std::string());
    QVERIFY(store.writer()->undo(gone->id));
    QCOMPARE(saidOf(pointIn(store, "a.csv"), "note"), std::string("old driver"));
}

void TwinWords::aPurgeHandsThemOn()
{
    const TemporaryStore store;
    const SourceId rich = store.add("a.json", { madePoint(0) });
    addTwin(store, "a.csv", { madePoint(0) }, "run-csv", "a.json");
    const RunId run = pointIn(store, "a.json").record.run;
    QVERIFY(store.writer()->setPointWord({ 1 }, "note", "new driver"));
    QVERIFY(store.writer()->setRunField({ run }, "name", "Baseline"));
    QVERIFY(store.writer()->remove({ rich }));
    QVERIFY(store.writer()->purge());
    const PointDetail csv = pointIn(store, "a.csv");
    QCOMPARE(saidOf(csv, "note"), std::string("new driver"));
    QCOMPARE(runOf(store, csv.record.run).name, std::string("Baseline"));
    QVERIFY(store.writer()->setPointWord({ csv.record.id }, "note", ""));
    // What was taken back meanwhile does not come back with the file.
    store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    QVERIFY(writer->setTwin(csv.record.source, madeSource("a.json").sha256));
    QVERIFY(writer->commit());
    QCOMPARE(saidOf(pointIn(store, "a.json"), "note"), std::string());
    QCOMPARE(runOf(store, pointIn(store, "a.json").record.run).name, std::string("Baseline"));
}

QTEST_GUILESS_MAIN(TwinWords)
#include "tst_twin_words.moc"
