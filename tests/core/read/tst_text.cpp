// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/text.h"

#include "tests/support/tree_text.h"

#include <QtTest>
#include <rapidcheck.h>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

std::string linesFrom(ByteSource& source, const Budgets& budgets = {})
{
    std::string out;
    const auto report = readLines(source, budgets, [&out](const TextLine& line) -> Result<void> {
        out += std::string(line.text) + '@' + line.place.text();
        for (const std::uint32_t column : line.columns) {
            out += ' ' + std::to_string(column);
        }
        out += '\n';
        return {};
    });
    return report ? out : "error: " + report.error().text();
}

std::string joined(const std::vector<TableCell>& cells)
{
    std::string out;
    for (const TableCell& cell : cells) {
        out += (out.empty() ? "" : "·") + std::string(cell.text) + '@' + std::to_string(cell.offset);
    }
    return out;
}

using Duration = std::optional<double> (*)(std::string_view);

} // namespace

class TestText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void lines_data();
    void lines();
    void endlessProgressBarIsRead();
    void longLineIsAnError();
    void placeOfAByte();
    void anySplitGivesTheSameLines();
    void cells_data();
    void cells();
    void numbers_data();
    void numbers();
    void durations_data();
    void durations();
};

void TestText::lines_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("lines");
    const auto row = [](const char* name, QByteArray text, const char* lines) {
        QTest::newRow(name) << text << QByteArray(lines);
    };
    row("plain", "one\n\ntwo", "one@1:1\n@2:1\ntwo@3:1\n");
    row("pod's log", "2025-01-01T00:00:00.5Z stdout F one\n2025-01-01T00:00:00Z stderr F \n",
        "one@1:1 33 34 35\n@2:1\n");
    row("a pod's line in pieces",
        "2025-01-01T00:00:00Z stdout P a1\n2025-01-01T00:00:00Z stderr F x\n"
        "2025-01-01T00:00:00Z stdout F .2\n2025-01-01T00:00:00Z stdout F y\n",
        "x@2:1 31\na1.2@1:1 31 32 96 97\ny@4:1 31\n");
    row("a pod's log cut in a line", "2025-01-01T00:00:00Z stdout P ab\n", "ab@1:1 31 32\n");
    row("a date of one's own", "2025-01-01T00:00:00Z stdout Fine\n",
        "2025-01-01T00:00:00Z stdout Fine@1:1\n");
    row("CRLF", "one\r\ntwo\r\n", "one@1:1\ntwo@2:1\n");
    row("colour", "\x1b[1;31mab\x1b[0mc\n", "abc@1:1 8 9 14\n");
    row("256 colours", "\x1b[38;5;208mx", "x@1:1 12\n");
    row("OSC title and link",
        "\x1b]0;title\x07"
        "a\x1b]8;;http://x\x1b\\b\n",
        "ab@1:1 11 27\n");
    row("erase line", "\x1b[2K\x1b[1Gx\n", "x@1:1 9\n");
    row("charset", "\x1b(Bx\n", "x@1:1 4\n");
    row("progress bar", "10%\r50%\rdone\n", "done@1:1 9 10 11 12\n");
    row("progress bar with CRLF", "10%\r99%\r\n", "99%@1:1 5 6 7\n");
    row("text glued behind a bar", "50%|##\r[INFO] x\ny\n", "[INFO] x@1:1 8 9 10 11 12 13 14 15\ny@2:1\n");
    row("cut sequence", "x\x1b[3", "x@1:1 1\n");
    row("UTF-16",
        QByteArray("\xFF\xFE"
                   "a\0\n\0"
                   "b\0",
            8),
        "a@1:1\nb@2:1\n");
    row("empty", "", "");
}

void TestText::lines()
{
    QFETCH(QByteArray, text);
    const std::string got = linesFrom(*memorySource(text.toStdString()));
    QTEST(QByteArray::fromStdString(got), "lines");
}

void TestText::endlessProgressBarIsRead()
{
    Budgets budgets;
    budgets.lineBytes = 200'000;
    std::string text;
    while (text.size() < 2'000'000) {
        text += "some progress\r";
    }
    text += "end\nnext\n";
    std::string last;
    int lines = 0;
    const auto report = readLines(*memorySource(text), budgets, [&](const TextLine& line) -> Result<void> {
        last = ++lines == 1 ? std::string(line.text) : last;
        return {};
    });
    QVERIFY(report);
    QCOMPARE(lines, 2);
    QCOMPARE(last, "end");
}

void TestText::longLineIsAnError()
{
    Budgets budgets;
    budgets.lineBytes = 200'000;
    const std::string got = linesFrom(*memorySource("a\n" + std::string(2'000'000, 'x')), budgets);
    QVERIFY(got.find("line longer than") != std::string::npos);
    QVERIFY(got.find("2:1") != std::string::npos);
}

void TestText::placeOfAByte()
{
    int lines = 0;
    const auto report = readLines(
        *memorySource("ab\n\x1b[1mTTFT\x1b[0m 12\n"), {}, [&](const TextLine& line) -> Result<void> {
            if (++lines == 2) {
                const Place place = line.at(line.text.find("12"));
                [&] {
                    QCOMPARE(place.text(), "2:14");
                    QCOMPARE(place.byte, 16u);
                    QCOMPARE(line.at(line.text.size()).column, 16u);
                }();
            }
            return {};
        });
    QVERIFY(report);
    QCOMPARE(lines, 2);
}

void TestText::anySplitGivesTheSameLines()
{
    const std::string text = "a\r\n\x1b[1mb\x1b[0m\r\n10%\r20%\r\xC3\xA9nd\n\x1b]0;t\x07z";
    const std::string whole = linesFrom(*memorySource(text));
    QVERIFY(rc::check([&](std::vector<std::uint8_t> sizes) {
        sizes.push_back(1);
        PiecewiseSource source(text, { sizes.begin(), sizes.end() });
        RC_ASSERT(linesFrom(source) == whole);
    }));
}

void TestText::cells_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("cells");
    const auto row = [](const char* name, const char* line, const char* cells) {
        QTest::newRow(name) << QByteArray(line) << QByteArray(cells);
    };
    row("markdown", "| a | b c |  |", "a@2·b c@6·@11");
    row("markdown rule", "|---|:--:|--:|", "");
    row("rule of single dashes", "|-|-|", "");
    row("values that are dashes", "| - | x |", "-@2·x@6");
    row("only missing values", "| - | - |", "-@2·-@6");
    row("box", "│ TTFT ┃ 1,020.58 │", "TTFT@4·1,020.58@13");
    row("box rule", "├──┼──┤", "");
    row("box rule with bars", "┃━━━━┃━━━━┃", "");
    row("no outer bars", "a | b", "a@0·b@4");
    row("escaped bar", R"(| a \| b | c |)", R"(a \| b@2·c@11)");
    row("no table", "plain text", "");
    row("plus rule", "+----+----+", "");
    row("empty", "", "");
}

void TestText::cells()
{
    QFETCH(QByteArray, line);
    const std::string text = line.toStdString();
    QTEST(QByteArray::fromStdString(joined(tableCells(text))), "cells");
}

void TestText::numbers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<double>("value");
    const auto row = [](const char* text, double value) { QTest::newRow(text) << QByteArray(text) << value; };
    row("1,020.58", 1020.58);
    row("95.00%", 95);
    row(" 12 ", 12);
    row("-3.5", -3.5);
    row("+7", 7);
    row("1,234,567", 1234567);
    row("1e3", 1000);
    for (const char* none : { "1.5k", "12 ms", "", "-", "%", "1,02", "1,0200", ",123", "1.2,345", "inf",
             "nan", "N/A", "0x10", "1e400", "--1", "1 2" }) {
        row(none, std::numeric_limits<double>::quiet_NaN());
    }
}

void TestText::numbers()
{
    QFETCH(QByteArray, text);
    QFETCH(double, value);
    const auto got = consoleNumber(text.toStdString());
    QCOMPARE(got.has_value(), !std::isnan(value));
    QCOMPARE(got.value_or(0), std::isnan(value) ? 0 : value);
}

void TestText::durations_data()
{
    QTest::addColumn<bool>("iso");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<double>("seconds");
    const double none = std::numeric_limits<double>::quiet_NaN();
    const auto row = [](bool iso, const char* text, double seconds) {
        QTest::addRow("%s", text) << iso << QByteArray(text) << seconds;
    };
    row(false, "1m15.956682676s", 75.956682676);
    row(false, "849.390522ms", 0.849390522);
    row(false, "12µs", 12e-6);
    row(false, "12\xCE\xBCs", 12e-6);
    row(false, "7ns", 7e-9);
    row(false, "2h3m4s", 7384);
    row(false, "1.5h", 5400);
    row(false, "0s", 0);
    row(false, "-2s", -2);
    row(false, "15", none);
    row(false, "s", none);
    row(false, "1m15", none);
    row(false, "1x", none);
    row(false, "", none);
    row(true, "PT49.9S", 49.9);
    row(true, "PT1H2M3.5S", 3723.5);
    row(true, "P1DT1S", 86401);
    row(true, "P2W", 1209600);
    row(true, "PT0,5S", 0.5);
    row(true, "P1M", none);
    row(true, "P1Y", none);
    row(true, "PT", none);
    row(true, "P", none);
    row(true, "PTS", none);
    row(true, "49.9", none);
}

void TestText::durations()
{
    QFETCH(bool, iso);
    QFETCH(QByteArray, text);
    QFETCH(double, seconds);
    const Duration read = iso ? isoDurationSeconds : goDurationSeconds;
    const auto got = read(text.toStdString());
    QCOMPARE(got.has_value(), !std::isnan(seconds));
    QVERIFY(std::isnan(seconds) || *got == seconds); // to the last bit
}

QTEST_GUILESS_MAIN(TestText)
#include "tst_text.moc"
