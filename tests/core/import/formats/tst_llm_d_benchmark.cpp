// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readFixture;
using prism::test::readText;

namespace {

/// A report 0.2 with this stack and load, TTFT in milliseconds.
std::string report(const std::string& stack, const std::string& load)
{
    return "version: 0.2\nrun:\n  eid: exp\n  description: baseline\n  time:\n    start: "
           "2025-11-05T20:00:42+02:00\n    duration: PT1M2.5S\n"
           "scenario:\n  stack:\n"
        + stack + "  load:\n    standardized:\n" + load
        + "results:\n  request_performance:\n    aggregate:\n      requests:\n        total: 500\n        "
          "failures: 2\n"
          "        input_length: {units: count, mean: 100.0, P25: 90, p0p1: 1, p99p9: 199}\n"
          "      latency:\n        time_to_first_token: {units: ms, mean: 20.0, mode: 3}\n        "
          "request_latency: {units: s, mean: 1.5}\n"
          "        inter_token_latency: {units: furlongs, mean: 3}\n        time_per_output_token: {mean: "
          "0.5}\n"
          "      throughput:\n        output_token_rate: {units: tokens/s, mean: 50.0, p90: 70}\n        "
          "request_rate: {units: queries/s, mean: 2}\n        total_token_rate: 9\n"
          "    time_series:\n      latency:\n        time_to_first_token:\n          units: s\n          "
          "series:\n"
          "          - {ts: 2025-11-05T18:01:00Z, mean: 0.02, p90: 0.03}\n          - {ts: "
          "2025-11-05T18:02:00Z, mean: 0.04, p90: 0.05}\n";
}

std::string engine(const std::string& role, int replicas, int count, int tp)
{
    return "  - metadata: {label: x}\n    standardized: {kind: inference_engine, tool: vllm, tool_version: "
           "v1, role: "
        + role + ", replicas: " + std::to_string(replicas)
        + ", model: {name: org/m}, accelerator: {model: H100, count: " + std::to_string(count)
        + ", parallelism: {tp: " + std::to_string(tp)
        + ", pp: 1}}}\n"
          "    native: {args: {--kv-cache-dtype: fp8}}\n";
}

} // namespace

class TestLlmDBenchmark : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void unitsAreThoseOfTheReport()
    {
        const Read read = readText(report(engine("aggregate", 1, 8, 8), "      rate_qps: 10\n"), "r.yaml");
        QCOMPARE(read.importer, std::string("llm-d-benchmark"));
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 20.0);
        QCOMPARE(read.sink.value(0, "e2e", "mean"), 1500.0);
        QVERIFY(!read.sink.has(0, "itl", "mean"));
        QVERIFY(!read.sink.has(0, "tpot", "mean"));
        QVERIFY(read.sink.warned("unit-unknown"));
        QCOMPARE(read.sink.value(0, "output_throughput"), 50.0);
        QVERIFY(!read.sink.has(0, "total_throughput"));
        QCOMPARE(read.sink.value(0, "duration"), 62.5);
        QCOMPARE(read.sink.points[0].measure("duration", Stat::value())->given, std::string("PT1M2.5S"));
        QCOMPARE(read.sink.value(0, "requests_failed"), 2.0);
        QCOMPARE(read.sink.attribute(0, "started_at"), std::string("2025-11-05T18:00:42.000Z"));
        QCOMPARE(read.sink.points[0].group, std::string("exp"));
        QCOMPARE(read.sink.points[0].label, std::string("baseline"));
    }

    /// The converter copies each generator's numbers under names of its own.
    void numbersKeepTheMeaningOfTheirGenerator()
    {
        const auto of
            = [](const std::string& tool, const std::string& native = "\n    native: {config: {}}") {
                  return readText("version: 0.2\nrun: {eid: e}\nscenario:\n  load:\n    standardized: {tool: "
                          + tool + "}" + native
                          + "\nresults:\n  request_performance:\n    aggregate:\n"
                            "      requests: {total: 9, failures: 2}\n      latency:\n"
                            "        time_to_first_token: {units: ms, mean: 15.0}\n"
                            "        request_latency: {units: ms, mean: 0.25, p99: 0.5}\n"
                            "        inter_token_latency: {units: ms/token, mean: 3.0}\n"
                            "        time_per_output_token: {units: ms/token, mean: 4.0}\n"
                            "      throughput:\n        request_rate: {units: queries/s, mean: 2}\n",
                      "r.yaml");
              };
        const Read guidellm = of("guidellm");
        QCOMPARE(guidellm.sink.value(0, "tpot", "mean"), 3.0);
        QCOMPARE(
            guidellm.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("token-weighted"));
        QVERIFY(!guidellm.sink.has(0, "itl", "mean"));
        QCOMPARE(guidellm.sink.value(0, "e2e", "p99"), 500.0);
        QCOMPARE(guidellm.sink.value(0, "ttft", "mean"), 15.0);
        QVERIFY(guidellm.sink.warned("unit-misnamed"));
        QCOMPARE(guidellm.sink.value(0, "requests_failed"), 2.0);

        const Read aiperf = of("aiperf");
        QCOMPARE(aiperf.sink.value(0, "tpot", "mean"), 3.0);
        QVERIFY(!aiperf.sink.has(0, "itl", "mean"));
        QCOMPARE(aiperf.sink.value(0, "e2e", "p99"), 0.5);
        QCOMPARE(aiperf.sink.value(0, "requests_ok"), 9.0);
        QVERIFY(!aiperf.sink.has(0, "requests"));
        QVERIFY(!aiperf.sink.has(0, "requests_failed"));

        // What was not converted is written in the schema's own words.
        const Read own = of("guidellm", "");
        QCOMPARE(own.sink.value(0, "tpot", "mean"), 4.0);
        QCOMPARE(own.sink.value(0, "e2e", "p99"), 0.5);

        const Read fmperf = of("fmperf");
        QCOMPARE(fmperf.sink.value(0, "tpot", "mean"), 4.0);
        QVERIFY(!fmperf.sink.has(0, "itl", "mean"));

        const Read other = of("inference-perf");
        QCOMPARE(other.sink.value(0, "tpot", "mean"), 4.0);
        QCOMPARE(other.sink.value(0, "itl", "mean"), 3.0);
        QCOMPARE(other.sink.value(0, "requests"), 9.0);
    }

    void theFirstReportsWroteTenthsWithoutAPoint()
    {
        const Read read = readText(
            "version: '0.1'\nmetrics:\n  requests: {total: 9}\n  latency:\n"
            "    time_to_first_token: {units: ms, mean: 15, p001: 1.5, p01: 2.5, p05: 3.5, p999: 99.5}\n"
            "  throughput: {requests_per_sec: 9.5}\nscenario:\n  model: {name: org/m}\n",
            "r.yaml");
        QCOMPARE(read.importer, std::string("llm-d-benchmark"));
        QCOMPARE(read.sink.value(0, "ttft", "p0.1"), 1.5);
        QCOMPARE(read.sink.value(0, "ttft", "p1"), 2.5);
        QCOMPARE(read.sink.value(0, "ttft", "p5"), 3.5);
        QCOMPARE(read.sink.value(0, "ttft", "p99.9"), 99.5);
    }

    void percentilesAreReadInAnySpelling()
    {
        const Read read = readText(report(engine("aggregate", 1, 8, 8), "      rate_qps: 10\n"), "r.yaml");
        QCOMPARE(read.sink.value(0, "isl", "p25"), 90.0);
        QCOMPARE(read.sink.value(0, "isl", "p0.1"), 1.0);
        QCOMPARE(read.sink.value(0, "isl", "p99.9"), 199.0);
        QCOMPARE(read.sink.points[0].measure("isl", Stat::percentile(25))->path,
            std::string("/results/request_performance/aggregate/requests/input_length/P25"));
    }

    void hardware_data()
    {
        QTest::addColumn<QString>("stack");
        QTest::addColumn<QString>("count");
        QTest::addColumn<QString>("tp");
        QTest::addColumn<QString>("prefill");
        QTest::addColumn<QString>("decode");
        const auto stack = [](const std::string& text) { return QString::fromStdString(text); };
        const std::string router = "  - standardized: {kind: generic, tool: epp}\n";
        QTest::newRow("one") << stack(engine("aggregate", 1, 8, 8) + router) << "8"
                             << "8"
                             << ""
                             << "";
        QTest::newRow("replicas") << stack(engine("decode", 2, 8, 8)) << "16"
                                  << "8"
                                  << ""
                                  << "";
        QTest::newRow("disaggregated")
            << stack(engine("prefill", 3, 1, 1) + engine("decode", 2, 4, 4)) << "11"
            << ""
            << "3"
            << "2";
        QTest::newRow("draft")
            << "  - metadata: {kind: inference_engine}\n    standardized: {tool: vllm, role: decode, "
               "accelerator: {model: H100, count: 4, parallelism: {tp: 4}}}\n"
            << "4"
            << "4"
            << ""
            << "";
    }
    void hardware()
    {
        QFETCH(QString, stack);
        const Read read = readText(report(stack.toStdString(), "      rate_qps: 10\n"), "r.yaml");
        QTEST(QString::fromStdString(read.sink.attribute(0, "accelerator_count")), "count");
        QTEST(QString::fromStdString(read.sink.attribute(0, "tp")), "tp");
        QTEST(QString::fromStdString(read.sink.attribute(0, "prefill_instances")), "prefill");
        QTEST(QString::fromStdString(read.sink.attribute(0, "decode_instances")), "decode");
        QCOMPARE(read.sink.attribute(0, "accelerator"), std::string("H100"));
        QCOMPARE(read.sink.attribute(0, "engine"), std::string("vllm"));
    }

    void load_data()
    {
        QTest::addColumn<QString>("load");
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QString>("rate");
        QTest::addColumn<QString>("concurrency");
        QTest::newRow("rate") << "      rate_qps: 10\n      concurrency: .inf\n"
                              << "rate"
                              << "10"
                              << "";
        QTest::newRow("cap") << "      rate_qps: .inf\n      concurrency: 64\n"
                             << "concurrency"
                             << ""
                             << "64";
        QTest::newRow("burst") << "      rate_qps: .inf\n      concurrency: .inf\n"
                               << "burst"
                               << ""
                               << "";
        QTest::newRow("both") << "      rate_qps: 5\n      concurrency: 64\n"
                              << "rate"
                              << "5"
                              << "64";
        QTest::newRow("neither") << "      stage: 3\n"
                                 << ""
                                 << ""
                                 << "";
    }
    void load()
    {
        QFETCH(QString, load);
        const Read read = readText(report(engine("aggregate", 1, 1, 1), load.toStdString()), "r.yaml");
        QTEST(QString::fromStdString(read.sink.attribute(0, "load_mode")), "mode");
        QTEST(QString::fromStdString(read.sink.attribute(0, "request_rate")), "rate");
        QTEST(QString::fromStdString(read.sink.attribute(0, "concurrency")), "concurrency");
        QCOMPARE(read.sink.attribute(0, "kv_cache_dtype"), std::string("fp8"));
    }

    void numbersOverTimeAreSeries()
    {
        const Read read = readText(report(engine("aggregate", 1, 1, 1), "      rate_qps: 1\n"), "r.yaml");
        const auto& series = read.sink.seriesOf.at(0);
        QCOMPARE(series.size(), std::size_t(2));
        QCOMPARE(series[0].name, std::string("ttft"));
        QCOMPARE(series[0].unit, std::string("ms"));
        QCOMPARE(series[0].values, (std::vector<double> { 20.0, 40.0 }));
        QVERIFY(series[0].absolute);
        QCOMPARE(series[0].seconds[1] - series[0].seconds[0], 60.0);
        QCOMPARE(series[1].name, std::string("ttft p90"));
    }

    void theFirstVersion()
    {
        const Read read
            = readText("version: '0.1'\nscenario:\n  description: two roles\n  host:\n    type: [prefill, "
                       "decode, decode]\n    accelerator:\n"
                       "    - {model: H100, count: 1, parallelism: {tp: 1}}\n    - {model: H100, count: 8, "
                       "parallelism: {tp: 8}}\n    - {model: H100, count: 8, parallelism: {tp: 8}}\n"
                       "  platform:\n    engine: [{name: vllm, version: 0.9.0.1}, {name: vllm, version: "
                       "0.9.0.1}, {name: vllm, version: 0.9.0.1}]\n"
                       "  model: {name: org/m, quantization: fp8}\n"
                       "metrics:\n  time: {duration: 16.5, start: 1749570583.5, stop: 1749570580.1}\n  "
                       "requests: {total: 32, failures: 0, incomplete: 1}\n"
                       "  latency:\n    time_to_first_token: {units: ms, mean: 0.8, stddev: 0.1}\n  "
                       "throughput: {output_tokens_per_sec: 32.5, requests_per_sec: 1.0}\n",
                "r.yaml");
        QCOMPARE(read.importer, std::string("llm-d-benchmark"));
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 0.8);
        QCOMPARE(read.sink.value(0, "ttft", "std"), 0.1);
        QCOMPARE(read.sink.value(0, "duration"), 16.5);
        QCOMPARE(read.sink.value(0, "requests_incomplete"), 1.0);
        QCOMPARE(read.sink.value(0, "output_throughput"), 32.5);
        QCOMPARE(read.sink.attribute(0, "accelerator_count"), std::string("17"));
        QCOMPARE(read.sink.attribute(0, "engine_version"), std::string("0.9.0.1"));
        QCOMPARE(read.sink.attribute(0, "precision"), std::string("fp8"));
        QCOMPARE(read.sink.attribute(0, "tp"), std::string());
        QCOMPARE(read.sink.attribute(0, "decode_instances"), std::string("2"));
    }

    /// A report 0.1 keeps the settings of inference-perf, and its stage by the number in a file's name.
    void theLoadOfAStage_data()
    {
        QTest::addColumn<int>("stage");
        QTest::addColumn<int>("total");
        QTest::addColumn<std::string>("rate");
        QTest::newRow("its requests") << 1 << 300 << std::string("10");
        QTest::newRow("another's requests") << 1 << 120 << std::string();
        QTest::newRow("no such stage") << 7 << 300 << std::string();
    }
    void theLoadOfAStage()
    {
        QFETCH(const int, stage);
        QFETCH(const int, total);
        QFETCH(const std::string, rate);
        const Read read = readText("version: '0.1'\nmetrics:\n  requests: {total: " + std::to_string(total)
                + "}\n  latency:\n    time_to_first_token: {units: s, mean: 0.5}\n"
                  "  throughput: {requests_per_sec: 9.5}\nscenario:\n  model: {name: unknown}\n  load:\n"
                  "    name: inference-perf\n    metadata: {stage: "
                + std::to_string(stage)
                + "}\n    args:\n      server: {model_name: org/m}\n      load:\n        stages:\n"
                  "        - {rate: 4.0, duration: 30, concurrency_level: null, num_requests: null}\n"
                  "        - {rate: 10.0, duration: 30, concurrency_level: null, num_requests: null}\n"
                  "      data: {type: random, input_distribution: {mean: 1024}, output_distribution: {mean: "
                  "256}}\n",
            "r.yaml");
        QCOMPARE(read.importer, std::string("llm-d-benchmark"));
        QCOMPARE(read.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(read.sink.attribute(0, "request_rate"), rate);
        QCOMPARE(read.sink.attribute(0, "load_mode"), rate.empty() ? rate : std::string("rate"));
        QCOMPARE(read.sink.attribute(0, "isl_target"), std::string("1024"));
        QCOMPARE(read.sink.attribute(0, "osl_target"), std::string("256"));
    }

    void aPartialReportHasNoScenario()
    {
        const Read read = readFixture("llm-d-benchmark/inference-perf.partial.stage_1.yaml");
        QCOMPARE(read.importer, std::string("llm-d-benchmark"));
        QCOMPARE(read.sink.value(0, "tpot", "p99.9"), 2.3880363456060395);
        QCOMPARE(read.sink.value(0, "duration"), 8.009);
        QVERIFY(read.sink.points[0].attribute("model") == nullptr);
    }

    /// YAML that ends between two lines is whole YAML.
    void aReportThatIsCutOffIsDoubted()
    {
        const std::string whole = report(engine("aggregate", 1, 1, 1), "      rate_qps: 1\n");
        const std::size_t cut = whole.find("      throughput:");
        QVERIFY(cut != std::string::npos);
        QVERIFY(!readText(whole, "r.yaml").sink.warned("incomplete-report"));
        QVERIFY(readText(whole.substr(0, cut), "r.yaml").sink.warned("incomplete-report"));
        const Read within = readText(whole.substr(0, whole.find("total: 500") + 9), "r.yaml");
        QCOMPARE(within.sink.value(0, "requests"), 50.0);
        QVERIFY(within.sink.warned("cut-line"));
    }

    void severalReportsInOneFileAndJson()
    {
        const std::string one = "version: 0.2.1\nresults:\n  request_performance:\n    aggregate:\n      "
                                "requests: {total: 1}\n";
        const Read two = readText(one + "---\n" + one, "r.yaml");
        QCOMPARE(two.sink.points.size(), std::size_t(2));
        QCOMPARE(two.sink.points[1].index, 1u);
        QCOMPARE(two.sink.points[1].measure("requests", Stat::value())->path,
            std::string("/1/results/request_performance/aggregate/requests/total"));
        const Read json = readText(
            R"({"version":"0.2","run":{"uid":"u"},"results":{"request_performance":{"aggregate":{"requests":{"total":7}}}}})",
            "r.json");
        QCOMPARE(json.importer, std::string("llm-d-benchmark"));
        QCOMPARE(json.sink.value(0, "requests"), 7.0);
    }
};

QTEST_GUILESS_MAIN(TestLlmDBenchmark)
#include "tst_llm_d_benchmark.moc"
