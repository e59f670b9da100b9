// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"
#include "tests/support/mapped_text.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

class TestMapping : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// As edits take them: what cannot be the value of an attribute is none.
    void attributesAreWhatTheyCanBe()
    {
        Mapping mapping = sweep();
        mapping.values.push_back({ {}, "four", MappedValue::Target::Attribute, "tp", Stat::value(), {}, {} });
        const auto wrong = check(mapping);
        QVERIFY(!wrong);
        QVERIFY(wrong.error().text().find("four") != std::string::npos);
        mapping.values.back().constant = "4";
        QVERIFY(check(mapping));
        mapping.values.push_back(
            { {}, "fast", MappedValue::Target::Measure, "power", Stat::mean(), "W", {} });
        QVERIFY(!check(mapping));
        mapping.values.pop_back();
        mapping.values.push_back(attribute("cache", "prefix_caching"));
        const Mapped r = readWith(mapping,
            "model,conc,ttft_p50,tps,phase,cache\nm,-2,0.5,100,a,True\nm,16,abc,200,b,maybe\n"
            "m,32,-,300,c,None\n",
            Family::Csv);
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string());
        QCOMPARE(r.sink.attribute(0, "prefix_caching"), std::string("true"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("4"));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(1, "prefix_caching"), std::string());
        const auto codes = [&](std::size_t point) {
            std::string all;
            for (const Warning& w : r.sink.points[point].warnings) {
                all += w.code + ' ';
            }
            return all;
        };
        QCOMPARE(codes(0), std::string("attribute-left-out "));
        QCOMPARE(codes(1), std::string("not-a-number attribute-left-out "));
        QCOMPARE(codes(2), std::string());
        QCOMPARE(r.sink.points[1].measure("ttft", Stat::percentile(50))->status, Status::Missing);
    }

    /// "none" says that there is no such thing; a blank says nothing.
    void noneIsAWord()
    {
        Mapping mapping = sweep();
        mapping.values.push_back(attribute("spec", "spec_decoding"));
        mapping.values.push_back(attribute("tp", "tp"));
        const Mapped r = readWith(mapping,
            "model,conc,ttft_p50,tps,phase,spec,tp\nm,8,0.5,100,a,none,none\nm,16,0.5,100,b,,\n"
            "m,32,0.5,100,c,n/a,-\n",
            Family::Csv);
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "spec_decoding"), std::string("none"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string()); // no number of GPUs
        QVERIFY(r.sink.points[0].warnings.empty());
        QCOMPARE(r.sink.attribute(1, "spec_decoding"), std::string());
        QCOMPARE(r.sink.attribute(2, "spec_decoding"), std::string());
    }

    void aRowIsAPoint()
    {
        Mapping mapping = sweep();
        mapping.values.push_back(
            { {}, "H100", MappedValue::Target::Attribute, "accelerator", Stat::value(), {}, {} });
        mapping.values.push_back(
            { {}, "2", MappedValue::Target::Measure, "duration", Stat::value(), "ms", {} });
        const Mapped r = readWith(mapping,
            "model,conc,ttft_p50,tps,phase\nllama,8,0.25,\"1,020.5\",main\nllama,16,n/a,,main\n",
            Family::Csv);
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 1020.5);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.points[0].attribute("accelerator")->origin, Origin::User);
        const Measure* duration = r.sink.points[0].measure("duration", Stat::value());
        QCOMPARE(duration->value, 0.002);
        QCOMPARE(duration->origin, Origin::User);
        const Measure* ttft = r.sink.points[0].measure("ttft", Stat::percentile(50));
        QCOMPARE(ttft->path, std::string("2:9"));
        QCOMPARE(ttft->given, std::string("ttft_p50"));
        QCOMPARE(r.sink.points[1].measure("ttft", Stat::percentile(50))->status, Status::Missing);
        QVERIFY(!r.sink.has(1, "output_throughput"));
        QCOMPARE(r.sink.points[0].extras.at(0).text, std::string("phase = main")); // not mapped, kept
    }

    void rowsOfAWarmUpAreLeftOutAndSaid()
    {
        Mapping mapping = sweep();
        mapping.leaveOut = { { "phase", RowFilter::Is::Equal, "warmup", "warm-up" } };
        mapping.leaveOutFirst = 1;
        const Mapped r = readWith(mapping,
            "model,conc,ttft_p50,tps,phase\nm,1,1,1,main\nm,2,1,1,warmup\nm,4,1,1,main\n", Family::Csv);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.warnings.size(), std::size_t(2));
        QCOMPARE(r.sink.warnings[1].text, std::string("1 row is left out: warm-up."));
    }

    void tablesWithoutNames()
    {
        Mapping mapping = sweep();
        mapping.headerRow = 0;
        mapping.values = { attribute("1", "concurrency"), measure("3", "ttft", Stat::mean(), "ms") };
        const Mapped r = readWith(mapping, "8,x,12.5\n16,x,25\n", Family::Csv);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(1, "ttft", "mean"), 25.0);
    }

    void linesBeforeTheHeaderAreNotRows()
    {
        Mapping mapping = sweep();
        mapping.headerRow = 3;
        const Mapped r = readWith(
            mapping, "# made by frob,,,,\n\nmodel,conc,ttft_p50,tps,phase\nm,8,0.25,10,a\n", Family::Csv);
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "output_throughput"), 10.0);
    }

    void rowsOfJsonAreFoundByTheirPointer()
    {
        Mapping mapping;
        mapping.name = "cases";
        mapping.format = Mapping::Format::Json;
        mapping.rows = "/cases";
        mapping.values = { attribute("^/model", "model"), attribute("/concurrency", "concurrency"),
            measure("/lat/ttft_s", "ttft", Stat::percentile(50), "s") };
        const std::string text = R"({"cases":[{"concurrency":1,"lat":{"ttft_s":0.5},"note":"a"},)"
                                 R"({"concurrency":2,"lat":{"ttft_s":0.75}}],"model":"llama"})";
        const Mapped r = readWith(mapping, text, Family::Json);
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(1, "ttft", "p50"), 750.0);
        QCOMPARE(r.sink.attribute(1, "model"), std::string("llama"));
        QCOMPARE(
            r.sink.points[1].measure("ttft", Stat::percentile(50))->path, std::string("/cases/1/lat/ttft_s"));
        QCOMPARE(r.sink.points[0].extras.at(0).path, std::string("/cases/0/note"));
    }

    void linesOfJson()
    {
        Mapping mapping;
        mapping.name = "lines";
        mapping.format = Mapping::Format::Json;
        mapping.values = { measure("/tok_s", "output_throughput", Stat::value(), "tok/s") };
        const Mapped lines = readWith(mapping, "{\"tok_s\":1.5}\n{\"tok_s\":2.5}\n", Family::Json);
        QCOMPARE(lines.sink.points.size(), std::size_t(2));
        QCOMPARE(lines.sink.value(1, "output_throughput"), 2.5);
        const Mapped array = readWith(mapping, R"([{"tok_s":1.5},{"tok_s":2.5}])", Family::Json);
        QCOMPARE(array.sink.points.size(), std::size_t(2));
        QCOMPARE(
            array.sink.points[1].measure("output_throughput", Stat::value())->path, std::string("/1/tok_s"));
    }

    void aRowIsARequest()
    {
        Mapping mapping;
        mapping.name = "requests";
        mapping.row = Mapping::Row::Request;
        mapping.values = { attribute("users", "concurrency"), request("t0", "start", "s"),
            request("t1", "end", "s"), request("first", "ttft", "ms"), request("out", "osl"),
            request("err", "error"), request("gaps", "gaps", "ms") };
        const Mapped r = readWith(mapping,
            "users,t0,t1,first,out,err,gaps\n2,100,101,200,9,,\"[100, 100.5]\"\n2,101,103,300,5,,\n"
            "4,200,201,100,3,timeout,\n",
            Family::Csv);
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        const std::vector<RequestRow>& first = r.sink.requests.at(0);
        QCOMPARE(first.size(), std::size_t(2));
        QCOMPARE(first[0].e2e->value, 1000.0);
        QCOMPARE(first[1].start->value, 1.0);
        QCOMPARE(first[0].gapsMs, (std::vector<double> { 100, 100.5 }));
        QCOMPARE(r.sink.value(0, "requests"), 2.0);
        QCOMPARE(r.sink.value(0, "duration"), 3.0);
        QCOMPARE(r.sink.points[0].measure("duration", Stat::value())->origin, Origin::Derived);
        QCOMPARE(r.sink.value(1, "requests_failed"), 1.0);
        QCOMPARE(r.sink.requests.at(1)[0].error, std::string("timeout"));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("4"));
    }

    void whatTheUserStatesStandsBeforeWhatFollows()
    {
        Mapping mapping;
        mapping.name = "requests";
        mapping.row = Mapping::Row::Request;
        mapping.values = { request("t0", "start", "s"), request("t1", "end", "s"),
            { {}, "60", MappedValue::Target::Measure, "duration", Stat::value(), "s", {} } };
        const Mapped r = readWith(mapping, "t0,t1\n0,1\n", Family::Csv);
        QCOMPARE(r.sink.value(0, "duration"), 60.0);
        QCOMPARE(std::count_if(r.sink.points[0].measures.begin(), r.sink.points[0].measures.end(),
                     [](const Measure& m) { return m.metric->id == "duration"; }),
            1);
    }

    void aColumnThatIsGoneRefusesTheFile()
    {
        const Mapped csv = readWith(sweep(), "model,conc,tps\nm,8,1\n", Family::Csv);
        QVERIFY(csv.error);
        QVERIFY(QString::fromStdString(csv.error->reason)
                    .contains(QLatin1String("needs the column ttft_p50, and the file has model, conc, tps")));
        Mapping json;
        json.name = "j";
        json.format = Mapping::Format::Json;
        json.values = { measure("/a", "ttft", Stat::mean(), "ms") };
        QVERIFY(readWith(json, R"([{"b":1}])", Family::Json).error);
        QVERIFY(!readWith(json, R"([{"b":1},{"a":1}])", Family::Json).error);
    }

    void faultsAreFoundBeforeAFileIsRead_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("says");
        const auto with = [](const char* value) {
            return QString::fromLatin1(R"({"prism_mapping":1,"name":"m","format":"csv","one_row_is":"point",)"
                                       R"("columns":[],"values":[%1]})")
                .arg(QLatin1String(value));
        };
        QTest::newRow("no unit") << with(R"({"column":"a","metric":"ttft","stat":"p50"})")
                                 << "the unit of TTFT is not stated";
        QTest::newRow("a rate for a time")
            << with(R"({"column":"a","metric":"ttft","stat":"p50","unit":"tok/s"})")
            << "tok/s is no unit of TTFT";
        QTest::newRow("no metric") << with(R"({"column":"a","metric":"latency"})") << "no metric latency";
        QTest::newRow("no statistic")
            << with(R"({"column":"a","metric":"ttft","unit":"ms"})") << "the statistic of TTFT is not stated";
        QTest::newRow("twice") << with(
            R"({"column":"a","metric":"requests"},{"column":"b","metric":"requests"})")
                               << "mapped twice";
        QTest::newRow("a request's field")
            << with(R"({"column":"a","request":"ttft","unit":"ms"})") << "belongs to a request";
        QTest::newRow("attribute") << with(R"({"column":"a","attribute":"colour"})") << "no attribute colour";
        QTest::newRow("nothing") << with(R"({"column":"a","attribute":"model"})") << "no column is mapped";
    }
    void faultsAreFoundBeforeAFileIsRead()
    {
        QFETCH(QString, json);
        QFETCH(QString, says);
        const auto mapping = parseMapping(json.toStdString(), "m.json");
        QVERIFY2(mapping, mapping ? "" : mapping.error().text().c_str());
        const auto checked = check(*mapping);
        QVERIFY(!checked);
        QVERIFY2(
            QString::fromStdString(checked.error().text()).contains(says), checked.error().text().c_str());
    }

    void textsThatAreNoMapping_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("place");
        QTest::newRow("no version") << QByteArray(R"({"name":"x"})") << "";
        QTest::newRow("newer") << QByteArray(R"({"prism_mapping":2})") << "";
        QTest::newRow("unknown member") << QByteArray(R"({"prism_mapping":1,"colour":1})") << "/colour";
        QTest::newRow("unknown member of a value")
            << QByteArray(R"({"prism_mapping":1,"values":[{"column":"a","metric":"ttft","units":"ms"}]})")
            << "/values/0/units";
        QTest::newRow("statistic") << QByteArray(
            R"({"prism_mapping":1,"values":[{"column":"a","metric":"ttft","stat":"P50"}]})")
                                   << "/values/0/stat";
        QTest::newRow("filter without a value")
            << QByteArray(R"({"prism_mapping":1,"leave_out":[{"column":"a"}]})") << "/leave_out/0";
        QTest::newRow("numbers for columns")
            << QByteArray(R"({"prism_mapping":1,"columns":[1,2]})") << "/columns";
        QTest::newRow("header") << QByteArray(R"({"prism_mapping":1,"header_row":-1})") << "/header_row";
    }
    void textsThatAreNoMapping()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, place);
        const auto mapping = parseMapping(text.toStdString(), "m.json");
        QVERIFY(!mapping);
        QCOMPARE(QString::fromStdString(mapping.error().place), place);
        QCOMPARE(mapping.error().file, std::string("m.json"));
    }

    void writtenAndReadAgain()
    {
        Mapping mapping = sweep();
        mapping.delimiter = '\t';
        mapping.decimalComma = true;
        mapping.leaveOutFirst = 3;
        mapping.leaveOut = { { "phase", RowFilter::Is::More, "7", "late" } };
        mapping.values.push_back(
            { {}, "4", MappedValue::Target::Attribute, "tp", Stat::value(), {}, "because" });
        const auto again = parseMapping(toJson(mapping), "m.json");
        QVERIFY(again);
        QCOMPARE(*again, mapping);
    }

    void theShapeIsRecognisedAndNothingElse()
    {
        const MappingImporter importer(sweep());
        QCOMPARE(importer.info().id, std::string_view("mapping-sweep"));
        const auto recognised = [&](const std::string& text) {
            const auto source = read::memorySource(text);
            Sample sample;
            sample.family = Family::Csv;
            std::vector<std::unique_ptr<std::string>> kept;
            (void)read::readCsv(*source, {}, [&](const read::CsvRow& row) -> Result<void> {
                read::CsvRow copy;
                for (const read::Cell& cell : row) {
                    kept.push_back(std::make_unique<std::string>(cell.text));
                    copy.emplace_back(*kept.back(), cell.place);
                }
                sample.rows.push_back(copy);
                return {};
            });
            return importer.recognise(sample).has_value();
        };
        QVERIFY(recognised("model,conc,ttft_p50,tps,phase\nm,1,1,1,a\n"));
        QVERIFY(recognised("phase,conc,ttft_p50,tps,model\na,1,1,1,m\n")); // another order
        QVERIFY(!recognised("model,conc,ttft_p50,tps\nm,1,1,1\n"));
        QVERIFY(!recognised("model,conc,ttft_p50,tps,phase,more\nm,1,1,1,a,b\n"));
        // A changed mapping reads old files anew.
        Mapping changed = sweep();
        changed.values[2].unit = "ms";
        QVERIFY(MappingImporter(changed).info().version != importer.info().version);
    }

    void everythingThatIsWrongIsSaidOfItsValue()
    {
        Mapping mapping = sweep();
        mapping.values[1].name = "no_such";
        mapping.values[2].unit = "furlong";
        mapping.values[3].proposed = "its name says so";
        mapping.values.push_back(attribute("phase", "model"));
        const auto problems = problemsOf(mapping);
        QCOMPARE(problems.size(), std::size_t(4));
        for (std::size_t i = 0; i < problems.size(); ++i) {
            QCOMPARE(problems[i].value, i + 1);
        }
        QCOMPARE(problems[0].error.place, std::string("column conc"));
        QVERIFY(problems[1].error.reason.find("furlong") != std::string::npos);
        QVERIFY(problems[2].error.reason.find("proposal") != std::string::npos);
        QVERIFY(problems[2].isProposal && !problems[1].isProposal);
        QVERIFY(problems[3].error.reason.find("twice") != std::string::npos);
        QCOMPARE(check(mapping).error(), problems[0].error);

        mapping.values.clear();
        mapping.name = "Bad Name";
        const auto ofAll = problemsOf(mapping);
        QCOMPARE(ofAll.size(), std::size_t(2));
        QCOMPARE(ofAll[1].value, MappingProblem::ofAll);
    }

    void aPreviewReadsNoFurther()
    {
        const std::string csv = "model,conc,ttft_p50,tps,phase\nm,1,1,1,a\nm,2,1,1,a\nm,3,1,1,a\n";
        for (const std::uint64_t most : { 2u, 3u, 0u }) {
            RecordingSink sink;
            Input input("file", Family::Csv,
                [&csv] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(csv)); }, {},
                {});
            input.setMostRows(most);
            QVERIFY(MappingImporter(sweep()).read(input, sink));
            QCOMPARE(sink.points.size(), std::size_t(most == 2 ? 2 : 3));
            QCOMPARE(sink.warned("first-rows"), most == 2);
        }
        Mapping ofRequests;
        ofRequests.name = "requests";
        ofRequests.format = Mapping::Format::Json;
        ofRequests.row = Mapping::Row::Request;
        ofRequests.rows = "/r";
        ofRequests.values = { request("/e2e", "e2e", "s") };
        const std::string json = R"({"r":[{"e2e":1},{"e2e":2},{"e2e":9}]})";
        RecordingSink sink;
        Input input("file", Family::Json,
            [&json] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(json)); }, {}, {});
        input.setMostRows(2);
        QVERIFY(MappingImporter(ofRequests).read(input, sink));
        QVERIFY(sink.warned("first-rows"));
        QCOMPARE(sink.value(0, "e2e", "mean"), 1500.0);
    }
};

QTEST_GUILESS_MAIN(TestMapping)
#include "tst_mapping.moc"
