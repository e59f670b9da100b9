// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/sqlite_input.h"

#include "core/import/sniff.h"
#include "tests/support/made_sqlite.h"
#include "tests/support/packed.h"

#include <QTemporaryFile>
#include <QtTest>

#include <unistd.h>

using namespace prism;
using namespace prism::read;

namespace {

const char* const twoRows
    = "CREATE TABLE result(name TEXT, latency REAL, tokens INTEGER, big INTEGER);"
      "INSERT INTO result VALUES('a', 0.25, 7, 9007199254740993), ('b', NULL, 'x', -1);";

OpenSource bytesOf(const std::string& bytes)
{
    return [bytes] { return Result<std::unique_ptr<ByteSource>>(memorySource(bytes)); };
}

Result<std::unique_ptr<SqliteInput>> opened(const std::string& bytes)
{
    return SqliteInput::open(bytesOf(bytes), Budgets {});
}

/// First column of all rows, joined by blanks; "error: …" when the query or a row fails.
std::string all(SqliteInput& database, std::string_view sql)
{
    auto rows = database.query(sql);
    std::string out;
    while (rows) {
        const auto more = rows->next();
        if (!more) {
            return "error: " + more.error().reason;
        }
        if (!*more) {
            return out;
        }
        out += (out.empty() ? "" : " ") + std::string(rows->text(0));
    }
    return "error: " + rows.error().reason;
}

std::string manyRows()
{
    std::string sql = "CREATE TABLE t(a INTEGER);BEGIN;";
    for (int i = 0; i < 2000; ++i) {
        sql += "INSERT INTO t VALUES(" + std::to_string(i) + ");";
    }
    return test::madeSqlite(sql + "COMMIT;");
}

} // namespace

class TestSqliteInput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tablesColumnsAndValues();
    void comesFromADescriptorWithoutAName();
    void packedDatabasesAreUnpackedWithinTheirBudget();
    void whatIsRefused_data();
    void whatIsRefused();
    void viewsAndVirtualTablesAreNoTables();
    void onlySelectIsAllowed_data();
    void onlySelectIsAllowed();
    void aWriteAheadLogIsSaid();
    void pagesInACircleEnd();
    void aCancelledQueryEnds();
    void aQueryWithoutAnEndEnds();
    void twoAtOnce();
};

void TestSqliteInput::tablesColumnsAndValues()
{
    const auto database = opened(test::madeSqlite(twoRows));
    QVERIFY(database);
    QCOMPARE((*database)->tables().size(), std::size_t(1));
    const SqliteTable* table = (*database)->table("result");
    QVERIFY(table && table->hasAll({ "name", "latency", "tokens" }) && !table->has("none"));
    QVERIFY(!(*database)->table("Result"));

    auto rows = (*database)->query("SELECT name, latency, tokens, big FROM result ORDER BY rowid");
    QVERIFY(rows && *rows->next());
    QCOMPARE(rows->text(0), std::string_view("a"));
    QCOMPARE(rows->real(1), std::optional(0.25));
    QCOMPARE(rows->integer(1), std::optional<std::int64_t>());
    QCOMPARE(rows->integer(2), std::optional<std::int64_t>(7));
    QCOMPARE(rows->integer(3), std::optional<std::int64_t>(9007199254740993));
    QVERIFY(*rows->next());
    QVERIFY(rows->isNull(1) && !rows->real(1));
    QVERIFY(!rows->integer(2) && !rows->real(2)); // text in a column of integers
    QVERIFY(!*rows->next());
}

void TestSqliteInput::comesFromADescriptorWithoutAName()
{
    QTemporaryFile file;
    QVERIFY(file.open());
    const std::string bytes = test::madeSqlite(twoRows);
    file.write(bytes.data(), static_cast<qint64>(bytes.size()));
    file.flush();
    const int descriptor = ::dup(file.handle());
    QVERIFY(file.remove());
    const OpenSource raw
        = [descriptor] { return Result<std::unique_ptr<ByteSource>>(descriptorSource(descriptor)); };
    // Behind the filter that undoes compression, as importers get it; no budget for memory is needed.
    Budgets none;
    none.databaseBytes = 0;
    const auto database = SqliteInput::open(unpacked(raw, Budgets {}), none);
    QVERIFY(database);
    QCOMPARE(all(**database, "SELECT name FROM result"), std::string("a b"));
    ::close(descriptor);
}

void TestSqliteInput::packedDatabasesAreUnpackedWithinTheirBudget()
{
    const std::string gz = test::packed(test::madeSqlite(twoRows), test::Packing::Gzip);
    const OpenSource source = unpacked(bytesOf(gz), Budgets {});
    const auto database = SqliteInput::open(source, Budgets {});
    QVERIFY(database);
    QCOMPARE(all(**database, "SELECT name FROM result"), std::string("a b"));
    Budgets small;
    small.databaseBytes = 4096;
    const auto refused = SqliteInput::open(source, small);
    QVERIFY(!refused);
    QVERIFY(refused.error().remedy.find("Unpack") != std::string::npos);
}

void TestSqliteInput::whatIsRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const std::string good = test::madeSqlite(twoRows);
    const auto row = [](const char* name, const std::string& bytes) {
        QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()));
    };
    row("nothing", "");
    row("a header's beginning", good.substr(0, 18));
    row("a header alone", good.substr(0, 100));
    std::string schema = good;
    schema.replace(100, 8, 8, '\xff');
    row("a schema page of noise", schema);
    row("text", "SQLite format 3 is what I write about, and nothing else at all.");
}

void TestSqliteInput::whatIsRefused()
{
    QFETCH(QByteArray, bytes);
    const auto database = opened(bytes.toStdString());
    QVERIFY(!database);
    QVERIFY(!database.error().reason.empty());
    QVERIFY(!database.error().remedy.empty());
}

void TestSqliteInput::viewsAndVirtualTablesAreNoTables()
{
    const auto database = opened(test::madeSqlite(std::string(twoRows)
        + "CREATE VIEW spy AS SELECT name FROM result;"
          "CREATE VIRTUAL TABLE words USING fts5(body);"));
    QVERIFY(database);
    QVERIFY((*database)->table("result"));
    QVERIFY(!(*database)->table("spy"));
    QVERIFY(!(*database)->table("words"));
    QVERIFY(all(**database, "SELECT name FROM spy").starts_with("error"));
    QVERIFY(all(**database, "SELECT body FROM words").starts_with("error"));
}

void TestSqliteInput::onlySelectIsAllowed_data()
{
    QTest::addColumn<QString>("sql");
    for (const char* sql : { "DELETE FROM result", "CREATE TABLE more(a)", "PRAGMA table_info(result)",
             "ATTACH '/etc/passwd' AS x", "SELECT load_extension('x')", "SELECT randomblob(10)",
             "SELECT name FROM sqlite_schema", "VACUUM",
             "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT n FROM r" }) {
        QTest::newRow(sql) << sql;
    }
}

void TestSqliteInput::onlySelectIsAllowed()
{
    QFETCH(QString, sql);
    const auto database = opened(test::madeSqlite(twoRows));
    QVERIFY(database);
    const std::string text = all(**database, sql.toStdString());
    QVERIFY2(text.starts_with("error"), text.c_str());
}

void TestSqliteInput::aWriteAheadLogIsSaid()
{
    std::string bytes = test::madeSqlite(twoRows);
    QVERIFY(!(*opened(bytes))->hadWriteAheadLog());
    bytes[18] = bytes[19] = 2;
    const auto database = opened(bytes);
    QVERIFY(database);
    QVERIFY((*database)->hadWriteAheadLog());
    QCOMPARE(all(**database, "SELECT name FROM result"), std::string("a b"));
}

void TestSqliteInput::pagesInACircleEnd()
{
    // A table of several pages, whose interior page is made to name the same leaf again and again: the file
    // claims many times its size.
    std::string sql = "CREATE TABLE t(a TEXT);";
    for (int i = 0; i < 20'000; ++i) {
        sql += "INSERT INTO t VALUES('" + std::string(40, 'x') + "');";
    }
    std::string bytes = test::madeSqlite("BEGIN;" + sql + "COMMIT;");
    const std::size_t page
        = (static_cast<unsigned char>(bytes[16]) << 8U) | static_cast<unsigned char>(bytes[17]);
    const std::size_t root = page; // page 2
    QCOMPARE(bytes[root], '\x05'); // interior page of a table
    const std::size_t cells
        = (static_cast<unsigned char>(bytes[root + 3]) << 8U) | static_cast<unsigned char>(bytes[root + 4]);
    QVERIFY(cells > 2);
    for (std::size_t i = 0; i < cells; ++i) {
        const std::size_t at = root + 12 + 2 * i;
        const std::size_t cell
            = (static_cast<unsigned char>(bytes[at]) << 8U) | static_cast<unsigned char>(bytes[at + 1]);
        bytes.replace(root + cell, 4, std::string("\0\0\0\2", 4)); // itself
    }
    const auto database = opened(bytes);
    QVERIFY(database);
    QVERIFY(all(**database, "SELECT count(*) FROM t").starts_with("error"));
    QVERIFY(all(**database, "SELECT a FROM t").starts_with("error"));
}

void TestSqliteInput::aCancelledQueryEnds()
{
    std::stop_source stop;
    const auto database = SqliteInput::open(bytesOf(manyRows()), Budgets {}, stop.get_token());
    QVERIFY(database);
    QCOMPARE(all(**database, "SELECT count(*) FROM t"), std::string("2000"));
    stop.request_stop();
    QCOMPARE(
        all(**database, "SELECT count(*) FROM t x, t y"), std::string("error: the reading was cancelled"));
}

void TestSqliteInput::aQueryWithoutAnEndEnds()
{
    const auto database = opened(manyRows());
    QVERIFY(database);
    const std::string text = all(**database, "SELECT count(*) FROM t x, t y, t z");
    QVERIFY2(text.find("without an end") != std::string::npos, text.c_str());
    // The next query has its own allowance.
    QCOMPARE(all(**database, "SELECT count(*) FROM t"), std::string("2000"));
}

void TestSqliteInput::twoAtOnce()
{
    const auto first = opened(test::madeSqlite("CREATE TABLE a(x);INSERT INTO a VALUES(1);"));
    {
        const auto second = opened(test::madeSqlite("CREATE TABLE b(x);INSERT INTO b VALUES(2);"));
        QVERIFY(first && second);
        QCOMPARE(all(**second, "SELECT x FROM b"), std::string("2"));
        QCOMPARE(all(**first, "SELECT x FROM a"), std::string("1"));
    }
    QCOMPARE(all(**first, "SELECT x FROM a"), std::string("1"));
}

QTEST_GUILESS_MAIN(TestSqliteInput)
#include "tst_sqlite_input.moc"
