// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using prism::test::readText;

namespace {

/// One level of a summary; `more` are further members.
std::string summary(const std::string& more)
{
    return R"({"version":"2023-08-31","name":"org-m_550_150_summary","model":"org/m","mean_input_tokens":550,)"
           R"("stddev_input_tokens":0,"mean_output_tokens":150,"num_concurrent_requests":8,)"
           R"("results_ttft_s_quantiles_p50":0.25,"results_ttft_s_quantiles_p99":0.5,"results_ttft_s_mean":0.3,)"
           R"("results_ttft_s_stddev":0.125,"results_end_to_end_latency_s_mean":4.275,)"
           R"("results_inter_token_latency_s_mean":0.03,"results_inter_token_latency_s_quantiles_p95":0.04,)"
           R"("results_request_output_throughput_token_per_s_mean":33.0,)"
           R"("results_number_input_tokens_mean":551.0,"results_number_input_tokens_min":"550",)"
           R"("results_number_output_tokens_mean":150.0,"results_number_output_tokens_max":"171",)"
           R"("results_num_requests_started":128,"results_error_rate":0,"results_number_errors":28,)"
           R"("results_error_code_frequency":"{429.0: 28}","results_mean_output_throughput_token_per_s":112.5,)"
           R"("results_num_completed_requests":100,"results_num_completed_requests_per_min":42.0)"
        + more + "}";
}

std::string extra(const LoadPoint& point, std::string_view path)
{
    for (const Extra& e : point.extras) {
        if (e.path == path) {
            return e.text;
        }
    }
    return {};
}

std::string console(const std::string& model, const std::string& tokenLatency)
{
    const auto block = [](const std::string& name, const std::string& p50, const std::string& mean) {
        return name + "\n    p25 = " + p50 + "\n    p50 = " + p50 + "\n    mean = " + mean
            + "\n    min = " + p50 + "\n    max = " + mean + "\n    stddev = 0.125\n";
    };
    return "100%|██████████| 50/50 [00:14<00:00,  3.37it/s]\n\\Results for token benchmark for " + model
        + " queried with the openai api.\n\n" + block("inter_token_latency_s", "0.02", tokenLatency)
        + block("ttft_s", "0.25", "0.5") + block("end_to_end_latency_s", "2.0", "2.5")
        + block("request_output_throughput_token_per_s", "40.0", "41.0")
        + block("number_input_tokens", "550.0", "551") + block("number_output_tokens", "100.0", "101.0")
        + "Number Of Errored Requests: 2\nError Code Frequency\n{429.0: 2}\n"
          "Overall Output Throughput: 335.5\nNumber Of Completed Requests: 50\n"
          "Completed Requests Per Minute: 120.0\n";
}

} // namespace

class TestLlmperf : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void summaryInSeconds()
    {
        const auto r = readText(summary(R"(,"timestamp":1718206892)"), "x_summary.json");
        QCOMPARE(r.importer, std::string("llmperf"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("550"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("150"));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 500.0);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 125.0);
        QCOMPARE(r.sink.value(0, "isl", "min"), 550.0); // a text in the file
        QCOMPARE(r.sink.value(0, "osl", "max"), 171.0);
        QCOMPARE(r.sink.value(0, "requests"), 128.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 100.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 28.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 0.7);
        QCOMPARE(r.sink.value(0, "output_throughput"), 112.5);
        QVERIFY(!r.sink.has(0, "output_throughput", "mean"));
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::percentile(99))->path,
            std::string("/results_ttft_s_quantiles_p99"));
        QCOMPARE(extra(r.sink.points[0], "/results_error_code_frequency"), std::string("{429.0: 28}"));
        QCOMPARE(extra(r.sink.points[0], "/results_request_output_throughput_token_per_s_mean"),
            std::string("33.0"));
    }

    /// The latency of a token includes the first one since 2024 and is nothing before, whatever the version.
    void tokenLatency_data()
    {
        QTest::addColumn<QString>("more");
        QTest::addColumn<bool>("reported");
        QTest::newRow("2024") << R"(,"timestamp":1704067200)" << true;
        QTest::newRow("2024, but far from e2e / n")
            << R"(,"timestamp":1718206892,"results_inter_token_latency_s_mean":0.008)" << false;
        QTest::newRow("2023") << R"(,"timestamp":1704067199)" << false;
        QTest::newRow("no date, near e2e / n") << QString() << true;
        QTest::newRow("no date, far from it") << R"(,"results_inter_token_latency_s_mean":0.008)" << false;
    }
    void tokenLatency()
    {
        QFETCH(QString, more);
        QFETCH(bool, reported);
        const auto r = readText(summary(more.toStdString()), "x.json");
        QVERIFY(!r.sink.has(0, "itl", "mean"));
        const Measure* ntpot = r.sink.points[0].measure("ntpot", Stat::mean());
        QVERIFY(ntpot);
        QCOMPARE(ntpot->origin == Origin::Reported, reported);
        QCOMPARE(r.sink.has(0, "ntpot", "p95"), reported);
        QCOMPARE(r.sink.warned("token-latency-unclear"), !reported);
        if (reported) {
            QCOMPARE(ntpot->value, 30.0);
        } else {
            QCOMPARE(ntpot->value, 28.5);
            QCOMPARE(ntpot->semantics, std::string("token-weighted"));
        }
        const Measure* tpot = r.sink.points[0].measure("tpot", Stat::mean());
        QVERIFY(tpot && tpot->origin == Origin::Derived);
        QCOMPARE(tpot->value, (4275.0 - 300.0) / 149.0);
    }

    /// A date alone says nothing against numbers that agree.
    void whatAgreesIsWhatItIsInAnyYear()
    {
        const std::string date = R"(,"timestamp":1693500000)";
        const auto agrees
            = readText(summary(date + R"(,"results_inter_token_latency_s_mean":0.0286)"), "x.json");
        QVERIFY(!agrees.sink.warned("token-latency-unclear"));
        QCOMPARE(agrees.sink.points[0].measure("ntpot", Stat::mean())->value, 28.6);
        const auto differs
            = readText(summary(date + R"(,"results_inter_token_latency_s_mean":0.008)"), "x.json");
        const auto& warnings = differs.sink.points[0].warnings;
        const auto told = std::find_if(warnings.begin(), warnings.end(),
            [](const Warning& w) { return w.code == "token-latency-unclear"; });
        QVERIFY(told != warnings.end());
        QVERIFY(QString::fromStdString(told->text).contains(QStringLiteral("8")));
        QVERIFY(QString::fromStdString(told->text).contains(QStringLiteral("28.5")));
    }

    void levelsKeyedByConcurrency()
    {
        const std::string level = summary(R"(,"timestamp":1718206892)");
        const auto r = readText("{\"1\":" + level + ",\"2\":" + level + "}", "results.json");
        QCOMPARE(r.importer, std::string("llmperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.points[1].index, 1U);
        QCOMPARE(r.sink.points[1].measure("ttft", Stat::mean())->path, std::string("/2/results_ttft_s_mean"));
    }

    void resultsAsATree()
    {
        const auto r = readText(
            R"({"version":"2023-08-31","model":"org/m","num_concurrent_requests":2,"timestamp":1718206892,)"
            R"("results":{"ttft_s":{"quantiles":{"p50":0.25},"mean":0.3},"number_errors":1,)"
            R"("inter_token_latency_s":{"mean":0.03},"num_completed_requests":9}})",
            "x.json");
        QCOMPARE(r.importer, std::string("llmperf"));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(0, "ntpot", "mean"), 30.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("/results/ttft_s/mean"));
    }

    void requestsWithFailedRows()
    {
        const auto r
            = readText(R"([{"error_code":null,"error_msg":"","inter_token_latency_s":0.02,"ttft_s":0.5,)"
                       R"("end_to_end_latency_s":2.5,"request_output_throughput_token_per_s":40.4,)"
                       R"("number_total_tokens":651,"number_output_tokens":101,"number_input_tokens":550},)"
                       R"({"error_code":429,"error_msg":"slow down","inter_token_latency_s":0,"ttft_s":0,)"
                       R"("end_to_end_latency_s":0,"number_total_tokens":0,"number_output_tokens":0,)"
                       R"("number_input_tokens":0}])",
                "x_individual_responses.json");
        QCOMPARE(r.importer, std::string("llmperf"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 500.0);
        QCOMPARE(rows[0].e2e->value, 2500.0);
        QVERIFY(!rows[1].ok && !rows[1].ttft && !rows[1].e2e && !rows[1].osl && !rows[1].isl);
        QCOMPARE(rows[1].error, std::string("429: slow down"));
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 500.0); // the failed row's zero does not count
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Derived);
    }

    void whatItPrints()
    {
        const auto r = readText(console("org/a", "0.025") + console("org/b", "0.5"), "llmperf.log");
        QCOMPARE(r.importer, std::string("llmperf"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/a"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("org/b"));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 125.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 2500.0);
        QCOMPARE(r.sink.value(0, "isl", "max"), 551.0);
        QCOMPARE(r.sink.value(0, "ntpot", "mean"), 25.0); // e2e / n
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.value(0, "requests"), 52.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 50.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 2.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 335.5);
        QCOMPARE(r.sink.value(0, "request_throughput"), 2.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::percentile(50))->path, std::string("13:11"));
        QVERIFY(!r.sink.has(1, "ntpot", "p50")); // no e2e / n
        QVERIFY(r.sink.warned("token-latency-unclear"));
    }

    /// Pasted into a page, and as a fork prints it.
    void whatItPrintsElsewhere()
    {
        std::string text = console("org/a", "0.025");
        text = text.substr(text.find("inter_token")) + "Number Of Concurrent Workers: 8\n";
        for (std::size_t at = 0; at != std::string::npos; at = text.find('\n', at)) {
            at += at == 0 ? 0 : 1;
            text.insert(at, "    ");
        }
        const auto r = readText("Results:\n```\n" + text + "\n```\n", "page.md");
        QCOMPARE(r.importer, std::string("llmperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 50.0);
    }

    /// As "cat *.json" prints them.
    void summariesAndRequestsInOneFile_data()
    {
        QTest::addColumn<bool>("summaryFirst");
        QTest::newRow("summary first") << true;
        QTest::newRow("requests first") << false;
    }
    void summariesAndRequestsInOneFile()
    {
        QFETCH(bool, summaryFirst);
        const std::string requests
            = R"([{"error_code":null,"error_msg":"","inter_token_latency_s":0.02,"ttft_s":0.5,)"
              R"("end_to_end_latency_s":2.0,"number_output_tokens":100,"number_input_tokens":550},)"
              R"({"error_code":null,"error_msg":"","inter_token_latency_s":0,"ttft_s":0,)"
              R"("end_to_end_latency_s":1.0,"number_output_tokens":0,"number_input_tokens":550}])";
        const std::string whole = summary(R"(,"timestamp":1718206892)");
        const auto r = readText(summaryFirst ? whole + requests : requests + whole, "all.json");
        QCOMPARE(r.importer, std::string("llmperf"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        const std::uint32_t sums = summaryFirst ? 0 : 1, rows = 1 - sums;
        QCOMPARE(r.sink.value(sums, "ttft", "p50"), 250.0);
        QCOMPARE(r.sink.value(rows, "requests"), 2.0);
        QCOMPARE(r.sink.requests.at(rows).size(), std::size_t(2));
        // Without a token there was no first one.
        QCOMPARE(r.sink.value(rows, "ttft", "count"), 1.0);
        QCOMPARE(r.sink.value(rows, "ttft", "min"), 500.0);
    }

    void othersAreNotItsOwn()
    {
        for (const char* text : { R"({"results":[]})", R"([{"ttft_s":1}])", R"({"1":{"ttft_s":1}})" }) {
            QVERIFY(readText(text, "x_summary.json").importer != "llmperf");
        }
    }
};

QTEST_GUILESS_MAIN(TestLlmperf)
#include "tst_llmperf.moc"
