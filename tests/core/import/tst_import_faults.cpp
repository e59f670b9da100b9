// SPDX-License-Identifier: GPL-3.0-or-later
// A whole import, from files to the database, on a disk that fails: every operation that changes something
// fails once, in each way in which disks fail. The database is never damaged and holds each file whole or not
// at all; what the import said of a file is true; the next import brings the rest.
#include "core/import/job.h"
#include "core/store/store.h"
#include "core/store/writer.h"
#include "prism_test_paths.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/made_points.h"
#include "tests/support/packed.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <set>

#include <unistd.h>

using namespace prism;
using namespace prism::test;

namespace {

constexpr const char* strayRows = R"(
SELECT 'source' FROM source WHERE state NOT IN (1, 2)
UNION ALL SELECT 'point' FROM point WHERE source NOT IN (SELECT id FROM source)
UNION ALL SELECT 'point_measures' FROM point_measures WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'point_detail' FROM point_detail WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'request' FROM request WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'gap' FROM gap WHERE id >> 32 NOT IN (SELECT id FROM point)
UNION ALL SELECT 'series' FROM series WHERE point NOT IN (SELECT id FROM point)
UNION ALL SELECT 'original' FROM original WHERE id >> 32 NOT IN (SELECT id FROM source))";

std::int64_t visibleSources(const std::string& database)
{
    return rawCount(database, "source WHERE state = 1");
}

class Recorder : public ImportObserver {
public:
    void file(const FileResult& result) override
    {
        if (result.outcome == Outcome::Imported || result.outcome == Outcome::Unchanged) {
            stored.insert(result.sha256);
        }
    }
    std::set<std::string> stored; ///< by the import's word
};

} // namespace

class ImportFaults : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanup() { setFault({}); }
    void everyOperation();
    void aFullDiskIsNamed();

private:
    std::string path(const std::string& name) const { return m_files.path().toStdString() + '/' + name; }
    void write(const std::string& name, const QByteArray& bytes) const;
    Result<ImportSummary> import(const std::string& database, ImportObserver& observer) const;
    long operationsOfImport() const;
    QString complaint(const std::string& database, const Recorder& recorder) const;

    QTemporaryDir m_files;
};

void ImportFaults::initTestCase()
{
    // Thousands of files come and go; in memory that takes seconds.
    if (access("/dev/shm", W_OK) == 0) {
        qputenv("TMPDIR", "/dev/shm");
    }
    // Two results, an archive of two, and one that is broken: its rows are taken back.
    write("a.json", vllmResult(QStringLiteral("org/a"), 1));
    write("b.json", vllmResult(QStringLiteral("org/b"), 2));
    write("c.zip",
        QByteArray::fromStdString(zipOf({ { "x.json", vllmResult(QStringLiteral("org/x"), 3).toStdString() },
            { "y.json", vllmResult(QStringLiteral("org/y"), 4).toStdString() } })));
    write("d.json", vllmResult(QStringLiteral("org/d"), 5).chopped(40));
    installFaultVfs();
}

void ImportFaults::write(const std::string& name, const QByteArray& bytes) const
{
    QFile file(QString::fromStdString(path(name)));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

Result<ImportSummary> ImportFaults::import(const std::string& database, ImportObserver& observer) const
{
    ImportRequest request;
    request.database = database;
    request.paths = { path("a.json"), path("b.json"), path("c.zip"), path("d.json") };
    request.importChild = PRISM_BIN_DIR "/prism-import";
    return runImport(request, observer);
}

long ImportFaults::operationsOfImport() const
{
    const TemporaryStore store;
    setFault({});
    Recorder recorder;
    const auto done = import(store.file(), recorder);
    const long count = operationsSoFar();
    return done && done->imported == 4 && done->refused == 1 ? count : 0;
}

QString ImportFaults::complaint(const std::string& database, const Recorder& recorder) const
{
    {
        auto writer = StoreWriter::open(database);
        if (!writer) {
            return QString::fromStdString("cannot be opened: " + writer.error().text());
        }
        for (const std::string& sha256 : recorder.stored) {
            const auto known = (*writer)->known(sha256);
            if (!known || !*known) {
                return QStringLiteral("a file is lost that was told as imported");
            }
        }
    }
    if (const std::string verdict = rawText(database, "PRAGMA integrity_check"); verdict != "ok") {
        return QString::fromStdString(verdict);
    }
    if (const std::string stray = rawText(database, strayRows); !stray.empty()) {
        return QString::fromStdString("stray rows in " + stray);
    }
    // One point of four requests, and the original: all of it or nothing.
    const std::string partly = rawText(database,
        "SELECT path FROM source WHERE (SELECT count(*) FROM point WHERE source = source.id) <> 1 "
        "OR (SELECT sum(requests) FROM point WHERE source = source.id) <> 4 "
        "OR (SELECT count(*) FROM request WHERE point IN (SELECT id FROM point WHERE source = source.id)) <> "
        "4 "
        "OR NOT EXISTS (SELECT 1 FROM original WHERE id >> 32 = source.id)");
    if (!partly.empty()) {
        return QString::fromStdString(partly + " is there in part");
    }
    Recorder again;
    const auto second = import(database, again);
    if (!second || second->refused != 1) {
        return QString::fromStdString("a second import fails: " + (second ? "" : second.error().text()));
    }
    return visibleSources(database) == 4 ? QString()
                                         : QStringLiteral("not everything is there after a second import");
}

/// In one way each, and PRISM_FAULT_ROUNDS=5 in all five; an import behind each of them takes its time.
void ImportFaults::everyOperation()
{
    constexpr std::array kinds { Fault::Once, Fault::Full, Fault::TornOnce, Fault::Forever,
        Fault::TornForever };
    const int rounds = qEnvironmentVariableIsSet("PRISM_FAULT_ROUNDS")
        ? qEnvironmentVariableIntValue("PRISM_FAULT_ROUNDS")
        : 1;
    const long operations = operationsOfImport();
    QVERIFY(operations > 20);
    int points = 0;
    int told = 0;
    for (int round = 0; round < rounds; ++round) {
        for (long n = 1; n <= operations; ++n) {
            const Fault fault { kinds[static_cast<std::size_t>(n + round) % kinds.size()], n };
            const TemporaryStore store;
            Recorder recorder;
            setFault(fault);
            const auto done = import(store.file(), recorder);
            setFault({});
            ++points;
            told += done ? 0 : 1;
            const QString wrong = complaint(store.file(), recorder);
            QVERIFY2(wrong.isEmpty(),
                qPrintable(QStringLiteral("fault %1 at operation %2 of %3: %4")
                               .arg(int(fault.kind))
                               .arg(n)
                               .arg(operations)
                               .arg(wrong)));
        }
    }
    qInfo("%d faults at %ld operations, %d imports failed by them", points, operations, told);
    QVERIFY(told > 0);
}

void ImportFaults::aFullDiskIsNamed()
{
    const TemporaryStore store;
    Recorder recorder;
    QVERIFY(import(store.file(), recorder));
    write("a.json", vllmResult(QStringLiteral("org/other"), 6));
    setFault({ Fault::Full, 1 });
    const auto failed = import(store.file(), recorder);
    setFault({});
    QVERIFY(!failed);
    QVERIFY2(failed.error().reason.find("disk is full") != std::string::npos, failed.error().text().c_str());
    QVERIFY(!failed.error().remedy.empty());
    QCOMPARE(visibleSources(store.file()), 4);
    write("a.json", vllmResult(QStringLiteral("org/a"), 1));
}

QTEST_GUILESS_MAIN(ImportFaults)
#include "tst_import_faults.moc"
