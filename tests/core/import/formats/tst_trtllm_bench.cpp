// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

const std::string rule = "===========================================================\n";

std::string section(const std::string& title, const std::string& lines)
{
    return rule + "= " + title + " \n" + rule + lines + '\n';
}

const std::string engine = section("ENGINE DETAILS",
    "Model:\t\t\torg/m\nEngine Directory:\t/tmp/e\nTensorRT-LLM Version:\t0.16.0\nDtype:\t\t\tbfloat16\nKV "
    "Cache "
    "Dtype:\t\tFP8\nQuantization:\t\tFP8\n");
const std::string world = section("WORLD + RUNTIME INFORMATION",
    "TP Size:\t\t8\nPP Size:\t\t1\nEP Size:\tNone\nKV Memory Percentage:\t90.00%\nIssue Rate "
    "(req/sec):\t1.6324E+14\n");

} // namespace

class TestTrtllmBench : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void streamingUpTo016()
    {
        const Read r = readText(engine + world
                + section("PERFORMANCE OVERVIEW",
                    "Number of requests:\t\t1000\nToken Throughput (tokens/sec):\t12800.0\nTotal Latency "
                    "(ms):\t\t10000.0\n")
                + section("STREAMING STATISTICS",
                    "Average request latency (ms):\t\t3100.5\nAverage time-to-first-token "
                    "(ms):\t500.125\nAverage "
                    "inter-token latency (ms):\t20.5\n")
                + rule,
            "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 3100.5);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 500.125);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.5);
    }

    void latencyBenchmark()
    {
        const Read r = readText(engine + world
                + section("GENERAL OVERVIEW",
                    "Number of requests:\t\t100\nAverage Output Length (tokens):\t2048.0\nAverage request "
                    "latency (ms):\t63456.5\n")
                + section("THROUGHPUT OVERVIEW",
                    "Request Throughput (req/sec):\t\t  0.0158\nTotal Token Throughput (tokens/sec):\t  "
                    "32.25\nGeneration "
                    "Token Throughput (tokens/sec): 32.5\n")
                + section("LATENCY OVERVIEW",
                    "Total Latency (ms):\t\t  6345624.5\nAverage time-to-first-token (ms): 147.75\nAverage "
                    "inter-token "
                    "latency (ms): 30.5\nAcceptance Rate (Speculative):\t  1.00\n")
                + section("GENERATION LATENCY BREAKDOWN", "MIN (ms): 63266.5\nP90 (ms): 63307.25\n") + rule,
            "log.txt");
        QCOMPARE(r.importer, std::string("trtllm-bench"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 63456.5);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 30.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 32.25); // its "total" counts what was generated
        QVERIFY(!r.sink.has(0, "total_throughput"));
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 32.5);
        QCOMPARE(r.sink.value(0, "duration"), 6345.6245);
        for (const Measure& m : r.sink.points[0].measures) {
            QVERIFY(m.value != 63307.25); // a median that is printed as P90
        }
    }

    void inTheLogOfAPod()
    {
        std::string text;
        const std::string plain = engine + world
            + section("PERFORMANCE OVERVIEW",
                "Token Throughput (tokens/sec):\t12800.0\nTotal Latency (ms):\t\t10000.0\n")
            + rule;
        for (std::size_t at = 0; at < plain.size();) {
            const std::size_t end = plain.find('\n', at);
            text += "2025-01-01T00:00:00.123456789Z stdout F " + plain.substr(at, end + 1 - at);
            at = end + 1;
        }
        const Read r = readText(text, "pod.log");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "output_throughput"), 12800.0);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
    }

    void upTo017()
    {
        const Read r
            = readText("[TensorRT-LLM] TensorRT-LLM version: 0.16.0\n[05/28/2025-22:40:29] [TRT-LLM] [I]\n"
                    + section("DATASET DETAILS", "Max Input Sequence Length:\t128\n")
                    + "\n[05/28/2025-22:40:30] [TRT-LLM] [I] Starting\n" + engine + world
                    + section("PERFORMANCE OVERVIEW",
                        "Number of requests:\t\t3000\nAverage Input Length (tokens):\t128.0000\nAverage "
                        "Output Length "
                        "(tokens):\t256.5000\nToken Throughput (tokens/sec):\t10893.8750\nRequest Throughput "
                        "(req/sec):\t10.6385\nTotal Latency (ms):\t\t281993.5000\n")
                    + rule + "\n[05/28/2025-22:50:29] [TRT-LLM] [I] Total Latency (ms): 5\n",
                "log.txt");
        QCOMPARE(r.importer, std::string("trtllm-bench"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "engine_version"), std::string("0.16.0"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string("FP8"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "ep"), std::string());
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string()); // an issue rate is not asked for
        QCOMPARE(r.sink.value(0, "requests"), 3000.0);
        QCOMPARE(r.sink.value(0, "osl", "mean"), 256.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 10893.875);
        QVERIFY(!r.sink.has(0, "total_throughput"));
        QCOMPARE(r.sink.value(0, "duration"), 281.9935);
        QCOMPARE(
            r.sink.points[0].measure("duration", Stat::value())->given, std::string("Total Latency (ms)"));
    }

    void upTo012SecondsAreStated()
    {
        const Read r = readText(engine + world
                + section("STATISTICS",
                    "Number of requests:             30\nToken Throughput (tokens/sec):  23405.5\nTotal "
                    "Latency "
                    "(seconds):        16.5\n"),
            "log.txt");
        QCOMPARE(r.sink.value(0, "duration"), 16.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 23405.5);
    }

    void streaming_data()
    {
        QTest::addColumn<QString>("average");
        QTest::addColumn<QString>("p50");
        QTest::addColumn<QString>("heading");
        QTest::addColumn<double>("milliseconds");
        QTest::newRow("milliseconds") << "7.50"
                                      << "7.25"
                                      << "(ms)" << 7.25;
        QTest::newRow("nanoseconds") << "7500000.0"
                                     << "7250000.0"
                                     << "(ns)" << 7.25;
        QTest::newRow("nanoseconds that call themselves milliseconds") << "7500000.0"
                                                                       << "7250000.0"
                                                                       << "(ms)" << 7.25;
        QTest::newRow("agrees in no unit") << "9.99"
                                           << "7.25"
                                           << "(ms)" << -1.0;
        QTest::newRow("no unit") << "7.50"
                                 << "7.25"
                                 << "" << -1.0;
    }
    void streaming()
    {
        QFETCH(QString, average);
        QFETCH(QString, p50);
        QFETCH(QString, heading);
        QFETCH(double, milliseconds);
        const Read r = readText(
            section("PYTORCH BACKEND",
                "Model:\t\t\tm\nTensorRT LLM Version:\t1.2\nDtype:\tbfloat16\nQuantization:\tNone\n")
                + section("MACHINE DETAILS", "NVIDIA X100 80GB, memory 79.10 GB, 2.62 GHz\n")
                + section("REQUEST DETAILS",
                    "Number of requests:             100\nNumber of concurrent requests:  94.5\n")
                + section("PERFORMANCE OVERVIEW",
                    "Request Throughput (req/sec):                     86.5\nTotal Output Throughput "
                    "(tokens/sec):     "
                    "        11076.5\nTotal Token Throughput (tokens/sec):              22153.5\nAverage "
                    "request "
                    "latency (ms):                     1093.5\nPer User Output Throughput [w/ ctx] "
                    "(tps/user):   "
                    "117.15\nAverage time-per-output-token [TPOT] (ms): 7.50\n\n-- Per-Request "
                    "Time-per-Output-Token [TPOT] Breakdown "
                        + heading.toStdString() + "\n\n[TPOT] AVERAGE: " + average.toStdString()
                        + "\n[TPOT] P50    : " + p50.toStdString()
                        + "\n\n-- Per-Request Generation Throughput [GTPS] Breakdown (tps/user)\n\n[GTPS] "
                          "P99    : 150.5\n"
                          "\n-- Request Latency Breakdown (ms) -----------------------\n\n[Latency] P50    : "
                          "1091.5\n"
                          "[Latency] MAXIMUM: 1138.5\n[Latency] AVERAGE: 1093.5\n"),
            "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("NVIDIA X100 80GB"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string("bfloat16")); // nothing was quantised
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string()); // measured, not asked for
        QCOMPARE(r.sink.value(0, "output_throughput"), 11076.5);
        QCOMPARE(r.sink.value(0, "total_throughput"), 22153.5);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 7.5);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 1091.5);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 1138.5);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "p99"), 150.5);
        QCOMPARE(r.sink.has(0, "tpot", "p50"), milliseconds > 0);
        if (milliseconds > 0) {
            QCOMPARE(r.sink.value(0, "tpot", "p50"), milliseconds);
        }
    }

    void twoRunsInOneLog()
    {
        const std::string run
            = engine + section("PERFORMANCE OVERVIEW", "Token Throughput (tokens/sec):\t100.5\n");
        const Read r
            = readText(run + rule + "\n[05/28/2025-22:50:29] [TRT-LLM] [I] again\n" + run, "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("org/m"));
    }

    void otherRanksWriteBetweenTheLines()
    {
        const Read r = readText(engine
                + section("PERFORMANCE OVERVIEW",
                    "Number of requests:\t10\n[TensorRT-LLM][INFO] Refreshed the MPI local session\nToken "
                    "Throughput "
                    "(tokens/sec):\t100.5\n")
                + rule + "\nRequest Throughput (req/sec): 5\n",
            "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "output_throughput"), 100.5);
        QVERIFY(!r.sink.has(0, "request_throughput")); // behind the end of the report
    }

    void aTemplateHasNoNumbers()
    {
        const Read r = readText(engine + section("REQUEST DETAILS", "Number of requests:             1000\n")
                + section("PERFORMANCE OVERVIEW",
                    "Request Throughput (req/sec):     X.XX\nTotal Latency (ms):      <value>\n"),
            "README.txt");
        QVERIFY(r.error && r.sink.points.empty());
    }

    void report_data()
    {
        QTest::addColumn<QString>("tpot");
        QTest::newRow("milliseconds") << R"("p50":7.25,"average":7.5,"minimum":6.5,"maximum":8.5)";
        QTest::newRow("nanoseconds")
            << R"("p50":7250000.0,"average":7500000.0,"minimum":6500000,"maximum":8500000)";
    }
    void report()
    {
        QFETCH(QString, tpot);
        const Read r = readText(
            R"({"engine":{"model":"m","version":"1.0","backend":"Pytorch","dtype":"bfloat16","quantization":"FP8","kv_cache_dtype":"FP8"},)"
            R"("machine":{"name":"NVIDIA X100","memory.total":79.1},"world_info":{"tp_size":4,"pp_size":1,"ep_size":null,"world_size":4,"issue_rate":1e14},)"
            R"("request_info":{"num_requests":100,"avg_num_concurrent_requests":94.5,"avg_input_length":128.0,"avg_output_length":64.0},)"
            R"("performance":{"total_latency_ms":1155.5,"avg_request_latency_ms":1093.5,"request_throughput_req_s":86.5,)"
            R"("system_output_throughput_tok_s":11076.5,"system_total_throughput_tok_s":22153.5,"request_latency_percentiles_ms":{"p50":1091.5,"p99":1137.5,"average":1093.5}},)"
            R"("streaming_metrics":{"avg_ttft_ms":162.5,"avg_tpot_ms":7.5,"token_output_speed_tok_s":137.5,"tpot_percentiles":{)"
                + tpot.toStdString()
                + R"(},"gen_tps_percentiles":{"p50":1.3e-07,"average":1.375e-07}},)"
                  R"("energy":{"total_energy_j":812.5,"output_tps_per_w":15.5,"average_gpu_power":703.0},"dataset":{"isl":1}})",
            "report.json");
        QCOMPARE(r.importer, std::string("trtllm-bench"));
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("NVIDIA X100"));
        QCOMPARE(r.sink.attribute(0, "accelerator_count"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string("FP8"));
        QCOMPARE(r.sink.value(0, "duration"), 1.1555);
        QCOMPARE(r.sink.value(0, "energy"), 812.5);
        QVERIFY(!r.sink.has(0, "power", "mean") && !r.sink.has(0, "power")); // of one GPU or of all
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 1137.5);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 162.5);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 7.25);
        QCOMPARE(r.sink.value(0, "tpot", "max"), 8.5);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "p50"), 130.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::percentile(50))->path,
            std::string("/streaming_metrics/tpot_percentiles/p50"));
    }

    void requests()
    {
        const Read r = readText(
            R"([{"id":1,"num_input_tokens":10,"start_timestamp":1000000000,"first_token_timestamp":1100000000,"end_timestamp":2000000000,"output":"secret","output_tokens":11,"error_tokens":0},)"
            R"({"id":2,"num_input_tokens":10,"start_timestamp":1500000000,"first_token_timestamp":-1,"end_timestamp":3000000000,"output_tokens":5,"error_tokens":0}])",
            "requests.json");
        QCOMPARE(r.importer, std::string("trtllm-bench"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 100.0);
        QCOMPARE(rows[0].e2e->value, 1000.0);
        QVERIFY(!rows[1].ttft);
        QCOMPARE(rows[1].start->value, 0.5);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 90.0);
        QCOMPARE(r.sink.value(0, "duration"), 2.0);
    }

    void timesHaveNoNoise()
    {
        const Read r = readText(
            R"([{"id":1,"num_input_tokens":10,"start_timestamp":1780000000123456789,"first_token_timestamp":1780000000132156789,"end_timestamp":1780000000178756789,"output_tokens":11,"error_tokens":0}])",
            "requests.json");
        QVERIFY(r.sink.requests.at(0)[0].e2e->value == 55.3); // to the last bit
        QVERIFY(r.sink.requests.at(0)[0].ttft->value == 8.7);
    }

    void iterationsAreAttached()
    {
        const Read r = readText("{\"iter\":1,\"iterLatencyMS\":5.5,\"numActiveRequests\":3}\n"
                                "{\"iter\":2,\"iterLatencyMS\":5.5,\"numActiveRequests\":3}\n",
            "iteration.log");
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("rows"), std::uint64_t(2));
    }
};

QTEST_GUILESS_MAIN(TestTrtllmBench)
#include "tst_trtllm_bench.moc"
