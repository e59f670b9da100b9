// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string record(const std::string& fields, const std::string& metrics)
{
    return R"([{"source_info":{"type":"local_file"},"workload":{"input_tokens":1000,"output_tokens":100,"target_qps":2.0,"concurrency":8},)"
        + fields + R"("metrics":{"request_rate":2.0,)" + metrics + "}}]";
}

} // namespace

class TestPrism : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void zerosThatStandForUnknownAreNoNumbers()
    {
        const Read read = readText(
            record(R"("model_name":"m","hardware":"H100","backend":"vllm","precision":"Unknown",)",
                R"("latency":{"mean":500.0,"p50":0,"p99":0},"ttft":{"mean":20.0},"tpot":4.5,"tpot_ms":4.5,"itl":4.0,"error_count":0)"),
            "records.json");
        QCOMPARE(read.importer, std::string("prism"));
        QCOMPARE(read.sink.value(0, "e2e", "mean"), 500.0);
        QVERIFY(!read.sink.has(0, "e2e", "p50"));
        QVERIFY(!read.sink.has(0, "e2e", "p99"));
        QVERIFY(!read.sink.has(0, "requests_failed"));
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 4.5);
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 20.0);
        QCOMPARE(read.sink.attribute(0, "engine"), std::string("vllm"));
        QCOMPARE(read.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(read.sink.attribute(0, "precision"), std::string());
        // The target repeats the achieved rate.
        QCOMPARE(read.sink.attribute(0, "request_rate"), std::string());
        QCOMPARE(
            read.sink.points[0].measure("ttft", Stat::mean())->path, std::string("/0/metrics/ttft/mean"));
    }

    void throughput_data()
    {
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("metric");
        QTest::newRow("all tokens") << "2200.0"
                                    << "total_throughput";
        QTest::newRow("output tokens") << "200.0"
                                       << "output_throughput";
        QTest::newRow("neither") << "777.0"
                                 << "";
    }
    void throughput()
    {
        QFETCH(QString, value);
        QFETCH(QString, metric);
        const Read read = readText(record("", "\"throughput\":" + value.toStdString()), "records.json");
        for (const char* one : { "total_throughput", "output_throughput", "input_throughput" }) {
            QCOMPARE(read.sink.has(0, one), metric == QLatin1String(one));
        }
        QCOMPARE(read.sink.warned("throughput-unclear"), metric.isEmpty());
    }

    void aRequestLogStatesTheNormalisedTimePerToken()
    {
        const Read read = readText(record(R"("source":"lpg_request_log",)",
                                       R"("tpot":192.6,"output_tput":200.0,"throughput":200.0)"),
            "records.json");
        QCOMPARE(read.sink.value(0, "ntpot", "mean"), 192.6);
        QVERIFY(!read.sink.has(0, "tpot", "mean"));
        QCOMPARE(read.sink.value(0, "output_throughput"), 200.0);
        QVERIFY(!read.sink.warned("throughput-unclear"));
    }

    /// Its source has means only; the exporter computes the rest, and copies.
    void whatTheExporterComputedIsNoMeasurement()
    {
        const auto quickstart = [](const std::string& metrics) {
            return R"([{"source_info":{"type":"giq"},"workload":{"output_tokens":100},"metrics":{)" + metrics
                + "}}]";
        };
        const Read computed = readText(
            quickstart(
                R"("ntpot":5.0,"ttft":{"mean":20.0},"latency":{"mean":500.0,"p50":500.0,"p99":900.0},"tpot":4.8,"itl":4.8)"),
            "records.json");
        QCOMPARE(computed.sink.value(0, "ntpot", "mean"), 5.0);
        QCOMPARE(computed.sink.value(0, "e2e", "mean"), 500.0);
        QCOMPARE(computed.sink.points[0].measure("e2e", Stat::mean())->origin, Origin::Derived);
        QCOMPARE(computed.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Derived);
        QVERIFY(!computed.sink.has(0, "e2e", "p50"));
        QVERIFY(!computed.sink.has(0, "itl", "mean"));
        QCOMPARE(computed.sink.value(0, "e2e", "p99"), 900.0);
        const Read reported
            = readText(quickstart(R"("ttft_ms":20.0,"latency":{"mean":500.0},"tpot":4.2)"), "records.json");
        QCOMPARE(reported.sink.value(0, "tpot", "mean"), 4.2);
        QCOMPARE(reported.sink.value(0, "ttft", "mean"), 20.0);
        QCOMPARE(reported.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Reported);
        QCOMPARE(reported.sink.points[0].measure("e2e", Stat::mean())->origin, Origin::Reported);
    }

    void aLoadGeneratorIsNoEngine()
    {
        const Read read
            = readText(record(R"("source":"brv02:x","backend":"guidellm",)", R"("tpot":3.0,"ntpot":3.0)"),
                "records.json");
        QCOMPARE(read.sink.attribute(0, "engine"), std::string());
        QVERIFY(!read.sink.has(0, "ntpot", "mean"));
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 3.0);
    }

    void scoresAreAttached()
    {
        const Read read = readText(
            R"({"a":{"arena_score_text":1500},"b":{"arena_score_text":1400}})", "arena_scores.json");
        QCOMPARE(read.importer, std::string("prism"));
        QVERIFY(read.sink.attached);
        QCOMPARE(read.sink.counts.at("scores"), std::uint64_t(2));
        QVERIFY(read.sink.points.empty());
    }
};

QTEST_GUILESS_MAIN(TestPrism)
#include "tst_prism.moc"
