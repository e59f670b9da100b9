// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <cmath>

using namespace prism;

namespace {

std::string number(double value)
{
    return QByteArray::number(value, 'g', 17).toStdString();
}

/// TTFT of one engine: observations up to 0.1 s, up to 0.2 s, and above.
std::string ttft(const char* engine, double low, double middle, double high, double sum)
{
    const std::string labels = std::string("engine=\"") + engine + "\",model_name=\"m\"";
    const auto line = [&](const std::string& what, const std::string& le, double value) {
        return "vllm:time_to_first_token_seconds_" + what + '{' + le + labels + "} " + number(value) + '\n';
    };
    return line("bucket", "le=\"0.1\",", low) + line("bucket", "le=\"0.2\",", low + middle)
        + line("bucket", "le=\"+Inf\",", low + middle + high) + line("count", "", low + middle + high)
        + line("sum", "", sum);
}

std::string snapshot(double tokens, const std::string& ttfts, double hits = 0, double start = 1.7e9)
{
    return "# HELP vllm:generation_tokens_total tokens\n# TYPE vllm:generation_tokens_total counter\n"
           "vllm:generation_tokens_total{engine=\"0\",model_name=\"m\"} "
        + number(tokens)
        + "\n# TYPE vllm:prefix_cache_hits_total counter\nvllm:prefix_cache_hits_total{model_name=\"m\"} "
        + number(hits)
        + "\n# TYPE vllm:prefix_cache_queries_total "
          "counter\nvllm:prefix_cache_queries_total{model_name=\"m\"} "
        + number(hits * 2) + "\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds "
        + number(start) + "\n# TYPE vllm:time_to_first_token_seconds histogram\n" + ttfts;
}

const Measure* find(const test::Read& r, const char* metric, const char* stat)
{
    return r.sink.points.empty() ? nullptr : r.sink.points[0].measure(metric, *Stat::parse(stat));
}

} // namespace

class PrometheusTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void histogramsWithoutTypeLines()
    {
        const std::string bare
            = ttft("0", 50, 40, 10, 12.0) + "vllm:kv_cache_usage_perc{model_name=\"m\"} 0.25\n";
        const auto r = test::readText(bare, "m.txt");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 120.0);
        QVERIFY(r.sink.has(0, "ttft", "p50"));
        QCOMPARE(r.sink.value(0, "kv_cache_usage"), 0.25);
        QCOMPARE(find(r, "kv_cache_usage", "value")->semantics, std::string("at-one-moment"));
        // In an order of its own: sums and counts before the buckets.
        std::string turned;
        for (std::size_t end = bare.size(); end > 0;) {
            const std::size_t begin = end > 1 ? bare.rfind('\n', end - 2) : std::string::npos;
            const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
            turned += bare.substr(from, end - from);
            end = from;
        }
        const auto again = test::readText(turned, "m.txt");
        QCOMPARE(again.sink.value(0, "ttft", "mean"), 120.0);
        QCOMPARE(again.sink.value(0, "ttft", "p50"), r.sink.value(0, "ttft", "p50"));
    }

    void whatAShellPutsAround_data()
    {
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("behind");
        QTest::newRow("fences") << QByteArray("$ curl -s localhost:8000/metrics | grep vllm\n```\n")
                                << QByteArray("```\n");
        QTest::newRow("headers") << QByteArray("HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-length: 5\r\n"
                                               "content-type: text/plain; version=0.0.4\r\n\r\n")
                                 << QByteArray();
        QTest::newRow("cut off") << QByteArray() << QByteArray("vllm:x{model_name=\"m");
    }
    void whatAShellPutsAround()
    {
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, behind);
        const auto r = test::readText(
            before.toStdString() + snapshot(640, ttft("0", 5, 15, 0, 2.5), 100) + behind.toStdString(),
            "m.txt");
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.importer, std::string("prometheus"));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 125.0);
        QCOMPARE(r.sink.warned("log-text"), !before.isEmpty());
        QCOMPARE(r.sink.warned("truncated"), before.isEmpty());
    }

    void aTextAboutMetricsIsNoExposition()
    {
        const auto r = test::readText("# HELP vllm:x says\n\nThe server counts.\nIt looks like this:\n```\n"
                                      "vllm:generation_tokens_total{model_name=\"m\"} 5\n```\n",
            "metrics.md");
        QVERIFY(r.error || r.importer.empty());
        QVERIFY(r.sink.points.empty());
    }

    /// A loop that prints a heading and some lines of the metrics, again and again.
    void headingsBetweenSnapshots()
    {
        const auto lines = [](const char* heading, const char* tokens, const char* requests) {
            return std::string(heading) + "\nvllm:generation_tokens_total{model_name=\"m\"} " + tokens
                + "\nvllm:request_success_total{finished_reason=\"stop\",model_name=\"m\"} " + requests
                + "\nvllm:request_success_total{finished_reason=\"length\",model_name=\"m\"} 0\n";
        };
        const auto r = test::readText(lines("=== Mon Nov  3 10:00:00 UTC 2025 ===", "100", "5")
                + lines("=== Mon Nov  3 10:00:10 UTC 2025 ===", "400", "25"),
            "metrics.log");
        QCOMPARE(r.importer, std::string("prometheus"));
        QCOMPARE(r.sink.value(0, "output_tokens"), 300.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 20.0);
        QVERIFY(r.sink.warned("no-times"));
    }

    void anEmptyCacheIsZero()
    {
        const auto r = test::readText(
            snapshot(640, ttft("0", 5, 15, 0, 2.5)) + "vllm:kv_cache_usage_perc{model_name=\"m\"} 0.0\n",
            "m.txt");
        const Measure* usage = find(r, "kv_cache_usage", "value");
        QVERIFY(usage);
        QVERIFY(usage->status == Status::Ok);
        QCOMPARE(usage->value, 0.0);
    }

    /// What a gauge reads after a run says nothing of the run.
    void gaugesOfAPairAreExtras()
    {
        const std::string usage
            = "# TYPE vllm:kv_cache_usage_perc gauge\nvllm:kv_cache_usage_perc{model_name=\"m\"} ";
        const auto r = test::readText("prism_snapshot{file=\"a\"} 1\n"
                + snapshot(600, ttft("0", 5, 5, 0, 2), 100) + usage + "0.5\nprism_snapshot{file=\"b\"} 1\n"
                + snapshot(1000, ttft("0", 5, 25, 0, 5), 400) + usage + "0.25\n",
            "a → b");
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QVERIFY(!find(r, "kv_cache_usage", "value"));
        const auto& extras = r.sink.points[0].extras;
        QVERIFY(std::any_of(extras.begin(), extras.end(),
            [](const Extra& e) { return e.text == "vllm:kv_cache_usage_perc = 0.25 at the last snapshot"; }));
    }

    void snapshotIsALifetime();
    void replicasAddUp();
    void quantileAboveTheLastBucketIsNoNumber();
    void unsoundBucketsGiveNoPercentile();
    void idleServersMeasureNothing();
    void differenceIsAMeasurement();
    void differenceOfTheLaterTwice();
    void timesGiveRates_data();
    void timesGiveRates();
    void resetIsSaid_data();
    void resetIsSaid();
    void backwardsIsTurnedRound();
    void manySnapshotsAddUp();
    void otherServersAreRefused();
    void filesThatAreNoPairAreRefused_data();
    void filesThatAreNoPairAreRefused();
    void otherMetricsAreAttached();
    void textWithoutMetadata();
    void answersOfTheApi();
    void errorOfTheApi();
    void damageIsRefused();
};

void PrometheusTest::snapshotIsALifetime()
{
    const auto r = test::readText(snapshot(640, ttft("0", 5, 15, 0, 2.5), 100), "metrics.prom");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.importer, std::string("prometheus"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("samples"), 9u);
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
    QCOMPARE(r.sink.attribute(0, "engine"), std::string("vllm"));
    QVERIFY(r.sink.warned("since-start"));
    const Measure* mean = find(r, "ttft", "mean");
    QCOMPARE(mean->value, 125.0);
    QCOMPARE(mean->origin, Origin::Derived);
    QCOMPARE(mean->semantics, std::string("since-start"));
    QCOMPARE(find(r, "output_tokens", "value")->semantics, std::string("since-start"));
    QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.5);
    const Measure* p50 = find(r, "ttft", "p50");
    QCOMPARE(p50->value, 100.0 + 100.0 * 5 / 15); // the 10th of 20, the 5th of the 15 in its bucket
    QCOMPARE(p50->semantics, std::string("since-start, from-buckets"));
    QVERIFY(!r.sink.has(0, "request_throughput"));
}

void PrometheusTest::replicasAddUp()
{
    const auto r
        = test::readText(snapshot(640, ttft("0", 10, 0, 0, 0.5) + ttft("1", 0, 30, 0, 4.5)), "metrics.prom");
    QCOMPARE(r.sink.value(0, "ttft", "count"), 40.0);
    QCOMPARE(r.sink.value(0, "ttft", "mean"), 125.0);
    QCOMPARE(r.sink.value(0, "ttft", "p50"), 100.0 + 100.0 / 3); // the 20th of 40, not a mean of medians
}

void PrometheusTest::quantileAboveTheLastBucketIsNoNumber()
{
    const auto r = test::readText(snapshot(1, ttft("0", 10, 0, 90, 90)), "metrics.prom");
    QVERIFY(!r.sink.has(0, "ttft", "p50"));
    QVERIFY(!r.sink.has(0, "ttft", "p99"));
    QVERIFY(r.sink.has(0, "ttft", "mean"));
    QVERIFY(r.sink.warned("beyond-buckets"));
    const auto& extras = r.sink.points[0].extras;
    QVERIFY(
        std::any_of(extras.begin(), extras.end(), [](const Extra& e) { return e.text.starts_with("> "); }));
}

void PrometheusTest::unsoundBucketsGiveNoPercentile()
{
    std::string text = snapshot(1, ttft("0", 10, 10, 0, 2));
    const std::string count = "time_to_first_token_seconds_count{engine=\"0\",model_name=\"m\"} 20";
    text.replace(text.find(count), count.size(),
        "time_to_first_token_seconds_count{engine=\"0\",model_name=\"m\"} 25");
    const auto r = test::readText(text, "metrics.prom");
    QVERIFY(!r.sink.has(0, "ttft", "p50"));
    QVERIFY(r.sink.warned("unsound-buckets"));
}

void PrometheusTest::idleServersMeasureNothing()
{
    const auto r = test::readText(snapshot(0, ttft("0", 0, 0, 0, 0)), "metrics.prom");
    QVERIFY(r.sink.attached);
    QVERIFY(r.sink.points.empty());
}

void PrometheusTest::differenceIsAMeasurement()
{
    const auto r = test::readText("prism_snapshot{file=\"a\"} 1\n" + snapshot(600, ttft("0", 5, 5, 0, 2), 100)
            + "prism_snapshot{file=\"b\"} 1\n" + snapshot(1000, ttft("0", 5, 25, 0, 5), 400),
        "a → b");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QVERIFY(!r.sink.attached);
    QCOMPARE(r.sink.points.size(), 1u);
    QCOMPARE(r.sink.points[0].label, std::string("a → b"));
    QCOMPARE(r.sink.value(0, "output_tokens"), 400.0);
    QCOMPARE(r.sink.value(0, "ttft", "count"), 20.0);
    QCOMPARE(r.sink.value(0, "ttft", "mean"), 150.0);
    QCOMPARE(r.sink.value(0, "ttft", "p50"), 150.0);
    QCOMPARE(find(r, "ttft", "mean")->semantics, std::string());
    QCOMPARE(find(r, "ttft", "p50")->semantics, std::string("from-buckets"));
    QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.5);
    QVERIFY(r.sink.warned("no-times"));
    QVERIFY(!r.sink.warned("counter-reset"));
}

void PrometheusTest::differenceOfTheLaterTwice()
{
    const std::string one = snapshot(600, ttft("0", 5, 5, 0, 2), 100);
    const auto r = test::readText(one + one, "a.prom");
    QVERIFY(r.sink.attached);
    QVERIFY(r.sink.points.empty());
    QVERIFY(r.sink.warned("nothing-between"));
}

void PrometheusTest::timesGiveRates_data()
{
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("second");
    const auto lines = [](double tokens, const char* time) {
        return "# TYPE vllm:generation_tokens_total counter\nvllm:generation_tokens_total{model_name=\"m\"} "
            + QByteArray::number(tokens) + ' ' + time + '\n';
    };
    QTest::newRow("milliseconds") << lines(100, "1700000000000") << lines(500, "1700000010000");
    QTest::newRow("seconds") << lines(100, "1700000000") + "# EOF\n" << lines(500, "1700000010") + "# EOF\n";
}

void PrometheusTest::timesGiveRates()
{
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    const auto r = test::readText((first + second).toStdString(), "metrics.prom");
    QCOMPARE(r.sink.value(0, "duration"), 10.0);
    QCOMPARE(r.sink.value(0, "output_throughput"), 40.0);
    QVERIFY(!r.sink.warned("no-times"));
}

void PrometheusTest::resetIsSaid_data()
{
    QTest::addColumn<double>("tokens");
    QTest::addColumn<double>("start");
    QTest::newRow("smaller") << 50.0 << 1.7e9;
    QTest::newRow("larger, other process") << 700.0 << 1.7e9 + 3600;
}

void PrometheusTest::resetIsSaid()
{
    QFETCH(double, tokens);
    QFETCH(double, start);
    const auto r = test::readText(
        snapshot(600, ttft("0", 5, 15, 0, 2.5), 10) + snapshot(tokens, ttft("0", 4, 0, 0, 0.2), 20, start),
        "metrics.prom");
    QVERIFY(r.sink.warned("counter-reset"));
    QCOMPARE(r.sink.value(0, "output_tokens"), tokens);
    QCOMPARE(r.sink.value(0, "ttft", "count"), 4.0);
    QCOMPARE(r.sink.value(0, "ttft", "mean"), 50.0);
}

void PrometheusTest::backwardsIsTurnedRound()
{
    const auto r = test::readText(
        snapshot(1000, ttft("0", 5, 25, 0, 5), 400) + snapshot(600, ttft("0", 5, 5, 0, 2), 100),
        "metrics.prom");
    QCOMPARE(r.sink.value(0, "output_tokens"), 400.0);
    QVERIFY(r.sink.warned("snapshots-swapped"));
    QVERIFY(!r.sink.warned("counter-reset"));
}

void PrometheusTest::manySnapshotsAddUp()
{
    const auto r
        = test::readText(snapshot(100, ttft("0", 1, 0, 0, 0.1)) + snapshot(300, ttft("0", 2, 0, 0, 0.2))
                + snapshot(50, ttft("0", 1, 0, 0, 0.05)) + snapshot(90, ttft("0", 3, 0, 0, 0.15)),
            "metrics.prom");
    QCOMPARE(r.sink.value(0, "output_tokens"), 200.0 + 50 + 40);
    QCOMPARE(r.sink.value(0, "ttft", "count"), 4.0);
    QVERIFY(r.sink.warned("counter-reset"));
}

void PrometheusTest::otherServersAreRefused()
{
    std::string other = snapshot(700, ttft("0", 5, 5, 0, 2));
    for (std::size_t at = other.find("\"m\""); at != std::string::npos; at = other.find("\"m\"", at)) {
        other.replace(at, 3, "\"other\"");
    }
    const auto r = test::readText(snapshot(600, ttft("0", 5, 5, 0, 2)) + "prism_snapshot{file=\"b\"} 1\n"
            + "process_start_time_seconds 5\n" + other,
        "metrics.prom");
    QVERIFY(r.error);
    QVERIFY(r.error->reason.find("one server") != std::string::npos);
}

void PrometheusTest::filesThatAreNoPairAreRefused_data()
{
    QTest::addColumn<QByteArray>("second");
    QTest::addColumn<QByteArray>("reason");
    const auto row = [](const char* name, const std::string& second, const char* reason) {
        QTest::newRow(name) << QByteArray::fromStdString(second) << QByteArray(reason);
    };
    row("restarted", snapshot(700, ttft("0", 9, 9, 0, 4), 20, 1.7e9 + 3600), "began anew");
    row("fallen and risen", snapshot(50, ttft("0", 9, 9, 0, 4), 20), "began anew");
    row("nothing between", snapshot(600, ttft("0", 5, 5, 0, 2), 10), "no request");
}

/// In one text a poller wrote them one after the other; two files only lie side by side.
void PrometheusTest::filesThatAreNoPairAreRefused()
{
    QFETCH(QByteArray, second);
    QFETCH(QByteArray, reason);
    const auto r = test::readText("prism_snapshot{file=\"a\"} 1\n" + snapshot(600, ttft("0", 5, 5, 0, 2), 10)
            + "prism_snapshot{file=\"b\"} 1\n" + second.toStdString(),
        "a → b");
    QVERIFY(r.error);
    QVERIFY2(r.error->reason.find(reason) != std::string::npos, r.error->reason.c_str());
    QVERIFY(!r.error->remedy.empty());
    QVERIFY(r.sink.points.empty());
}

void PrometheusTest::otherMetricsAreAttached()
{
    const auto r = test::readText(
        "# TYPE DCGM_FI_DEV_POWER_USAGE gauge\nDCGM_FI_DEV_POWER_USAGE{gpu=\"0\"} 130\n", "dcgm.prom");
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("samples"), 1u);
    QVERIFY(r.sink.points.empty());
}

void PrometheusTest::textWithoutMetadata()
{
    const auto r = test::readText("vllm:generation_tokens_total{model_name=\"m\"} 5\n"
                                  "vllm:prompt_tokens_total{model_name=\"m\"} 7.0\nvllm:x{a=\"b\"} NaN\n"
                                  "vllm:num_requests_running{a=\"b\"} 1\n",
        "metrics.txt");
    QVERIFY(r.importer.empty() || r.importer == "prometheus"); // NaN among the first lines is no number
    const auto plain = test::readText("vllm:generation_tokens_total{model_name=\"m\"} 5\n"
                                      "vllm:prompt_tokens_total{model_name=\"m\"} 7.0\n"
                                      "vllm:num_requests_running{a=\"b\"} 1e+06\n",
        "metrics.txt");
    QCOMPARE(plain.importer, std::string("prometheus"));
    QCOMPARE(plain.sink.value(0, "output_tokens"), 5.0);
}

void PrometheusTest::answersOfTheApi()
{
    const auto r = test::readText(
        R"({"status":"success","data":{"resultType":"matrix","result":[
 {"metric":{"__name__":"DCGM_FI_DEV_POWER_USAGE","gpu":"0"},"values":[[1700000000,"130.5"],[1700000010.5,"NaN"],[1700000020,"140"]]},
 {"metric":{},"values":[[1700000000,"+Inf"]]}]}})",
        "power.json");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QCOMPARE(r.importer, std::string("prometheus"));
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("series"), 2u);
    QCOMPARE(r.sink.counts.at("samples"), 4u);
    const TimeSeries& power = r.sink.seriesOf.at(0)[0];
    QCOMPARE(power.name, std::string("DCGM_FI_DEV_POWER_USAGE{gpu=\"0\"}"));
    QVERIFY(power.absolute);
    QCOMPARE(power.seconds[1], 1700000010.5);
    QCOMPARE(power.values[0], 130.5);
    QVERIFY(std::isnan(power.values[1]));
    QCOMPARE(power.path, std::string("/data/result/0"));
    const auto vector = test::readText(
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up"},"value":[1700000000.123,"1"]}]}})",
        "up.json");
    QCOMPARE(vector.sink.seriesOf.at(0)[0].values, std::vector<double> { 1.0 });
    QVERIFY(!vector.sink.warned("no-samples"));
    const auto native = test::readText(
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"h"},"histogram":[1700000000,{"count":"2","sum":"3","buckets":[]}]}]}})",
        "h.json");
    QCOMPARE(native.sink.counts.at("series"), 0u);
    QVERIFY(native.sink.warned("no-samples"));
}

void PrometheusTest::errorOfTheApi()
{
    const auto r = test::readText(
        R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\""})", "x.json");
    QVERIFY(r.error);
    QVERIFY(r.error->reason.find("invalid parameter") != std::string::npos);
}

void PrometheusTest::damageIsRefused()
{
    const auto r = test::readText("# TYPE a counter\na_total 1\na_total{x=\"} 2\n", "metrics.prom");
    QVERIFY(r.error);
    QVERIFY(!r.error->place.empty());
}

QTEST_GUILESS_MAIN(PrometheusTest)
#include "tst_prometheus.moc"
