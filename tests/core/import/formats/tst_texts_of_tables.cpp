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
        QVERIFY(std::find(names.begin(), names.end(), "power_w [0,1]") != names.end());
        QVERIFY(std::find(names.begin(), names.end(), "power_w [2,3]") != names.end());
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
