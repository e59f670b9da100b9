// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fault_vfs.h"
#include "tests/support/made_points.h"

#include <QtTest>

#include <filesystem>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

using namespace prism;
using namespace prism::test;

namespace {

struct Shape {
    const char* path;
    std::uint32_t points;
    std::uint32_t requests; ///< of point 0
};
constexpr Shape shapes[] = { { "a.json", 2, 5 }, { "b.json", 1, 0 }, { "c.json", 1, 3 } };

/// Writes one source; stops at the first error as an import does.
Result<void> writeSource(StoreWriter& writer, const Shape& shape, std::size_t gaps)
{
    auto source = writer.begin(madeSource(shape.path));
    if (!source) {
        return source.error();
    }
    std::vector<RequestRow> rows;
    for (std::uint32_t i = 0; i < shape.requests; ++i) {
        rows.push_back(madeRequest(i, gaps));
    }
    auto done = writer.addRequests(*source, 0, rows);
    for (std::uint32_t i = 0; done && i < shape.points; ++i) {
        done = writer.addPoint(*source, madePoint(i), madeRun());
    }
    if (done) {
        done = writer.addSeries(*source, 0, { "x", "s", "", { 1, 2 }, { 3, 4 }, false });
    }
    if (done) {
        done = writer.addOriginal(*source, std::string(3000, 'x'));
    }
    return done ? writer.finish(*source, {}) : done;
}

/// Two sources become visible together, then the third. Those that are there already are passed over.
Result<void> import(const std::string& file, std::size_t gaps = 4)
{
    auto writer = StoreWriter::open(file);
    if (!writer) {
        return writer.error();
    }
    Result<void> done;
    for (const Shape& shape : shapes) {
        auto known = (*writer)->known(madeSource(shape.path).sha256);
        if (!known) {
            return known.error();
        }
        if (!*known) {
            done = writeSource(**writer, shape, gaps);
        }
        if (done && shape.path[0] != 'a') {
            done = (*writer)->commit();
        }
        if (!done) {
            return done;
        }
    }
    return done;
}

/// Names a table with rows of sources that are there in part, or of none.
constexpr const char* strayRows = R"(
SELECT 'source' FROM source WHERE state <> 1
UNION ALL SELECT 'point' FROM point WHERE source NOT IN (SELECT id FROM source)
UNION ALL SELECT 'point_measures' FROM point_measures WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'point_detail' FROM point_detail WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'request' FROM request WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'gap' FROM gap WHERE id >> 32 NOT IN (SELECT id FROM point)
UNION ALL SELECT 'series' FROM series WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'original' FROM original WHERE id >> 32 NOT IN (SELECT id FROM source))";

bool holdsAllOf(StoreReader& reader, const SourceRecord& source)
{
    const auto shape = std::find_if(
        std::begin(shapes), std::end(shapes), [&](const Shape& s) { return source.path == s.path; });
    std::uint32_t points = 0;
    PointId first = 0;
    const auto walked = reader.points([&](const SourceRecord& of, PointDetail&& point) {
        if (of.id == source.id && point.measures == madePoint(point.record.index).measures) {
            first = point.record.index == 0 ? point.record.id : first;
            ++points;
        }
        return true;
    });
    const auto rows = reader.requests(first, 0, 100);
    const auto series = reader.series(first);
    const auto original = reader.original(source.sha256, 0, 10'000);
    return walked && rows && series && original && points == shape->points && rows->size() == shape->requests
        && series->size() == 1 && *original == std::string(3000, 'x');
}

/// Empty when the database holds each source whole or not at all and takes the import again.
QString complaint(const std::string& file, std::size_t gaps = 4)
{
    {
        auto writer = StoreWriter::open(file);
        if (!writer) {
            return QString::fromStdString("cannot be opened: " + writer.error().text());
        }
    }
    if (const std::string verdict = rawText(file, "PRAGMA integrity_check"); verdict != "ok") {
        return QString::fromStdString(verdict);
    }
    if (const std::string stray = rawText(file, strayRows); !stray.empty()) {
        return QString::fromStdString("stray rows in " + stray);
    }
    auto reader = StoreReader::open(file);
    auto sources = reader ? (*reader)->sources() : Result<std::vector<SourceRecord>>(reader.error());
    if (!sources) {
        return QString::fromStdString(sources.error().text());
    }
    // a and b become visible in one step.
    const auto has = [&](const char* path) {
        return std::any_of(
            sources->begin(), sources->end(), [&](const SourceRecord& s) { return s.path == path; });
    };
    if (has("a.json") != has("b.json") || (has("c.json") && !has("a.json"))) {
        return "sources that became visible together are there in part";
    }
    for (const SourceRecord& source : *sources) {
        if (!holdsAllOf(**reader, source)) {
            return QString::fromStdString(source.path + " is there in part");
        }
    }
    if (auto again = import(file, gaps); !again) {
        return QString::fromStdString("a second import fails: " + again.error().text());
    }
    auto all = (*reader)->sources();
    return all && all->size() == 3 ? QString() : QString("not everything is there after a second import");
}

/// The bytes of a database that holds nothing: most operations of an import into no database make it.
const QByteArray& emptyDatabase()
{
    static const QByteArray bytes = [] {
        const TemporaryStore store;
        (void)store.writer();
        QFile file(QString::fromStdString(store.file()));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }();
    return bytes;
}

void beginWith(const TemporaryStore& store, const QByteArray& database)
{
    QFile file(QString::fromStdString(store.file()));
    QVERIFY(
        database.isEmpty() || (file.open(QIODevice::WriteOnly) && file.write(database) == database.size()));
}

long operationsOfImport(std::size_t gaps, const QByteArray& database = {})
{
    const TemporaryStore store;
    beginWith(store, database);
    setFault({});
    if (!import(store.file(), gaps)) {
        return 0;
    }
    const long count = operationsSoFar();
    setFault({});
    return count;
}

/// Runs the import in a process of its own that dies by the fault.
void importAndDie(const std::string& file, Fault fault, std::size_t gaps)
{
    const pid_t child = fork();
    if (child == 0) {
        setFault(fault);
        const bool done = static_cast<bool>(import(file, gaps));
        _exit(done ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
}

constexpr std::size_t severalBatches = 120'000; ///< gaps a request: more than a batch's bytes together

} // namespace

class Faults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanup() { setFault({}); }
    void everyOperationOfASmallImport_data();
    void everyOperationOfASmallImport();
    void someOperationsOfALargeImport();
    void writersThatAreKilled_data();
    void writersThatAreKilled();
    void fullDiskIsNamed();
};

void Faults::initTestCase()
{
    // Thousands of files come and go; in memory that takes seconds.
    if (access("/dev/shm", W_OK) == 0) {
        qputenv("TMPDIR", "/dev/shm");
    }
    installFaultVfs();
}

void Faults::everyOperationOfASmallImport_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("isNew"); ///< the import makes the database
    QTest::newRow("once") << int(Fault::Once) << false;
    QTest::newRow("for ever") << int(Fault::Forever) << false;
    QTest::newRow("torn once") << int(Fault::TornOnce) << false;
    QTest::newRow("torn for ever") << int(Fault::TornForever) << false;
    QTest::newRow("disk full") << int(Fault::Full) << false;
    QTest::newRow("once, new database") << int(Fault::Once) << true;
}

void Faults::everyOperationOfASmallImport()
{
    QFETCH(int, kind);
    QFETCH(bool, isNew);
    const QByteArray before = isNew ? QByteArray() : emptyDatabase();
    const long operations = operationsOfImport(4, before);
    QVERIFY(operations > 30);
    for (long n = 1; n <= operations; ++n) {
        const TemporaryStore store;
        beginWith(store, before);
        setFault({ static_cast<Fault::Kind>(kind), n });
        (void)import(store.file());
        setFault({});
        const QString wrong = complaint(store.file());
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("operation %1: %2").arg(n).arg(wrong)));
    }
}

void Faults::someOperationsOfALargeImport()
{
    const long operations = operationsOfImport(severalBatches);
    QVERIFY(operations > 1000);
    std::mt19937 random(7);
    for (int i = 0; i < 20; ++i) {
        const TemporaryStore store;
        const Fault fault { i % 2 ? Fault::TornForever : Fault::Full,
            1 + static_cast<long>(random() % static_cast<unsigned long>(operations)) };
        setFault(fault);
        (void)import(store.file(), severalBatches);
        setFault({});
        const QString wrong = complaint(store.file(), severalBatches);
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("operation %1: %2").arg(fault.operation).arg(wrong)));
    }
}

void Faults::writersThatAreKilled_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("isNew");
    QTest::addColumn<std::size_t>("gaps");
    QTest::addColumn<int>("loops"); // 0: at every operation
    QTest::newRow("before each operation") << int(Fault::Kill) << false << std::size_t(4) << 0;
    QTest::newRow("half-way through each write") << int(Fault::TornKill) << false << std::size_t(4) << 0;
    QTest::newRow("anywhere in a large import") << int(Fault::Kill) << true << severalBatches << 20;
}

void Faults::writersThatAreKilled()
{
    QFETCH(int, kind);
    QFETCH(bool, isNew);
    QFETCH(std::size_t, gaps);
    QFETCH(int, loops);
    const QByteArray before = isNew ? QByteArray() : emptyDatabase();
    const long operations = operationsOfImport(gaps, before);
    std::mt19937 random(11);
    for (long i = 1; i <= (loops ? loops : operations); ++i) {
        const long n = loops ? 1 + static_cast<long>(random() % static_cast<unsigned long>(operations)) : i;
        const TemporaryStore store;
        beginWith(store, before);
        importAndDie(store.file(), { static_cast<Fault::Kind>(kind), n }, gaps);
        const QString wrong = complaint(store.file(), gaps);
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("operation %1: %2").arg(n).arg(wrong)));
    }
}

void Faults::fullDiskIsNamed()
{
    const TemporaryStore store;
    store.add("old.json", { madePoint(0) });
    setFault({ Fault::Full, 3 });
    auto failed = import(store.file());
    setFault({});
    QVERIFY(!failed);
    QVERIFY2(failed.error().reason.find("disk is full") != std::string::npos, failed.error().text().c_str());
    QVERIFY(!failed.error().remedy.empty());
    auto sources = store.reader()->sources();
    QVERIFY(sources);
    QCOMPARE(sources->size(), 1u);
    QCOMPARE(sources->front().path, std::string("old.json"));
}

QTEST_GUILESS_MAIN(Faults)
#include "tst_faults.moc"
