// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using namespace prism::test;

/// Texts of tables whose numbers have marks: each stays as its file has it.
class TestTextsOfTables : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void listsOfDevices()
    {
        const Read bench
            = readText("build_commit,build_number,gpu_info,model_filename,n_prompt,n_gen,avg_ts,stddev_ts\n"
                       "abc,1,\"0,1\",m.gguf,512,0,\"1.234,5\",0\n",
                "bench.csv");
        QCOMPARE(bench.importer, std::string("llama-bench"));
        QCOMPARE(bench.sink.attribute(0, "accelerator"), std::string("0,1"));
        QCOMPARE(bench.sink.value(0, "input_throughput"), 1234.5);

        const Read telemetry = readText("timestamp,gpu,power_w,utilization_pct\n"
                                        "1715000000,\"0,1\",\"315,25\",50\n1715000000,\"2,3\",\"99,5\",51\n",
            "smi.csv");
        QCOMPARE(telemetry.importer, std::string("telemetry-csv"));
        std::vector<std::string> names;
        for (const TimeSeries& series : telemetry.sink.seriesOf.at(0)) {
            names.push_back(series.name);
        }
        QVERIFY(std::find(names.begin(), names.end(), "power [0,1]") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "power [2,3]") != names.end());
    }

    void namesThatLookLikeNumbers()
    {
        const Read chat = readText("mode,setting,dataset,request_throughput_req_s,output_throughput_tok_s\n"
                                   "concurrency,4,\"0,5\",\"1,5\",\"100,25\"\n",
            "summary.csv");
        QCOMPARE(chat.importer, std::string("lmdeploy"));
        QCOMPARE(chat.sink.attribute(0, "dataset"), std::string("0,5"));
        QCOMPARE(chat.sink.value(0, "output_throughput"), 100.25);

        const Read names
            = readText("build_commit,build_number,gpu_info,model_filename,n_prompt,n_gen,avg_ts,stddev_ts\n"
                       "abc,1,cpu,\"7,5\",512,0,\"12,5\",0\n",
                "bench.csv");
        QCOMPARE(names.sink.attribute(0, "model"), std::string("7,5"));
        QCOMPARE(names.sink.value(0, "input_throughput"), 12.5);
    }

    void sectionsDoNotShareTheirMarks()
    {
        const Read r = readText("mode;setting;dataset;request_throughput_req_s;output_throughput_tok_s\n"
                                "concurrency;4;a;1,5;100,25\n"
                                "\n"
                                "mode;setting;dataset;output_throughput_tok_s;request_throughput_req_s\n"
                                "concurrency;8;a;2;120,512\n",
            "summary.csv");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 100.25);
        QVERIFY(!r.sink.has(1, "request_throughput"));
        QVERIFY(r.sink.warned("unclear-comma"));
    }

    void pointsFarAheadOfTheFirstComma()
    {
        std::string text = "mode,setting,dataset,request_throughput_req_s,output_throughput_tok_s\n";
        for (int i = 0; i < 2000; ++i) { // more than is looked at ahead
            text += "concurrency,4,a text of some length,7,1.234\n";
        }
        QVERIFY(text.size() > (64u << 10));
        const Read plain = readText(text, "summary.csv");
        QVERIFY(!plain.error);
        QCOMPARE(plain.sink.value(0, "output_throughput"), 1.234);

        const Read mixed = readText(text + "concurrency,8,a,7,\"50,5\"\n", "summary.csv");
        QVERIFY(mixed.error);
        QVERIFY2(mixed.error->text().find("1.234") != std::string::npos, mixed.error->text().c_str());
        QVERIFY(mixed.error->remedy.find("decimal_comma") != std::string::npos);

        const Read told
            = readText(text + "concurrency,8,a,7,12.5\nconcurrency,8,a,7,\"50,5\"\n", "summary.csv");
        QVERIFY(!told.error);
        QCOMPARE(told.sink.value(0, "output_throughput"), 1.234);
    }

    void whatIsAskedForAndUnclearIsSaid()
    {
        const Read r = readText("mode;setting;dataset;request_throughput_req_s;output_throughput_tok_s\n"
                                "concurrency;4,000;a;1,5;100,25\n",
            "summary.csv");
        QVERIFY(r.sink.attribute(0, "concurrency").empty());
        QVERIFY(std::any_of(r.sink.warnings.begin(), r.sink.warnings.end(), [](const Warning& w) {
            return w.code == "unclear-comma" && w.text.find("column setting") != std::string::npos;
        }));
    }

    void namesOfLocustDecideNothing()
    {
        const Read r
            = readText("Type;Name;Request Count;Failure Count;Median Response Time;Average Response "
                       "Time;Requests/s\nPOST;0,5;100;0;140;1,234;2\n;Aggregated;100;0;140;1,234;2\n",
                "a_stats.csv");
        QCOMPARE(r.importer, std::string("locust"));
        QVERIFY(!r.sink.has(0, "e2e", "mean"));
        QVERIFY(r.sink.warned("unclear-comma"));
    }

    void whatIsKeptBeside()
    {
        const Read bench = readText(
            "build_commit,build_number,gpu_info,model_filename,n_prompt,n_gen,avg_ts,stddev_ts,devices\n"
            "abc,1,cpu,m.gguf,512,0,\"12,5\",0,\"0,1\"\n",
            "bench.csv");
        const std::vector<Extra>& extras = bench.sink.points.at(0).extras;
        QVERIFY(std::any_of(
            extras.begin(), extras.end(), [](const Extra& extra) { return extra.text == "devices = 0,1"; }));
    }
};

QTEST_APPLESS_MAIN(TestTextsOfTables)
#include "tst_texts_of_tables.moc"
