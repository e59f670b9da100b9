// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string result(const std::string& id, const std::string& executor, const std::string& config)
{
    return R"({"id":")" + id + R"(","executor_type":")" + executor + R"(","config":)" + config
        + R"(,"total_requests":12,"total_tokens":600,"token_throughput_secs":60.0,"duration_ms":10000,)"
          R"("time_to_first_token_ms":{"p50":20.5,"p90":30,"p99":40,"avg":22.5},"inter_token_latency_ms":{"p50":10.5,"p90":11,"p99":12,"avg":10.25},)"
          R"("failed_requests":2,"successful_requests":10,"request_rate":1.0,"total_tokens_sent":2000,"e2e_latency_ms":{"p50":500,"avg":510.5}})";
}

std::string report(const std::string& results)
{
    return R"({"config":{"model_name":"org/m","max_vus":128,"prompt_options":{"num_tokens":200},"decode_options":null},"results":[)"
        + results + R"(],"start_time":"2026-02-01T10:00:00Z","end_time":"2026-02-01T10:10:00Z","system":{}})";
}

} // namespace

class TestInferenceBenchmarker : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aResultIsAPointAndTheWarmUpIsNone()
    {
        const std::string users = R"({"max_vus":128,"duration":{"secs":120,"nanos":0},"rate":null})";
        const std::string rate = R"({"max_vus":128,"duration":{"secs":120,"nanos":0},"rate":1.2})";
        const Read r = readText(
            report(result("warmup", "ConstantVUs", users) + ',' + result("throughput", "ConstantVUs", users)
                + ',' + result("constant@1.20req/s", "ConstantArrivalRate", rate)),
            "a.json");
        QCOMPARE(r.importer, std::string("inference-benchmarker"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("128"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("200"));
        QCOMPARE(r.sink.attribute(1, "request_rate"), std::string("1.2"));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string());
        QCOMPARE(r.sink.value(0, "duration"), 10.0);
        QCOMPARE(r.sink.value(0, "requests"), 12.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 600.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 60.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 1.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 10.25); // a mean a request, not raw gaps
        QVERIFY(!r.sink.has(0, "itl", "mean"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 40.0);
        QCOMPARE(r.sink.points[1].label, std::string("constant@1.20req/s"));
    }

    void theTablesOfAConsole()
    {
        const Read r = readText("┌────────────────┬──────────────────────────────────────────────────┐\n"
                                "│ Parameter      │ Value                                            │\n"
                                "├────────────────┼──────────────────────────────────────────────────┤\n"
                                "│ Max VUs        │ 64                                               │\n"
                                "│ Rates          │ N/A                                              │\n"
                                "│ Prompt Options │ num_tokens=Some(200),min_tokens=180,variance=10  │\n"
                                "│ Decode Options │ num_tokens=None,min_tokens=180,variance=10       │\n"
                                "│ Tokenizer      │ org/m                                            │\n"
                                "└────────────────┴──────────────────────────────────────────────────┘\n\n"
                                "│ Tokenizer │ another log's │\n"
                                "│ Benchmark          │ QPS        │ E2E Latency (avg) │ TTFT (avg) │ ITL "
                                "(avg) │ Throughput        │ "
                                "Error Rate │ Successful Requests │ Prompt tokens per req (avg) │ Decoded "
                                "tokens per req (avg) │\n"
                                "├────────────────────┼────────────┼───────────────────┼────────────┼────────"
                                "───┼───────────────────┼─"
                                "───────────┼─────────────────────┼─────────────────────────────┼────────────"
                                "──────────────────┤\n"
                                "│ warmup             │ 0.75 req/s │ 1.50 sec          │ 65.50 ms   │ 7.50 "
                                "ms   │ 127.25 tokens/sec │ "
                                "0.00%      │ 10/10               │ 200.00                      │ 177.50     "
                                "                  │\n"
                                "│ throughput         │ 9.50 req/s │ 3.50 sec          │ 250.50 ms  │ 15.50 "
                                "ms  │ 900.25 tokens/sec │ "
                                "0.00%      │ 95/95               │ 200.00                      │ 95.00      "
                                "                  │\n"
                                "│ constant@1.20req/s │ 0.50 req/s │ 3.25 sec          │ 240.50 ms  │ 12.50 "
                                "ms  │ 45.25 tokens/sec  │ "
                                "10.00%     │ 9/10                │ 200.00                      │ 90.50      "
                                "                  │\n",
            "run.log");
        QCOMPARE(r.importer, std::string("inference-benchmarker"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("64"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("200"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string());
        QCOMPARE(r.sink.attribute(1, "request_rate"), std::string("1.2"));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string());
        QCOMPARE(r.sink.value(1, "e2e", "mean"), 3250.0);
        QCOMPARE(r.sink.value(1, "ttft", "mean"), 240.5);
        QCOMPARE(r.sink.value(1, "tpot", "mean"), 12.5);
        QCOMPARE(r.sink.value(1, "output_throughput"), 45.25);
        QCOMPARE(r.sink.value(1, "request_throughput"), 0.5);
        QCOMPARE(r.sink.value(1, "requests"), 10.0);
        QCOMPARE(r.sink.value(1, "requests_ok"), 9.0);
        QCOMPARE(r.sink.value(1, "osl", "mean"), 90.5);
    }

    void theWarmUpAloneIsRefused()
    {
        QVERIFY(readText(report(result("warmup", "ConstantVUs", R"({"max_vus":1})")), "a.json").error);
    }
};

QTEST_GUILESS_MAIN(TestInferenceBenchmarker)
#include "tst_inference_benchmarker.moc"
