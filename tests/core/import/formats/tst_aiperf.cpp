// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using prism::test::Read;
using prism::test::readFixture;
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

    void theLoadIsThatOfTheMeasuredPhase_data()
    {
        QTest::addColumn<std::string>("config");
        QTest::addColumn<std::string>("mode");
        QTest::addColumn<std::string>("concurrency");
        QTest::addColumn<std::string>("rate");
        const auto row = [](const char* tag, const char* config, const char* mode, const char* concurrency,
                             const char* rate) {
            QTest::newRow(tag) << std::string(config) << std::string(mode) << std::string(concurrency)
                               << std::string(rate);
        };
        const char* warmUp
            = R"("phases":[{"name":"warmup","type":"concurrency","exclude_from_results":true,"concurrency":8},)"
              R"({"name":"profiling","type":"gamma","rate":12.5}])";
        row("behind a warm-up", warmUp, "rate", "", "12.5");
        row("of several", R"("phases":[{"name":"a","concurrency":8},{"name":"b","concurrency":16}])", "", "",
            "");
        row("a schedule", R"("phases":[{"name":"profiling","type":"fixed_schedule"}])", "trace", "", "");
        row("an older schedule", R"("loadgen":{"concurrency":32},"input":{"fixed_schedule":true})", "trace",
            "32", "");
    }
    void theLoadIsThatOfTheMeasuredPhase()
    {
        QFETCH(const std::string, config);
        QFETCH(const std::string, mode);
        QFETCH(const std::string, concurrency);
        QFETCH(const std::string, rate);
        const Read r = readText(
            R"({"aiperf_version":"0.12.0","was_cancelled":false,"request_count":{"unit":"requests","avg":20},"input_config":{)"
                + config + "}}",
            "x.json");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), mode);
        QCOMPARE(r.sink.attribute(0, "concurrency"), concurrency);
        QCOMPARE(r.sink.attribute(0, "request_rate"), rate);
    }

    void promptsOfAFileHaveNoTarget()
    {
        const Read r = readText(
            R"({"aiperf_version":"0.12.0","was_cancelled":false,"request_count":{"unit":"requests","avg":20},)"
            R"("input_config":{"datasets":[{"type":"file","path":"a/trace.jsonl","prompts":{"isl":{"mean":550}}}]}})",
            "x.json");
        QCOMPARE(r.sink.attribute(0, "dataset"), std::string("a/trace.jsonl"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string());
    }

    void powerAndCachedTokensOfTheWholeRun()
    {
        const Read r = readText(
            summary(
                R"(,"total_gpu_power":{"unit":"W","avg":1402.5},"total_gpu_energy":{"unit":"J","avg":62411},)"
                R"("total_usage_prompt_cache_read_tokens":{"unit":"tokens","avg":512},)"
                R"("telemetry_data":{"endpoints":{"local":{"gpus":{"gpu_0":{"gpu_name":"AMD Test 9","metrics":{)"
                R"("amd_power":{"unit":"W","avg":700},"amd_memory_used":{"unit":"GB","avg":150}}}}}}})"),
            "x.json");
        QCOMPARE(r.sink.value(0, "power"), 1402.5);
        QCOMPARE(r.sink.value(0, "power", "mean"), 700.0);
        QCOMPARE(r.sink.value(0, "energy"), 62411.0);
        QCOMPARE(r.sink.value(0, "gpu_memory", "mean"), 150e9);
        QCOMPARE(r.sink.value(0, "cached_tokens"), 512.0);

        const Read table = readText("Metric,avg,p99,std\nRequest Latency "
                                    "(ms),9.00,9.50,2.00\n\nMetric,Value\nTotal GPU Power (W),1402.50\n"
                                    "Total Usage Prompt Cache Read Tokens (tokens),512.00\n",
            "x.csv");
        QCOMPARE(table.sink.value(0, "power"), 1402.5);
        QCOMPARE(table.sink.value(0, "cached_tokens"), 512.0);
    }

    void theFirstVersionsHaveTheirMetricsInRecords()
    {
        const Read r = readText(
            R"({"input_config":{"endpoint":{"model_names":["m"]},"loadgen":{"concurrency":4}},"records":{)"
            R"("time_to_first_token":{"tag":"time_to_first_token","unit":"ns","header":"Time to First Token","avg":12500000,"p99":20000000,"count":20},)"
            R"("request_throughput":{"tag":"request_throughput","unit":"requests/sec","header":"Request Throughput","avg":2.5},)"
            R"("benchmark_duration":{"tag":"benchmark_duration","unit":"ns","avg":8000000000},)"
            R"("min_request_timestamp":{"unit":"ns","avg":1758000000000000000}},"was_cancelled":false,"error_summary":[]})",
            "profile_export_aiperf.json");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 12.5);
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 20.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 2.5);
        QCOMPARE(r.sink.value(0, "duration"), 8.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->path,
            std::string("/records/time_to_first_token/avg"));
        QCOMPARE(r.sink.attribute(0, "started_at").substr(0, 10), std::string("2025-09-16"));
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

    void requestsHaveTheIdThatTheyWereSentWith()
    {
        std::string sent = request("profiling", "null", 1);
        sent.insert(sent.find("\"benchmark_phase\""),
            R"("x_request_id":"fd78b108-2a8f","x_correlation_id":"66c73ffd-2dbb",)");
        const Read r = readText(sent + request("profiling", "null", 2), "a.jsonl");
        QCOMPARE(r.sink.requests.at(0)[0].id, std::string("fd78b108-2a8f"));
        QCOMPARE(r.sink.requests.at(0)[1].id, std::string());
    }

    void requestsGiveDerivedDistributions()
    {
        const Read r
            = readText(request("profiling", "null", 1) + request("profiling", "null", 1'000'001), "a.jsonl");
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 5.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 30.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->origin, Origin::Derived);
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

    void tablesNameTheirGpus()
    {
        const std::string head
            = "Metric,avg,min,max,std\nRequest Latency (ms),9.00,1.00,20.00,2.00\n\n\n"
              "Endpoint,GPU_Index,GPU_Name,GPU_UUID,Platform,Metric,avg,min,max,sum,p99,std\n";
        const std::string one = "node:9401,0,Test Accelerator 9,GPU-1,cuda,NVIDIA GPU Power Usage "
                                "(W),300.00,100.00,310.00,,309.00,4.00\n";
        const Read r = readText(head + one, "profile_export_aiperf.csv");
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("Test Accelerator 9"));
        QCOMPARE(r.sink.value(0, "power", "p99"), 309.0);

        // Of two GPUs neither is the power of the point.
        const Read two = readText(head + one
                + "node:9401,1,Test Accelerator 9,GPU-2,cuda,NVIDIA GPU Power Usage "
                  "(W),200.00,90.00,210.00,,209.00,4.00\n",
            "profile_export_aiperf.csv");
        QCOMPARE(two.sink.attribute(0, "accelerator"), std::string("Test Accelerator 9"));
        QVERIFY(!two.sink.has(0, "power", "mean"));
    }

    void theStartIsInUtcOrLeftOut()
    {
        const Read local = readText(summary(R"(,"start_time":"2026-01-02T03:04:05.5")"), "x.json");
        QCOMPARE(local.sink.attribute(0, "started_at"), std::string());
        const Read exact = readText(
            summary(
                R"(,"start_time":"2026-01-02T03:04:05","min_request_timestamp":{"unit":"ns","avg":1.7e18})"),
            "x.json");
        QCOMPARE(exact.sink.attribute(0, "started_at"), std::string("2023-11-14T22:13:20.000Z"));
    }

    void consoleOfTwoRuns()
    {
        const Read r = readFixture("aiperf/console.txt");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 12.25);
        QCOMPARE(r.sink.value(0, "ttft", "max"), 1250.75);
        QVERIFY(!r.sink.has(0, "tpot", "p99"));
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "p50"), 330.0); // its title is wrapped
        QCOMPARE(r.sink.value(0, "output_throughput"), 1944.44);
        QCOMPARE(r.sink.value(0, "requests"), 42.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 40.0);
        QCOMPARE(r.sink.value(0, "request_goodput"), 0.25);
        QCOMPARE(r.sink.value(0, "duration"), 12.5);
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("Test Accelerator 9"));
        QCOMPARE(r.sink.value(0, "power", "max"), 310.5);
        QCOMPARE(r.sink.value(0, "gpu_utilization", "mean"), 0.45);
        QVERIFY(!r.sink.has(0, "energy"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("lab/tiny"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.value(1, "ttft", "mean"), 24.5);
        QCOMPARE(r.sink.value(1, "requests_ok"), 80.0);
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.attribute(1, "accelerator"), std::string());
    }

    void groupsOfAConsoleStayWithTheirRun()
    {
        const Read r = readFixture("aiperf/console.txt");
        const auto usage = [&r](std::size_t point) {
            std::string found;
            for (const Extra& extra : r.sink.points.at(point).extras) {
                found += extra.text.starts_with("Usage Total Tokens") ? extra.text : std::string();
            }
            return found;
        };
        QVERIFY(usage(0).starts_with("Usage Total Tokens (tokens) = 280.00"));
        QVERIFY(usage(1).starts_with("Usage Total Tokens (tokens) = 560.00"));
    }

    /// Since some version a report's groups stand behind its main table.
    void tablesBelowTheMainOneBelongToIt()
    {
        const auto table = [](const std::string& title, const std::string& row) {
            return title + "\n┏━━━━━━┳━━━━━━┓\n┃ Metric ┃ avg ┃\n┡━━━━━━╇━━━━━━┩\n" + row
                + "└──────┴──────┘\n";
        };
        const auto report = [&table](const std::string& latency, const std::string& cached) {
            return "Profiling: done\n\n\n"
                + table("NVIDIA AIPerf | LLM Metrics", "│ Request Latency (ms) │ " + latency + " │\n")
                + table("NVIDIA AIPerf | LLM Metrics: Usage",
                    "│ Total Usage Prompt Cache Read Tokens │ " + cached + " │\n│ (tokens) │ │\n")
                + '\n' + table("GPU Power Efficiency (NVIDIA)", "│ Total GPU Power (W) │ 1,402.50 │\n")
                + "\nBenchmark Duration: 12.50 sec\nCSV Export: /out/a.csv\n";
        };
        const Read r = readText(report("12.25", "512.00") + report("24.50", "640.00"), "x.log");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 12.25);
        QCOMPARE(r.sink.value(0, "cached_tokens"), 512.0);
        QCOMPARE(r.sink.value(0, "power"), 1402.5);
        QCOMPARE(r.sink.value(0, "duration"), 12.5);
        QCOMPARE(r.sink.value(1, "e2e", "mean"), 24.5);
        QCOMPARE(r.sink.value(1, "cached_tokens"), 640.0);
    }

    void aConsoleKeepsItsErrors()
    {
        const Read r = readFixture("aiperf/console.txt");
        const auto& extras = r.sink.points.at(0).extras;
        QVERIFY(std::any_of(extras.begin(), extras.end(),
            [](const Extra& extra) { return extra.text == "503 = Refused, busy, 2"; }));
    }

    void aTableThatIsCutOffIsDoubted()
    {
        const Read whole = readFixture("aiperf/console.txt");
        QVERIFY(!whole.sink.warned("table-not-closed"));
        const Read cut = readText("NVIDIA AIPerf | LLM Metrics\n"
                                  "┏━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━┓\n┃ Metric ┃ avg ┃\n"
                                  "│ Time to First Token (ms) │ 12.25 │\n",
            "x.txt");
        QCOMPARE(cut.sink.value(0, "ttft", "mean"), 12.25);
        QVERIFY(cut.sink.warned("table-not-closed"));
    }

    void consoleOfTelemetryIsAttached()
    {
        const Read r = readFixture("aiperf/gpu_console.txt");
        QCOMPARE(r.importer, std::string("aiperf"));
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("rows"), std::uint64_t(3));
    }

    void meansOverRuns_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<bool>("several");
        QTest::newRow("document") << "aiperf/aggregate.json" << true;
        QTest::newRow("table") << "aiperf/aggregate.csv" << true;
        QTest::newRow("one run") << "aiperf/aggregate_of_one.json" << false;
    }
    void meansOverRuns()
    {
        QFETCH(QString, file);
        QFETCH(bool, several);
        const Read r = readFixture(file.toStdString());
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 40.5);
        QVERIFY(!r.sink.has(0, "ttft", "std")); // that over the runs is not that over the requests
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::percentile(99))->semantics,
            std::string(several ? "mean-of-runs" : ""));
        QCOMPARE(r.sink.value(0, "request_throughput"), 7.25);
        QCOMPARE(r.sink.has(0, "request_throughput", "std"), several);
        QCOMPARE(r.sink.points[0].measure("request_throughput", Stat::value())->semantics, std::string());
        QCOMPARE(r.sink.value(0, "requests_ok"), 100.0);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("lab/tiny"));
    }

    void sweepOfSingleRuns_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("document") << "aiperf/sweep.json";
        QTest::newRow("table") << "aiperf/sweep.csv";
    }
    void sweepOfSingleRuns()
    {
        QFETCH(QString, file);
        const Read r = readFixture(file.toStdString());
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("2"));
        QCOMPARE(r.sink.value(1, "ttft", "mean"), 20.0);
        QCOMPARE(r.sink.value(1, "ttft", "max"), 29.0);
        QVERIFY(!r.sink.has(1, "ttft", "std")); // the file's 0 is that of one run
        QCOMPARE(r.sink.value(1, "request_throughput"), 7.0);
        QVERIFY(!r.sink.has(1, "request_throughput", "std"));
    }

    void sweepOfTrials()
    {
        const Read r = readFixture("aiperf/sweep_of_trials.csv");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string("2.5"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 80.0);
        QCOMPARE(
            r.sink.points[0].measure("ttft", Stat::percentile(99))->semantics, std::string("mean-of-runs"));
        QCOMPARE(r.sink.value(0, "request_throughput", "std"), 0.1);
    }

    void pooledRequests()
    {
        const Read r = readText(
            R"({"aiperf_version":"0.13.0","metadata":{"aggregation_type":"detailed","num_successful_runs":2},)"
            R"("metrics":{"time_to_first_token":{"combined":{"mean":9.5,"p99":30,"count":200},"per_run":[{"label":"a","mean":1,"count":2}]}}})",
            "profile_export_aiperf_collated.json");
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 30.0);
        QCOMPARE(r.sink.value(0, "ttft", "count"), 200.0);
    }

    void sidecarsAreAttached_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("counted");
        QTest::addColumn<int>("number");
        QTest::newRow("timeslices") << R"({"timeslices":[{"a":1},{"a":2}],"input_config":{}})"
                                    << "timeslices" << 2;
        QTest::newRow("timeslices as a table")
            << "Timeslice,Start_NS,End_NS,Metric,Unit,Stat,Value\n0,1,2,Request Latency,ms,avg,3.00\n"
            << "rows" << 1;
        QTest::newRow("timeslices of older versions")
            << "Timeslice,Metric,Unit,Stat,Value\n0,Request Latency,ms,avg,3.00\n0,Request "
               "Latency,ms,min,1.00\n"
            << "rows" << 2;
        QTest::newRow("server")
            << R"({"schema_version":"1.0","summary":{"endpoints_configured":["a"]},"metrics":{"x":{},"y":{}}})"
            << "metrics" << 2;
        QTest::newRow("server as a table")
            << "# AIPerf Server Metrics Export (CSV)\n# schema_version: 1.0\n#\n"
               "Endpoint,Type,Metric,Unit,avg\nnode:1,gauge,busy,,1.5\n"
            << "rows" << 1;
        QTest::newRow("telemetry")
            << R"({"timestamp_ns":1,"gpu_index":0,"telemetry_data":{"gpu_power_usage":3}})"
            << "samples" << 1;
        QTest::newRow("inputs") << R"({"data":[{"session_id":"a","payloads":[{}]}]})"
                                << "rows" << 1;
        QTest::newRow("bodies")
            << R"({"metadata":{"request_start_ns":1},"status":200,"responses":[{"perf_ns":5}]})"
            << "rows" << 1;
        QTest::newRow("answers")
            << R"({"schema_version":"1.1","data":[{"session_num":0,"metrics":{},"response_text":"x"},{"session_num":1}],"warmup":[]})"
            << "rows" << 2;
        QTest::newRow("a search")
            << R"({"config":{"objectives":[],"search_space":[]},"iterations":[{"iteration_idx":0}],"best_trials":null})"
            << "rows" << 1;
        QTest::newRow("scores") << "task,correct,total,unparsed,accuracy\nalgebra,8,10,0,0.8000\n"
                                   "OVERALL,8,10,0,0.8000\n"
                                << "rows" << 2;
        QTest::newRow("configuration") << R"({"benchmark_id":"a","cfg":{"models":{}}})"
                                       << "rows" << 1;
    }
    void sidecarsAreAttached()
    {
        QFETCH(QString, text);
        QFETCH(QString, counted);
        QFETCH(int, number);
        const Read r = readText(text.toStdString(), "x");
        QCOMPARE(r.importer, std::string("aiperf"));
        QVERIFY(r.sink.attached);
        QVERIFY(r.sink.points.empty());
        QCOMPARE(r.sink.counts.at(counted.toStdString()), std::uint64_t(number));
    }
};

QTEST_GUILESS_MAIN(TestAiperf)
#include "tst_aiperf.moc"
