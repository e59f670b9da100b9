// SPDX-License-Identifier: GPL-3.0-or-later
// The row "CSV injection on export" of the threat model on hostile files: text cells that a spreadsheet would
// run as a formula get an apostrophe, numbers stay numbers. The tables of the window are in
// scenarios/tst_hostile_labels.
#include "core/export/points_csv.h"
#include "tests/support/csv_cells.h"
#include "tests/support/imported_folder.h"
#include "tests/support/vllm_results.h"

#include <QTest>

#include <algorithm>

using namespace prism;
using prism::test::csvCells;
using prism::test::formulaIn;

namespace {

const char* const formulas[] = { "=cmd|' /C calc'!A0", "+1+cmd", "-2+3+cmd", "@SUM(1)", "\t=tab", "\r=return",
    "=HYPERLINK(\"http://example.org\",\"x\")", "=1,2" };

} // namespace

class CsvInjectionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void csvInjectionOnExport_data()
    {
        QTest::addColumn<QByteArray>("text");
        for (const char* formula : formulas) {
            QTest::newRow((std::string("CSV injection on export: ") + formula).c_str())
                << QByteArray(formula);
        }
    }
    void csvInjectionOnExport()
    {
        QFETCH(QByteArray, text);
        const std::string cell = csvCell(text.toStdString());
        QCOMPARE(formulaIn(cell + '\n'), std::string());
        // What was meant can still be read, behind the apostrophe; a carriage return stays within its quotes.
        QCOMPARE(csvCells(cell + '\n'), std::vector<std::string> { '\'' + text.toStdString() });
        std::string raw = text.toStdString();
        for (std::size_t at = raw.find('"'); at != std::string::npos; at = raw.find('"', at + 2)) {
            raw.insert(at, 1, '"');
        }
        QVERIFY(!formulaIn('"' + raw + "\"\n").empty()); // the check would see it
    }

    void aNumberStaysANumber()
    {
        QCOMPARE(csvCell("-1.5", true), std::string("-1.5"));
        QCOMPARE(csvCell("+3", true), std::string("+3"));
        QCOMPARE(csvCell("-1.5"), std::string("'-1.5")); // as a name it is text
        QCOMPARE(csvCell("a-b=c"), std::string("a-b=c"));
        QCOMPARE(csvCell(""), std::string());
    }

    /// Names as they stand in a result, and a negative number, through the import and out again.
    void pointsOfAHostileFile()
    {
        test::ImportedFolder folder;
        int number = 0;
        for (const char* formula : formulas) {
            std::string json = test::vllmResult(QStringLiteral("org/model"), 4).toStdString();
            std::string name;
            for (const char c : std::string_view(formula)) {
                name += c == '"' ? "\\\"" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : std::string(1, c);
            }
            json.replace(json.find("org/model"), 9, name);
            const std::string mean = "\"mean_ttft_ms\": 80";
            json.replace(json.find(mean), mean.size(), "\"mean_ttft_ms\": -1.5");
            folder.write("=file" + std::to_string(number++) + ".json", json);
        }
        folder.import();
        std::string csv;
        const auto written
            = writePointsCsv(*folder.reader(), nullptr, [&](std::string_view text) { csv += text; });
        QVERIFY(written);
        QCOMPARE(formulaIn(csv), std::string());
        const std::vector<std::string> cells = csvCells(csv);
        QCOMPARE(std::count(cells.begin(), cells.end(), "-1.5"), std::ptrdiff_t(std::size(formulas)));
        QVERIFY(std::count(cells.begin(), cells.end(), "'=cmd|' /C calc'!A0") > 0);
        QVERIFY(std::count(cells.begin(), cells.end(), "'@SUM(1)") > 0);
    }
};

QTEST_GUILESS_MAIN(CsvInjectionTest)
#include "tst_csv_injection.moc"
