// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

class TestGenaiPerf : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void summary_data()
    {
        QTest::addColumn<QByteArray>("config");
        QTest::newRow("sections") << QByteArray(
            R"({"model_names":["m"],"perf_analyzer":{"stimulus":{"concurrency":8}},"input":{"synthetic_tokens":{"mean":200},"output_tokens":{"mean":-1}}})");
        QTest::newRow("arguments") << QByteArray(
            R"({"model":["m"],"concurrency":8,"request_rate":null,"synthetic_input_tokens_mean":200,"output_tokens_mean":-1})");
    }
    void summary()
    {
        QFETCH(QByteArray, config);
        const Read r = readText(
            R"({"request_throughput":{"unit":"requests/sec","avg":2.5},"request_latency":{"unit":"ms","avg":100,"p99":150,"std":9},)"
            R"("inter_token_latency":{"unit":"ms","avg":4},"request_goodput":{"unit":"requests/sec","avg":-1.0},"input_config":)"
                + config.toStdString() + "}",
            "profile_export_genai_perf.json");
        QCOMPARE(r.importer, std::string("genai-perf"));
        QCOMPARE(r.sink.value(0, "request_throughput"), 2.5);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 150.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 4.0);
        QVERIFY(!r.sink.has(0, "request_goodput")); // -1: none could be computed
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("200"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string());
    }

    /// The gaps between chunks over their tokens, which the versions after these ceased to call a latency
    /// between tokens.
    void whatCountsOutputTokensHasItsOwnInterTokenLatency()
    {
        const Read json
            = readText(R"({"request_throughput":{"unit":"request per sec","avg":"12.5"},)"
                       R"("inter_token_latency":{"unit":"ns","avg":"3860000","p99":"5000000"},)"
                       R"("output_token_throughput":{"unit":"tokens per sec","avg":"217.5"},)"
                       R"("num_output_token":{"unit":"tokens","avg":"17.5"},"input_config":{"model":"m"}})",
                "profile_export_genai_perf.json");
        QCOMPARE(json.importer, std::string("genai-perf"));
        QCOMPARE(json.sink.value(0, "request_throughput"), 12.5);
        QCOMPARE(json.sink.value(0, "output_throughput"), 217.5);
        QCOMPARE(json.sink.value(0, "osl", "mean"), 17.5);
        QCOMPARE(json.sink.value(0, "tpot", "p99"), 5.0);
        const Read csv = readText("Metric,avg,min,max,p99,p95,p90,p75,p50,p25\n"
                                  "Inter Token Latency (ms),4.00,1.00,9.00,8.00,7.00,6.00,5.00,4.00,3.00\n"
                                  "Num Output Token,17.00,1.00,9.00,8.00,7.00,6.00,5.00,4.00,3.00\n",
            "profile_export_genai_perf.csv");
        QCOMPARE(csv.sink.value(0, "osl", "mean"), 17.0);
        for (const Read* read : { &json, &csv }) {
            QCOMPARE(read->sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("per-chunk"));
        }
    }

    void defaultLengthsSayNothingOfAFile()
    {
        const Read r
            = readText(R"({"request_latency":{"unit":"ms","avg":100},"input_config":{"model":"org/m",)"
                       R"("input":{"file":"prompts.jsonl","synthetic_tokens":{"mean":550}}}})",
                "profile_export_genai_perf.json");
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string());
    }

    void table()
    {
        const Read r = readText(
            "Metric,avg,min,max,p99,p95,p90,p75,p50,p25,p10,p5,p1\n"
            "Time To First Token (ms),8.00,7.00,9.00,\"1,008.98\",8.90,8.80,8.50,8.00,7.50,7.20,7.10,7.02\n"
            "\nMetric,Value\nOutput Token Throughput (tokens/sec),456.00\nRequest Throughput (per "
            "sec),123.00\n"
            "Request Goodput (per sec),-1.00\nRequest Count (count),3.00\n"
            "\nMetric,GPU,avg,min,max\nGPU Utilization (%),gpu0,77.50,75.00,80.00\n",
            "profile_export_genai_perf.csv");
        QCOMPARE(r.importer, std::string("genai-perf"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 1008.98);
        QCOMPARE(r.sink.value(0, "output_throughput"), 456.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 123.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 3.0);
        QVERIFY(!r.sink.has(0, "request_goodput") && !r.sink.has(0, "gpu_utilization"));
    }

    void twoTablesAreTwoPoints()
    {
        const std::string one = "     NVIDIA GenAI-Perf | LLM Metrics\n"
                                "┃ Statistic ┃ avg ┃ min ┃ p99 ┃\n"
                                "┡━━━━━━╇━━━━━━╇━━━━━━╇━━━━━━┩\n"
                                "│ Inter Token Latency (ms) │ 4.00 │ 0.00 │ N/A │\n"
                                "│ Request Count (count) │ 20.00 │ N/A │ N/A │\n"
                                "└──────┴──────┴──────┴──────┘\n";
        const Read r = readText(one + "\n" + one, "console.txt");
        QCOMPARE(r.importer, std::string("genai-perf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(1, "tpot", "min"), 0.0);
        QVERIFY(!r.sink.has(1, "tpot", "p99"));
        QCOMPARE(r.sink.value(1, "requests_ok"), 20.0);
    }

    void theOldConsoleIsInNanoseconds()
    {
        const Read r
            = readText("genai-perf - INFO - Running Perf Analyzer : 'perf_analyzer -m org/m --async "
                       "--concurrency-range 16 --streaming'\n   LLM Metrics\n"
                       "┃ Statistic ┃ avg ┃ min ┃\n"
                       "│ Request latency (ns) │ 6,640,500,000 │ 1,271,250,000 │\n"
                       "│ Num output token │ 400 │ 35 │\n"
                       "└──────┴──────┴──────┘\n"
                       "Output token throughput (per sec): 922.50\nRequest throughput (per sec): 2.25\n",
                "log.txt");
        QCOMPARE(r.importer, std::string("genai-perf"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 6640.5);
        QCOMPARE(r.sink.value(0, "osl", "min"), 35.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 922.5);
        QCOMPARE(r.sink.value(0, "request_throughput"), 2.25);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
    }

    void analyze()
    {
        const Read r = readText(
            "Config Name,Concurrency,ISL,Num Prompts,p99 Time To First Token (ms),Avg. Output Token "
            "Throughput (tokens/sec),Request Throughput (requests/sec)\n"
            "a,32,200,175,184.5,1134.5,10.25\nb,64,200,100,230.5,1135.5,10.5\n"
            "\nConfig Name,GPU,p99 GPU Power Usage (W)\na,gpu0,80.5\n",
            "analyze_export_genai_perf.csv");
        QCOMPARE(r.importer, std::string("genai-perf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.points[1].label, std::string("b"));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("64"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("200"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 184.5);
        QCOMPARE(r.sink.value(1, "output_throughput"), 1135.5);
        QCOMPARE(r.sink.value(1, "request_throughput"), 10.5);
    }

    void rawProfile()
    {
        const Read r = readText(
            R"({"experiments":[{"experiment":{"mode":"concurrency","value":4},"requests":[)"
            R"({"timestamp":1700000000000000000,"response_timestamps":[1700000000005000000,1700000000015000000,1700000000030000000]},)"
            R"({"timestamp":1700000000001000000,"response_timestamps":[]},)"
            R"({"timestamp":1700000000002000000,"response_timestamps":[1700000000042000000]},)"
            R"({"timestamp":1600000000000000000,"response_timestamps":[1600000000042000000]}],)"
            R"("window_boundaries":[1700000000000000000,1700000001000000000]}],"version":"1.2.3"})",
            "profile_export.json");
        QCOMPARE(r.importer, std::string("genai-perf"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(3)); // the fourth lies outside the window
        QCOMPARE(rows[0].ttft->value, 5.0);
        QCOMPARE(rows[0].e2e->value, 30.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 10, 15 }));
        QVERIFY(!rows[1].ok && !rows[1].e2e);
        QVERIFY(rows[2].ok && !rows[2].ttft); // one response: no first token apart from the last
        QCOMPARE(rows[2].e2e->value, 40.0);
        QVERIFY(r.sink.warned("warm-up"));
        QVERIFY(!r.sink.has(0, "output_tokens"));
        QCOMPARE(r.sink.value(0, "e2e", "max"), 40.0);
    }
};

QTEST_GUILESS_MAIN(TestGenaiPerf)
#include "tst_genai_perf.moc"
