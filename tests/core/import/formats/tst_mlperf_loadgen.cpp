// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using prism::Stat;
using prism::test::Read;
using prism::test::readFixture;
using prism::test::readText;

namespace {

std::string summary(const std::string& scenario, const std::string& headline, const std::string& stats,
    const std::string& verdict = "VALID")
{
    const std::string rule = "================================================\n";
    return rule + "MLPerf Results Summary\n" + rule + "SUT name : Tiny\nScenario : " + scenario
        + "\nMode     : PerformanceOnly\n" + headline + "Result is : " + verdict
        + "\n  Performance constraints satisfied : " + (verdict == "VALID" ? "Yes" : "NO")
        + "\n  Min duration satisfied : Yes\nEarly Stopping Result:\n * Early stopping 90th percentile "
          "estimate: 77\n\n"
        + rule + "Additional Stats\n" + rule + stats + "\n" + rule + "Test Parameters Used\n" + rule
        + "samples_per_query : 1\ntarget_qps : 2.5\nttft_latency (ns): 6000000000\nmin_duration (ms): "
          "600000\n"
          "qsl_rng_seed : 17809085238625263540\n\nNo errors encountered during test.\n";
}

const std::string latencies
    = "Min latency (ns)                : 1500000\nMax latency (ns)                : 9000000\n"
      "Mean latency (ns)               : 4000000\n"
      "50.00 percentile latency (ns)   : 3000000\n99.90 percentile latency (ns)   : 8999999\n";

std::string entry(const std::string& key, const std::string& value, bool error = false)
{
    return ":::MLLOG {\"key\": \"" + key + "\", \"value\": " + value
        + ", \"time_ms\": 0.5, \"namespace\": \"mlperf::logging\", \"event_type\": \"POINT_IN_TIME\", "
          "\"metadata\": {\"is_error\": "
        + (error ? "true" : "false") + ", \"is_warning\": false, \"line_no\": 53}}\n";
}

Read fixture(const QString& name)
{
    return readFixture("mlperf-loadgen/" + name.toStdString() + "_summary.txt");
}

bool hasExtra(const Read& read, std::string_view text)
{
    const auto& all = read.sink.points.at(0).extras;
    return std::any_of(all.begin(), all.end(), [text](const prism::Extra& e) { return e.text == text; });
}

bool warnedOf(const Read& read, std::string_view text)
{
    const auto& all = read.sink.points.at(0).warnings;
    return std::any_of(all.begin(), all.end(),
        [text](const prism::Warning& w) { return w.text.find(text) != std::string::npos; });
}

bool isMissing(const Read& read, std::string_view metric, std::string_view stat)
{
    const auto* measure = read.sink.points.at(0).measure(metric, *Stat::parse(stat));
    return measure && measure->status == prism::Status::Missing;
}

} // namespace

class TestMlperfLoadgen : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void serverSummary()
    {
        const Read read
            = readText(summary("Server",
                           "Completed samples per second    : 2.40\nCompleted tokens per second: 1200.50\n",
                           "Scheduled samples per second : 2.50\n" + latencies
                               + "\nCompleted tokens per second                 : 1200.50\n"
                                 "Min First Token latency (ns)                : 100000\n"
                                 "99.00 percentile first token latency (ns)   : 2500000\n\n"
                                 "Mean Time to Output Token (ns)               : 12345678\n"
                                 "90.00 percentile time to output token (ns)   : 20000000\n"),
                "mlperf_log_summary.txt");
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QVERIFY(!read.error);
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(read.sink.attribute(0, "request_rate"), std::string("2.5"));
        QCOMPARE(read.sink.value(0, "request_throughput"), 2.4);
        QCOMPARE(read.sink.value(0, "output_throughput"), 1200.5);
        QCOMPARE(read.sink.value(0, "e2e", "min"), 1.5);
        QCOMPARE(read.sink.value(0, "e2e", "p99.9"), 8.999999);
        QCOMPARE(read.sink.value(0, "ttft", "min"), 0.1);
        QCOMPARE(read.sink.value(0, "ttft", "p99"), 2.5);
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 12.345678);
        QCOMPARE(read.sink.value(0, "tpot", "p90"), 20.0);
        QVERIFY(!read.sink.warned("invalid-run"));
        const auto* p99 = read.sink.points[0].measure("ttft", Stat::percentile(99));
        QCOMPARE(p99->given, std::string("99.00 percentile first token latency (ns)"));
        QVERIFY(p99->path.ends_with(":47"));
        // Seeds beyond 2^63 are kept as they are written.
        const auto& extras = read.sink.points[0].extras;
        QVERIFY(std::any_of(extras.begin(), extras.end(),
            [](const prism::Extra& e) { return e.text == "qsl_rng_seed: 17809085238625263540"; }));
    }

    void aServerWithoutTokensHasThePlannedRateAsHeadline()
    {
        const Read read = readText(summary("Server", "Scheduled samples per second : 2.50\n",
                                       "Completed samples per second    : 2.40\n\n" + latencies),
            "a.txt");
        QCOMPARE(read.sink.value(0, "request_throughput"), 2.4);
        QVERIFY(!read.sink.has(0, "ttft", "mean"));
    }

    void offlineHasNoRequestRate()
    {
        const Read read = readText(
            summary("Offline", "Samples per second: 111.9\nTokens per second: 33703\n", latencies), "a.txt");
        QCOMPARE(read.sink.attribute(0, "load_mode"), std::string("offline"));
        QCOMPARE(read.sink.attribute(0, "request_rate"), std::string());
        QCOMPARE(read.sink.value(0, "request_throughput"), 111.9);
        QCOMPARE(read.sink.value(0, "output_throughput"), 33703.0);
    }

    void singleStreamIsOneAtATime()
    {
        const Read read = readText(summary("SingleStream", "90th percentile latency (ns) : 5000000\n",
                                       "QPS w/ loadgen overhead         : 0.36\n\n" + latencies),
            "a.txt");
        QCOMPARE(read.sink.attribute(0, "concurrency"), std::string("1"));
        QVERIFY(!read.sink.has(0, "request_throughput"));
        QVERIFY(!read.sink.has(0, "e2e", "p90")); // the headline is no number of the list
        QCOMPARE(read.sink.value(0, "e2e", "mean"), 4.0);
    }

    void multiStreamLatencyIsOfWholeQueries()
    {
        const Read read = readText(
            summary("MultiStream", "99th percentile latency (ns) : 5000000\n",
                "Per-query latency:  \n" + latencies + "Mean First Token latency (ns)   : 700000\n"),
            "a.txt");
        QVERIFY(!read.sink.has(0, "e2e", "mean"));
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 0.7);
    }

    void anInvalidRunSaysWhy()
    {
        const Read read = readText(
            summary("Server", "Completed samples per second    : 2.40\n", latencies, "INVALID"), "a.txt");
        const auto& warnings = read.sink.points.at(0).warnings;
        QCOMPARE(warnings.size(), std::size_t(1));
        QCOMPARE(warnings[0].code, std::string("invalid-run"));
        QVERIFY(warnings[0].text.find("Performance constraints satisfied: no") != std::string::npos);
    }

    void twoSummariesAreTwoPoints()
    {
        const std::string one = summary("Offline", "Samples per second: 1\n", latencies);
        QCOMPARE(readText(one + one, "a.txt").sink.points.size(), std::size_t(2));
    }

    void theFolderNamesTheModel()
    {
        const Read read = readText(summary("Server", "Completed samples per second    : 2.40\n", latencies),
            "results/closed/Org/results/BoxX8_TRT/llama9-7b-99/Interactive/performance/run_1/"
            "mlperf_log_summary.txt");
        QCOMPARE(read.sink.attribute(0, "model"), std::string("llama9-7b-99"));
    }

    void detailLog()
    {
        const std::string log = entry("loadgen_version", "\"5.1.0 @ abc\"")
            + entry("test_datetime", "\"2025-08-01T17:25:36Z\"") + entry("effective_scenario", "\"Server\"")
            + entry("effective_target_qps", "364") + entry("result_validity", "\"VALID\"")
            + entry("result_scheduled_samples_per_sec", "364.2")
            + entry("result_completed_samples_per_sec", "361.505")
            + entry("result_min_latency_ns", "94673739")
            + entry("result_99.90_percentile_latency_ns", "135047900638")
            + entry("result_first_token_mean_latency_ns", "248789495")
            + entry("result_first_token_99.00_percentile_latency_ns", "440595679")
            + entry("result_token_throughput", "7.9e-09")
            + entry("result_token_throughput_with_loadgen_overhead", "98000")
            + entry("result_time_per_output_token_50.00_percentile_ns", "129181201")
            + entry("result_time_to_output_token_max", "153238772")
            + entry("result_completed_tokens_per_second", "99169.8")
            + entry("generic_message", "\"oops\"", true);
        const Read read = readText(log, "mlperf_log_detail.txt");
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.attribute(0, "request_rate"), std::string("364"));
        QCOMPARE(read.sink.attribute(0, "started_at"), std::string("2025-08-01T17:25:36Z"));
        QCOMPARE(read.sink.value(0, "request_throughput"), 361.505);
        QCOMPARE(read.sink.value(0, "output_throughput"), 99169.8);
        QCOMPARE(read.sink.value(0, "e2e", "min"), 94.673739);
        QCOMPARE(read.sink.value(0, "e2e", "p99.9"), 135047.900638);
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 248.789495);
        QCOMPARE(read.sink.value(0, "ttft", "p99"), 440.595679);
        QCOMPARE(read.sink.value(0, "tpot", "p50"), 129.181201);
        QCOMPARE(read.sink.value(0, "tpot", "max"), 153.238772);
        QVERIFY(read.sink.warned("tool-errors"));
        QCOMPARE(read.sink.points[0].measure("output_throughput", Stat::value())->path, std::string("16:65"));
    }

    void accuracy_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("metric");
        QTest::addColumn<double>("ratio");
        const QByteArray hash = "\nhash=" + QByteArray(64, 'a') + '\n';
        QTest::newRow("dictionary")
            << QByteArray("\nResults\n\n{'rouge1': 44.5, 'gen_len': 28180145, 'tokens_per_sample': 290.1}")
                + hash
            << QByteArray("accuracy:rouge1") << 0.445;
        QTest::newRow("quoted") << QByteArray("{'rouge1': '38.5', 'rougeL': '24.25', 'gen_len': 8181547}\n")
                                << QByteArray("accuracy:rougeL") << 0.2425;
        QTest::newRow("JSON") << QByteArray("{\"exact_match\": 83.5, \"f1\": 90.75}") + hash
                              << QByteArray("accuracy:f1") << 0.9075;
        QTest::newRow("percent") << QByteArray("accuracy=76.5%, good=38230, total=50000") + hash
                                 << QByteArray("accuracy:accuracy") << 0.765;
    }
    void accuracy()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, metric);
        QFETCH(double, ratio);
        const Read read = readText(text.toStdString(), "accuracy.txt");
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QCOMPARE(read.sink.value(0, metric.toStdString()), ratio);
    }

    void systemIsAttached()
    {
        const Read read = readText(
            "{\"submitter\": \"Org\", \"accelerator_model_name\": \"X\", \"accelerators_per_node\": \"8\"}",
            "systems/Box.json");
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QVERIFY(read.sink.attached && read.sink.points.empty());
    }

    void anAccuracyRunMeasuresNothing()
    {
        const Read read
            = readText("====\nMLPerf Results Summary\n====\nScenario : Offline\nMode     : AccuracyOnly\n"
                       "target_qps : 4\n",
                "a.txt");
        QVERIFY(!read.error && read.sink.attached && read.sink.points.empty());
    }

    void numbersOfEachScenario_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<QString>("stat");
        QTest::addColumn<double>("expected");
        const auto row = [](const char* file, const char* metric, const char* stat, double expected) {
            QTest::addRow("%s %s %s", file, metric, stat) << file << metric << stat << expected;
        };
        row("server", "e2e", "min", 1.234567);
        row("server", "ttft", "p97", 450);
        row("server", "tpot", "mean", 21); // "Time per Output Token" since 2025
        row("server", "tpot", "p99", 48);
        row("invalid", "request_throughput", "value", 31.5);
        row("offline", "request_throughput", "value", 101.25);
        row("offline", "e2e", "max", 600500);
        row("singlestream", "e2e", "p50", 480);
        row("singlestream", "ttft", "p50", 30); // a bare "percentile latency" in the list of first tokens
        row("multistream_2019", "e2e", "p50", 29); // the percentiles of whole queries stand above
        row("multistream_2019", "e2e", "min", 11);
    }
    void numbersOfEachScenario()
    {
        QFETCH(const QString, file);
        QFETCH(const QString, metric);
        QFETCH(const QString, stat);
        QFETCH(const double, expected);
        const Read read = fixture(file);
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QVERIFY(!read.error);
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.value(0, metric.toStdString(), stat.toStdString()), expected);
    }

    void aPerformanceRunIsAPointWithoutNumbersToo()
    {
        const Read read = fixture("multistream");
        QVERIFY(!read.sink.attached);
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QVERIFY(read.sink.points[0].measures.empty());
        QVERIFY(hasExtra(read, "Mean latency (ns): 5000000"));
    }

    void singleStreamWasTwoWords()
    {
        const Read read = readText(summary("Single Stream", "", latencies), "a.txt");
        QCOMPARE(read.sink.attribute(0, "concurrency"), std::string("1"));
    }

    void sentencesAreKeptUnderTheirHeadings()
    {
        QVERIFY(hasExtra(fixture("server"), "TTFT Early Stopping Result: * Run successful."));
        QVERIFY(hasExtra(
            fixture("invalid"), "Recommendations: See the detailed log for why this may have occurred."));
    }

    void whatFollowsASummaryIsNotOfIt() { QVERIFY(!hasExtra(fixture("server"), "some other program: 77")); }

    void errorsAndWarningsAreTold()
    {
        const Read invalid = fixture("invalid");
        QVERIFY(invalid.sink.warned("tool-errors"));
        QVERIFY(warnedOf(invalid, "3 errors"));
        const Read valid = fixture("server");
        QVERIFY(valid.sink.warned("tool-warnings"));
        QVERIFY(!valid.sink.warned("tool-errors"));
        QVERIFY(!valid.sink.warned("invalid-run"));
        const Read detail
            = readText(entry("loadgen_version", "\"9\"") + entry("result_samples_per_second", "5")
                    + entry("error_runtime", "\"A sample came twice.\"", true),
                "a.txt");
        QVERIFY(warnedOf(detail, "A sample came twice."));
    }

    void aLogWithoutAVerdictSaysSo()
    {
        const Read read
            = readText("MLPerf Results Summary\nScenario : Offline\nSamples per second: 5\n", "a.txt");
        QCOMPARE(read.sink.value(0, "request_throughput"), 5.0);
        QVERIFY(read.sink.warned("no-verdict"));
    }

    void inferredTokensAreMarked()
    {
        const Read read = fixture("offline");
        QCOMPARE(read.sink.value(0, "output_throughput"), 7036.9);
        const auto* rate = read.sink.points[0].measure("output_throughput", Stat::value());
        QCOMPARE(rate->semantics, std::string("inferred"));
        const Read both = readText(
            summary("Offline", "Tokens per second: 10\nTokens per second (inferred): 20\n", latencies),
            "a.txt");
        QCOMPARE(both.sink.value(0, "output_throughput"), 10.0);
        QVERIFY(hasExtra(both, "Tokens per second (inferred): 20"));
    }

    void zeroIsNoRate()
    {
        const Read read = readText(
            summary("Server", "Completed samples per second : 1.50\nCompleted tokens per second: 0.00\n",
                latencies + "Min First Token latency (ns) : 0\n"),
            "a.txt");
        QCOMPARE(read.sink.value(0, "request_throughput"), 1.5);
        QVERIFY(isMissing(read, "output_throughput", "value"));
        QVERIFY(isMissing(read, "ttft", "min"));
    }

    void withoutASampleThereIsNoRate()
    {
        const Read read = readText(summary("Server", "Completed samples per second : 1844674407370955.25\n",
                                       "Max latency (ns) : 0\n"),
            "a.txt");
        QVERIFY(isMissing(read, "request_throughput", "value"));
    }

    void queriesAreRequestsWhereTheyAreOneSample_data()
    {
        QTest::addColumn<QString>("scenario");
        QTest::addColumn<bool>("counted");
        QTest::newRow("Server") << "Server" << true;
        QTest::newRow("SingleStream") << "SingleStream" << true;
        QTest::newRow("Offline") << "Offline" << false;
        QTest::newRow("MultiStream") << "MultiStream" << false;
    }
    void queriesAreRequestsWhereTheyAreOneSample()
    {
        QFETCH(const QString, scenario);
        QFETCH(const bool, counted);
        const Read read = readText(entry("loadgen_version", "\"9\"")
                + entry("effective_scenario", '"' + scenario.toStdString() + '"')
                + entry("result_query_count", "250") + entry("result_max_latency_ns", "5"),
            "a.txt");
        QCOMPARE(read.sink.has(0, "requests"), counted);
    }

    void accuracyWithoutAKnownUnitIsLeftOut_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("metric");
        QTest::newRow("F1 alone is a ratio already") << "{'f1': 0.5}"
                                                     << "accuracy:f1";
        QTest::newRow("no code was run") << "{'gsm8k': 50.0, 'mbxp': 0}"
                                         << "accuracy:mbxp";
        QTest::newRow("no percent sign") << "accuracy=0.75, good=3"
                                         << "accuracy:accuracy";
        QTest::newRow("distance") << "{'FID_SCORE': '23.5', 'CLIP_SCORE': '31.5'}"
                                  << "accuracy:FID_SCORE";
    }
    void accuracyWithoutAKnownUnitIsLeftOut()
    {
        QFETCH(const QString, line);
        QFETCH(const QString, metric);
        const Read read
            = readText(line.toStdString() + "\nhash=" + std::string(64, 'a') + '\n', "accuracy.txt");
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QVERIFY(!read.error);
        QCOMPARE(read.sink.attached, read.sink.points.empty());
        QVERIFY(read.sink.points.empty() || !read.sink.has(0, metric.toStdString()));
    }

    void accuracyRunsCountTheirTokens()
    {
        const Read read = readText("{'exact_match': 62.5, 'gen_num': 500, 'gen_tok_len': 100000, "
                                   "'tokens_per_sample': 200.0}\n",
            "x/results/box/m-99/Interactive/accuracy/accuracy.txt");
        QCOMPARE(read.sink.value(0, "accuracy:exact_match"), 0.625);
        QCOMPARE(read.sink.value(0, "requests"), 500.0);
        QCOMPARE(read.sink.value(0, "output_tokens"), 100000.0);
        QCOMPARE(read.sink.value(0, "osl", "mean"), 200.0);
        QCOMPARE(read.sink.attribute(0, "model"), std::string("m-99"));
    }

    void logsWithoutResultsAreAttached_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("rows");
        QTest::newRow("summary of an accuracy run")
            << QByteArray("\nNo warnings encountered during test.\n\nNo errors encountered during test.\n")
            << 0;
        QTest::newRow("detail log of 2019")
            << QByteArray("\"pid\": 7, \"tid\": 8, \"ts\": 12ns : Loaded QSL\n") << 1;
        QTest::newRow("answers") << QByteArray(R"([{ "seq_id" : 0, "qsl_idx" : 3, "data" : "00" },
{ "seq_id" : 1, "qsl_idx" : 4, "data" : "00" }])")
                                 << 2;
        QTest::newRow("answers, cut")
            << QByteArray("[\n{ \"seq_id\" : 0, \"qsl_idx\" : 3, \"da\n...\n00\" }\n]\n") << 1;
    }
    void logsWithoutResultsAreAttached()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const int, rows);
        const Read read = readText(text.toStdString(), "log");
        QCOMPARE(read.importer, std::string("mlperf-loadgen"));
        QVERIFY(!read.error);
        QVERIFY(read.sink.attached && read.sink.points.empty());
        QCOMPARE(read.sink.counts.contains("rows") ? read.sink.counts.at("rows") : 0, std::uint64_t(rows));
    }

    void theFolderTellsInteractiveAndAudits_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("label");
        QTest::newRow("interactive") << "x/results/box/big-99/Interactive/performance/run_1/s.txt"
                                     << "big-99"
                                     << "Interactive";
        QTest::newRow("archive") << "a.tar!/results/box/big-99/Server/performance/run_1/s.txt"
                                 << "big-99"
                                 << "Server";
        QTest::newRow("audit") << "compliance/box/m/Offline/TEST01/performance/run_1/s.txt"
                               << "m"
                               << "Offline TEST01";
        QTest::newRow("elsewhere") << "results/box/s.txt"
                                   << ""
                                   << "Server";
    }
    void theFolderTellsInteractiveAndAudits()
    {
        QFETCH(const QString, path);
        QFETCH(const QString, model);
        QFETCH(const QString, label);
        const Read read = readText(summary("Server", "", latencies), path.toStdString());
        QCOMPARE(read.sink.attribute(0, "model"), model.toStdString());
        QCOMPARE(read.sink.points[0].label, label.toStdString());
    }

    void whatOnlyLooksAlike()
    {
        // Logs of training runs, and any text with a hash.
        QCOMPARE(readText(entry("run_start", "null"), "a.txt").importer, std::string());
        QCOMPARE(readText("file hash=" + std::string(64, 'b') + "\n", "a.txt").importer, std::string());
    }
};

QTEST_GUILESS_MAIN(TestMlperfLoadgen)
#include "tst_mlperf_loadgen.moc"
