// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/mapped_text.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

/// What a mapping makes of numbers with commas and points, and of texts that look like them.
class TestMappingNumbers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void commasThatSayThemselvesWhatTheyMean()
    {
        Mapping mapping = sweep();
        mapping.delimiter = ';';
        const std::string head = "model;conc;ttft_p50;tps;phase\n";
        const Mapped decimal
            = readWith(mapping, head + "m;8;120,512;512,125;a\nm;8;220,5;900,5;a\n", Family::Csv);
        QCOMPARE(decimal.sink.value(0, "output_throughput"), 512.125);
        const Mapped open = readWith(mapping, head + "m;8;120,512;512,125;a\n", Family::Csv);
        QVERIFY(!open.sink.has(0, "output_throughput"));
        QVERIFY(open.sink.warned("unclear-comma"));
        mapping.decimalComma = true;
        const Mapped stated = readWith(mapping, head + "m;8;120,512;512,125;a\n", Family::Csv);
        QCOMPARE(stated.sink.value(0, "output_throughput"), 512.125);
        QVERIFY(!stated.sink.warned("unclear-comma"));
    }

    void aListOfDevicesDecidesNoNumber()
    {
        Mapping mapping = sweep();
        mapping.delimiter = '\t';
        mapping.values.push_back(attribute("gpus", "accelerator"));
        const Mapped r = readWith(mapping,
            "gpus\tmodel\tconc\ttps\tttft_p50\tphase\n0,1\tm\t8\t1,234\t120\ta\n"
            "2,3\tm\t16\t2,468\t130\ta\n",
            Family::Csv);
        QVERIFY(!r.error);
        QVERIFY(!r.sink.has(0, "output_throughput"));
        QVERIFY(!r.sink.has(1, "output_throughput"));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 120000.0);
        QVERIFY(r.sink.warned("unclear-comma"));
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("0,1"));
    }

    void aVersionDecidesNoNumber()
    {
        Mapping mapping = sweep();
        mapping.delimiter = ';';
        for (const std::string version : { "0.6", "03.05" }) {
            const Mapped r = readWith(mapping,
                "conc;model;version;tps;ttft_p50;phase\n8;m;" + version + ";812,512;120,125;a\n",
                Family::Csv);
            QVERIFY(!r.error);
            QVERIFY(!r.sink.has(0, "output_throughput"));
            QVERIFY(!r.sink.has(0, "ttft", "p50"));
            QVERIFY(r.sink.warned("unclear-comma"));
        }
    }

    void quotedCommas()
    {
        const Mapping mapping = sweep();
        const std::string head = "model,conc,ttft_p50,tps,phase\n";
        const Mapped r = readWith(
            mapping, head + "m,8,\"120,125\",\"812,5\",a\nm,8,\"130,125\",\"812,512\",a\n", Family::Csv);
        QVERIFY(!r.sink.has(0, "ttft", "p50"));
        QVERIFY(r.sink.warned("unclear-comma"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 812.5);
        QCOMPARE(r.sink.value(1, "output_throughput"), 812.512);
        std::string far = head;
        for (int i = 0; i < 10'000; ++i) {
            far += "m,8,120,812,a\n";
        }
        const Mapped late = readWith(mapping, far + "m,8,1,\"812,512\",a\n", Family::Csv);
        QCOMPARE(late.sink.points.size(), std::size_t(10'001));
        QCOMPARE(late.sink.value(9'999, "output_throughput"), 812.0);
        QVERIFY(!late.sink.has(10'000, "output_throughput"));
    }

    void attributesKeepTheirText()
    {
        Mapping mapping = sweep();
        mapping.delimiter = ';';
        mapping.values.push_back(attribute("gpus", "accelerator"));
        mapping.values.push_back(attribute("isl", "isl_target"));
        mapping.values.push_back(attribute("version", "engine_version"));
        const std::string text
            = "model;conc;ttft_p50;tps;phase;gpus;isl;version\nm;8;0,5;12,5;a;0,1;1,024;24.125\n";
        const Mapped r = readWith(mapping, text, Family::Csv);
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("0,1"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string());
        QCOMPARE(r.sink.attribute(0, "engine_version"), std::string("24.125"));
        QVERIFY(r.sink.warned("unclear-comma"));
        mapping.decimalComma = true;
        const Mapped stated = readWith(mapping, text, Family::Csv);
        QCOMPARE(stated.sink.attribute(0, "accelerator"), std::string("0,1"));
        QCOMPARE(stated.sink.attribute(0, "engine_version"), std::string("24.125"));
        QCOMPARE(stated.sink.value(0, "output_throughput"), 12.5);
        QVERIFY(!stated.sink.warned("unclear-comma"));
    }

    void filtersSeeTheTextOfTheFile()
    {
        Mapping mapping = sweep();
        mapping.delimiter = ';';
        mapping.leaveOut = { { "gpus", RowFilter::Is::Equal, "0,1", "" } };
        const std::string text
            = "model;conc;ttft_p50;tps;phase;gpus\nm;8;0,5;12,5;a;0,1\nm;8;0,5;13,5;a;2,3\n";
        for (const bool stated : { false, true }) {
            mapping.decimalComma = stated;
            const Mapped r = readWith(mapping, text, Family::Csv);
            QCOMPARE(r.sink.points.size(), std::size_t(1));
            QCOMPARE(r.sink.value(0, "output_throughput"), 13.5);
        }
    }

    /// A text of a document says no more of its comma than a cell of a table.
    void textsOfDocumentsWithMarks()
    {
        Mapping mapping = sweep();
        mapping.format = Mapping::Format::Json;
        for (MappedValue& value : mapping.values) {
            value.column = value.column.empty() ? "" : '/' + value.column;
        }
        const std::string text = R"([{"model":"m","conc":"1,024","ttft_p50":0.125,"tps":"1,234"},)"
                                 R"({"model":"m","conc":"8","ttft_p50":1.234,"tps":"1,020.5"}])";
        const Mapped open = readWith(mapping, text, Family::Json);
        QCOMPARE(open.sink.points.size(), std::size_t(2));
        QVERIFY(!open.sink.has(0, "output_throughput"));
        QVERIFY(open.sink.attribute(0, "concurrency").empty());
        QVERIFY(open.sink.warned("unclear-comma"));
        QCOMPARE(open.sink.value(1, "output_throughput"), 1020.5);
        QCOMPARE(open.sink.value(1, "ttft", "p50"), 1234.0);
        mapping.decimalComma = true;
        const Mapped stated = readWith(mapping, text, Family::Json);
        QCOMPARE(stated.sink.value(0, "output_throughput"), 1.234);
        QCOMPARE(stated.sink.value(1, "ttft", "p50"), 1234.0); // a number of the document, with a point
    }

    void listsOfGapsAreNoNumbers()
    {
        Mapping mapping;
        mapping.name = "requests";
        mapping.row = Mapping::Row::Request;
        mapping.delimiter = '\t';
        mapping.values = { request("e2e", "e2e", "ms"), request("gaps", "gaps", "ms") };
        const auto gaps = [&mapping](const std::string& rows) {
            const Mapped r = readWith(mapping, "e2e\tgaps\tx\n" + rows, Family::Csv);
            return r.sink.requests.at(0).at(0);
        };
        QCOMPARE(gaps("7\t12,13\t1\n").gapsMs, (std::vector<double> { 12, 13 }));
        QCOMPARE(gaps("7\t12,130\t0.5\n").gapsMs, (std::vector<double> { 12, 130 }));
        QVERIFY(!gaps("1,234\t12,13\t1\n").e2e);
        QVERIFY(gaps("7\t12,5 13,5\t1\n").gapsMs.empty());
        QVERIFY(
            readWith(mapping, "e2e\tgaps\tx\n7\t12,5 13,5\t1\n", Family::Csv).sink.warned("unclear-comma"));
        QVERIFY(!readWith(mapping, "e2e\tgaps\tx\n7\t12,13\t1\n", Family::Csv).sink.warned("unclear-comma"));
        mapping.decimalComma = true;
        QCOMPARE(gaps("7\t12,5 13,5\t1\n").gapsMs, (std::vector<double> { 12.5, 13.5 }));
        QCOMPARE(gaps("1,234\t12, 13\t1\n").gapsMs, (std::vector<double> { 12, 13 }));
        QCOMPARE(gaps("1,234\t12, 13\t1\n").e2e->value, 1.234);
    }

    void filtersCompareNumbersAsNumbers_data()
    {
        QTest::addColumn<int>("is");
        QTest::addColumn<QString>("value");
        QTest::addColumn<int>("left");
        QTest::newRow("equal as numbers") << 0 << "8.0" << 2;
        QTest::newRow("not equal") << 1 << "8" << 1;
        QTest::newRow("less") << 2 << "9" << 1;
        QTest::newRow("more") << 3 << "9" << 2;
    }
    void filtersCompareNumbersAsNumbers()
    {
        QFETCH(int, is);
        QFETCH(QString, value);
        QFETCH(int, left);
        Mapping mapping = sweep();
        mapping.leaveOut = { { "conc", static_cast<RowFilter::Is>(is), value.toStdString(), {} } };
        const Mapped r = readWith(
            mapping, "model,conc,ttft_p50,tps,phase\nm,8,1,1,a\nm,16,1,1,a\nm,4,1,1,a\n", Family::Csv);
        QCOMPARE(static_cast<int>(r.sink.points.size()), left);
    }

    void commasCanBeDecimal()
    {
        Mapping mapping = sweep();
        mapping.delimiter = ';';
        mapping.decimalComma = true;
        const Mapped r
            = readWith(mapping, "model;conc;ttft_p50;tps;phase\nm;8;0,25;1.020,5;a\n", Family::Csv);
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 1020.5);
    }
};

QTEST_APPLESS_MAIN(TestMappingNumbers)
#include "tst_mapping_numbers.moc"
