// SPDX-License-Identifier: GPL-3.0-or-later
// What the counters and histograms of each engine mean.
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;

namespace {

const Measure* find(const test::Read& r, const char* metric, const char* stat)
{
    return r.sink.points.empty() ? nullptr : r.sink.points[0].measure(metric, *Stat::parse(stat));
}

} // namespace

class PrometheusEnginesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void namesOfOtherEngines()
    {
        const auto tgi = test::readText("# TYPE tgi_request_mean_time_per_token_duration histogram\n"
                                        "tgi_request_mean_time_per_token_duration_bucket{le=\"0.05\"} 10\n"
                                        "tgi_request_mean_time_per_token_duration_bucket{le=\"+Inf\"} 10\n"
                                        "tgi_request_mean_time_per_token_duration_sum 0.25\n"
                                        "tgi_request_mean_time_per_token_duration_count 10\n",
            "m.txt");
        QCOMPARE(tgi.sink.value(0, "ntpot", "mean"), 25.0);
        const auto llama = test::readText("# TYPE llamacpp:tokens_predicted_total counter\n"
                                          "llamacpp:tokens_predicted_total 1000\n"
                                          "# TYPE llamacpp:tokens_predicted_seconds_total counter\n"
                                          "llamacpp:tokens_predicted_seconds_total 20\n",
            "m.txt");
        QCOMPARE(llama.sink.value(0, "tpot", "mean"), 20.0);
        QVERIFY(QByteArray::fromStdString(find(llama, "tpot", "mean")->semantics).contains("over-n"));
        const auto trt = test::readText(
            "# TYPE trtllm_time_to_first_token_seconds histogram\n"
            "trtllm_time_to_first_token_seconds_bucket{model_name=\"undefined\",le=\"+Inf\"} 10\n"
            "trtllm_time_to_first_token_seconds_sum{model_name=\"undefined\"} 6\n"
            "trtllm_time_to_first_token_seconds_count{model_name=\"undefined\"} 10\n"
            "# TYPE trtllm_kv_cache_utilization gauge\ntrtllm_kv_cache_utilization 0.5\n",
            "m.txt");
        QCOMPARE(trt.sink.points.size(), std::size_t(1));
        QCOMPARE(trt.sink.attribute(0, "engine"), std::string("trtllm"));
        QCOMPARE(trt.sink.attribute(0, "model"), std::string());
        QCOMPARE(trt.sink.value(0, "ttft", "mean"), 600.0);
        QCOMPARE(trt.sink.value(0, "kv_cache_usage"), 0.5);
    }

    /// Those of vLLM behind Ray, and what engines count by newer or by other names.
    void furtherNames()
    {
        const auto counter = [](const std::string& name, const char* labels, const char* value) {
            return "# TYPE " + name + " counter\n" + name + '{' + labels + "} " + value + '\n';
        };
        for (const std::string prefix : { "ray_vllm:", "ray_vllm_" }) {
            const auto ray = test::readText(
                counter(prefix + "generation_tokens_total", "model_name=\"m\",WorkerId=\"a\"", "60")
                    + counter(prefix + "gpu_prefix_cache_queries_total", "model_name=\"m\"", "400")
                    + counter(prefix + "gpu_prefix_cache_hits_total", "model_name=\"m\"", "100"),
                "m.txt");
            QCOMPARE(ray.sink.points.size(), std::size_t(1));
            QCOMPARE(ray.sink.attribute(0, "engine"), std::string("vllm"));
            QCOMPARE(ray.sink.value(0, "output_tokens"), 60.0);
            QCOMPARE(ray.sink.value(0, "prefix_cache_hit_rate"), 0.25);
        }
        const auto trt = test::readText(counter("trtllm_prompt_tokens_total", "model_name=\"m\"", "90")
                + counter("trtllm_generation_tokens_total", "model_name=\"m\"", "30")
                + counter("trtllm_prompt_cached_tokens_total", "model_name=\"m\"", "9")
                + counter(
                    "trtllm_request_success_total", "model_name=\"m\",finished_reason=\"cancelled\"", "2")
                + counter("trtllm_request_success_total", "model_name=\"m\",finished_reason=\"stop\"", "4"),
            "m.txt");
        QCOMPARE(trt.sink.value(0, "input_tokens"), 90.0);
        QCOMPARE(trt.sink.value(0, "output_tokens"), 30.0);
        QCOMPARE(trt.sink.value(0, "cached_tokens"), 9.0);
        QCOMPARE(trt.sink.value(0, "requests_ok"), 4.0);
        QCOMPARE(trt.sink.value(0, "requests_cancelled"), 2.0);
        // Its generated tokens are counted twice in some versions, so nothing is said of them.
        const auto lmdeploy = test::readText(counter("lmdeploy:prompt_tokens_total", "model_name=\"m\"", "70")
                + counter("lmdeploy:generation_tokens_total", "model_name=\"m\"", "80"),
            "m.txt");
        QCOMPARE(lmdeploy.sink.attribute(0, "engine"), std::string("lmdeploy"));
        QCOMPARE(lmdeploy.sink.value(0, "input_tokens"), 70.0);
        QVERIFY(!lmdeploy.sink.has(0, "output_tokens"));
    }

    void namesWithAPrefixAndNothingElse()
    {
        const auto r
            = test::readText("llamacpp:prompt_tokens_total 120\nllamacpp:prompt_tokens_cached_total 40\n"
                             "llamacpp:tokens_predicted_total 210\nllamacpp:requests_processing 2\n",
                "m.txt");
        QCOMPARE(r.importer, std::string("prometheus"));
        QCOMPARE(r.sink.value(0, "output_tokens"), 210.0);
        QCOMPARE(r.sink.value(0, "cached_tokens"), 40.0);
        QCOMPARE(find(r, "input_tokens", "value")->semantics, std::string("since-start, without-cached"));
        const auto times = test::readText("at 12:30_x 5\nratio:a_b c\n8:30_am 7\nkey: 5\n", "notes.txt");
        QVERIFY(times.importer != "prometheus");
    }

    void aCacheThatIsOffHasNoRate()
    {
        const std::string rate = "# TYPE vllm:gpu_prefix_cache_hit_rate "
                                 "gauge\nvllm:gpu_prefix_cache_hit_rate{model_name=\"m\"} ";
        const std::string tokens
            = "# TYPE vllm:prompt_tokens_total counter\nvllm:prompt_tokens_total{model_name=\"m\"} 5\n";
        QVERIFY(!test::readText(tokens + rate + "-1.0\n", "m.txt").sink.has(0, "prefix_cache_hit_rate"));
        QCOMPARE(
            test::readText(tokens + rate + "0.5\n", "m.txt").sink.value(0, "prefix_cache_hit_rate"), 0.5);
    }

    void sglang()
    {
        const auto r = test::readText(R"(# TYPE sglang:prompt_tokens_total counter
sglang:prompt_tokens_total{model_name="m"} 128
# TYPE sglang:time_per_output_token_seconds histogram
sglang:time_per_output_token_seconds_sum{model_name="m"} 10
sglang:time_per_output_token_seconds_bucket{le="1",model_name="m"} 4
sglang:time_per_output_token_seconds_bucket{le="+Inf",model_name="m"} 4
sglang:time_per_output_token_seconds_count{model_name="m"} 4
)",
            "metrics.prom");
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("sglang"));
        QCOMPARE(r.sink.value(0, "input_tokens"), 128.0);
        QVERIFY(!r.sink.has(0, "tpot", "mean"));
        QVERIFY(!r.sink.has(0, "itl", "mean"));
    }

    void oldVllmTimePerOutputTokenIsItl()
    {
        const std::string old = R"(# TYPE vllm:time_per_output_token_seconds histogram
vllm:time_per_output_token_seconds_sum{model_name="m"} 1
vllm:time_per_output_token_seconds_bucket{le="1",model_name="m"} 4
vllm:time_per_output_token_seconds_bucket{le="+Inf",model_name="m"} 4
vllm:time_per_output_token_seconds_count{model_name="m"} 4
)";
        const auto r = test::readText(old, "metrics.prom");
        QCOMPARE(r.sink.value(0, "itl", "mean"), 250.0);
        QVERIFY(!r.sink.has(0, "tpot", "mean"));
    }
};

QTEST_GUILESS_MAIN(PrometheusEnginesTest)
#include "tst_prometheus_engines.moc"
