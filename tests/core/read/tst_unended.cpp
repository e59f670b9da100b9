// SPDX-License-Identifier: GPL-3.0-or-later
// Text, CSV and YAML that end within a line: a file that was cut off there has lost digits, and nothing but
// the missing line end tells.
#include "core/read/csv.h"
#include "core/read/text.h"
#include "tests/support/tree_text.h"

#include <QtTest>

using namespace prism;
using namespace prism::read;

namespace {

std::string unendedCsv(const std::string& text)
{
    const auto source = memorySource(text);
    const auto report = readCsv(*source, {}, [](const CsvRow&) { return Result<void>(); });
    return report ? report->unendedAt : "error";
}

std::string unendedText(const std::string& text)
{
    const auto source = memorySource(text);
    const auto report = readLines(*source, {}, [](const TextLine&) { return Result<void>(); });
    return report ? report->unendedAt : "error";
}

std::string unendedYaml(const std::string& text)
{
    const auto source = memorySource(text);
    test::RecordedDocuments documents;
    const auto report = readYaml(*source, {}, documents);
    return report ? report->unendedAt : "error";
}

} // namespace

class TestUnended : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tables()
    {
        QCOMPARE(unendedCsv("a,b\n1,2\n"), std::string());
        QCOMPARE(unendedCsv("a,b\r\n1,2\r\n"), std::string());
        QCOMPARE(unendedCsv("a,b\r1,2\r"), std::string());
        QCOMPARE(unendedCsv("a,b\n1,21519"), std::string("2:1"));
        QCOMPARE(unendedCsv(""), std::string());
    }

    void lines()
    {
        QCOMPARE(unendedText("a\nb\n"), std::string());
        QCOMPARE(unendedText("a\nP99 ITL (ms): 316.2"), std::string("2:1"));
        QCOMPARE(unendedText(""), std::string());
    }

    void documents()
    {
        QCOMPARE(unendedYaml("a: 1\nb:\n  c: 0.25\n"), std::string());
        QCOMPARE(unendedYaml("a: 1\nb:\n  c: 0.2"), std::string("3:6"));
        QVERIFY(!unendedYaml("a: 1\nb:\n  ").empty());
        // A bracket and a quote are closed or the text is no YAML.
        QCOMPARE(unendedYaml("{a: 1, b: 2}"), std::string());
        QCOMPARE(unendedYaml("a: \"x\""), std::string());
    }
};

QTEST_GUILESS_MAIN(TestUnended)
#include "tst_unended.moc"
