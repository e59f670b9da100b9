// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/checksum_vfs.h"
#include "tests/support/made_points.h"

#include <QtTest>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace prism;
using namespace prism::test;

namespace {

std::string bytesOf(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    return { std::istreambuf_iterator<char>(in), {} };
}

void write(const std::string& file, const std::string& bytes)
{
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void append(std::ostringstream& out, const PointDetail& point)
{
    const PointRecord& r = point.record;
    out << r.id << r.uid << r.run << r.source << r.index << r.label << r.group << r.requests;
    for (const Attribute& a : r.attributes) {
        out << a.name << toText(a.value) << a.given << static_cast<int>(a.origin) << a.path;
    }
    for (const Measure& m : point.measures) {
        out << m.metric->id << m.stat.name() << std::bit_cast<std::uint64_t>(m.value)
            << static_cast<int>(m.status) << static_cast<int>(m.origin) << m.path << m.given << m.semantics
            << m.formula;
    }
    for (const Extra& extra : point.extras) {
        out << extra.path << extra.text;
    }
    for (const Warning& warning : point.warnings) {
        out << warning.code << warning.text << warning.path;
    }
}

/// Everything that a reader can see, as text; empty when something of it cannot be read.
std::string everything(const std::string& file)
{
    auto opened = StoreReader::open(file);
    if (!opened) {
        return {};
    }
    StoreReader& reader = **opened;
    std::ostringstream out;
    std::vector<PointId> ids;
    auto sources = reader.sources();
    auto runs = reader.runs();
    auto table = reader.table();
    const auto walked = reader.points([&](const SourceRecord&, PointDetail&& point) {
        append(out, point);
        ids.push_back(point.record.id);
        return true;
    });
    if (!sources || !runs || !table || !walked) {
        return {};
    }
    for (const SourceRecord& source : *sources) {
        auto original = reader.original(source.sha256, 0, 1 << 20);
        if (!original) {
            return {};
        }
        out << source.id << source.path << source.sha256 << source.bytes << source.producer
            << source.importerVersion << source.importedAt << source.twinOf << source.warnings.size()
            << *original;
    }
    for (const RunRecord& run : *runs) {
        out << run.id << run.uid << run.name << run.label << run.producer << run.evidence << run.note
            << run.points;
    }
    for (const PointId id : ids) {
        auto requests = reader.requests(id, 0, 1000);
        auto series = reader.series(id);
        if (!requests || !series) {
            return {};
        }
        for (const RequestRow& row : *requests) {
            out << row.index << row.start.value_or(Seconds { -1 }).value
                << row.ttft.value_or(Milliseconds { -1 }).value << row.e2e.value_or(Milliseconds { -1 }).value
                << row.isl.value_or(-1) << row.osl.value_or(-1) << row.ok << row.error;
            for (const double gap : row.gapsMs) {
                out << gap << ' ';
            }
        }
        for (const TimeSeries& one : *series) {
            out << one.name << one.unit << one.values.size() << (one.values.empty() ? 0 : one.values.back());
        }
    }
    for (const CategoryColumn& column : (*table)->categories()) {
        for (const Code code : column.codes) {
            out << column.name << column.dictionary[code];
        }
    }
    return out.str();
}

/// A small database with something in every table, closed.
void fill(const TemporaryStore& store)
{
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    std::vector<RequestRow> rows;
    for (std::uint32_t i = 0; i < 200; ++i) {
        rows.push_back(madeRequest(i, 20));
    }
    QVERIFY(writer->addRequests(*source, 0, rows));
    for (std::uint32_t i = 0; i < 30; ++i) {
        QVERIFY(writer->addPoint(*source, madePoint(i), madeRun()));
    }
    QVERIFY(writer->addSeries(*source, 0, { "x", "s", "", { 1, 2 }, { 3, 4 }, false }));
    std::string original;
    for (int i = 0; i < 3000; ++i) {
        original += std::to_string(i * 7919) + ',';
    }
    QVERIFY(writer->addOriginal(*source, original));
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    QVERIFY(writer->setRunField({ 1 }, "note", "A note"));
    QVERIFY(writer->setAlias("accelerator", "H100", "NVIDIA H100"));
}

} // namespace

class Damage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void flippedBitsNeverChangeWhatIsRead();
    void truncatedFiles();
    void zeroedPages();
    void writerRefusesADamagedFile();
    void foreignFiles_data();
    void foreignFiles();
    void newerFilesAreRefusedAndLeftAlone();
    void foldersAndHardLinks();
};

void Damage::flippedBitsNeverChangeWhatIsRead()
{
    const TemporaryStore store;
    fill(store);
    const std::string right = everything(store.file());
    QVERIFY(right.size() > 1000);
    QVERIFY(store.reader()->check());
    const std::string good = bytesOf(store.file());
    QCOMPARE(good.size() % store::pageBytes, 0u);
    std::size_t refused = 0;
    for (std::size_t page = 0; page < good.size() / store::pageBytes; ++page) {
        // A place of its own in each page; the first page also in its header.
        for (const std::size_t at :
            { page * 977 % store::pageBytes, std::size_t(page == 0 ? 16 : 5), std::size_t(8190) }) {
            std::string bad = good;
            bad[page * store::pageBytes + at]
                = static_cast<char>(bad[page * store::pageBytes + at] ^ (1 << page % 8));
            std::filesystem::remove(store.file() + "-wal");
            std::filesystem::remove(store.file() + "-shm");
            write(store.file(), bad);
            const std::string read = everything(store.file());
            QVERIFY2(
                read.empty() || read == right, qPrintable(QString("page %1, byte %2").arg(page).arg(at)));
            refused += read.empty() ? 1 : 0;
            auto reader = StoreReader::open(store.file());
            QVERIFY(!reader || !(*reader)->check()); // finds it also where nothing is read
        }
    }
    QVERIFY(refused > 20); // the flips do hit what is read
}

void Damage::truncatedFiles()
{
    const TemporaryStore store;
    fill(store);
    const std::string right = everything(store.file());
    const std::string good = bytesOf(store.file());
    for (const double part : { 0.001, 0.1, 0.5, 0.7, 0.9, 0.99 }) {
        std::filesystem::remove(store.file() + "-wal");
        std::filesystem::remove(store.file() + "-shm");
        write(
            store.file(), good.substr(0, static_cast<std::size_t>(static_cast<double>(good.size()) * part)));
        const std::string read = everything(store.file());
        QVERIFY2(read.empty() || read == right, qPrintable(QString::number(part)));
        QVERIFY(part > 0.6 || read.empty());
    }
}

void Damage::zeroedPages()
{
    const TemporaryStore store;
    fill(store);
    const std::string right = everything(store.file());
    const std::string good = bytesOf(store.file());
    for (std::size_t page = 0; page < good.size() / store::pageBytes; ++page) {
        std::filesystem::remove(store.file() + "-wal");
        std::filesystem::remove(store.file() + "-shm");
        std::string bad = good;
        bad.replace(page * store::pageBytes, store::pageBytes, store::pageBytes, '\0');
        write(store.file(), bad);
        const std::string read = everything(store.file());
        QVERIFY2(read.empty() || read == right, qPrintable(QString::number(page)));
    }
}

void Damage::writerRefusesADamagedFile()
{
    const TemporaryStore store;
    fill(store);
    std::string bytes = bytesOf(store.file());
    bytes[100 + 50] = static_cast<char>(bytes[100 + 50] ^ 4); // the schema
    write(store.file(), bytes);
    auto writer = StoreWriter::open(store.file());
    QVERIFY(!writer);
    QVERIFY2(writer.error().reason.find("damaged") != std::string::npos, writer.error().text().c_str());
    QVERIFY(!writer.error().remedy.empty());
    QVERIFY(bytesOf(store.file()) == bytes);
}

void Damage::foreignFiles_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("text") << QByteArray("{\"not\": \"a database\"}");
    QTest::newRow("long text") << QByteArray(20'000, 'x');
    QTest::newRow("zeros") << QByteArray(20'000, '\0');
    QByteArray sqlite = QByteArray("SQLite format 3\0", 16) + QByteArray(8176, '\0');
    QTest::newRow("somebody's SQLite file") << sqlite;
}

void Damage::foreignFiles()
{
    QFETCH(QByteArray, bytes);
    const TemporaryStore store;
    write(store.file(), bytes.toStdString());
    auto reader = StoreReader::open(store.file());
    auto writer = StoreWriter::open(store.file());
    QVERIFY(!reader && !writer);
    for (const Error& error : { reader.error(), writer.error() }) {
        QVERIFY2(error.reason.find("not a Prism database") != std::string::npos, error.text().c_str());
    }
    QCOMPARE(QByteArray::fromStdString(bytesOf(store.file())), bytes);
}

void Damage::newerFilesAreRefusedAndLeftAlone()
{
    const TemporaryStore store;
    fill(store);
    std::string bytes = bytesOf(store.file());
    bytes[63] = static_cast<char>(bytes[63] + 1); // user_version
    write(store.file(), bytes);
    auto reader = StoreReader::open(store.file());
    auto writer = StoreWriter::open(store.file());
    QVERIFY(!reader && !writer);
    for (const Error& error : { reader.error(), writer.error() }) {
        QVERIFY2(error.reason.find("newer Prism") != std::string::npos, error.text().c_str());
        QCOMPARE(error.remedy, std::string("Update Prism"));
    }
    QVERIFY(bytesOf(store.file()) == bytes);
}

void Damage::foldersAndHardLinks()
{
    const TemporaryStore store;
    QVERIFY(!StoreReader::open(store.folder()));
    QVERIFY(!StoreReader::open("/proc/no/such/folder/x.db"));
    QVERIFY(StoreReader::open(store.folder() + "/a new/folder/x.db"));
    QVERIFY(StoreWriter::open(store.folder() + "/another/folder/x.db"));
    fill(store);
    std::filesystem::create_symlink(store.file(), store.folder() + "/link.db");
    QCOMPARE(everything(store.folder() + "/link.db"), everything(store.file())); // the same lock and journal
    QVERIFY(!std::filesystem::exists(store.folder() + "/link.db.lock"));
    std::filesystem::create_hard_link(store.file(), store.folder() + "/twin.db");
    auto writer = StoreWriter::open(store.folder() + "/twin.db");
    QVERIFY(!writer);
    QVERIFY(writer.error().reason.find("several names") != std::string::npos);
}

QTEST_GUILESS_MAIN(Damage)
#include "tst_damage.moc"
