// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;

namespace {

std::string metricsText(int temporality)
{
    const std::string point
        = R"({"attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"m"}}],"timeUnixNano":"%","count":"%c","sum":%s,"bucketCounts":[%b],"explicitBounds":[0.1,0.2,0.4]})";
    const auto made = [&](const char* time, const char* count, const char* sum, const char* buckets) {
        std::string p = point;
        p.replace(p.find("%\""), 1, time);
        p.replace(p.find("%c"), 2, count);
        p.replace(p.find("%s"), 2, sum);
        p.replace(p.find("%b"), 2, buckets);
        return p;
    };
    return R"({"resourceMetrics":[{"resource":{"attributes":[]},"scopeMetrics":[{"metrics":[
 {"name":"gen_ai.server.time_to_first_token","unit":"s","histogram":{"aggregationTemporality":)"
        + std::to_string(temporality) + R"(,"dataPoints":[)"
        + made("1700000000000000000", "10", "1.5", R"("0","10","0","0")") + ','
        + made("1700000060000000000", "20", "4.0", R"("0","15","4","1")") + R"(]}},
 {"name":"process.cpu.time","sum":{"dataPoints":[{"asDouble":1}]}}]}]}]})";
}

} // namespace

class OtelMetricsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cumulativeMetrics();
    void deltaMetrics();

    void exponentialHistograms()
    {
        const auto r
            = test::readText(R"({"resourceMetrics":[{"resource":{"attributes":[]},"scopeMetrics":[{"metrics":[
 {"name":"gen_ai.server.time_per_output_token","unit":"s","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[
 {"timeUnixNano":"1729000060000000000","count":"100","sum":2.0,"scale":0,"zeroCount":"0",
 "positive":{"offset":-6,"bucketCounts":["50","50"]},"attributes":[{"key":"gen_ai.request.model","value":{"stringValue":"m"}}]}]}}]}]}]})",
                "m.json");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 31.25); // (1/64, 1/32] s holds the first half
        QCOMPARE(r.sink.value(0, "tpot", "p90"), 31.25 + 0.8 * 31.25);
    }

    /// As the console exporter of Python's SDK prints them.
    void consoleMetrics()
    {
        const std::string points
            = R"({"attributes":{"gen_ai.operation.name":"chat","gen_ai.response.model":"m"},
 "start_time_unix_nano":1700000000000000000,"time_unix_nano":1700000060000000000,"count":4,"sum":6.0,
 "bucket_counts":[0,3,1],"explicit_bounds":[1.0,2.0],"min":1.2,"max":2.4,"exemplars":[]})";
        std::string failed = points;
        failed.replace(failed.find("\"gen_ai.response"), 0, "\"error.type\":\"timeout\",");
        std::string embedding = points;
        embedding.replace(embedding.find("chat"), 4, "embeddings");
        const auto r = test::readText(
            R"({"resource_metrics":[{"resource":{"attributes":{"service.name":"agent"},"schema_url":""},
 "scope_metrics":[{"scope":{"name":"x"},"metrics":[
 {"name":"gen_ai.client.operation.duration","unit":"s","data":{"data_points":[)"
                + points + ',' + failed + ',' + embedding + R"(],"aggregation_temporality":2}},
 {"name":"up","data":{"data_points":[{"attributes":{},"time_unix_nano":1700000060000000000,"value":1}]}}]}]}]})",
            "metrics.log");
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.importer, std::string("otel"));
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("samples"), 4u);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.points[0].label, std::string("agent"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.value(0, "e2e", "count"), 4.0); // without the failed ones and the embeddings
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 1500.0);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 1000.0 + 1000.0 * 2 / 3);
        QVERIFY(r.sink.warned("failed-calls"));
    }

    void statedUnitsHold_data()
    {
        QTest::addColumn<QByteArray>("unit");
        QTest::addColumn<double>("mean"); // ms; 0: left out
        QTest::newRow("seconds") << QByteArray("s") << 5500.0 / 30;
        QTest::newRow("milliseconds") << QByteArray("ms") << 5.5 / 30;
        QTest::newRow("fortnights") << QByteArray("fortnights") << 0.0;
    }
    void statedUnitsHold()
    {
        QFETCH(QByteArray, unit);
        QFETCH(double, mean);
        std::string text = metricsText(1);
        const std::string stated = "\"unit\":\"s\"";
        text.replace(text.find(stated), stated.size(), "\"unit\":\"" + unit.toStdString() + '"');
        const auto r = test::readText(text, "metrics.json");
        QCOMPARE(r.sink.warned("unknown-unit"), mean == 0);
        QCOMPARE(r.sink.points.size(), std::size_t(mean == 0 ? 0 : 1));
        if (mean != 0) {
            QCOMPARE(r.sink.value(0, "ttft", "mean"), mean);
        }
    }

    void chunksOfAClient()
    {
        std::string text = metricsText(1);
        const std::string server = "gen_ai.server.time_to_first_token";
        text.replace(text.find(server), server.size(), "gen_ai.client.operation.time_to_first_chunk");
        const auto first = test::readText(text, "metrics.json");
        QCOMPARE(first.sink.points[0].measure("ttft", Stat::mean())->semantics, std::string("first-chunk"));
        text.replace(text.find("time_to_first_chunk"), 19, "time_per_output_chunk");
        const auto gaps = test::readText(text, "metrics.json");
        QCOMPARE(gaps.sink.value(0, "itl", "mean"), 5500.0 / 30);
    }

    /// Two processes of one service, of which the first is started anew.
    void processesAndRestartsAddUp()
    {
        const auto line = [](const char* process, const char* start, const char* time, const char* count) {
            const QString form = QStringLiteral(
                R"({"resourceMetrics":[{"resource":{"attributes":[
 {"key":"service.instance.id","value":{"stringValue":"%1"}}]},"scopeMetrics":[{"metrics":[
 {"name":"gen_ai.server.request.duration","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
 {"startTimeUnixNano":"%2","timeUnixNano":"%3","count":"%4","sum":%4}]}}]}]}]})");
            return form.arg(QLatin1String(process), QLatin1String(start), QLatin1String(time),
                           QLatin1String(count))
                       .toStdString()
                + '\n';
        };
        const std::string text = line("a", "1000000000", "2000000000", "5")
            + line("b", "1000000000", "2000000000", "7") + line("a", "1000000000", "3000000000", "9")
            + line("a", "4000000000", "5000000000", "2");
        const auto r = test::readText(text, "metrics.jsonl");
        QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "e2e", "count"), 9.0 + 2.0 + 7.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 1000.0);
    }
};

void OtelMetricsTest::cumulativeMetrics()
{
    const auto r = test::readText(metricsText(2), "metrics.json");
    QVERIFY2(!r.error, r.error ? r.error->text().c_str() : "");
    QVERIFY(r.sink.attached);
    QCOMPARE(r.sink.counts.at("samples"), 3u);
    QCOMPARE(r.sink.points.size(), 1u);
    const Measure* mean = r.sink.points[0].measure("ttft", Stat::mean());
    QCOMPARE(mean->value, 200.0);
    QCOMPARE(mean->semantics, std::string("since-start"));
    const Measure* p50 = r.sink.points[0].measure("ttft", Stat::percentile(50));
    QCOMPARE(p50->value, 100.0 + 100.0 * 10 / 15);
    QCOMPARE(p50->semantics, std::string("since-start, from-buckets"));
    QVERIFY(!r.sink.has(0, "ttft", "p99")); // above 0.4 s
    QVERIFY(r.sink.warned("beyond-buckets"));
    QVERIFY(r.sink.warned("since-start"));
}

void OtelMetricsTest::deltaMetrics()
{
    const auto r = test::readText(metricsText(1), "metrics.json");
    QCOMPARE(r.sink.value(0, "ttft", "count"), 30.0);
    QCOMPARE(r.sink.value(0, "ttft", "mean"), 5500.0 / 30);
    QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->semantics, std::string());
    QVERIFY(!r.sink.warned("since-start"));
}

QTEST_GUILESS_MAIN(OtelMetricsTest)
#include "tst_otel_metrics.moc"
