// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_sqlite.h"
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using prism::test::readText;

namespace {

const std::string current
    = R"j({"Test Duration (s)":0.6355,"Concurrency":4,"Request Rate (req/s)":-1.0,)j"
      R"j("Total Requests":20,"Success Requests":19,"Failed Requests":1,)j"
      R"j("Stream Requests":20,"Non-Stream Requests":0,"Req Throughput (req/s)":29.8979,)j"
      R"j("Avg Latency (s)":0.1245,"Avg Input Tokens":57.0,)j"
      R"j("Output Throughput (tok/s)":956.7329,"Total Throughput (tok/s)":2660.9133,)j"
      R"j("Avg TTFT (ms)":34.47,"Avg TPOT (ms)":2.9,"Avg ITL (ms)":2.8,)j"
      R"j("Avg Output Tokens":32.0,"Input Throughput (tok/s)":0.0,)j"
      R"j("KV Cache Hit Rate (%)":5.2632})j";

std::string old(const std::string& more)
{
    return R"j({"Time taken for tests (s)":10.0,"Number of concurrency":8,"Total requests":40,)j"
           R"j("Succeed requests":39,"Failed requests":1,"Output token throughput (tok/s)":400.0,)j"
           R"j("Total token throughput (tok/s)":800.0,"Request throughput (req/s)":4.0,)j"
           R"j("Average latency (s)":2.2,"Average input tokens per request":100.0,)j"
           R"j("Average output tokens per request":101.0)j"
        + more + "}";
}

const std::string_view newConsole = "2026-11-23 00:38:02 - evalscope - INFO: {\n"
                                    "    \"model\": \"org/m\",\n"
                                    "    \"parallel\": 8\n}\n"
                                    "Benchmarking summary:\n"
                                    "┌───────────────────────────┬───────────────┐\n"
                                    "│ Metric                    │         Value │\n"
                                    "├───────────────────────────┼───────────────┤\n"
                                    "│ ── General ──             │               │\n"
                                    "│ Test Duration (s)         │         38.31 │\n"
                                    "│ Concurrency               │           200 │\n"
                                    "│ Request Rate (req/s)      │         -1.00 │\n"
                                    "│ Total / Success / Failed  │ 400 / 396 / 4 │\n"
                                    "│ Req Throughput (req/s)    │         10.44 │\n"
                                    "│ Avg Latency (s)           │         18.78 │\n"
                                    "│ TTFT (ms)                 │      1,717.63 │\n"
                                    "│ TPOT (ms)                 │         17.66 │\n"
                                    "│ ITL (ms)                  │         17.64 │\n"
                                    "│ Output Throughput (tok/s) │      10692.45 │\n"
                                    "└───────────────────────────┴───────────────┘\n"
                                    "Percentile results:\n"
                                    "┌────────────────┬─────────┬─────────┬─────────┐\n"
                                    "│ Metric         │     min │     50% │   99.9% │\n"
                                    "├────────────────┼─────────┼─────────┼─────────┤\n"
                                    "│ Latency (s)    │   17.25 │   18.71 │   20.84 │\n"
                                    "│ TTFT (ms)      │  176.30 │  333.79 │ 2319.52 │\n"
                                    "│ Decode (tok/s) │   54.46 │   56.31 │   60.24 │\n"
                                    "└────────────────┴─────────┴─────────┴─────────┘\n";

const std::string_view report = "│ Performance Test Summary Report                              │\n"
                                "Basic Information:\n"
                                "┌───────────────────────┬───────────────┐\n"
                                "│ Model                 │ gpt-oss-20b   │\n"
                                "│ Test Dataset          │ random        │\n"
                                "│ Total Generated       │ 332,800.0 tok │\n"
                                "└───────────────────────┴───────────────┘\n"
                                "             Performance Overview\n"
                                "┏━━━━━━┳━━━━━━┳━━━━━┳━━━━━━━┳━━━━━━━━┳━━━━━━━━┓\n"
                                "┃Conc. ┃ Rate ┃ Num ┃   RPS ┃  Gen/s ┃ Success┃\n"
                                "┡━━━━━━╇━━━━━━╇━━━━━╇━━━━━━━╇━━━━━━━━╇━━━━━━━━┩\n"
                                "│    1 │    - │ ... │ 22.24 │ 711.72 │   100% │\n"
                                "│    4 │    - │  20 │  29.9 │ 956.73 │    95% │\n"
                                "└──────┴──────┴─────┴───────┴────────┴────────┘\n"
                                "                       Per-Request Metrics\n"
                                "┏━━━━━━┳━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━┓\n"
                                "┃Conc. ┃ Rate ┃ Metric        ┃    avg ┃    p99 ┃\n"
                                "┡━━━━━━╇━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━┩\n"
                                "│    4 │    - │ Latency (s)   │  0.125 │  0.204 │\n"
                                "│      │      │ TTFT (ms)     │  34.47 │  97.06 │\n"
                                "│      │      │ Cache Hit (%) │   5.3% │      - │\n"
                                "└──────┴──────┴───────────────┴────────┴────────┘\n"
                                "                 Workload Throughput\n"
                                "┏━━━━━━┳━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓\n"
                                "┃Conc. ┃ Rate ┃ Metric (tok/s)      ┃ Overall ┃\n"
                                "┡━━━━━━╇━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩\n"
                                "│    4 │    - │ Completion tok/s    │  957.80 │\n"
                                "└──────┴──────┴─────────────────────┴─────────┘\n";

} // namespace

class TestEvalscope : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// It is over the sum of the requests' latencies, and 0 for language models.
    void inputThroughput()
    {
        const auto with = [](const char* rate) {
            std::string text = current;
            text.replace(text.find("put Throughput (tok/s)\":0.0"), 27,
                std::string("put Throughput (tok/s)\":") + rate);
            return readText(text, "benchmark_summary.json");
        };
        for (const char* rate : { "1000.5", "0.0" }) {
            const auto r = with(rate);
            QVERIFY(!r.sink.has(0, "input_throughput"));
            const auto& extras = r.sink.points[0].extras;
            QVERIFY(std::any_of(extras.begin(), extras.end(),
                [rate](const Extra& e) { return e.path == "/Input Throughput (tok~1s)" && e.text == rate; }));
        }
    }

    void currentSummary()
    {
        const auto r = readText(current, "benchmark_summary.json");
        QCOMPARE(r.importer, std::string("evalscope"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QVERIFY(r.sink.attribute(0, "request_rate").empty()); // -1 is "as fast as they can be sent"
        QCOMPARE(r.sink.value(0, "duration"), 0.6355);
        QCOMPARE(r.sink.value(0, "requests_ok"), 19.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 124.5);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 34.47);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 2.9);
        QCOMPARE(r.sink.value(0, "itl", "mean"), 2.8);
        QCOMPARE(r.sink.value(0, "isl", "mean"), 57.0);
        QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.052632);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("/Avg TTFT (ms)"));
    }

    /// What "Average time per output token (s)" means changed four times under one name.
    void tokenTime_data()
    {
        QTest::addColumn<QString>("more");
        QTest::addColumn<QString>("metric");
        QTest::addColumn<double>("mean");
        const QString first = QStringLiteral(R"j(,"Average time to first token (s)":0.2)j");
        const QString token = QStringLiteral(R"j(,"Average time per output token (s)":)j");
        QTest::newRow("with gaps beside it")
            << first + token + R"j(0.5,"Average inter-token latency (s)":0.02)j"
            << "tpot" << 500.0;
        QTest::newRow("(e2e - ttft) / (n - 1)") << first + token + "0.0201"
                                                << "tpot" << 20.1;
        QTest::newRow("e2e / n") << QString(R"j(,"Average time to first token (s)":1.2)j") + token + "0.0218"
                                 << "ntpot" << 21.8;
        QTest::newRow("wall time over all tokens") << first + token + "0.0025"
                                                   << "" << 0.0;
    }
    void tokenTime()
    {
        QFETCH(QString, more);
        QFETCH(QString, metric);
        QFETCH(double, mean);
        const auto r = readText(old(more.toStdString()), "benchmark_summary.json");
        QCOMPARE(r.importer, std::string("evalscope"));
        for (const char* candidate : { "tpot", "ntpot" }) {
            QCOMPARE(r.sink.has(0, candidate, "mean"), metric == candidate);
        }
        if (!metric.isEmpty()) {
            QCOMPARE(r.sink.value(0, metric.toStdString(), "mean"), mean);
        }
        QCOMPARE(r.sink.warned("token-time-unclear"), metric.isEmpty());
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 2200.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), more.contains("1.2") ? 1200.0 : 200.0);
    }

    void whatWasNotComputed_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("metric");
        QTest::newRow("-1") << R"j("Avg Latency (s)":0.1245)j"
                            << R"j("Avg Latency (s)":-1)j"
                            << "e2e";
        QTest::newRow("-1000 ms") << R"j("Avg TPOT (ms)":2.9)j"
                                  << R"j("Avg TPOT (ms)":-1000.0)j"
                                  << "tpot";
        QTest::newRow("0") << R"j("Avg ITL (ms)":2.8)j"
                           << R"j("Avg ITL (ms)":0.0)j"
                           << "itl";
    }
    void whatWasNotComputed()
    {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, metric);
        const QString text = QString::fromStdString(current).replace(from, to);
        QVERIFY(text.contains(to));
        const auto r = readText(text.toStdString(), "x.json");
        QVERIFY(!r.sink.has(0, metric.toStdString(), "mean"));
        QVERIFY(r.sink.has(0, "duration"));
    }

    void notStreamed_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("first token at the end")
            << QString::fromStdString(old(R"j(,"Average time to first token (s)":2.2,)j"
                                          R"j("Average time per output token (s)":0.02,)j"
                                          R"j("Average inter-token latency (s)":0.02)j"));
        QTest::newRow("counted") << QString::fromStdString(current)
                                        .replace(R"j("Stream Requests":20)j", R"j("Stream Requests":0)j")
                                        .replace(
                                            R"j("Non-Stream Requests":0)j", R"j("Non-Stream Requests":20)j");
    }
    void notStreamed()
    {
        QFETCH(QString, text);
        const auto r = readText(text.toStdString(), "x.json");
        for (const char* metric : { "ttft", "tpot", "itl" }) {
            QVERIFY(!r.sink.has(0, metric, "mean"));
        }
        QVERIFY(r.sink.warned("not-streamed"));
        QVERIFY(r.sink.has(0, "e2e", "mean"));
    }

    void pacedLoad()
    {
        QString text = QString::fromStdString(current);
        text.replace(R"j("Request Rate (req/s)":-1.0)j", R"j("Request Rate (req/s)":2.5)j");
        auto r = readText(text.toStdString(), "x.json");
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string("2.5"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QVERIFY(r.sink.attribute(0, "load_mode").empty()); // a rate under a cap: both are shown
        text.replace(R"j("Concurrency":4)j", R"j("Concurrency":-1)j");
        r = readText(text.toStdString(), "x.json");
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QVERIFY(r.sink.attribute(0, "concurrency").empty());
    }

    void percentiles_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("path");
        QTest::newRow("rows, milliseconds")
            << R"j([{"Percentiles":"50%","Latency (s)":0.5,"TTFT (ms)":25.0,"ITL (ms)":2.0,"Input tokens":7.0,)j"
               R"j("Output (tok/s)":9.0},{"Percentiles":"max","Latency (s)":1.5,"TTFT (ms)":75.0}])j"
            << "/0/TTFT (ms)";
        QTest::newRow("columns, seconds")
            << R"j({"Percentiles":["50%","max"],"Latency (s)":[0.5,1.5],"TTFT (s)":[0.025,0.075],)j"
               R"j("ITL (s)":[0.002,null],"Input tokens":[7,8],"Output (tok/s)":[9.0,10.0]})j"
            << "/TTFT (s)/0";
        QTest::newRow("rows, seconds")
            << R"j([{"Percentile":"50%","TTFT (s)":0.025,"Latency (s)":0.5,"ITL (s)":0.002,)j"
               R"j("Input tokens":7},{"Percentile":"max","TTFT (s)":0.075,"Latency (s)":1.5}])j"
            << "/0/TTFT (s)";
    }
    void percentiles()
    {
        QFETCH(QString, text);
        QFETCH(QString, path);
        const auto r = readText(text.toStdString(), "benchmark_percentile.json");
        QCOMPARE(r.importer, std::string("evalscope"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 25.0);
        QCOMPARE(r.sink.value(0, "ttft", "max"), 75.0);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 1500.0);
        QCOMPARE(r.sink.value(0, "itl", "p50"), 2.0);
        QCOMPARE(r.sink.value(0, "isl", "p50"), 7.0);
        QVERIFY(!r.sink.has(0, "output_throughput", "p50"));
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::percentile(50))->path, path.toStdString());
    }

    void console()
    {
        const auto r = readText(newConsole, "log.txt");
        QCOMPARE(r.importer, std::string("evalscope"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("200"));
        QCOMPARE(r.sink.value(0, "requests"), 400.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 396.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 4.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 18780.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 1717.63);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 17.66);
        QCOMPARE(r.sink.value(0, "ttft", "p99.9"), 2319.52);
        QCOMPARE(r.sink.value(0, "e2e", "min"), 17250.0);
        QVERIFY(!r.sink.has(0, "output_throughput_per_user", "p50"));
    }

    void logWithTheArgumentsAsADocument()
    {
        const auto r = readText(
            R"j({"model":"m","tokenizer_path":null,"number":20,"parallel":4,"dataset":"random"})j"
            "\n" + std::string(newConsole),
            "log.txt");
        QCOMPARE(r.importer, std::string("evalscope"));
        QVERIFY(!r.sink.attached);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "requests"), 400.0);
    }

    void oldConsoleWithoutStreaming()
    {
        const auto r = readText("Benchmarking summary:\n"
                                "+-----------------------------------+--------+\n"
                                "| Key                               | Value  |\n"
                                "+===================================+========+\n"
                                "| Time taken for tests (s)          | 92.66  |\n"
                                "| Number of concurrency             | 10     |\n"
                                "| Total requests                    | 100    |\n"
                                "| Throughput(average tokens/s)      | 1727.5 |\n"
                                "| Average QPS                       | 1.079  |\n"
                                "| Average latency (s)               | 8.636  |\n"
                                "| Average time to first token (s)   | 8.636  |\n"
                                "| Average time per output token (s) | 0.0006 |\n"
                                "| Average output tokens per request | 1600.6 |\n"
                                "| Average package latency (s)       | 8.636  |\n"
                                "+-----------------------------------+--------+\n"
                                "Percentile results:\n"
                                "+------------+----------+----------+-------------+\n"
                                "| Percentile | TTFT (s) | TPOT (s) | Latency (s) |\n"
                                "+------------+----------+----------+-------------+\n"
                                "|    10%     |  5.4506  |   nan    |   5.4506    |\n"
                                "|    99%     | 11.1688  |   nan    |   11.1688   |\n"
                                "+------------+----------+----------+-------------+\n",
            "readme.md");
        QCOMPARE(r.importer, std::string("evalscope"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "output_throughput"), 1727.5);
        QCOMPARE(r.sink.value(0, "request_throughput"), 1.079);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 11168.8);
        for (const char* stat : { "mean", "p10", "p99" }) {
            QVERIFY(!r.sink.has(0, "ttft", stat));
            QVERIFY(!r.sink.has(0, "tpot", stat));
        }
    }

    void reportOverLevels()
    {
        const auto r = readText(report, "performance_summary.txt");
        QCOMPARE(r.importer, std::string("evalscope"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("gpt-oss-20b"));
        QCOMPARE(r.sink.attribute(1, "dataset"), std::string("random"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("1"));
        QVERIFY(!r.sink.has(0, "requests")); // the column was too narrow
        QCOMPARE(r.sink.value(1, "requests"), 20.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 22.24);
        QCOMPARE(r.sink.value(1, "e2e", "mean"), 125.0);
        QCOMPARE(r.sink.value(1, "ttft", "p99"), 97.06);
        QCOMPARE(r.sink.value(1, "prefix_cache_hit_rate"), 0.053);
        QVERIFY(!r.sink.has(0, "duration")); // the file's is over all levels
    }

    /// As people paste them: from the first table on, with rows left out.
    void tablesOfAReportWithoutItsTitle()
    {
        std::string text(report.substr(report.find("             Performance Overview")));
        text.replace(text.find("│    1 │    - │ ... │ 22.24 │ 711.72 │   100% │"), 0,
            "│  ... │    - │ ... │   ... │    ... │   100% │\n");
        const auto r = readText("# Results\n\n```\n" + text + "```\n", "page.md");
        QCOMPARE(r.importer, std::string("evalscope"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.value(1, "e2e", "mean"), 125.0);
    }

    /// The same levels again are another run's.
    void reportsOfTwoRuns()
    {
        std::string other(report);
        other.replace(other.find("gpt-oss-20b"), 11, "another-20b");
        other.replace(other.find("956.73"), 6, "500.25");
        const auto r = readText(std::string(report) + other, "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(4));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("gpt-oss-20b"));
        QCOMPARE(r.sink.attribute(3, "model"), std::string("another-20b"));
        QCOMPARE(r.sink.value(1, "output_throughput"), 956.73);
        QCOMPARE(r.sink.value(3, "output_throughput"), 500.25);
        const auto r2
            = readText(std::string(report) + other.substr(other.find("  Performance O")), "log.txt");
        QVERIFY(r2.sink.points.size() == 4 && r2.sink.attribute(3, "model").empty()); // without its title
    }

    void reportRepeatsTheSummaries()
    {
        const std::string run(newConsole.substr(newConsole.find("Benchmarking"))); // without its arguments
        const auto r = readText(run + std::string(report), "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("200"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("gpt-oss-20b")); // of all levels above it
        QCOMPARE(r.sink.attribute(0, "dataset"), std::string("random"));
        const auto named = readText(std::string(newConsole) + std::string(report), "log.txt");
        QCOMPARE(named.sink.attribute(0, "model"), std::string("org/m")); // the arguments' own
        // Another run names none, and the arguments of one behind it are not its own.
        const auto three = readText(run + std::string(report) + run + std::string(newConsole), "log.txt");
        QVERIFY(three.sink.points.size() == 3 && three.sink.attribute(1, "model").empty());
        QCOMPARE(three.sink.attribute(2, "model"), std::string("org/m"));
    }

    void reportOf2025()
    {
        const auto r = readText("│ Performance Test Summary Report │\n"
                                "┏━━━━━━┳━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━┓\n"
                                "┃      ┃      ┃      Avg ┃      P99 ┃    Gen. ┃      Avg ┃ Success ┃\n"
                                "┃Conc. ┃  RPS ┃  Lat.(s) ┃  Lat.(s) ┃  toks/s ┃  TTFT(s) ┃    Rate ┃\n"
                                "┡━━━━━━╇━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━┩\n"
                                "│    2 │ 0.32 │    3.131 │    3.154 │   32.77 │    0.064 │  100.0% │\n"
                                "└──────┴──────┴──────────┴──────────┴─────────┴──────────┴─────────┘\n",
            "x.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("2"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 3131.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 3154.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 64.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 32.77);
    }

    void database()
    {
        const std::string bytes = test::madeSqlite(
            "CREATE TABLE result(request TEXT, start_time REAL, inter_token_latencies TEXT, success INTEGER,"
            " response_messages TEXT, completed_time REAL, latency REAL, first_chunk_latency REAL,"
            " prompt_tokens INTEGER, completion_tokens INTEGER, max_gpu_memory_cost REAL,"
            " time_per_output_token REAL, request_id TEXT, is_stream INTEGER);"
            "INSERT INTO result VALUES('secret', 100.0, '[0.1, 2.5e-1]', 1, 'x', 101.0, 1.0, 0.65, 50, 3, 0, "
            "0.1, 'e1f0', 1),"
            "('secret', 99.5, '[]', 0, 'x', 99.75, NULL, NULL, NULL, NULL, NULL, NULL, '', 1),"
            "('secret', 100.0, '[]', 1, 'x', 102.0, 2.0, 2.0, 50, 9, 0, 0, '', 0);");
        const auto r = readText(bytes, "benchmark_data.db");
        QCOMPARE(r.importer, std::string("evalscope"));
        QVERIFY(!r.error);
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(3));
        QCOMPARE(rows[0].id, std::string("e1f0"));
        QCOMPARE(rows[1].id, std::string());
        QCOMPARE(rows[0].ttft->value, 650.0);
        QCOMPARE(rows[0].e2e->value, 1000.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 100, 250 }));
        QCOMPARE(rows[0].start->value, 0.5);
        QCOMPARE(rows[0].osl, std::optional<std::int64_t>(3));
        QVERIFY(!rows[1].ok && !rows[1].e2e);
        QVERIFY(!rows[2].ttft); // not streamed
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 175.0);
        QCOMPARE(r.sink.value(0, "duration"), 2.5);
    }

    void databaseOfAnOlderVersion()
    {
        const auto r = readText(
            test::madeSqlite(
                "CREATE TABLE result(request TEXT, start_time REAL, chunk_times TEXT, success INTEGER,"
                " response_messages TEXT, completed_time REAL, latency REAL, first_chunk_latency REAL,"
                " n_chunks INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER);"
                "INSERT INTO result VALUES('x', 1.0, '[]', 1, 'x', 3.0, 2.0, 2.0, 1, 50, 9);"),
            "x.db");
        QCOMPARE(r.importer, std::string("evalscope"));
        QCOMPARE(r.sink.requests.at(0)[0].e2e->value, 2000.0);
        QVERIFY(!r.sink.requests.at(0)[0].ttft); // came with the end: nothing was streamed
        QVERIFY(test::readText(test::madeSqlite("CREATE TABLE result(a)"), "x.db").importer.empty());
    }

    void sidecars_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("arguments") << R"j({"model":"m","api_key":"sk","tokenizer_path":null,"number":20,)j"
                                      R"j("parallel":4,"dataset":"random"})j";
        QTest::newRow("timeline") << R"j({"wall_start":2.5,"points":[{"t":0.1,"cum_completion":32}]})j";
        QTest::newRow("rates")
            << R"j({"n_samples":19,"wall_time_s":0.6,"warmup_frac":0.2,"rows":[{"metric":"x"}]})j";
        QTest::newRow("conversations") << R"j({"n_traces":3,"rows":[{"metric":"x","mean":1.0}]})j";
    }
    void sidecars()
    {
        QFETCH(QString, text);
        const auto r = readText(text.toStdString(), "x.json");
        QCOMPARE(r.importer, std::string("evalscope"));
        QVERIFY(r.sink.attached && r.sink.points.empty());
    }

    void recordOfTheWebPage()
    {
        const auto r = readText(
            R"j({"model":"m","dataset":"openqa","basic_info":{"API Key":"sk-secret","Provider":"x"},)j"
            R"j("summary_columns":["Metric","Value"],"summary_rows":[["Concurrency",10],["Number of requests",100],)j"
            R"j(["Average latency (s)",1.842],["Average TTFT (s)",0.214],["Average TPOT (s)",0.031],)j"
            R"j(["Output throughput (tokens/s)",512.0],["Request throughput (req/s)",5.43]]})j",
            "perf-detail.json");
        QCOMPARE(r.importer, std::string("evalscope"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("10"));
        QCOMPARE(r.sink.value(0, "requests"), 100.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 214.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 31.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 512.0);
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY(extra.text.find("secret") == std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestEvalscope)
#include "tst_evalscope.moc"
