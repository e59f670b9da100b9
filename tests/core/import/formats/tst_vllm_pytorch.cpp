// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

/// Records of one file, "name=values" each; the arguments and the extra_info are the same in all of them.
std::string records(
    const char* args, const char* extra, const std::vector<std::pair<const char*, const char*>>& metrics)
{
    QStringList out;
    for (const auto& [name, values] : metrics) {
        out << QStringLiteral(
            R"({"benchmark":{"name":"vLLM benchmark","extra_info":{"args":%1}},"model":{"name":"org/m"},"metric":{"name":"%2","benchmark_values":[%3],"extra_info":%4}})")
                   .arg(
                       QLatin1String(args), QLatin1String(name), QLatin1String(values), QLatin1String(extra));
    }
    return '[' + out.join(QLatin1Char(',')).toStdString() + ']';
}

} // namespace

class TestVllmPytorch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordsOfAServingRunAreOnePoint()
    {
        const char* args
            = R"({"tensor_parallel_size":4,"dataset_name":"random","random_input_len":64,"random_output_len":16,"api_key":"secret"})";
        const char* extra
            = R"({"model_id":"org/m","date":"20260101-000000","request_rate":"inf","max_concurrency":8,"completed":4,"duration":2.0,"request_throughput":2.0,"output_throughput":10.0})";
        const auto r
            = readText(records(args, extra, { { "median_ttft_ms", "11.5" }, { "p99_itl_ms", "3.25" } }),
                "x.pytorch.json");
        QCOMPARE(r.importer, std::string("vllm-pytorch"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), 1u);
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 11.5);
        QCOMPARE(r.sink.value(0, "itl", "p99"), 3.25);
        QCOMPARE(r.sink.value(0, "output_throughput"), 10.0);
        QCOMPARE(r.sink.points[0].measure("itl", Stat::percentile(99))->path,
            std::string("/1/metric/benchmark_values/0"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("64"));
        for (const Extra& extraOf : r.sink.points[0].extras) {
            QVERIFY(extraOf.text != "secret");
        }
    }

    void throughputAndLatency()
    {
        const char* args = R"({"input_len":32,"output_len":8,"batch_size":2})";
        const char* totals = R"({"elapsed_time":2.0,"num_requests":4,"total_num_tokens":100})";
        const auto throughput = readText(
            records(args, totals, { { "requests_per_second", "2.0" }, { "tokens_per_second", "50.0" } }),
            "x.json");
        QCOMPARE(throughput.sink.value(0, "total_throughput"), 50.0);
        QCOMPARE(throughput.sink.value(0, "request_throughput"), 2.0);
        QCOMPARE(throughput.sink.value(0, "duration"), 2.0);
        QCOMPARE(throughput.sink.attribute(0, "isl_target"), std::string("32"));

        const auto latency = readText(
            records(args, R"({"avg_latency":2.5,"percentiles":{"99":2.99}})", { { "latency", "2.0,3.0" } }),
            "x.json");
        QCOMPARE(latency.sink.value(0, "e2e", "mean"), 2500.0);
        QCOMPARE(latency.sink.value(0, "e2e", "p99"), 2990.0);
        QCOMPARE(latency.sink.attribute(0, "batch_size"), std::string("2"));
    }

    /// `bench startup` writes such records too: a point of them would be without any number.
    void recordsOfNoLoadAreRefused()
    {
        const auto r = readText(records(R"({"num_iters_cold":3})", R"({"cold_startup_times":[12.0,13.0]})",
                                    { { "avg_cold_startup_time", "12.5" } }),
            "x.cold_startup.pytorch.json");
        QCOMPARE(r.importer, std::string("vllm-pytorch"));
        QVERIFY(r.error);
        QVERIFY(r.error->reason.find("avg_cold_startup_time") != std::string::npos);
        QVERIFY(r.sink.points.empty());
    }
};

QTEST_GUILESS_MAIN(TestVllmPytorch)
#include "tst_vllm_pytorch.moc"
