// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string line(const std::string& more)
{
    return R"({"backend":"sglang","dataset_name":"random","request_rate":Infinity,"max_concurrency":8,"random_input_len":512,)"
           R"("random_output_len":128,"duration":2.0,"completed":4,"total_output_tokens":20,"total_output_tokens_retokenized":20,)"
           R"("output_throughput":10.0,"mean_e2e_latency_ms":100,"p95_itl_ms":3,"max_itl_ms":9,"accept_length":null)"
        + more + "}";
}

} // namespace

class TestSglangServe : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLineIsARun()
    {
        const Read r = readText(
            line(R"(,"server_info":{"model_path":"Q/m","version":"0.5","tp_size":2,"quantization":null})")
                + "\n" + line(""),
            "sglang_0101_4_512_128.jsonl");
        QCOMPARE(r.importer, std::string("sglang-serve"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("Q/m"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("sglang"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("2"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string());
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string());
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("512"));
        QCOMPARE(r.sink.value(0, "itl", "p95"), 3.0);
        QCOMPARE(r.sink.value(0, "itl", "max"), 9.0);
        QVERIFY(r.sink.warned("non-finite"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string());
    }

    void linesGatheredInAnArray()
    {
        const Read r = readText('[' + line("") + ',' + line("") + ']', "all.json");
        QCOMPARE(r.importer, std::string("sglang-serve"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
    }

    void theFirstVersionsNamedNoDataSet()
    {
        const Read r = readText(
            R"({"backend":"sglang","request_rate":4.0,"total_output_tokens_retokenized":15,"median_ttft_ms":9.0,)"
            R"("output_throughput":7.5,"duration":2.0,"completed":3})",
            "x.jsonl");
        QCOMPARE(r.importer, std::string("sglang-serve"));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 9.0);
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
    }

    void traces()
    {
        const std::string rest
            = R"("max_concurrency":null,"output_throughput":10.0,"mean_e2e_latency_ms":100,"completed":4})";
        const Read times = readText(
            R"({"backend":"sglang-oai","dataset_name":"custom","request_rate":"trace",)" + rest, "x.jsonl");
        QCOMPARE(times.sink.attribute(0, "load_mode"), std::string("trace"));
        const std::string mooncake = R"("dataset_name":"mooncake","request_rate":Infinity,)" + rest;
        QCOMPARE(readText(R"({"backend":"sglang",)" + mooncake, "x.jsonl").sink.attribute(0, "load_mode"),
            std::string("trace"));
        QCOMPARE(readText(R"({"backend":"vllm",)" + mooncake, "x.jsonl").sink.attribute(0, "load_mode"),
            std::string("burst"));
    }

    void inputOfConversationsIsNotCounted()
    {
        const Read r = readText(
            line(R"(,"total_input_tokens":0,"input_throughput":0.0,"total_throughput":10.0)"), "x.jsonl");
        QVERIFY(r.sink.warned("input-not-counted"));
        QVERIFY(!r.sink.has(0, "input_tokens"));
        QVERIFY(!r.sink.has(0, "input_throughput"));
        QVERIFY(!r.sink.has(0, "total_throughput"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 10.0);
    }

    void whatTheServerToldOfItsCache()
    {
        const Read r = readText(
            line(
                R"(,"cache_report":{"total_prompt_tokens":30,"total_cached_tokens":12,"cache_hit_rate_pct":40.0})"),
            "x.jsonl");
        QCOMPARE(r.sink.value(0, "cached_tokens"), 12.0);
        QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.4);
    }

    void noRequestSucceeded()
    {
        const Read r
            = readText(R"({"backend":"sglang","dataset_name":"random","completed":0,"output_throughput":0.0,)"
                       R"("mean_e2e_latency_ms":NaN,"mean_ttft_ms":0.0})",
                "x.jsonl");
        QVERIFY(r.sink.warned("all-failed"));
        QVERIFY(!r.sink.has(0, "ttft", "mean") && !r.sink.has(0, "e2e", "mean"));
    }

    void disaggregatedServersMustAgree()
    {
        const std::string same
            = R"(,"server_info":{"prefill":[{"model_path":"m","version":"1"}],"decode":[{"model_path":"m","version":"2"}]})";
        const Read r = readText(line(same), "x.jsonl");
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "engine_version"), std::string());
        QCOMPARE(r.sink.attribute(0, "prefill_instances"), std::string("1"));
    }
};

QTEST_GUILESS_MAIN(TestSglangServe)
#include "tst_sglang_serve.moc"
