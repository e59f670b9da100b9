// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_points.h"

#include <QtTest>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

using namespace prism;
using namespace prism::test;

namespace {

std::vector<std::string> paths(StoreReader& reader)
{
    std::vector<std::string> out;
    auto sources = reader.sources();
    if (!sources) {
        return { sources.error().text() };
    }
    for (const SourceRecord& source : *sources) {
        out.push_back(source.path);
    }
    return out;
}

using Paths = std::vector<std::string>;

} // namespace

class Visibility : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingBeforeCommit();
    void openReadersSeeItAfterwards();
    void severalSourcesInOneCommit();
    void finishedSourceWaitsWhileBatchesEnd();
    void closingWithoutCommitLeavesNothing();
    void abandonedSourceLeavesNothing();
    void badRowSpoilsOnlyItsSource();
    void deadWritersRowsAreRemoved();
    void sameBytesAreKnown();
    void newerReadingReplacesTheOlder();
    void sourceNeedsAHash();
    void pointsOfTwinsAreHidden();
    void requestsOfATwinAreThoseOfTheSamePoint_data();
    void requestsOfATwinAreThoseOfTheSamePoint();
    void archivesAreRememberedWithTheirMembers();
    void idsAreNotGivenTwice();
};

void Visibility::nothingBeforeCommit()
{
    const TemporaryStore store;
    auto reader = store.reader();
    const std::uint64_t before = reader->revision();
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    QVERIFY(writer->finish(*source, {}));
    QCOMPARE(reader->revision(), before);
    QVERIFY(paths(*reader).empty());
    QVERIFY(reader->runs()->empty());
    QCOMPARE((*reader->table())->rows(), 0u);
    QVERIFY(writer->commit());
    QVERIFY(reader->revision() > before);
    QCOMPARE(paths(*reader), Paths { "a.json" });
    QCOMPARE(reader->runs()->size(), 1u);
    QCOMPARE((*reader->table())->rows(), 1u);
}

void Visibility::openReadersSeeItAfterwards()
{
    const TemporaryStore store;
    auto reader = store.reader();
    auto old = reader->table();
    const std::uint64_t before = reader->revision();
    store.add("a.json", { madePoint(0) });
    QVERIFY(reader->revision() > before);
    auto fresh = reader->table(*old);
    QVERIFY(fresh && *fresh != *old);
    QCOMPARE((*old)->rows(), 0u); // a table never changes
    QCOMPARE((*fresh)->rows(), 1u);
    QCOMPARE(reader->revision(), reader->revision());
}

void Visibility::severalSourcesInOneCommit()
{
    const TemporaryStore store;
    auto reader = store.reader();
    auto writer = store.writer();
    const std::uint64_t before = reader->revision();
    for (const char* path : { "a.json", "b.json", "c.json" }) {
        auto source = writer->begin(madeSource(path));
        QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
        QVERIFY(writer->finish(*source, {}));
    }
    auto unfinished = writer->begin(madeSource("d.json"));
    QVERIFY(writer->addPoint(*unfinished, madePoint(0), madeRun()));
    QVERIFY(writer->commit());
    QCOMPARE(reader->revision(), before + 1);
    QCOMPARE(paths(*reader), (Paths { "a.json", "b.json", "c.json" }));
    QVERIFY(writer->finish(*unfinished, {}));
    QVERIFY(writer->commit());
    QCOMPARE(paths(*reader).size(), 4u);
}

void Visibility::finishedSourceWaitsWhileBatchesEnd()
{
    const TemporaryStore store;
    auto reader = store.reader();
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    QVERIFY(writer->finish(*source, {}));
    auto large = writer->begin(madeSource("b.json"));
    const RequestRow row = madeRequest(0, 1'000'000);
    QVERIFY(writer->addRequests(*large, 0, { &row, 1 }));
    QVERIFY(rawCount(store.file(), "point") > 0);
    QVERIFY(paths(*reader).empty());
    QVERIFY(writer->commit());
    QCOMPARE(paths(*reader), Paths { "a.json" });
}

void Visibility::closingWithoutCommitLeavesNothing()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    {
        auto writer = store.writer();
        auto source = writer->begin(madeSource("b.json"));
        std::vector<RequestRow> rows;
        for (std::uint32_t i = 0; i < 12'000; ++i) {
            rows.push_back(madeRequest(i, 1));
        }
        QVERIFY(writer->addRequests(*source, 0, rows));
        QVERIFY(rawCount(store.file(), "request") > 0);
    }
    QCOMPARE(paths(*store.reader()), Paths { "a.json" });
    QCOMPARE(rawCount(store.file(), "source"), 1);
    QCOMPARE(rawCount(store.file(), "request"), 0);
    QCOMPARE(rawCount(store.file(), "gap"), 0);
}

void Visibility::abandonedSourceLeavesNothing()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto bad = writer->begin(madeSource("bad.json"));
    QVERIFY(writer->addPoint(*bad, madePoint(0), madeRun("bad")));
    QVERIFY(writer->addOriginal(*bad, std::string(3 << 20, 'x')));
    auto good = writer->begin(madeSource("good.json"));
    QVERIFY(writer->addPoint(*good, madePoint(0), madeRun()));
    QVERIFY(writer->abandon(*bad));
    QVERIFY(!writer->addPoint(*bad, madePoint(1), madeRun()));
    QVERIFY(writer->finish(*good, {}));
    QVERIFY(writer->commit());
    QCOMPARE(paths(*store.reader()), Paths { "good.json" });
    QCOMPARE(store.reader()->runs()->size(), 1u); // a run without points is not listed
    QCOMPARE(rawCount(store.file(), "source"), 1);
    QCOMPARE(rawCount(store.file(), "point_detail"), 1);
    QCOMPARE(rawCount(store.file(), "original"), 0);
}

void Visibility::badRowSpoilsOnlyItsSource()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    const RequestRow twice[] = { madeRequest(0), madeRequest(0) };
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    QVERIFY(!writer->addRequests(*source, 0, twice));
    QVERIFY(writer->usable());
    QVERIFY(writer->abandon(*source));
    auto other = writer->begin(madeSource("b.json"));
    QVERIFY(writer->addPoint(*other, madePoint(0), madeRun()));
    QVERIFY(writer->finish(*other, {}));
    QVERIFY(writer->commit());
    QCOMPARE(paths(*store.reader()), Paths { "b.json" });
}

void Visibility::deadWritersRowsAreRemoved()
{
    const TemporaryStore store;
    const std::string file = store.file();
    const pid_t child = fork();
    if (child == 0) {
        auto writer = StoreWriter::open(file);
        auto source = (*writer)->begin(madeSource("a.json"));
        std::vector<RequestRow> rows;
        for (std::uint32_t i = 0; i < 20'000; ++i) {
            rows.push_back(madeRequest(i, 1));
        }
        (void)(*writer)->addRequests(*source, 0, rows);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    QVERIFY(WIFSIGNALED(status));
    QVERIFY(rawCount(file, "request") > 0);
    QVERIFY(paths(*store.reader()).empty());
    store.writer();
    for (const char* table : { "source", "point", "request", "gap" }) {
        QCOMPARE(rawCount(file, table), 0);
    }
}

void Visibility::sameBytesAreKnown()
{
    const TemporaryStore store;
    auto writer = store.writer();
    const NewSource source = madeSource("a.json");
    QVERIFY(!*writer->known(source.sha256));
    auto id = writer->begin(source);
    QVERIFY(!*writer->known(source.sha256)); // not before it is complete
    QVERIFY(writer->addPoint(*id, madePoint(0), madeRun()));
    QVERIFY(writer->finish(*id, {}));
    QVERIFY(*writer->known(source.sha256)); // a copy in the same batch is one
    QVERIFY(writer->commit());
    auto known = writer->known(source.sha256);
    QVERIFY(known && *known);
    QCOMPARE((*known)->id, *id);
    QCOMPARE((*known)->importerVersion, 2);
    QVERIFY(!*writer->removedWith(source.sha256));
    QVERIFY(writer->remove({ *id }));
    QVERIFY(!*writer->known(source.sha256));
    QCOMPARE((*writer->removedWith(source.sha256))->id, *id);
}

void Visibility::newerReadingReplacesTheOlder()
{
    const TemporaryStore store;
    const SourceId old = store.add("a.json", { madePoint(0), madePoint(1) });
    const SourceId fresh = store.add("a.json", { madePoint(0, 5) });
    QVERIFY(fresh != old);
    auto reader = store.reader();
    QCOMPARE(paths(*reader), Paths { "a.json" });
    QCOMPARE((*reader->table())->rows(), 1u);
    store.writer();
    QCOMPARE(rawCount(store.file(), "point"), 1);
}

void Visibility::sourceNeedsAHash()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin({ "a.json", "", 0, "x", 1 });
    QVERIFY(!writer->finish(*source, {}));
    StoreWriter::Finished finished;
    finished.sha256 = "abc";
    QVERIFY(writer->finish(*source, finished));
    QVERIFY(writer->commit());
    QVERIFY(*writer->known("abc"));
}

void Visibility::pointsOfTwinsAreHidden()
{
    const TemporaryStore store;
    const SourceId rich = store.add("a.json", { madePoint(0) });
    auto writer = store.writer();
    auto poor = writer->begin(madeSource("a.csv"));
    QVERIFY(writer->addPoint(*poor, madePoint(0), madeRun()));
    StoreWriter::Finished finished;
    finished.twinOf = madeSource("a.json").sha256;
    QVERIFY(writer->finish(*poor, finished));
    QVERIFY(writer->commit());
    auto reader = store.reader();
    QCOMPARE(paths(*reader).size(), 2u); // both are sources
    QCOMPARE((*reader->table())->rows(), 1u); // of one point
    QCOMPARE((*reader->runs())[0].points, 1u);
    QVERIFY(writer->remove({ rich }));
    QCOMPARE((*reader->table())->rows(), 1u); // now the poorer one's
    QCOMPARE((*reader->table())->text("source", 0), std::string_view("a.csv"));
}

void Visibility::requestsOfATwinAreThoseOfTheSamePoint_data()
{
    QTest::addColumn<int>("points");
    QTest::addColumn<int>("requests");
    QTest::newRow("the same points") << 1 << 5;
    // The file of one stage has a number 0 too, which says nothing of a log's number 0.
    QTest::newRow("one of two points") << 2 << 0;
}

void Visibility::requestsOfATwinAreThoseOfTheSamePoint()
{
    QFETCH(int, points);
    QFETCH(int, requests);
    const TemporaryStore store;
    std::vector<LoadPoint> rich;
    for (int i = 0; i < points; ++i) {
        rich.push_back(madePoint(static_cast<std::uint32_t>(i)));
    }
    store.add("a.txt", rich);
    auto writer = store.writer();
    auto rows = writer->begin(madeSource("rows.json"));
    QVERIFY(writer->addPoint(*rows, madePoint(0), madeRun()));
    std::vector<RequestRow> made;
    for (std::uint32_t i = 0; i < 5; ++i) {
        made.push_back(madeRequest(i, i));
    }
    QVERIFY(writer->addRequests(*rows, 0, made));
    StoreWriter::Finished finished;
    finished.twinOf = madeSource("a.txt").sha256;
    QVERIFY(writer->finish(*rows, finished));
    QVERIFY(writer->commit());
    auto reader = store.reader();
    const auto table = reader->table();
    QCOMPARE((*table)->rows(), static_cast<Row>(points));
    QCOMPARE(reader->requests((*table)->point(0), 0, 100)->size(), static_cast<std::size_t>(requests));
}

void Visibility::archivesAreRememberedWithTheirMembers()
{
    const TemporaryStore store;
    {
        auto writer = store.writer();
        QVERIFY(writer->rememberArchive("lost", { "x" }));
    }
    auto writer = store.writer();
    QVERIFY(!*writer->archiveMembers("lost")); // its members never became visible
    QVERIFY(writer->rememberArchive("archive", { "one", "two" }));
    QVERIFY(writer->rememberArchive("empty", {}));
    QVERIFY(writer->commit());
    QCOMPARE(**writer->archiveMembers("archive"), (Paths { "one", "two" }));
    QVERIFY(*writer->archiveMembers("empty"));
    QVERIFY((*writer->archiveMembers("empty"))->empty());
}

void Visibility::idsAreNotGivenTwice()
{
    const TemporaryStore store;
    const SourceId first = store.add("a.json", { madePoint(0) });
    auto reader = store.reader();
    const PointId point = (*reader->table())->point(0);
    {
        auto writer = store.writer();
        QVERIFY(writer->remove({ first }));
        QVERIFY(writer->purge());
    }
    const SourceId second = store.add("b.json", { madePoint(0) });
    QVERIFY(second > first);
    QVERIFY((*reader->table())->point(0) > point);
    QVERIFY(!*reader->point(point));
}

QTEST_GUILESS_MAIN(Visibility)
#include "tst_visibility.moc"
