// SPDX-License-Identifier: GPL-3.0-or-later
// A newer reading of the same bytes keeps the user's words where their object is still there.
#include "core/store/same_points.h"
#include "tests/support/made_points.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using namespace prism::test;

namespace {

/// A point read from one element of a list: its places say which.
LoadPoint pointAt(std::uint32_t index, int element)
{
    LoadPoint point = madePoint(index, element);
    for (Measure& measure : point.measures) {
        measure.path = "/results/" + std::to_string(element) + measure.path;
    }
    return point;
}

struct Reader {
    int version;
    std::string run = "run-a";
};

/// Imports "a.json" as read by some version of its importer; the notes on words that were lost.
std::vector<Warning> read(
    const TemporaryStore& store, const std::vector<LoadPoint>& points, const Reader& reader)
{
    auto writer = store.writer();
    NewSource source = madeSource("a.json");
    source.importerVersion = reader.version;
    const bool before = *writer->known(source.sha256) || *writer->removedWith(source.sha256);
    auto id = writer->begin(source);
    for (const LoadPoint& point : points) {
        if (!writer->addPoint(*id, point, madeRun(reader.run))) {
            QTest::qFail("no point", __FILE__, __LINE__);
        }
    }
    StoreWriter::Finished finished;
    finished.newReading = before;
    if (!writer->finish(*id, finished) || !writer->commit()) {
        QTest::qFail("no commit", __FILE__, __LINE__);
    }
    auto lost = writer->takeLostWords();
    return lost[source.sha256];
}

std::vector<std::string> hidden(const TemporaryStore& store)
{
    std::vector<std::string> out;
    (void)store.reader()->points(
        [&](const SourceRecord&, PointDetail&& point) {
            if (const std::string why = point.hiddenBecause(); !why.empty()) {
                out.push_back(
                    std::to_string(point.record.index) + ' ' + point.measures.front().path + ' ' + why);
            }
            return true;
        },
        StoreReader::HiddenPoints::Included);
    return out;
}

PointId idAt(const TemporaryStore& store, std::uint32_t index)
{
    PointId id = 0;
    (void)store.reader()->points(
        [&](const SourceRecord&, PointDetail&& point) {
            id = point.record.index == index ? point.record.id : id;
            return true;
        },
        StoreReader::HiddenPoints::Included);
    return id;
}

using Texts = std::vector<std::string>;

} // namespace

class CarriedWords : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pointsKeepThem();
    void pointsOfAnotherNumberKeepThem();
    void undoMeetsTheSamePoint();
    void whatIsGoneIsTold();
    void removedReadingsHandThemOn();
    void withoutTheOldReadingNothingIsGuessed();
    void runsKeepThemUnderANewName();
    void runsThatGoApartAreTold();
    void attributesOfRunsReachTheNewerReading();
    void attributesOfRunsThatGoApartStayWithThePoints();
    void placesDecide_data();
    void placesDecide();
};

void CarriedWords::pointsKeepThem()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1) }, { 1 });
    QVERIFY(store.writer()->setPointWord({ idAt(store, 1) }, "hidden", "warm-up"));
    QCOMPARE(read(store, { pointAt(0, 0), pointAt(1, 1) }, { 2 }).size(), 0u);
    QCOMPARE(hidden(store), Texts { "1 /results/1/ttft warm-up" });
    // And so does the reading after that.
    QCOMPARE(read(store, { pointAt(0, 0), pointAt(1, 1) }, { 3 }).size(), 0u);
    QCOMPARE(hidden(store), Texts { "1 /results/1/ttft warm-up" });
}

/// The newer importer leaves the first element out: the second must not lose its word to the third.
void CarriedWords::pointsOfAnotherNumberKeepThem()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1), pointAt(2, 2) }, { 1 });
    QVERIFY(store.writer()->setPointWord({ idAt(store, 1) }, "hidden", "broken"));
    QVERIFY(store.writer()->setPointWord({ idAt(store, 2) }, "note", "good"));
    QCOMPARE(read(store, { pointAt(0, 1), pointAt(1, 2) }, { 2 }).size(), 0u);
    QCOMPARE(hidden(store), Texts { "0 /results/1/ttft broken" });
    const auto point = store.reader()->point(idAt(store, 1));
    QCOMPARE((*point)->word("note")->value, std::string("good"));
}

void CarriedWords::undoMeetsTheSamePoint()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1), pointAt(2, 2) }, { 1 });
    auto first = store.writer()->setPointWord({ idAt(store, 1) }, "hidden", "one");
    auto second = store.writer()->setPointWord({ idAt(store, 1) }, "hidden", "two");
    read(store, { pointAt(0, 1), pointAt(1, 2) }, { 2 });
    QVERIFY(store.writer()->undo(second->id));
    QCOMPARE(hidden(store), Texts { "0 /results/1/ttft one" });
    QVERIFY(store.writer()->undo(first->id));
    QVERIFY(hidden(store).empty());
}

void CarriedWords::whatIsGoneIsTold()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1) }, { 1 });
    auto edit = store.writer()->setPointWord({ idAt(store, 0) }, "hidden", "warm-up");
    const auto notes = read(store, { pointAt(0, 1) }, { 2 });
    QCOMPARE(notes.size(), 1u);
    QCOMPARE(notes[0].code, std::string("word-lost"));
    QVERIFY2(notes[0].text.find("hidden: warm-up") != std::string::npos, notes[0].text.c_str());
    QVERIFY(hidden(store).empty());
    const auto words = store.reader()->words();
    QCOMPARE(words->size(), 1u); // not forgotten
    QVERIFY(!(*words)[0].lostAt.empty());
    QVERIFY(!(*words)[0].point);
    QVERIFY(!store.writer()->undo(edit->id));
    QVERIFY(hidden(store).empty());
}

void CarriedWords::removedReadingsHandThemOn()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1) }, { 1 });
    QVERIFY(store.writer()->setPointWord({ idAt(store, 1) }, "hidden", "warm-up"));
    QVERIFY(store.writer()->remove({ 1 }));
    QCOMPARE(read(store, { pointAt(0, 1) }, { 2 }).size(), 0u);
    QCOMPARE(hidden(store), Texts { "0 /results/1/ttft warm-up" });
}

void CarriedWords::withoutTheOldReadingNothingIsGuessed()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1) }, { 1 });
    QVERIFY(store.writer()->setPointWord({ idAt(store, 1) }, "hidden", "warm-up"));
    QVERIFY(store.writer()->remove({ 1 }));
    QVERIFY(store.writer()->purge());
    QCOMPARE(read(store, { pointAt(0, 0), pointAt(1, 1) }, { 2 }).size(), 1u);
    QVERIFY(hidden(store).empty());
}

/// A newer importer that reads one attribute more gives the run another identity.
void CarriedWords::runsKeepThemUnderANewName()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1) }, { 1, "run-a" });
    auto named = store.writer()->setRunField({ 1 }, "name", "Baseline");
    QVERIFY(store.writer()->setRunField({ 1 }, "colour", "5"));
    QCOMPARE(read(store, { pointAt(0, 0), pointAt(1, 1) }, { 2, "run-a+tp" }).size(), 0u);
    const auto runs = store.reader()->runs();
    QCOMPARE(runs->size(), 1u);
    QVERIFY((*runs)[0].id != 1);
    QCOMPARE((*runs)[0].name, std::string("Baseline"));
    QCOMPARE((*runs)[0].colourSlot, 5);
    QVERIFY(store.writer()->undo(named->id));
    QCOMPARE((*store.reader()->runs())[0].name, std::string());
}

void CarriedWords::runsThatGoApartAreTold()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0), pointAt(1, 1) }, { 1, "run-a" });
    QVERIFY(store.writer()->setRunField({ 1 }, "name", "Baseline"));
    const auto notes = read(store, { pointAt(0, 0) }, { 2, "run-b" });
    QCOMPARE(notes.size(), 1u);
    QVERIFY2(notes[0].text.find("name: Baseline") != std::string::npos, notes[0].text.c_str());
    QCOMPARE((*store.reader()->runs())[0].name, std::string());
}

void CarriedWords::attributesOfRunsReachTheNewerReading()
{
    const TemporaryStore store;
    read(store, { pointAt(0, 0) }, { 1 });
    const RunId run = (*store.reader()->point(idAt(store, 0)))->record.run;
    QVERIFY(store.writer()->setRunField({ run }, "attribute:nodes", "2"));
    // It finds a point more, and its run has another name.
    QCOMPARE(read(store, { pointAt(0, 0), pointAt(1, 1) }, { 2, "run-b" }).size(), 0u);
    for (const std::uint32_t index : { 0u, 1u }) {
        const auto point = store.reader()->point(idAt(store, index));
        QVERIFY(point && *point && (*point)->word("attribute:nodes"));
        QCOMPARE((*point)->word("attribute:nodes")->value, std::string("2"));
        QVERIFY((*point)->word("attribute:nodes")->ofRun);
    }
}

void CarriedWords::attributesOfRunsThatGoApartStayWithThePoints()
{
    const TemporaryStore store;
    store.add("other.json", { madePoint(0, 7) });
    read(store, { pointAt(0, 0) }, { 1 });
    const RunId run = (*store.reader()->point(idAt(store, 0)))->record.run;
    QVERIFY(store.writer()->setRunField({ run }, "attribute:nodes", "2"));
    // The run lives on with the other file.
    QCOMPARE(read(store, { pointAt(0, 0) }, { 2, "run-b" }).size(), 0u);
    std::size_t said = 0;
    (void)store.reader()->points([&](const SourceRecord& source, PointDetail&& point) {
        const Word* word = point.word("attribute:nodes");
        said += word && word->value == "2" && word->ofRun == (source.path == "other.json") ? 1 : 0;
        return true;
    });
    QCOMPARE(said, 2u);
}

void CarriedWords::placesDecide_data()
{
    QTest::addColumn<QList<QStringList>>("before");
    QTest::addColumn<QList<QStringList>>("now");
    QTest::addColumn<QList<int>>("same"); // -1: none
    using L = QList<QStringList>;
    QTest::newRow("one document, other names")
        << L { { "/a", "/b" } } << L { { "/b", "/c" } } << QList<int> { 0 };
    QTest::newRow("lines of a table, other columns")
        << L { { "2:1", "2:3" }, { "3:1", "3:3" } } << L { { "3:2" }, { "4:2" } } << QList<int> { -1, 0 };
    QTest::newRow("what all share says nothing")
        << L { { "/n", "/r/0/x" }, { "/n", "/r/1/x" } } << L { { "/n", "/r/1/x" } } << QList<int> { -1, 0 };
    QTest::newRow("nothing but what all share, as many")
        << L { { "/n" }, { "/n" } } << L { { "/n" }, { "/n" } } << QList<int> { 0, 1 };
    QTest::newRow("nothing but what all share, fewer")
        << L { { "/n" }, { "/n" }, { "/n" } } << L { { "/n" }, { "/n" } } << QList<int> { -1, -1, -1 };
    QTest::newRow("no places at all, as many") << L { {}, {} } << L { {}, {} } << QList<int> { 0, 1 };
    QTest::newRow("half of one, half of another")
        << L { { "2:1", "3:1" } } << L { { "2:1" }, { "3:1" } } << QList<int> { -1 };
}

void CarriedWords::placesDecide()
{
    QFETCH(QList<QStringList>, before);
    QFETCH(QList<QStringList>, now);
    QFETCH(QList<int>, same);
    const auto reading = [](const QList<QStringList>& lists) {
        std::vector<store::ReadPoint> points;
        for (const QStringList& list : lists) {
            store::ReadPoint point { static_cast<std::uint32_t>(points.size()), 1, {} };
            for (const QString& place : list) {
                point.places.push_back(place.toStdString());
            }
            points.push_back(std::move(point));
        }
        return points;
    };
    const auto found = store::samePoints(reading(before), reading(now));
    for (int i = 0; i < same.size(); ++i) {
        const auto it = found.find(static_cast<std::uint32_t>(i));
        QCOMPARE(it == found.end() ? -1 : static_cast<int>(it->second), same[i]);
    }
}

QTEST_GUILESS_MAIN(CarriedWords)
#include "tst_carried_words.moc"
