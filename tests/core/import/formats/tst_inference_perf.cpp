// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readFixture;
using prism::test::readText;

namespace {

std::string stage(const std::string& load, const std::string& extra = {})
{
    return R"({"load_summary":{"count":10)" + load
        + R"(},"successes":{"count":9,"latency":{"request_latency":{"mean":1.0,"median":0.9,"p99.9":3.0,"p0.1":0.1},)"
          R"("time_per_output_token":{"mean":0.09},"time_to_first_token":{"mean":0.1},"inter_token_latency":null},)"
          R"("throughput":{"output_tokens_per_sec":11.0,"requests_per_sec":1.0},"prompt_len":{"mean":5.0},"output_len":{"mean":11.0})"
        + extra + R"(},"failures":{"count":1,"request_latency":{"mean":9.0}}})";
}

} // namespace

class TestInferencePerf : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void secondsBecomeMilliseconds()
    {
        const Read read = readText(stage(R"(,"requested_rate":2.0)"), "stage_3_lifecycle_metrics.json");
        QCOMPARE(read.importer, std::string("inference-perf"));
        QCOMPARE(read.sink.value(0, "e2e", "mean"), 1000.0);
        QCOMPARE(read.sink.value(0, "e2e", "p50"), 900.0);
        QCOMPARE(read.sink.value(0, "e2e", "p99.9"), 3000.0);
        QCOMPARE(read.sink.value(0, "e2e", "p0.1"), 100.0);
        QVERIFY(!read.sink.has(0, "itl", "mean"));
        QCOMPARE(read.sink.value(0, "requests"), 10.0);
        QCOMPARE(read.sink.value(0, "requests_ok"), 9.0);
        QCOMPARE(read.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(read.sink.value(0, "osl", "mean"), 11.0);
        QCOMPARE(read.sink.points[0].label, std::string("stage_3"));
        QVERIFY(!read.sink.warned("tpot-per-chunk"));
        QVERIFY(!read.sink.warned("all-stages"));
    }

    void load_data()
    {
        QTest::addColumn<QString>("load");
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QString>("rate");
        QTest::addColumn<QString>("concurrency");
        QTest::newRow("number") << R"(,"requested_rate":118.5)"
                                << "rate"
                                << "118.5"
                                << "";
        QTest::newRow("negative") << R"(,"requested_rate":-1)"
                                  << ""
                                  << ""
                                  << "";
        QTest::newRow("text") << R"(,"requested_rate":"sweep")"
                              << ""
                              << ""
                              << "";
        QTest::newRow("object") << R"(,"requested_rate":{"distribution":"poisson","mean":4.0})"
                                << "rate"
                                << ""
                                << "";
        QTest::newRow("concurrency") << R"(,"requested_rate":9.0,"concurrency":16)"
                                     << "concurrency"
                                     << ""
                                     << "16";
    }
    void load()
    {
        QFETCH(QString, load);
        const Read read = readText(stage(load.toStdString()), "stage_0_lifecycle_metrics.json");
        QTEST(QString::fromStdString(read.sink.attribute(0, "load_mode")), "mode");
        QTEST(QString::fromStdString(read.sink.attribute(0, "request_rate")), "rate");
        QTEST(QString::fromStdString(read.sink.attribute(0, "concurrency")), "concurrency");
    }

    void aTimePerChunkIsMarked()
    {
        std::string text = stage(R"(,"requested_rate":2.0)");
        text.replace(text.find("0.09"), 4, "0.045");
        const Read read = readText(text, "stage_0_lifecycle_metrics.json");
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 45.0);
        QCOMPARE(read.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("per-chunk"));
        QVERIFY(read.sink.warned("tpot-per-chunk"));
    }

    void aSummaryOfAllStagesSaysSo()
    {
        const Read read = readFixture("inference-perf/summary_lifecycle_metrics.json");
        QVERIFY(read.sink.warned("all-stages"));
        QCOMPARE(read.sink.points.size(), std::size_t(1));
    }

    void tokensOfTheNewestVersion()
    {
        const Read read = readFixture("inference-perf/stage_1_lifecycle_metrics.json");
        QCOMPARE(read.importer, std::string("inference-perf"));
        QCOMPARE(read.sink.value(0, "input_tokens"), 1857.0);
        QCOMPARE(read.sink.value(0, "cached_tokens"), 0.0);
        QCOMPARE(read.sink.value(0, "output_tokens"), 726.0);
        QCOMPARE(read.sink.value(0, "isl", "p99.9"), 79.971);
        QCOMPARE(read.sink.value(0, "osl", "mean"), 25.633333333333333);
        QCOMPARE(read.sink.value(0, "duration"), 5.802237764999973);
        QVERIFY(!read.sink.has(0, "prefix_cache_hit_rate"));
        QCOMPARE(read.sink.points[0].measure("itl", Stat::percentile(99.9))->path,
            std::string("/successes/latency/inter_token_latency/p99.9"));
    }

    /// Without a report of the server the producer counts no cached tokens, which is no hit rate of 0.
    void aHitRateNeedsCachedTokens()
    {
        const auto of = [](const std::string& cached) {
            return readText(
                R"({"load_summary":{"count":2,"requested_rate":1.0,"send_duration":2.0},"successes":{"count":2,"latency":{},)"
                R"("prompt_tokens":{"total":100.0,"cached":)"
                    + cached
                    + R"(,"mean":50.0},"goodput_metrics":{"goodput_percentage":50.0,"request_goodput":0.25,"token_goodput":9.0}},"failures":{"count":0}})",
                "stage_0_lifecycle_metrics.json");
        };
        const Read some = of("40.0");
        QCOMPARE(some.sink.value(0, "prefix_cache_hit_rate"), 0.4);
        QVERIFY(
            some.sink.points[0].measure("prefix_cache_hit_rate", Stat::value())->origin == Origin::Derived);
        QCOMPARE(some.sink.value(0, "request_goodput"), 0.25);
        const Read none = of("0.0");
        QCOMPARE(none.sink.value(0, "cached_tokens"), 0.0);
        QVERIFY(!none.sink.has(0, "prefix_cache_hit_rate"));
    }

    void numbersFromPrometheusAreTheServers()
    {
        const Read read = readText(
            R"({"load_summary":{},"successes":{"count":5,"rate":2.5,"prompt_len":{"mean":8162,"rate":100},"output_len":{"mean":0,"rate":50},)"
            R"("queue_len":{"mean":3},"request_latency":{"mean":1.5,"p90":2.0},"time_to_first_token":{"mean":0.5},"time_per_output_token":{"mean":0.01},)"
            R"("request_queue_time":{"mean":0.25,"p99":0.75},"request_prefill_time":{"mean":0.125},"prefix_cache_hit_percent":{"mean":62.5}},"failures":{}})",
            "summary_prometheus_metrics.json");
        QCOMPARE(read.importer, std::string("inference-perf"));
        QCOMPARE(read.sink.value(0, "request_throughput"), 2.5);
        QCOMPARE(read.sink.value(0, "input_throughput"), 100.0);
        QCOMPARE(read.sink.value(0, "e2e", "p90"), 2000.0);
        QCOMPARE(read.sink.value(0, "queue_time", "p99"), 750.0);
        QCOMPARE(read.sink.value(0, "prefill_time", "mean"), 125.0);
        QCOMPARE(read.sink.value(0, "prefix_cache_hit_rate"), 0.625);
        QVERIFY(!read.sink.has(0, "isl", "mean"));
        QVERIFY(!read.sink.has(0, "tpot", "mean"));
        QVERIFY(read.sink.warned("server-side"));
    }

    void requestsAloneMakeAPoint()
    {
        const Read read = readFixture("inference-perf/per_request_lifecycle_metrics.json");
        QCOMPARE(read.importer, std::string("inference-perf"));
        QCOMPARE(read.sink.value(0, "requests"), 4.0);
        QVERIFY(read.sink.points[0].measure("e2e", Stat::mean())->origin == Origin::Derived);
        const auto& rows = read.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(4));
        QCOMPARE(rows[0].start->value, 0.0);
        QVERIFY(rows[1].start->value > 0.5);
        QCOMPARE(rows[0].gapsMs.size(), std::size_t(15));
        QCOMPARE(rows[0].isl, std::optional<std::int64_t>(66));
        QVERIFY(qAbs(rows[0].ttft->value - 21.880210) < 1e-6);
    }

    void requestsOfOlderVersions()
    {
        const Read read = readText(
            R"([{"start_time":10.5,"end_time":11.5,"request":"q","response":"r","error":null,"info":{"input_tokens":7,"output_tokens":3,"output_token_times":[10.75,11.0,11.5]}},)"
            R"({"start_time":10.0,"end_time":12.0,"request":"q","response":"r","error":{"error_type":"Timeout","error_msg":"late"},"info":{"input_tokens":7,"output_tokens":0,"output_token_times":[]}}])",
            "per_request_lifecycle_metrics.json");
        const auto& rows = read.sink.requests.at(0);
        QCOMPARE(rows[0].start->value, 0.5);
        QCOMPARE(rows[1].start->value, 0.0);
        QCOMPARE(rows[0].ttft->value, 250.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 250.0, 500.0 }));
        QVERIFY(!rows[1].ok);
        QCOMPARE(rows[1].error, std::string("Timeout: late"));
        QVERIFY(!rows[1].ttft);
        QCOMPARE(read.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(read.sink.value(0, "e2e", "count"), 1.0);
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 375.0);
        QCOMPARE(read.sink.value(0, "itl", "mean"), 375.0);
    }

    void aStageWithFailuresOnlyHasNoLatency()
    {
        const Read read = readText(
            R"({"load_summary":{"count":3,"requested_rate":1.0,"send_duration":2.0},"successes":{"count":0,"latency":null,"throughput":null,"prompt_len":null},"failures":{"count":3,"request_latency":{"mean":1.0}}})",
            "stage_0_lifecycle_metrics.json");
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.value(0, "requests_failed"), 3.0);
        QVERIFY(!read.sink.has(0, "e2e", "mean"));
    }

    void sidecarsAreAttached()
    {
        const Read config = readFixture("inference-perf/config.yaml");
        QCOMPARE(config.importer, std::string("inference-perf"));
        QVERIFY(config.sink.attached);
        QVERIFY(config.sink.points.empty());
        QCOMPARE(config.sink.counts.at("stages"), std::uint64_t(3));
        const Read sessions = readText(
            R"({"num_sessions":12,"sessions_per_second":1.5,"session_duration_sec":{"mean":2.0}})", "s.json");
        QVERIFY(sessions.sink.attached);
        QCOMPARE(sessions.sink.counts.at("sessions"), std::uint64_t(12));
        const Read single = readText(
            R"([{"session_id":"a","stage_id":0,"start_time":1.0,"end_time":2.0,"num_events":3,"num_events_completed":3},)"
            R"({"session_id":"b","stage_id":0,"start_time":1.0,"end_time":2.0,"num_events":3,"num_events_completed":2}])",
            "per_session_lifecycle_metrics.json");
        QCOMPARE(single.importer, std::string("inference-perf"));
        QVERIFY(single.sink.attached);
        QCOMPARE(single.sink.counts.at("sessions"), std::uint64_t(2));
    }
};

QTEST_GUILESS_MAIN(TestInferencePerf)
#include "tst_inference_perf.moc"
