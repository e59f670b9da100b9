// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

struct Run {
    std::string scenario = "D(64,32)";
    std::string ttft = R"({"min":0.25,"max":0.5,"mean":0.375,"stddev":0.125,"p99":0.5})";
    std::string load = R"("num_concurrency":4)";
    std::string tail; ///< members behind the requests
    std::string errorRate = "0.2";

    std::string text() const
    {
        return R"({"aggregated_metrics":{"scenario":")" + scenario + R"(",)" + load
            + R"(,"batch_size":1,"iteration_type":"num_concurrency","run_duration":10.0,)"
              R"("mean_output_throughput_tokens_per_s":12.8,"mean_input_throughput_tokens_per_s":25.6,)"
              R"("mean_total_tokens_throughput_tokens_per_s":38.4,"requests_per_second":0.4,)"
              R"("error_codes_frequency":{"500":1},"error_rate":)"
            + errorRate
            + R"(,"num_error_requests":1,"num_completed_requests":4,"num_requests":5,"stats":{"ttft":)" + ttft
            + R"(,"tpot":{"mean":0.03125,"p50":0.025},)"
              R"("e2e_latency":{"min":0.5,"max":1.5,"mean":1.25,"sum":5.0},"output_latency":{"mean":1.0},)"
              R"("output_inference_speed":{"mean":32.0},"input_throughput":{"mean":300.0},)"
              R"("output_throughput":{"mean":32.0},"num_input_tokens":{"mean":64.0,"sum":256.0},)"
              R"("num_output_tokens":{"mean":32.0,"sum":128.0},"network_dns_time":{"mean":null}}},)"
              R"("individual_request_metrics":[{"ttft":0.25,"tpot":0.03,"e2e_latency":1.25,)"
              R"("num_input_tokens":64,"num_output_tokens":32,"error_code":null,"error_message":null},)"
              R"({"ttft":null,"e2e_latency":null,"num_input_tokens":null,"num_output_tokens":null,)"
              R"("error_code":500,"error_message":"Internal Server Error"}])"
            + tail + "}";
    }
};

} // namespace

class TestGenaiBench : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRateIsNoConcurrency()
    {
        Run run;
        run.load = R"("target_arrival_rate":4.5,"num_concurrency":4)";
        std::string text = run.text();
        text.replace(
            text.find(R"("iteration_type":"num_concurrency")"), 34, R"("iteration_type":"request_rate")");
        const auto r = readText(text, "a.json");
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string());
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string("4.5"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
    }

    void statisticsAndRequestsInSeconds()
    {
        const auto r = readText(Run {}.text(), "D64_32_text-to-text_m_num_concurrency_4_time_10s.json");
        QCOMPARE(r.importer, std::string("genai-bench"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("64"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("32"));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 375.0);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 125.0);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 25.0);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 1500.0);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 32.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 12.8);
        QVERIFY(!r.sink.has(0, "output_throughput", "mean")); // that of a request is not the system's
        QVERIFY(!r.sink.has(0, "input_throughput", "mean"));
        QCOMPARE(r.sink.value(0, "input_tokens"), 256.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 128.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QVERIFY(!r.sink.warned("error-rate-disagrees"));

        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 250.0);
        QCOMPARE(rows[0].osl, std::optional<std::int64_t>(32));
        QVERIFY(!rows[1].ok && !rows[1].e2e && !rows[1].isl);
        QCOMPARE(rows[1].error, std::string("500: Internal Server Error"));
    }

    /// The unit stands behind everything that it rules.
    void timeUnit_data()
    {
        QTest::addColumn<QString>("tail");
        QTest::addColumn<double>("mean"); // NaN: none
        QTest::newRow("seconds") << R"(,"_time_unit":"s")" << 1250.0;
        QTest::newRow("milliseconds") << R"(,"_time_unit":"ms")" << 1.25;
        QTest::newRow("null") << R"(,"_time_unit":null)" << 1250.0;
        QTest::newRow("nonsense") << R"(,"_time_unit":"parsec")" << qQNaN();
    }
    void timeUnit()
    {
        QFETCH(QString, tail);
        QFETCH(double, mean);
        Run run;
        run.tail = tail.toStdString();
        const auto r = readText(run.text(), "x.json");
        QCOMPARE(r.sink.has(0, "e2e", "mean"), !qIsNaN(mean));
        QCOMPARE(r.sink.warned("unit-unknown"), qIsNaN(mean));
        QCOMPARE(r.sink.requests.at(0)[0].e2e.has_value(), !qIsNaN(mean));
        if (!qIsNaN(mean)) {
            QCOMPARE(r.sink.value(0, "e2e", "mean"), mean);
            QCOMPARE(r.sink.requests.at(0)[0].e2e->value, mean);
        }
        QCOMPARE(r.sink.value(0, "duration"), 10.0); // in seconds always
    }

    void firstTokenOfWhatWasNotStreamed_data()
    {
        QTest::addColumn<QString>("ttft");
        QTest::addColumn<bool>("streamed");
        QTest::newRow("constant") << R"({"min":0.0010000000002,"max":0.0010000000002,"mean":0.001})" << false;
        QTest::newRow("the whole latency") << R"({"min":0.5,"max":1.5,"mean":1.25})" << false;
        QTest::newRow("fast but measured") << R"({"min":0.001,"max":0.004,"mean":0.002})" << true;
    }
    void firstTokenOfWhatWasNotStreamed()
    {
        QFETCH(QString, ttft);
        QFETCH(bool, streamed);
        Run run;
        run.ttft = ttft.toStdString();
        const auto r = readText(run.text(), "x.json");
        for (const char* metric : { "ttft", "tpot", "output_throughput_per_user" }) {
            QCOMPARE(r.sink.has(0, metric, "mean"), streamed);
        }
        QCOMPARE(r.sink.requests.at(0)[0].ttft.has_value(), streamed);
        QCOMPARE(r.sink.warned("not-streamed"), !streamed);
        QVERIFY(r.sink.has(0, "e2e", "mean"));
    }

    void errorRateIsRecomputed()
    {
        Run run;
        run.errorRate = "0";
        const auto r = readText(run.text(), "x.json");
        QVERIFY(r.sink.warned("error-rate-disagrees"));
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
    }

    void concurrencyOrRate_data()
    {
        QTest::addColumn<QString>("load");
        QTest::addColumn<QString>("mode");
        // 0.4 requests a second of 1.25 s: half a request in flight.
        QTest::newRow("closed, arrivals not counted")
            << R"("num_concurrency":4,"arrival_requests_per_second":null)"
            << "concurrency";
        QTest::newRow("closed, arrivals counted")
            << R"("num_concurrency":0.5,"arrival_requests_per_second":0.4)"
            << "concurrency";
        QTest::newRow("open") << R"("num_concurrency":3,"arrival_requests_per_second":2.9)"
                              << "rate";
        QTest::newRow("unclear") << R"("num_concurrency":9,"arrival_requests_per_second":2.9)"
                                 << "";
    }
    void concurrencyOrRate()
    {
        QFETCH(QString, load);
        QFETCH(QString, mode);
        Run run;
        run.load = load.toStdString();
        const auto r = readText(run.text(), "x.json");
        QCOMPARE(r.sink.attribute(0, "load_mode"), mode.toStdString());
        QCOMPARE(r.sink.attribute(0, "request_rate").empty(), mode != "rate");
        QCOMPARE(r.sink.attribute(0, "concurrency").empty(), mode != "concurrency");
        QCOMPARE(r.sink.warned("load-unclear"), mode.isEmpty());
    }

    void lengthsOfOtherScenariosAreNoTargets()
    {
        for (const char* scenario : { "N(2000,200)/(200,20)", "U(10,20)/(1,2)", "E(128)", "dataset" }) {
            Run run;
            run.scenario = scenario;
            const auto r = readText(run.text(), "x.json");
            QVERIFY(r.sink.attribute(0, "isl_target").empty());
            QVERIFY(r.sink.attribute(0, "osl_target").empty());
        }
    }

    void requestsCutOffAsWarmUpAreSaid()
    {
        std::string text = Run {}.text();
        QVERIFY(!readText(text, "x.json").sink.warned("warm-up"));
        text.replace(text.find("\"sum\":128.0"), 11, "\"sum\":96.0");
        QVERIFY(readText(text, "x.json").sink.warned("warm-up"));
    }

    void metadataIsASidecar()
    {
        const auto r = readText(R"({"cmd":"genai-bench --api-key sk-1","benchmark_version":"0.0.5",)"
                                R"("auth_config":{"api_key":"sk-1"},"traffic_scenario":["dataset"],)"
                                R"("server_engine":null})",
            "experiment_metadata.json");
        QCOMPARE(r.importer, std::string("genai-bench"));
        QVERIFY(r.sink.attached && r.sink.points.empty());
    }

    void secretsAreNoExtras()
    {
        Run run;
        run.tail = R"(,"auth_config":{"kind":"x","api_key":"sk-secret"},"note":"kept")";
        const auto r = readText(run.text(), "x.json");
        bool kept = false;
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY2(extra.text.find("sk-secret") == std::string::npos, extra.path.c_str());
            QVERIFY2(extra.path.find("auth_config") == std::string::npos, extra.path.c_str());
            kept = kept || extra.text == "kept";
        }
        QVERIFY(kept);
    }
};

QTEST_GUILESS_MAIN(TestGenaiBench)
#include "tst_genai_bench.moc"
