// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/csv.h"

#include "tests/support/tree_text.h"

#include <QtTest>
#include <rapidcheck.h>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

struct Csv {
    std::string rows; ///< cells joined with "·", rows with "/"
    std::string places; ///< of the cells, "line:column", joined alike
    ReadReport report;
    std::optional<Error> error;
};

Csv readFrom(ByteSource& source, CsvOptions options = {})
{
    Csv out;
    bool first = true;
    auto report = readCsv(source, options, [&](const CsvRow& row) -> Result<void> {
        out.rows += first ? "" : "/";
        out.places += first ? "" : "/";
        first = false;
        for (const Cell& cell : row) {
            out.rows += (&cell == row.data() ? "" : "·") + std::string(cell.text);
            out.places += (&cell == row.data() ? "" : " ") + cell.place.text();
        }
        return {};
    });
    if (report) {
        out.report = *report;
    } else {
        out.error = report.error();
    }
    return out;
}

Csv readIt(const std::string& text, CsvOptions options = {})
{
    return readFrom(*memorySource(text), options);
}

} // namespace

class TestCsv : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rows_data();
    void rows();
    void placesSurviveQuotesAndLineEnds();
    void unclosedQuoteIsAnError();
    void longRowIsAnError();
    void handlerErrorStops();
    void cancelled();
    void anySplitGivesTheSameRows();
    void writtenCellsReadBack();
    void delimiter_data();
    void delimiter();
};

void TestCsv::rows_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("rows");
    const auto row = [](const char* name, const char* text, const char* rows) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(rows);
    };
    row("plain", "a,b\n1,2\n", "a·b/1·2");
    row("no last line end", "a,b\n1,2", "a·b/1·2");
    row("CRLF", "a,b\r\n1,2\r\n", "a·b/1·2");
    row("CR", "a,b\r1,2\r", "a·b/1·2");
    row("BOM",
        "\xEF\xBB\xBF"
        "a,b\n1,2\n",
        "a·b/1·2");
    row("empty header cell", ",a,,b\n0,1,2,3\n", "·a··b/0·1·2·3");
    row("empty last cell", "a,b,\n1,2,", "a·b·/1·2·");
    row("header only", "a,b\n", "a·b");
    row("quoted delimiter", "\"a,b\",c\n", "a,b·c");
    row("doubled quote", "\"say \"\"hi\"\"\",2\n", "say \"hi\"·2");
    row("quote over lines", "\"one\ntwo\r\nthree\",2\nx,y\n", "one\ntwo\r\nthree·2/x·y");
    row("list in a cell", "a,b\n\"[1.0, 2.0]\",3\n", "a·b/[1.0, 2.0]·3");
    row("quote inside a cell", "5\" disk,2\n", "5\" disk·2");
    row("blanks around quotes", "a, \"b,c\" ,d\n", "a·b,c·d");
    row("empty quoted cell alone", "a\n\"\"\nb\n", "a//b");
    row("sections", "Metric,avg\nTTFT,1\n\nMetric,value\nRPS,2\n", "Metric·avg/TTFT·1//Metric·value/RPS·2");
    row("blank line of spaces", "a,b\n  \nc,d\n", "a·b//c·d");
    row("blank lines CRLF", "a,b\r\n\r\nc,d\r\n", "a·b//c·d");
    row("row of empty cells", "a,b\n,\n", "a·b/·");
    row("semicolons", "a;b\n1,5;2\n", "a·b/1,5·2");
    row("tabs", "a\tb\n1\t\n", "a·b/1·");
    row("empty", "", "");
}

void TestCsv::rows()
{
    QFETCH(QByteArray, text);
    const Csv csv = readIt(text.toStdString());
    QVERIFY(!csv.error);
    QTEST(QByteArray::fromStdString(csv.rows), "rows");
}

void TestCsv::placesSurviveQuotesAndLineEnds()
{
    QCOMPARE(readIt("a,b\n\"x\ny\",z\r\n12,3\n").places, "1:1 1:3/2:1 3:4/4:1 4:4");
}

void TestCsv::unclosedQuoteIsAnError()
{
    const Csv csv = readIt("a,b\n1,\"never\n3,4\n");
    QVERIFY(csv.error);
    QCOMPARE(csv.error->place, "2:3");
    QVERIFY(!csv.error->remedy.empty());
}

void TestCsv::longRowIsAnError()
{
    CsvOptions options;
    options.budgets.lineBytes = 1u << 20;
    QVERIFY(!readIt(std::string(100'000, 'x') + '\n', options).error);
    const Csv csv = readIt("a,b\n" + std::string(2u << 20, 'x'), options);
    QVERIFY(csv.error);
    QCOMPARE(csv.error->place, "2:1");
}

void TestCsv::handlerErrorStops()
{
    int rows = 0;
    const auto report = readCsv(*memorySource("a\nb\nc\n"), {}, [&](const CsvRow&) -> Result<void> {
        return ++rows == 2 ? Result<void>(Error { {}, {}, "enough", {} }) : Result<void>();
    });
    QVERIFY(!report);
    QCOMPARE(report.error().reason, "enough");
    QCOMPARE(rows, 2);
}

void TestCsv::cancelled()
{
    std::stop_source stop;
    const auto report = readCsv(
        *memorySource("a\nb\n"), {},
        [&](const CsvRow&) -> Result<void> {
            stop.request_stop();
            return {};
        },
        stop.get_token());
    QVERIFY(!report);
}

void TestCsv::anySplitGivesTheSameRows()
{
    const std::string text = "\xEF\xBB\xBF"
                             "a,\"b\"\"\r\n\",c\r\n\r\n1,\"x,y\",\xC3\xA9\r\n\"\",2,3";
    const Csv whole = readIt(text);
    QVERIFY(rc::check([&](const std::vector<std::uint8_t>& sizes) {
        PiecewiseSource source(text,
            std::vector<std::size_t>(sizes.begin(), sizes.end()).empty()
                ? std::vector<std::size_t> { 1 }
                : std::vector<std::size_t>(sizes.begin(), sizes.end()));
        const Csv split = readFrom(source);
        RC_ASSERT(split.rows == whole.rows);
        RC_ASSERT(split.places == whole.places);
    }));
}

void TestCsv::writtenCellsReadBack()
{
    QVERIFY(rc::check([](const std::vector<std::string>& cells) {
        RC_PRE(!cells.empty());
        std::string text;
        std::vector<std::string> wanted;
        for (std::string cell : cells) {
            for (char& c : cell) {
                c = static_cast<char>(c & 0x7F) == 0 ? 'x' : static_cast<char>(c & 0x7F);
            }
            wanted.push_back(cell);
            text += text.empty() ? "\"" : ",\"";
            for (const char c : cell) {
                text += c == '"' ? "\"\"" : std::string(1, c);
            }
            text += '"';
        }
        CsvOptions options;
        options.delimiter = ',';
        std::vector<std::string> got;
        const auto report
            = readCsv(*memorySource(text + "\n"), options, [&](const CsvRow& row) -> Result<void> {
                  for (const Cell& cell : row) {
                      got.emplace_back(cell.text);
                  }
                  return {};
              });
        RC_ASSERT(bool(report));
        RC_ASSERT(got == wanted);
    }));
}

void TestCsv::delimiter_data()
{
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<char>("delimiter");
    QTest::newRow("commas") << QByteArray("a,b,c\n1,2,3\n") << ',';
    QTest::newRow("semicolons with decimal commas") << QByteArray("a;b;c\n1,5;2,5;3,7\n2,5;3,5;4,7\n") << ';';
    QTest::newRow("tabs") << QByteArray("a\tb\n1,000\t2\n") << '\t';
    QTest::newRow("one column") << QByteArray("a\n1\n2\n") << ',';
    QTest::newRow("quoted semicolons") << QByteArray("\"a;b;c\",d\n\"e;f;g\",h\n") << ',';
    QTest::newRow("sections") << QByteArray("a,b,c\n1,2,3\n\nx,y\n1,2\n") << ',';
    QTest::newRow("empty") << QByteArray() << ',';
}

void TestCsv::delimiter()
{
    QFETCH(QByteArray, head);
    QTEST(sniffDelimiter(head.toStdString()), "delimiter");
}

QTEST_GUILESS_MAIN(TestCsv)
#include "tst_csv.moc"
