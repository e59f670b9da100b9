// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

/// A run with the keys that every version has; `more` begins with a comma.
std::string run(const std::string& more, const std::string& rate = "\"inf\"")
{
    return '{'
        + std::string(
            R"("date":"20260101-000000","endpoint_type":"vllm","model_id":"/models/m","num_prompts":4,"request_rate":)")
        + rate
        + R"(,"duration":2.0,"completed":4,"total_input_tokens":40,"total_output_tokens":20,"request_throughput":2.0,)"
          R"("output_throughput":10.0,"total_token_throughput":30.0)"
        + more + "}";
}

} // namespace

class TestVllmServe : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void summary()
    {
        const Read r = readText(
            run(R"(,"max_concurrency":8,"mean_ttft_ms":12.5,"median_ttft_ms":11.0,"p50_ttft_ms":11.0,"p99.9_ttft_ms":50,)"
                R"("std_itl_ms":0.5,"mean_itl_ms":2.0,"p99_e2el_ms":80,"failed":1,"tensor_parallel_size":"2","future":7)"),
            "x.json");
        QCOMPARE(r.importer, std::string("vllm-serve"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 11.0);
        QCOMPARE(r.sink.value(0, "ttft", "p99.9"), 50.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 80.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(
            r.sink.points[0].measure("ttft", Stat::percentile(50))->path, std::string("/median_ttft_ms"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("2"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string()); // the client's API style proves no engine
        const auto& extras = r.sink.points[0].extras;
        QVERIFY(std::any_of(extras.begin(), extras.end(),
            [](const Extra& e) { return e.path == "/future" && e.text == "7"; }));
    }

    void lengthsComeFromTheTotals()
    {
        const Read r = readText('[' + run("") + ',' + run("") + ']', "all.json");
        QCOMPARE(r.importer, std::string("vllm-serve"));
        QCOMPARE(r.sink.points.size(), 2u);
        QCOMPARE(r.sink.value(1, "isl", "mean"), 10.0);
        QCOMPARE(r.sink.value(1, "osl", "mean"), 5.0);
        QCOMPARE(r.sink.points[1].measure("isl", Stat::mean())->origin, Origin::Derived);
        QCOMPARE(r.sink.points[1].measure("duration", Stat::value())->path, std::string("/1/duration"));
    }

    void loadModes_data()
    {
        QTest::addColumn<QString>("rate");
        QTest::addColumn<QString>("more");
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QString>("requestRate");
        QTest::newRow("infinite, no cap") << "\"inf\""
                                          << ",\"max_concurrency\":null"
                                          << "burst"
                                          << "";
        QTest::newRow("infinite under a cap") << "\"inf\""
                                              << ",\"max_concurrency\":4"
                                              << "concurrency"
                                              << "";
        QTest::newRow("bare Infinity") << "Infinity"
                                       << ",\"max_concurrency\":4"
                                       << "concurrency"
                                       << "";
        QTest::newRow("finite") << "2.5"
                                << ""
                                << "rate"
                                << "2.5";
    }
    void loadModes()
    {
        QFETCH(QString, rate);
        QFETCH(QString, more);
        QFETCH(QString, mode);
        QFETCH(QString, requestRate);
        const Read r
            = readText(run(",\"mean_ttft_ms\":1" + more.toStdString(), rate.toStdString()), "x.json");
        QCOMPARE(r.sink.attribute(0, "load_mode"), mode.toStdString());
        QCOMPARE(r.sink.attribute(0, "request_rate"), requestRate.toStdString());
    }

    void goodputWithAColon()
    {
        QCOMPARE(readText(run(R"(,"request_goodput:":1.5,"mean_ttft_ms":1)"), "x.json")
                     .sink.value(0, "request_goodput"),
            1.5);
        QVERIFY(!readText(run(R"(,"request_goodput":null,"mean_ttft_ms":1)"), "x.json")
                     .sink.has(0, "request_goodput"));
    }

    void zerosOfAFailedRunAreMissing()
    {
        const std::string text = "{"
            + std::string(
                R"("date":"d","model_id":"m","num_prompts":5,"completed":0,"request_throughput":0.0,"mean_ttft_ms":0.0,)"
                R"("p99_ttft_ms":0.0,"mean_tpot_ms":0.0)")
            + '}';
        const Read r = readText(text, "x.json");
        QVERIFY(!r.sink.has(0, "ttft", "mean"));
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->status, Status::Missing);
        QVERIFY(r.sink.warned("all-failed"));
    }

    void severalRunsInOneFile()
    {
        const Read r = readText(run(",\"mean_ttft_ms\":1") + "\n" + run(",\"mean_ttft_ms\":2") + "\n\n"
                + run(",\"mean_ttft_ms\":3"),
            "x.json");
        QCOMPARE(r.sink.points.size(), std::size_t(3));
        QCOMPARE(r.sink.value(2, "ttft", "mean"), 3.0);
        QCOMPARE(r.sink.points[2].measure("ttft", Stat::mean())->path, std::string("/2/mean_ttft_ms"));
    }

    void requestsFromColumns()
    {
        const Read r = readText(
            run(R"(,"mean_ttft_ms":1,"input_lens":[10,11,12],"output_lens":[3,1,0],"ttfts":[0.1,0.2,0.0],)"
                R"("itls":[[0.01,0.02],[],[]],"start_times":[100.5,100.0,101.0],"errors":["","","Traceback"],)"
                R"("generated_texts":["a","b","NaN"])"),
            "x.json");
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(3) + 3); // gaps come apart first, then a row a request
        const auto row = [&](std::uint32_t i) { return rows[3 + i]; };
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 10, 20 }));
        QCOMPARE(row(0).ttft->value, 100.0);
        QCOMPARE(row(0).e2e->value, 130.0);
        QCOMPARE(row(0).start->value, 0.5);
        QCOMPARE(*row(1).isl, 11);
        QVERIFY(!row(2).ok);
        QVERIFY(!row(2).ttft);
        QCOMPARE(row(2).error, std::string("Traceback"));
    }

    void theRateOfARampIsNone()
    {
        const std::string ramp
            = R"(,"mean_ttft_ms":1,"ramp_up_strategy":"linear","ramp_up_start_rps":1,"ramp_up_end_rps":5)";
        const Read r = readText(run(ramp), "x.json");
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string());
        const Read capped = readText(run(ramp + R"(,"max_concurrency":8)"), "x.json");
        QCOMPARE(capped.sink.attribute(0, "load_mode"), std::string());
        QCOMPARE(capped.sink.attribute(0, "concurrency"), std::string("8"));
    }

    void theWaitInTheClientIsMarked()
    {
        const Read r = readText(run(R"(,"mean_ttft_ms":1,"mean_client_queue_time_ms":2.5,)"
                                    R"("p99_e2el_ms":80,"p99_e2el_including_client_queue_ms":90)"),
            "x.json");
        QCOMPARE(r.sink.value(0, "queue_time", "mean"), 2.5);
        QCOMPARE(r.sink.points[0].measure("queue_time", Stat::mean())->semantics, std::string("client-side"));
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 80.0);
    }

    /// Embeddings have no tokens to wait for, and newer summaries keep these columns alone.
    void latenciesOfRequestsWithoutTokens()
    {
        const Read r
            = readText(run(R"(,"mean_e2el_ms":200,"input_lens":[10,10,10],"latencies":[0.1,0.3,0.0],)"
                           R"("queue_times":[0,0,0],"errors":["","","Traceback"])"),
                "x.json");
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(3));
        QCOMPARE(rows[1].e2e->value, 300.0);
        QVERIFY(!rows[1].ttft);
        QVERIFY(!rows[2].ok && !rows[2].e2e);
        const Read alone = readText(run(R"(,"mean_e2el_ms":200,"latencies":[0.1,0.0])"), "x.json");
        QCOMPARE(alone.sink.requests.at(0)[0].e2e->value, 100.0);
        QVERIFY(!alone.sink.requests.at(0)[1].ok);
    }

    void anAnswerThatDidNotStreamHasNoFirstToken()
    {
        const Read r = readText(
            run(R"(,"mean_ttft_ms":0,"output_lens":[5],"ttfts":[0.0],"latencies":[0.5],"errors":[""])"),
            "x.json");
        const auto& rows = r.sink.requests.at(0);
        QVERIFY(rows[0].ok && !rows[0].ttft);
        QCOMPARE(rows[0].e2e->value, 500.0);
    }

    void theCopyOfTensorRt()
    {
        const Read r
            = readText(run(R"(,"mean_ttft_ms":1,"user_throughput":55.0,"ttfts":[0.1],"output_lens":[5],)"
                           R"("energy":{"total_energy_j":1000.0,"total_gpu_power_w":500.0},"e2els":[0.5])"),
                "x.json");
        QCOMPARE(r.sink.value(0, "energy"), 1000.0);
        QCOMPARE(r.sink.value(0, "power", "mean"), 500.0);
        QCOMPARE(r.sink.points[0].measure("output_throughput_per_user", Stat::mean())->semantics,
            std::string("includes-ttft"));
        QCOMPARE(r.sink.requests.at(0)[0].e2e->value, 500.0);
    }

    void aCutFileIsRefused()
    {
        const std::string text = run(",\"mean_ttft_ms\":1");
        const Read r = readText(text.substr(0, text.size() - 10), "x.json");
        QVERIFY(r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(0));
        QVERIFY(!r.error->reason.empty() && !r.error->remedy.empty());
    }
};

QTEST_GUILESS_MAIN(TestVllmServe)
#include "tst_vllm_serve.moc"
