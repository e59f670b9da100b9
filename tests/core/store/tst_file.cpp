// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/schema.h"
#include "tests/support/made_points.h"

#include <QtTest>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace prism;
using namespace prism::test;

namespace {

/// Permissions mean nothing to root: for its life the process is nobody.
class AsNobody {
public:
    AsNobody() { m_changed = geteuid() == 0 && seteuid(65534) == 0; }
    ~AsNobody()
    {
        if (m_changed && seteuid(0) != 0) {
            qFatal("cannot become root again");
        }
    }

private:
    bool m_changed = false;
};

bool exists(const std::string& file)
{
    return std::filesystem::exists(file);
}

constexpr const char* renamed = "CREATE TABLE extra(x INTEGER) STRICT; INSERT INTO extra VALUES (7);";
constexpr const char* broken = "CREATE TABLE another(x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);";

} // namespace

class File : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void headerSaysWhatItIs();
    void journalIsSmallAfterwards();
    void emptyFileBecomesADatabase();
    void interruptedCreationIsRepeated();
    void namesWithOddCharacters();
    void readOnlyFile();
    void readOnlyFolder();
    void readOnlyFolderSeesLaterWriters();
    void fullFileSystem();
    void olderFilesAreBackedUpAndUpdated();
    void failedUpdateChangesNothing();
    void networkFileSystems();
    void readersSeeColumnsFromAnyThread();
};

void File::headerSaysWhatItIs()
{
    const TemporaryStore store;
    store.reader();
    QCOMPARE(rawText(store.file(), "PRAGMA application_id"), std::to_string(store::applicationId));
    QCOMPARE(rawText(store.file(), "PRAGMA user_version"), std::to_string(store::schemaVersion()));
    QCOMPARE(rawText(store.file(), "PRAGMA journal_mode"), std::string("wal"));
    QCOMPARE(rawText(store.file(), "PRAGMA page_size"), std::string("8192"));
    QCOMPARE(rawCount(store.file(),
                 "pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'"),
        0);
}

void File::journalIsSmallAfterwards()
{
    const TemporaryStore store;
    auto reader = store.reader();
    {
        auto writer = store.writer();
        auto source = writer->begin(madeSource("a.json"));
        QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
        for (std::uint32_t i = 0; i < 40; ++i) {
            const RequestRow row = madeRequest(i, 100'000);
            QVERIFY(writer->addRequests(*source, 0, { &row, 1 }));
        }
        QVERIFY(std::filesystem::file_size(store.file() + "-wal") < 20'000'000); // of 32 MB written
        QVERIFY(writer->finish(*source, {}));
        QVERIFY(writer->commit());
    }
    QCOMPARE(std::filesystem::file_size(store.file() + "-wal"), 0u);
}

void File::emptyFileBecomesADatabase()
{
    const TemporaryStore store;
    QFile empty(QString::fromStdString(store.file()));
    QVERIFY(empty.open(QIODevice::WriteOnly));
    empty.close();
    store.add("a.json", { madePoint(0) });
    QCOMPARE(store.reader()->sources()->size(), 1u);
}

void File::interruptedCreationIsRepeated()
{
    const TemporaryStore store;
    QFile half(QString::fromStdString(store.file() + ".new"));
    QVERIFY(half.open(QIODevice::WriteOnly));
    half.write("half a database");
    half.close();
    store.add("a.json", { madePoint(0) });
    QCOMPARE(store.reader()->sources()->size(), 1u);
    QVERIFY(!exists(store.file() + ".new"));
}

void File::namesWithOddCharacters()
{
    const TemporaryStore store;
    const std::string file = store.folder() + "/it's 50%? \u00e4 #1.db";
    QVERIFY(StoreWriter::open(file));
    QVERIFY(StoreReader::open(file));
    QVERIFY(exists(file));
}

void File::readOnlyFile()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    std::filesystem::permissions(store.folder(), std::filesystem::perms(0777));
    std::filesystem::permissions(store.file(), std::filesystem::perms(0444));
    std::filesystem::remove(store.file() + ".lock");
    const AsNobody nobody;
    auto reader = StoreReader::open(store.file());
    QVERIFY2(reader, reader ? "" : reader.error().text().c_str());
    QCOMPARE((*(*reader)->table())->rows(), 1u);
    auto writer = StoreWriter::open(store.file());
    QVERIFY(!writer);
    QVERIFY2(
        writer.error().reason.find("cannot be written") != std::string::npos, writer.error().text().c_str());
    QVERIFY(!writer.error().remedy.empty());
}

void File::readOnlyFolder()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    for (const char* suffix : { "-wal", "-shm", ".lock" }) {
        std::filesystem::remove(store.file() + suffix);
    }
    std::filesystem::permissions(store.file(), std::filesystem::perms(0444));
    std::filesystem::permissions(store.folder(), std::filesystem::perms(0555));
    {
        const AsNobody nobody;
        auto reader = StoreReader::open(store.file());
        QVERIFY2(reader, reader ? "" : reader.error().text().c_str());
        auto table = (*reader)->table();
        QVERIFY(table);
        QCOMPARE((*table)->rows(), 1u);
        QVERIFY((*reader)->revision() > 0);
        auto writer = StoreWriter::open(store.file());
        QVERIFY(!writer);
        QVERIFY2(writer.error().reason.find("cannot be written") != std::string::npos,
            writer.error().text().c_str());
        auto missing = StoreReader::open(store.folder() + "/other.db");
        QVERIFY(!missing);
    }
    std::filesystem::permissions(store.folder(), std::filesystem::perms(0755));
}

void File::readOnlyFolderSeesLaterWriters()
{
    if (geteuid() != 0) {
        QSKIP("needs two users");
    }
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    for (const char* suffix : { "-wal", "-shm", ".lock" }) {
        std::filesystem::remove(store.file() + suffix);
    }
    std::filesystem::permissions(store.folder(), std::filesystem::perms(0555));
    std::unique_ptr<StoreReader> reader;
    {
        const AsNobody nobody;
        reader = store.reader();
    }
    const std::uint64_t before = reader->revision();
    store.add("b.json", { madePoint(0) });
    const AsNobody nobody;
    QVERIFY(reader->revision() > before);
    QCOMPARE((*reader->table())->rows(), 2u);
}

void File::fullFileSystem()
{
    const TemporaryStore store;
    const std::string mounted = store.folder() + "/small";
    std::filesystem::create_directory(mounted);
    if (mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=3m") != 0) {
        QSKIP("needs the right to mount");
    }
    const auto unmount = qScopeGuard([&] { umount2(mounted.c_str(), MNT_DETACH); });
    const std::string file = mounted + "/bench.db";
    std::size_t stored = 0;
    Result<void> done;
    {
        auto writer = StoreWriter::open(file);
        QVERIFY(writer);
        for (std::uint32_t n = 0; done && n < 50; ++n) {
            auto source = (*writer)->begin(madeSource(std::to_string(n)));
            const RequestRow row = madeRequest(0, 30'000);
            done = source ? (*writer)->addPoint(*source, madePoint(0), madeRun())
                          : Result<void>(source.error());
            if (done) {
                done = (*writer)->addRequests(*source, 0, { &row, 1 });
            }
            if (done) {
                done = (*writer)->finish(*source, {});
            }
            if (done) {
                done = (*writer)->commit();
            }
            stored += done ? 1 : 0;
        }
        QVERIFY(!done);
        QVERIFY2(done.error().reason.find("disk is full") != std::string::npos, done.error().text().c_str());
        QVERIFY(!(*writer)->usable());
        QVERIFY(!(*writer)->begin(madeSource("later"))); // says so again instead of half-working
    }
    QVERIFY(stored > 1);
    auto reader = StoreReader::open(file);
    QVERIFY(reader);
    QCOMPARE((*reader)->sources()->size(), stored);
    QCOMPARE(rawText(file, "PRAGMA integrity_check"), std::string("ok"));
    QVERIFY(StoreWriter::open(file)); // cleaning up needs no space to speak of
}

void File::olderFilesAreBackedUpAndUpdated()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    const int today = store::schemaVersion();
    std::vector<store::Migration> steps(store::migrations().begin(), store::migrations().end());
    steps.push_back({ today + 1, renamed });
    steps.push_back({ today + 2, "INSERT INTO extra VALUES (8);" });
    const auto updated = store::prepareFile(store.file(), steps);
    QVERIFY2(updated, updated ? "" : updated.error().text().c_str());
    QCOMPARE(rawText(store.file(), "PRAGMA user_version"), std::to_string(today + 2));
    QCOMPARE(rawCount(store.file(), "extra"), 2);
    QCOMPARE(rawCount(store.file(), "point"), 1);
    const std::string backup = store.folder() + "/bench.backup-v" + std::to_string(today) + ".db";
    QVERIFY(exists(backup));
    auto restored = StoreReader::open(backup);
    QVERIFY2(restored, restored ? "" : restored.error().text().c_str());
    QCOMPARE((*restored)->sources()->size(), 1u);
    auto newer = StoreReader::open(store.file());
    QVERIFY(!newer);
    QVERIFY(newer.error().reason.find("newer") != std::string::npos);
    QVERIFY(store::prepareFile(store.file(), steps)); // nothing left to do
}

void File::failedUpdateChangesNothing()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    std::vector<store::Migration> steps(store::migrations().begin(), store::migrations().end());
    steps.push_back({ store::schemaVersion() + 1, broken });
    QVERIFY(!store::prepareFile(store.file(), steps));
    QCOMPARE(rawText(store.file(), "PRAGMA user_version"), std::to_string(store::schemaVersion()));
    QCOMPARE(rawCount(store.file(), "pragma_table_list WHERE name = 'another'"), 0);
    QCOMPARE(store.reader()->sources()->size(), 1u);
    QVERIFY(!store::prepareFile(store.file(), steps)); // again, over the backup of the first try
}

void File::networkFileSystems()
{
    const TemporaryStore store;
    store.add("local.json", { madePoint(0) });
    static const bool network = true;
    store::pretendNetworkFileSystem(&network);
    const auto local = qScopeGuard([] { store::pretendNetworkFileSystem(nullptr); });
    store.add("remote.json", { madePoint(0) });
    QCOMPARE(rawText(store.file(), "PRAGMA journal_mode"), std::string("delete"));
    auto reader = store.reader();
    QCOMPARE(reader->sources()->size(), 2u);
    const std::uint64_t before = reader->revision();
    store.add("third.json", { madePoint(0) });
    QVERIFY(reader->revision() > before);
    const TemporaryStore fresh;
    fresh.add("x.json", { madePoint(0) });
    QCOMPARE(rawText(fresh.file(), "PRAGMA journal_mode"), std::string("delete"));
    store::pretendNetworkFileSystem(nullptr);
    reader.reset();
    store.add("back.json", { madePoint(0) });
    QCOMPARE(rawText(store.file(), "PRAGMA journal_mode"), std::string("wal"));
}

void File::readersSeeColumnsFromAnyThread()
{
    const TemporaryStore store;
    std::vector<LoadPoint> points;
    for (std::uint32_t i = 0; i < 200; ++i) {
        points.push_back(madePoint(i));
    }
    store.add("a.json", points);
    auto table = store.reader()->table(); // outlives its reader
    QVERIFY(table);
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            const Stat stats[]
                = { Stat::mean(), Stat::percentile(99), Stat::percentile(99.9), Stat::value() };
            const auto column
                = (*table)->measures(*findMetric(t == 3 ? "output_throughput" : "ttft"), stats[t]);
            right += column->present == 200 ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    QCOMPARE(right.load(), 4);
}

QTEST_GUILESS_MAIN(File)
#include "tst_file.moc"
