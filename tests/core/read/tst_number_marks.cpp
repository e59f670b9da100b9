// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/number_marks.h"

#include "core/read/numbers.h"

#include <QtTest>

using namespace prism;
using namespace prism::read;

Q_DECLARE_METATYPE(NumberMarks)

namespace {

constexpr NumberMarks unclear { Mark::Unclear, Mark::Unclear };

NumberMarks marksOf(const QStringList& cells)
{
    MarkEvidence evidence;
    for (const QString& cell : cells) {
        evidence.add(cell.toStdString());
    }
    return evidence.marks();
}

} // namespace

class TestNumberMarks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void evidence_data()
    {
        QTest::addColumn<QStringList>("cells");
        QTest::addColumn<NumberMarks>("marks");
        const NumberMarks commasOnly { Mark::Decimal, Mark::Unclear };
        QTest::newRow("no commas") << QStringList { "1.234", "17", "m/x" } << decimalPoints;
        QTest::newRow("one digit") << QStringList { "120,512", "50,5" } << commasOnly;
        QTest::newRow("four digits behind") << QStringList { "120,512", "0,1250" } << commasOnly;
        QTest::newRow("leading zero") << QStringList { "120,512", "0,125" } << commasOnly;
        QTest::newRow("four digits before") << QStringList { "120,512", "1000,512" } << commasOnly;
        QTest::newRow("both, comma last") << QStringList { "120,512", "1.020,5" } << decimalCommas;
        QTest::newRow("both, point last") << QStringList { "120,512", "1,020.5" } << decimalPoints;
        QTest::newRow("several commas") << QStringList { "120,512", "1,020,000" } << decimalPoints;
        QTest::newRow("other cells have points")
            << QStringList { "120,512", "12.5" } << NumberMarks { Mark::Unclear, Mark::Decimal };
        QTest::newRow("a version among numbers")
            << QStringList { "812,512", "0.6" } << NumberMarks { Mark::Unclear, Mark::Decimal };
        QTest::newRow("programs' points beside commas")
            << QStringList { "512,3", "4000.2" } << NumberMarks { Mark::Decimal, Mark::Decimal };
        QTest::newRow("three digits only") << QStringList { "120,512", "999,001" } << unclear;
        QTest::newRow("contradiction") << QStringList { "120,512", "50,5", "1,020,000" } << unclear;
        QTest::newRow("texts say nothing")
            << QStringList { "120,512", "3,5 requests were lost", "0,1,2", "[1,2]", "a 1,5" } << unclear;
        QTest::newRow("units") << QStringList { "315,21 W", "97 %" } << commasOnly;
        QTest::newRow("addresses") << QStringList { "10.100.200.123", "1.5" } << decimalPoints;
    }
    void evidence()
    {
        QFETCH(QStringList, cells);
        QFETCH(NumberMarks, marks);
        QVERIFY(marksOf(cells) == marks);
    }

    void plain_data()
    {
        QTest::addColumn<QString>("cell");
        QTest::addColumn<QString>("points"); // "": as it is
        QTest::addColumn<QString>("commas");
        QTest::addColumn<QString>("open");
        QTest::newRow("whole") << "120"
                               << ""
                               << ""
                               << "";
        QTest::newRow("three behind") << "120,512"
                                      << "120512"
                                      << "120.512"
                                      << "?120,512";
        QTest::newRow("one reading") << "50,5"
                                     << "50.5"
                                     << "50.5"
                                     << "50.5";
        QTest::newRow("sign") << "-0,125"
                              << "-0.125"
                              << "-0.125"
                              << "-0.125";
        QTest::newRow("exponent") << "1,5e-3"
                                  << "1.5e-3"
                                  << "1.5e-3"
                                  << "1.5e-3";
        QTest::newRow("point") << "1.234"
                               << ""
                               << "1234"
                               << "?1.234";
        QTest::newRow("both") << "1.020,58"
                              << "1020.58"
                              << "1020.58"
                              << "1020.58";
        QTest::newRow("unit") << " 315,212 W"
                              << " 315212 W"
                              << " 315.212 W"
                              << "?315,212 W";
        QTest::newRow("percent") << "7,5%"
                                 << "7.5%"
                                 << "7.5%"
                                 << "7.5%";
        QTest::newRow("address") << "10.100.200.123"
                                 << ""
                                 << "10100200123"
                                 << "";
        QTest::newRow("list") << "1.234 5.678"
                              << ""
                              << ""
                              << "";
        QTest::newRow("text") << "3,5 requests were lost"
                              << ""
                              << ""
                              << "";
        QTest::newRow("clock") << "2026/05/03 06:30:41.123"
                               << ""
                               << ""
                               << "";
    }
    void plain()
    {
        QFETCH(QString, cell);
        const auto spelled = [&](NumberMarks marks) {
            return QString::fromStdString(plainNumber(cell.toStdString(), marks).value_or(""));
        };
        QTEST(spelled(decimalPoints), "points");
        QTEST(spelled(decimalCommas), "commas");
        QTEST(spelled(unclear), "open");
    }

    void rowsAreRewritten()
    {
        PlainRows rows(unclear);
        const CsvRow& row = rows.row({ { "7", {} }, { "50,5", {} }, { "315,212 W", Place { 9, 2, 3 } } });
        const auto text = [&](std::size_t i) { return std::string(row[i].number); };
        QCOMPARE(text(0), std::string("7"));
        QCOMPARE(text(1), std::string("50.5"));
        QCOMPARE(text(2), std::string("?315,212 W"));
        QCOMPARE(row[2].place.text(), std::string("2:3"));
        QVERIFY(!parseDecimal(row[2].number));
        QCOMPARE(std::string(unclearNumber(row[2].number)), std::string("315,212 W"));
        QVERIFY(unclearNumber(row[1].number).empty());
        QVERIFY(unclearNumber("?what").empty());
    }

    void aColumnTellsItsOwnMarks()
    {
        TableEvidence evidence;
        for (const QStringList& cells : { QStringList { "0,1", "0.6", "1,234", "1.234", "1,000,000" },
                 QStringList { "2,3", "0.7", "2,468", "1.235", "1,000,001" } }) {
            std::vector<std::string> texts;
            CsvRow row;
            for (const QString& cell : cells) {
                texts.push_back(cell.toStdString());
            }
            for (const std::string& text : texts) {
                row.emplace_back(text, Place {});
            }
            evidence.add(row);
        }
        QVERIFY(evidence.hasMarks());
        QCOMPARE(evidence.marks(Reach::Column, false).size(), std::size_t(1));
        const std::vector<NumberMarks> own = evidence.marks(Reach::Column, false)[0];
        QCOMPARE(own.size(), std::size_t(5));
        QVERIFY(own[0].comma == Mark::Decimal);
        QVERIFY(own[1].point == Mark::Decimal);
        QVERIFY(own[2] == unclear);
        QVERIFY(own[3].point == Mark::Unclear); // beside decimal commas it may be of thousands
        QVERIFY(own[4].comma == Mark::Thousands);
        QVERIFY(evidence.marks(Reach::Column, true)[0][3].point == Mark::Decimal);
        QVERIFY(evidence.marks(Reach::Table, false)[0][2].comma == Mark::Unclear); // the others contradict
    }

    void columnsOfTextsTellOthersNothing()
    {
        TableEvidence evidence;
        const CsvRow row { { "0,5", {} }, { "1,234", {} } };
        evidence.add(row);
        const std::vector<std::size_t> texts { 0 };
        QVERIFY(evidence.marks(Reach::Table, false)[0][1].comma == Mark::Decimal);
        QVERIFY(evidence.marks(Reach::Table, false, texts)[0][1].comma == Mark::Unclear);
    }

    void eachTableOfAFileTellsItsOwnMarks()
    {
        TableEvidence evidence;
        for (const CsvRow& row : { CsvRow { { "name", {} }, { "ms", {} } }, { { "a", {} }, { "50,5", {} } },
                 { { "b", {} }, { "1,234", {} } }, {}, { { "name", {} }, { "tokens", {} } },
                 { { "a", {} }, { "1,234", {} } }, { { "name", {} }, { "tokens", {} } },
                 { { "b", {} }, { "1,000,234", {} } } }) {
            evidence.add(row);
        }
        const auto marks = evidence.marks(Reach::Column, false);
        QCOMPARE(marks.size(), std::size_t(2)); // a header that is repeated begins nothing
        QVERIFY(marks[0][1].comma == Mark::Decimal);
        QVERIFY(marks[1][1].comma == Mark::Thousands);
    }

    /// A run that failed is a row of texts: it takes nothing from the rows around it.
    void aRowOfTextsBeginsNoTable()
    {
        TableEvidence evidence;
        for (const CsvRow& row : { CsvRow { { "name", {} }, { "ms", {} } }, { { "a", {} }, { "50,5", {} } },
                 { { "b", {} }, { "failed", {} } }, { { "c", {} }, { "1,234", {} } } }) {
            evidence.add(row);
        }
        const auto marks = evidence.marks(Reach::Column, false);
        QCOMPARE(marks.size(), std::size_t(1));
        QVERIFY(marks[0][1].comma == Mark::Decimal);
    }

    /// "Latency", a line of its own, names the table below it.
    void aCaptionStandsBeforeItsTable()
    {
        TableEvidence evidence;
        for (const CsvRow& row : { CsvRow { { "name", {} }, { "ms", {} } }, { { "a", {} }, { "50,5", {} } },
                 { { "", {} }, { "", {} } }, { { "Tokens", {} } }, { { "name", {} }, { "tokens", {} } },
                 { { "a", {} }, { "1,000,234", {} } } }) {
            evidence.add(row);
        }
        const auto marks = evidence.marks(Reach::Column, false);
        QCOMPARE(marks.size(), std::size_t(2));
        QVERIFY(marks[0][1].comma == Mark::Decimal);
        QVERIFY(marks[1][1].comma == Mark::Thousands);
    }

    void countlessTablesTellNothing()
    {
        TableEvidence evidence;
        for (std::size_t i = 0; i < TableSections::most + 10; ++i) {
            evidence.add({});
            const std::string title = "title " + std::to_string(i);
            evidence.add({ { "name", {} }, { title, {} } });
            evidence.add({ { "a", {} }, { "50,5", {} } });
        }
        const auto marks = evidence.marks(Reach::Column, false);
        QCOMPARE(marks.size(), TableSections::most + 1);
        QVERIFY(marks.front()[1].comma == Mark::Decimal);
        QVERIFY(marks.back()[1].comma == Mark::Unclear);
    }

    void thousandsHaveNoLeadingZero()
    {
        QVERIFY(!withoutThousands("0,125"));
        QCOMPARE(withoutThousands("10,125"), std::optional<std::string>("10125"));
    }
};

QTEST_APPLESS_MAIN(TestNumberMarks)
#include "tst_number_marks.moc"
