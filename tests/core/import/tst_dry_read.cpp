// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/dry_read.h"

#include "core/mapping/mapping_importer.h"
#include "core/store/writer.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace prism;

namespace {

Mapping table()
{
    Mapping mapping;
    mapping.name = "table";
    mapping.columns = { "users", "ttft" };
    mapping.values = { { "ttft", {}, MappedValue::Target::Measure, "ttft", Stat::mean(), "ms", {} } };
    return mapping;
}

} // namespace

class TestDryRead : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::string write(const char* name, std::size_t rows) const
    {
        const std::string path = m_dir.filePath(QString::fromLatin1(name)).toStdString();
        std::ofstream out(path);
        out << "users,ttft\n";
        for (std::size_t i = 0; i < rows; ++i) {
            out << i << ",20\n";
        }
        return path;
    }
    static DryReadRequest request(const std::string& file)
    {
        DryReadRequest out;
        out.file = file;
        out.mappings = { table() };
        out.forced = mappingImporterId("table");
        return out;
    }

private Q_SLOTS:
    /// Closing it again would drop the locks that SQLite has on it.
    void anOpenDatabaseIsNotRead()
    {
        const std::string file = m_dir.filePath(QStringLiteral("prism.db")).toStdString();
        {
            const auto writer = StoreWriter::open(file);
            QVERIFY(writer);
            const auto read = dryRead(request(file));
            QVERIFY(!read);
            QCOMPARE(read.error().reason, std::string("this is a database of Prism"));
        }
        const auto read = dryRead(request(file));
        QVERIFY2(read, read ? "" : read.error().text().c_str());
    }

    void aPreviewIsBounded()
    {
        DryReadRequest r = request(write("bounded.csv", 5'000));
        const auto whole = dryRead(r);
        QVERIFY2(whole, whole ? "" : whole.error().text().c_str());
        QCOMPARE(whole->pointCount, std::uint64_t(5'000));
        QCOMPARE(whole->points.size(), DryReadRequest::mostPoints);
        QVERIFY(whole->warnings.empty());
        QVERIFY(!whole->changed);
        r.mostRows = 100;
        const auto begun = dryRead(r);
        QVERIFY(begun && !begun->refusal);
        QCOMPARE(begun->pointCount, std::uint64_t(100));
        QCOMPARE(begun->warnings.at(0).code, std::string("first-rows"));
    }

    void aFileThatChangesWhileItIsReadIsSaid()
    {
        // Larger than the step in which progress is told, and nearly all of it passed over.
        constexpr std::size_t rows = 700'000;
        const std::string file = write("changing.csv", rows);
        DryReadRequest r = request(file);
        r.mappings.front().leaveOutFirst = rows - 10;
        std::uint64_t told = 0;
        r.progress = [&](std::uint64_t bytes) {
            QVERIFY(bytes > told);
            if (told == 0) {
                std::ofstream(file, std::ios::app) << "1,1\n";
            }
            told = bytes;
        };
        const auto read = dryRead(r);
        QVERIFY2(read, read ? "" : read.error().text().c_str());
        QVERIFY(told > 0);
        QVERIFY(read->changed);
    }

    void cancelled()
    {
        std::stop_source stop;
        stop.request_stop();
        const auto read = dryRead(request(write("cancelled.csv", 10)), stop.get_token());
        QVERIFY(!read);
        QVERIFY(read.error().reason.find("cancelled") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestDryRead)
#include "tst_dry_read.moc"
