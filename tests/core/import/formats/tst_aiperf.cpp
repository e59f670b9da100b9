// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string summary(const std::string& more)
{
    return '{'
        + std::string(
            R"("aiperf_version":"0.13","was_cancelled":false,"request_count":{"unit":"requests","avg":20},)")
        + R"("time_to_first_token":{"unit":"ms","avg":12.5,"p99":20,"std":1,"count":20},"inter_token_latency":{"unit":"ms","avg":3},)"
          R"("inter_chunk_latency":{"unit":"ms","avg":4},"total_osl":{"unit":"tokens","avg":640},"total_output_tokens":{"unit":"tokens","avg":9},)"
          R"("input_config":{"models":{"items":[{"name":"m"}]},"phases":[{"concurrency":4}],"datasets":[{"type":"synthetic","prompts":{"isl":{"mean":64.0}}}]})"
        + more + '}';
}

std::string request(const std::string& phase, const std::string& error, long long startNs)
{
    return '{' + std::string(R"("metadata":{"request_start_ns":)") + std::to_string(startNs)
        + R"(,"benchmark_phase":")" + phase
        + R"(","was_cancelled":false},"metrics":{"time_to_first_token":{"value":5,"unit":"ms"},"request_latency":{"value":0.03,"unit":"s"},)"
          R"("output_sequence_length":{"value":3,"unit":"tokens"},"inter_chunk_latency":{"value":[10,15],"unit":"ms"}},"error":)"
        + error + "}\n";
}

} // namespace

class TestAiperf : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itsInterTokenLatencyIsOurTpot()
    {
        const Read r = readText(summary(""), "profile_export_aiperf.json");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 3.0);
        QCOMPARE(r.sink.value(0, "itl", "mean"), 4.0);
        QCOMPARE(r.sink.value(0, "ttft", "count"), 20.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 640.0); // with reasoning
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("64"));
        QCOMPARE(
            r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("/time_to_first_token/avg"));
    }

    void anUnknownUnitIsLeftOut()
    {
        const Read r = readText(summary(R"(,"request_latency":{"unit":"furlongs","avg":7})"), "x.json");
        QVERIFY(!r.sink.has(0, "e2e", "mean"));
    }

    void requestsWithoutWarmUp()
    {
        const Read r
            = readText(request("warmup", "null", 1) + request("profiling", "null", 1795394178167166875)
                    + request("profiling", R"({"message":"boom"})", 1795394178167166975),
                "profile_export.jsonl");
        QCOMPARE(r.importer, std::string("aiperf"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].e2e->value, 30.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 10, 15 }));
        QCOMPARE(rows[1].start->value, 1e-7); // nanoseconds of an epoch, exact
        QVERIFY(!rows[1].ok);
        QCOMPARE(rows[1].error, std::string("boom"));
        QVERIFY(!rows[1].ttft);
        QVERIFY(r.sink.warned("warm-up"));
    }

    void tables()
    {
        const Read r = readText("Metric,avg,min,max,sum,p1,p99,std\r\nTime to First Token "
                                "(ms),12.50,1.00,20.00,,1.10,19.00,2.00\r\n\r\n"
                                "Metric,Value\r\nRequest Count,89.00\r\nTotal Output Sequence Length "
                                "(tokens),640.00\r\nTotal Output Tokens "
                                "(tokens),9.00\r\nMaximum Response Timestamp (ns),1759522428472357888.00\r\n",
            "profile_export_aiperf.csv");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 19.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 89.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 640.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("2:26"));
    }

    void requestsGiveDerivedDistributions()
    {
        const Read r
            = readText(request("profiling", "null", 1) + request("profiling", "null", 1'000'001), "a.jsonl");
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 5.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 30.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->origin, Origin::Derived);
    }

    /// Box-drawn tables; a name may go on in a second row, and a table of GPUs is none of the run's.
    void console()
    {
        const Read r = readText("INFO ready | set\n        NVIDIA AIPerf | LLM Metrics\n"
                                "┏━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┓\n"
                                "┃ Metric ┃ avg ┃ p99 ┃ std ┃\n"
                                "┡━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━┩\n"
                                "│ Request Latency (ms) │ 3,651.25 │ 5,707.95 │ 1,033.75 │\n"
                                "│ Output Token Throughput Per User │ 294.25 │ 297.50 │ 2.25 │\n"
                                "│ (tokens/sec/user) │ │ │ │\n"
                                "│ Request Throughput (requests/sec) │ 0.25 │ N/A │ N/A │\n"
                                "│ Goodput (requests/sec) │ 0.125 │ N/A │ N/A │\n"
                                "└──────────┴──────────┴──────────┴──────────┘\n"
                                "CLI Command: aiperf profile --model 'org/m' --concurrency 4\n"
                                "   localhost:9401 | GPU 0 | X\n"
                                "┃ Metric ┃ avg ┃ p99 ┃ std ┃\n"
                                "│ GPU Power Usage (W) │ 348.50 │ 386.00 │ 85.00 │\n",
            "console.txt");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 3651.25);
        QCOMPARE(r.sink.value(0, "e2e", "std"), 1033.75);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "p99"), 297.5);
        QCOMPARE(r.sink.value(0, "request_throughput"), 0.25);
        QCOMPARE(r.sink.value(0, "request_goodput"), 0.125);
        QVERIFY(!r.sink.has(0, "power"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
    }

    void aggregateOfSeveralRuns_data()
    {
        QTest::addColumn<int>("runs");
        QTest::addColumn<QByteArray>("semantics");
        QTest::addColumn<bool>("deviation");
        QTest::newRow("one run is itself") << 1 << QByteArray() << false;
        QTest::newRow("a mean of percentiles says so") << 3 << QByteArray("mean-of-runs") << true;
    }
    void aggregateOfSeveralRuns()
    {
        QFETCH(int, runs);
        QFETCH(QByteArray, semantics);
        QFETCH(bool, deviation);
        const Read r = readText(
            std::string(R"({"aiperf_version":"0.13","metadata":{"aggregation_type":"confidence",)")
                + R"("model":"m","variation_values":{"phases.profiling.concurrency":2},"num_successful_runs":)"
                + std::to_string(runs)
                + R"(},"metrics":{"request_throughput_avg":{"mean":19.5,"std":0.5,"unit":"requests/sec"},)"
                  R"("time_to_first_token_p99":{"mean":12.5,"std":1,"ci_low":11,"unit":"ms"}}})",
            "profile_export_aiperf_aggregate.json");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.value(0, "request_throughput"), 19.5);
        QCOMPARE(r.sink.has(0, "request_throughput", "std"), deviation);
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 12.5);
        QCOMPARE(QByteArray::fromStdString(r.sink.points[0].measure("ttft", Stat::percentile(99))->semantics),
            semantics);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("2"));
    }

    void sweepIsAPointACombination()
    {
        const std::string metrics
            = R"({"request_latency":{"mean":30,"avg":30,"std":0,"p99":50,"unit":"ms"},"request_count":{"avg":20,"std":0,"unit":"requests"}})";
        const Read r = readText(R"({"metadata":{"aggregation_type":"sweep","num_trials_per_value":1},)"
                                R"("per_combination_metrics":[{"parameters":{"concurrency":1},"metrics":)"
                + metrics + R"(},{"parameters":{"concurrency":2},"metrics":)" + metrics + "}]}",
            "profile_export_aiperf_sweep.json");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(1, "e2e", "p99"), 50.0);
        QCOMPARE(r.sink.value(1, "requests_ok"), 20.0);
        QVERIFY(!r.sink.has(1, "e2e", "std")); // over the runs, not over the requests
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("2"));
    }

    void tablesBesideAResultAreAttached_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("time slices") << QByteArray(
            "Timeslice,Metric,Unit,Stat,Value\n0,Request Count,requests,avg,1\n");
        QTest::newRow("aggregate") << QByteArray(
            "metric,mean,std,min,max,cv,se,ci_low,ci_high,t_critical,unit\nx_avg,1,0,1,1,0,0,1,1,,ms\n");
        QTest::newRow("server metrics")
            << QByteArray("# AIPerf Server Metrics Export (CSV)\nEndpoint,Type\na,b\n");
        QTest::newRow("prompts") << QByteArray(R"({"data":[{"session_id":"s","payloads":[]}]})");
    }
    void tablesBesideAResultAreAttached()
    {
        QFETCH(QByteArray, text);
        const Read r = readText(text.toStdString(), "beside");
        QCOMPARE(r.importer, std::string("aiperf"));
        QVERIFY(!r.error && r.sink.attached && r.sink.points.empty());
    }

    void sidecarsAreAttached()
    {
        const Read r = readText(R"({"timeslices":[{"a":1},{"a":2}],"input_config":{}})", "x.json");
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("timeslices"), std::uint64_t(2));
    }
};

QTEST_GUILESS_MAIN(TestAiperf)
#include "tst_aiperf.moc"
