// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readFixture;
using prism::test::readText;

namespace {

std::string status(const std::string& body)
{
    return R"({"successful":)" + body + R"(,"errored":{"mean":0,"count":0},"total":)" + body + "}";
}

std::string block(double mean, int count)
{
    return status(R"({"mean":)" + std::to_string(mean) + R"(,"median":)" + std::to_string(mean)
        + R"(,"std_dev":1.5,"min":1,"max":9,"count":)" + std::to_string(count) + R"(,"total_sum":)"
        + std::to_string(mean * count)
        + R"(,"percentiles":{"p001":1.1,"p01":2.1,"p50":3,"p99":8.1,"p999":8.9}})");
}

struct Numbers {
    double inputRate = 100, outputRate = 20, totalRate = 120;
    int tpotCount = 10;
};

std::string metrics(const Numbers& n)
{
    return R"({"request_latency":)" + block(2, 10) + R"(,"time_to_first_token_ms":)" + block(50, 10)
        + R"(,"inter_token_latency_ms":)" + block(7, n.tpotCount) + R"(,"time_per_output_token_ms":)"
        + block(8, n.tpotCount) + R"(,"prompt_token_count":)" + block(100, 10) + R"(,"output_token_count":)"
        + block(20, 10) + R"(,"requests_per_second":)" + block(1, 10) + R"(,"prompt_tokens_per_second":)"
        + block(n.inputRate, 10) + R"(,"output_tokens_per_second":)" + block(n.outputRate, 10)
        + R"(,"tokens_per_second":)" + block(n.totalRate, 10)
        + R"(,"request_totals":{"successful":10,"errored":1,"incomplete":2,"total":13}})";
}

/// A benchmark of 0.5.
std::string second(const std::string& strategy, const Numbers& n = {})
{
    return R"({"metadata":{"version":1,"guidellm_version":"0.5.0"},"args":{"model":"org/m","data":["prompt_tokens=64,output_tokens=32"],"api_key":"hidden"},"benchmarks":[{"config":{"run_id":"r1","strategy":)"
        + strategy + R"(},"scheduler_state":{"start_requests_time":1700000000.0},"metrics":)" + metrics(n)
        + R"(,"requests":{"successful":[{"request_start_time":1700000000.5,"request_latency":1.5,"time_to_first_token_ms":20,"prompt_tokens":4,"output_tokens":3,"output":"x"}],)"
          R"("errored":[{"info":{"error":"refused","timings":{"request_start":1700000001.0}}}],"incomplete":[{"info":{"timings":{"request_start":1700000002.0}}}]},)"
          R"("start_time":1700000000.0,"duration":10.0}]})";
}

/// A benchmark of 0.2 or 0.3.
std::string first(const Numbers& n)
{
    return R"({"benchmarks":[{"args":{"strategy":{"type_":"constant","rate":2.5,"max_concurrency":512}},"run_stats":{},"worker":{"backend_model":"org/m"},"request_loader":{"data":"{'prompt_tokens': 100, 'prompt_tokens_stdev': 5, 'output_tokens': 20}"},"metrics":)"
        + metrics(n)
        + R"(,"request_totals":{"successful":10,"errored":0,"incomplete":1,"total":11},"start_time":1700000000.0,"requests":{"successful":[],"errored":[],"incomplete":[{"start_time":1700000003.0,"prompt_tokens":100,"output_tokens":20,"first_token_time":null,"error":"timed out","request_latency":0.1}]},"duration":10.0}]})";
}

/// Line and column of the first occurrence.
std::string placeOf(const std::string& text, const std::string& part)
{
    const std::size_t at = text.find(part);
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return std::to_string(lines + 1) + ':' + std::to_string(at - text.rfind('\n', at));
}

} // namespace

class TestGuidellm : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void percentilesHaveTwoWholeDigits()
    {
        const Read read = readText(second(R"({"type_":"synchronous","max_concurrency":1})"), "a.json");
        QCOMPARE(read.importer, std::string("guidellm"));
        QCOMPARE(read.sink.value(0, "ttft", "p0.1"), 1.1);
        QCOMPARE(read.sink.value(0, "ttft", "p1"), 2.1);
        QCOMPARE(read.sink.value(0, "ttft", "p99.9"), 8.9);
        QCOMPARE(read.sink.value(0, "ttft", "p50"), 50.0);
        QCOMPARE(read.sink.points[0].measure("ttft", Stat::percentile(50))->path,
            std::string("/benchmarks/0/metrics/time_to_first_token_ms/successful/median"));
    }

    void latencyIsInSecondsAndTheRestInMilliseconds()
    {
        const Read read = readText(second(R"({"type_":"concurrent","streams":4})"), "a.json");
        QCOMPARE(read.sink.value(0, "e2e", "mean"), 2000.0);
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 50.0);
        QCOMPARE(read.sink.value(0, "e2e", "count"), 10.0);
        QCOMPARE(read.sink.value(0, "requests"), 13.0);
        QCOMPARE(read.sink.value(0, "requests_ok"), 10.0);
        QCOMPARE(read.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(read.sink.value(0, "requests_incomplete"), 2.0);
        QCOMPARE(read.sink.value(0, "input_tokens"), 1000.0);
        QCOMPARE(read.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(read.sink.attribute(0, "isl_target"), std::string("64"));
        QCOMPARE(read.sink.points[0].group, std::string("r1"));
        for (const Extra& extra : read.sink.points[0].extras) {
            QVERIFY2(extra.text != "hidden", extra.path.c_str());
        }
    }

    void timePerOutputTokenChangesItsMeaningWithTheVersion()
    {
        const Read old = readText(first({}), "a.json");
        QCOMPARE(old.sink.value(0, "tpot", "mean"), 7.0);
        QVERIFY(!old.sink.has(0, "ntpot", "mean"));
        QCOMPARE(old.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("token-weighted"));
        const Read early = readText(second(R"({"type_":"synchronous"})"), "a.json");
        QCOMPARE(early.sink.value(0, "ntpot", "mean"), 8.0);
        QCOMPARE(early.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string());
        Numbers weighted;
        weighted.tpotCount = 190;
        const Read now = readText(second(R"({"type_":"synchronous"})", weighted), "a.json");
        QCOMPARE(now.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("token-weighted"));
        QCOMPARE(now.sink.points[0].measure("e2e", Stat::mean())->semantics, std::string());
    }

    void load_data()
    {
        QTest::addColumn<QString>("strategy");
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QString>("concurrency");
        QTest::addColumn<QString>("rate");
        QTest::newRow("one") << R"({"type_":"synchronous","max_concurrency":1})"
                             << "concurrency"
                             << "1"
                             << "";
        QTest::newRow("streams") << R"({"type_":"concurrent","streams":8,"max_concurrency":8})"
                                 << "concurrency"
                                 << "8"
                                 << "";
        QTest::newRow("cap") << R"({"type_":"constant","rate":2.0,"max_concurrency":10240})"
                             << "rate"
                             << ""
                             << "2";
        QTest::newRow("poisson") << R"({"type_":"poisson","rate":0.5})"
                                 << "rate"
                                 << ""
                                 << "0.5";
        QTest::newRow("all") << R"({"type_":"throughput","max_concurrency":512})"
                             << "burst"
                             << ""
                             << "";
        QTest::newRow("unknown") << R"({"type_":"zigzag","rate":3})"
                                 << ""
                                 << ""
                                 << "";
    }
    void load()
    {
        QFETCH(QString, strategy);
        const Read read = readText(second(strategy.toStdString()), "a.json");
        QTEST(QString::fromStdString(read.sink.attribute(0, "load_mode")), "mode");
        QTEST(QString::fromStdString(read.sink.attribute(0, "concurrency")), "concurrency");
        QTEST(QString::fromStdString(read.sink.attribute(0, "request_rate")), "rate");
    }

    void promptsCountedTwiceGiveNoTotal()
    {
        Numbers twice;
        twice.totalRate = 220;
        const Read read = readText(first(twice), "a.json");
        QVERIFY(!read.sink.has(0, "total_throughput"));
        QVERIFY(read.sink.warned("total-counts-prompts-twice"));
        const Read right = readText(first({}), "a.json");
        QCOMPARE(right.sink.value(0, "total_throughput"), 120.0);
    }

    void anAbsurdRateIsLeftOut()
    {
        Numbers absurd;
        absurd.inputRate = 1411168;
        const Read read = readText(second(R"({"type_":"synchronous"})", absurd), "a.json");
        QVERIFY(!read.sink.has(0, "input_throughput"));
        QVERIFY(read.sink.warned("input-rate-disagrees"));
        QCOMPARE(read.sink.value(0, "output_throughput"), 20.0);
        QCOMPARE(read.sink.value(0, "total_throughput"), 120.0);
    }

    void requestsOfAllListsAreRows()
    {
        const Read read = readText(second(R"({"type_":"synchronous"})"), "a.json");
        const auto& rows = read.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(3));
        QCOMPARE(rows[0].start->value, 0.5);
        QCOMPARE(rows[0].e2e->value, 1500.0);
        QCOMPARE(rows[0].ttft->value, 20.0);
        QVERIFY(rows[0].ok);
        QCOMPARE(rows[1].error, std::string("refused"));
        QVERIFY(!rows[2].ok);
        QCOMPARE(rows[2].error, std::string("incomplete"));
        QCOMPARE(rows[2].index, 2u);
    }

    void tokensThatWereOnlyAskedForAreNoLength()
    {
        const Read read = readText(first({}), "a.json");
        const auto& rows = read.sink.requests.at(0);
        QCOMPARE(rows[0].isl, std::optional<std::int64_t>(100));
        QVERIFY(!rows[0].osl);
        QCOMPARE(rows[0].error, std::string("incomplete: timed out"));
        QCOMPARE(read.sink.attribute(0, "isl_target"), std::string("100"));
        QCOMPARE(read.sink.attribute(0, "osl_target"), std::string("20"));
    }

    void theFirstGenerationHasRequestsOnly()
    {
        const Read read = readText(
            R"({"benchmarks":[{"args":{"model":"org/m","target":"t"},"benchmarks":[)"
            R"({"mode":"synchronous","rate":null,"results":[{"request_id":"625efdea-08ea","prompt_token_count":10,"output_token_count":3,"start_time":100.0,"end_time":101.0,"first_token_time":0.2,"decode_times":{"data":[0.3,0.5]}}],"errors":[],"concurrencies":[]},)"
            R"({"mode":"asynchronous","rate":2.0,"results":[{"output_token_count":2,"start_time":200.0,"end_time":201.0,"first_token_time":200.25,"last_token_time":201.0}],"errors":[{"message":"bad"}],"concurrencies":[]}]}]})",
            "g.json");
        QCOMPARE(read.importer, std::string("guidellm"));
        QCOMPARE(read.sink.points.size(), std::size_t(2));
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 200.0);
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 400.0);
        QVERIFY(read.sink.points[0].measure("ttft", Stat::mean())->origin == Origin::Derived);
        QCOMPARE(read.sink.value(1, "ttft", "mean"), 250.0);
        QCOMPARE(read.sink.value(1, "requests_failed"), 1.0);
        QCOMPARE(read.sink.attribute(1, "request_rate"), std::string("2"));
        QCOMPARE(read.sink.requests.at(1)[1].error, std::string("bad"));
        QCOMPARE(read.sink.requests.at(0)[0].id, std::string("625efdea-08ea"));
    }

    /// YAML that ends between two lines is whole YAML.
    void yamlThatIsCutOffIsDoubted()
    {
        const std::string whole
            = "benchmarks:\n- config: {strategy: {type_: synchronous}}\n  scheduler_state: {}\n  metrics:\n"
              "    request_totals: {successful: 1, total: 1}\n  start_time: 1.0\n  end_time: 2.0\n";
        QVERIFY(!readText(whole, "a.yaml").sink.warned("incomplete-benchmark"));
        const auto cut = readText(whole.substr(0, whole.find("  start_time")), "a.yaml");
        QCOMPARE(cut.sink.value(0, "requests_ok"), 1.0);
        QVERIFY(cut.sink.warned("incomplete-benchmark"));
    }

    void nothingMeasuredIsMissing()
    {
        const std::string zero = status(R"({"mean":0,"median":0,"count":0,"percentiles":{"p99":null}})");
        const Read read = readText(
            R"({"benchmarks":[{"config":{"strategy":{"type_":"synchronous"}},"scheduler_state":{},"metrics":{"request_latency":)"
                + zero
                + R"(,"request_totals":{"successful":0,"errored":4,"incomplete":0,"total":4}},"duration":1}]})",
            "a.json");
        QVERIFY(!read.sink.has(0, "e2e", "mean"));
        QVERIFY(!read.sink.has(0, "e2e", "p99"));
        QCOMPARE(read.sink.value(0, "requests_failed"), 4.0);
    }

    void theSameRunInAllEncodings()
    {
        const Read json = readFixture("guidellm/concurrent-0.8.1.json");
        const Read csv = readFixture("guidellm/concurrent-0.8.1.csv");
        const Read text = readFixture("guidellm/concurrent-0.8.1.txt");
        for (const Read* read : { &json, &csv, &text }) {
            QCOMPARE(read->importer, std::string("guidellm"));
            QVERIFY(read->sink.points.size() >= 2);
            QCOMPARE(read->sink.attribute(1, "concurrency"), std::string("4"));
            QCOMPARE(read->sink.attribute(1, "model"), std::string("rand-tiny-llama"));
            QCOMPARE(read->sink.attribute(1, "osl_target"), std::string("32"));
        }
        for (const std::string_view metric : { "e2e", "ttft", "tpot", "ntpot", "isl", "osl" }) {
            for (const std::string_view stat : { "mean", "p50", "p0.1", "p95", "min", "max", "std" }) {
                QCOMPARE(csv.sink.value(1, metric, stat), json.sink.value(1, metric, stat));
            }
        }
        for (const std::string_view metric : { "duration", "total_throughput", "input_throughput" }) {
            QCOMPARE(csv.sink.value(1, metric), json.sink.value(1, metric));
        }
        QCOMPARE(text.sink.value(1, "ttft", "p95"), 36.6);
        QCOMPARE(text.sink.value(1, "tpot", "mean"), 3.7);
        QCOMPARE(text.sink.value(1, "total_throughput"), 2846.7);
        QCOMPARE(text.sink.value(1, "output_tokens"), 768.0);
        // Printed as 0.0 s, which is no latency.
        QVERIFY(!text.sink.has(0, "e2e", "mean"));
        QCOMPARE(json.sink.requests.at(0).size(), std::size_t(3));
        QCOMPARE(json.sink.requests.at(0)[0].start->value, 0.0);
        // The server's name for it comes before the client's own, which the server never saw.
        QCOMPARE(json.sink.requests.at(0)[0].id, std::string("chatcmpl-sbAbLQZOmLVggiZOytboSGyB7JbJX4IB"));
        QCOMPARE(json.sink.attribute(0, "started_at"), std::string("2026-11-23T00:34:23.628Z"));
        QVERIFY(json.sink.warned("producer-warning"));
    }

    void placesOfListItemsLeadToTheNumber()
    {
        const std::string head
            = "Type,Run Id,Id,Name,Duration,Successful Requests,Successful Request latency mean,"
              "\"Successful Request latency [min, 0.1, 99, max]\",Successful Tokens per second mean,"
              "Successful Output tokens per second mean,Worker,Request Loader\n";
        const std::string row
            = "generative_benchmark,r,i,poisson@1.50,10,4,1.5,\"[1.0, 1.25, 1.75, 2.0]\",99,7,"
              "\"{\"\"backend_model\"\": \"\"org/m\"\"}\",\"{\"\"data\"\": "
              "\"\"prompt_tokens=20,output_tokens=10\"\"}\"\n";
        const Read read = readText(head + row, "a.csv");
        QCOMPARE(read.importer, std::string("guidellm"));
        QCOMPARE(read.sink.value(0, "e2e", "p0.1"), 1250.0);
        const std::string path = read.sink.points[0].measure("e2e", Stat::percentile(99))->path;
        QCOMPARE(path, "2:" + std::to_string(row.find("1.75") + 1));
        QCOMPARE(read.sink.attribute(0, "request_rate"), std::string("1.5"));
        QCOMPARE(read.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(read.sink.attribute(0, "osl_target"), std::string("10"));
        QVERIFY(!read.sink.has(0, "total_throughput"));
    }

    void tablesOfTheOldConsole()
    {
        const std::string text
            = "Benchmarks Metadata:\n    Worker:backend_model='org/m' x\n"
              "    Request Loader:data='prompt_tokens=256,output_tokens=128'\nBenchmarks Info:\n=====\n"
              "Metadata                    |||| Requests Made||| Prompt Tok Total||\n"
              "  Benchmark| Start| End| Duration (s)| Comp| Inc| Err| Comp| Inc| Err\n"
              "-----|-----|-----|-----|---|---|---|---|---|---\n"
              "synchronous| 1:00| 1:01| 30.0| 46| 1| 0| 1,182| 0| 0\n=====\n\n\nBenchmarks Stats:\n=====\n"
              "Metadata   | Request Stats         || Out Tok/sec| Tot Tok/sec| TTFT (ms) ||| TPOT (ms)||\n"
              "  Benchmark| Per Second| Concurrency| mean| mean| mean| median| p99| mean| median| p99\n"
              "-----|---|---|---|---|---|---|---|---|---|---\n"
              "synchronous| 1.55| 1.00| 198.1| 992.7| 16.8| 16.4| 21.3| 4.9| 4.8| 5.2\n=====\n";
        const Read read = readText(text, "a.txt");
        QCOMPARE(read.importer, std::string("guidellm"));
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.value(0, "requests_ok"), 46.0);
        QCOMPARE(read.sink.value(0, "requests_incomplete"), 1.0);
        QCOMPARE(read.sink.value(0, "input_tokens"), 1182.0);
        QCOMPARE(read.sink.value(0, "request_throughput"), 1.55);
        QCOMPARE(read.sink.value(0, "ttft", "p99"), 21.3);
        QVERIFY(!read.sink.has(0, "tpot", "mean"));
        QVERIFY(!read.sink.has(0, "total_throughput"));
        QCOMPARE(read.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(read.sink.points[0].measure("ttft", Stat::mean())->path, placeOf(text, "16.8"));
    }

    void secondsUnderATitleOfMilliseconds()
    {
        const std::string text
            = "Benchmarks Stats:\n=====\n"
              "Metadata   | Request Stats         || Out Tok/sec| Tot Tok/sec| Req Latency (ms)||| TTFT (ms) "
              "|||\n"
              "  Benchmark| Per Second| Concurrency| mean| mean| mean| median| p99| mean| median| p99\n"
              "-----|---|---|---|---|---|---|---|---|---|---\n"
              "synchronous| 0.24| 1.00| 62.6| 312.8| 4.09| 4.08| 4.10| 58.7| 57.8| 61.8\n=====\n";
        const Read read = readText(text, "a.txt");
        QCOMPARE(read.importer, std::string("guidellm"));
        QCOMPARE(read.sink.value(0, "e2e", "mean"), 4090.0);
        QCOMPARE(read.sink.value(0, "e2e", "p99"), 4100.0);
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 58.7);
        QVERIFY(read.sink.warned("unit-misnamed"));
    }

    void aCapThatTheProfileAsksForIsAConcurrency_data()
    {
        QTest::addColumn<std::string>("profile");
        QTest::addColumn<std::string>("mode");
        QTest::addColumn<std::string>("concurrency");
        QTest::newRow("asked") << std::string(R"({"type_":"throughput","max_concurrency":64})")
                               << std::string("concurrency") << std::string("64");
        QTest::newRow("not asked") << std::string(R"({"kind":"throughput","max_concurrency":null})")
                                   << std::string("burst") << std::string();
    }
    void aCapThatTheProfileAsksForIsAConcurrency()
    {
        QFETCH(const std::string, profile);
        QFETCH(const std::string, mode);
        QFETCH(const std::string, concurrency);
        // The scheduler writes its own limit into the strategy.
        const Read read = readText(
            R"({"benchmarks":[{"config":{"strategy":{"type_":"throughput","max_concurrency":512},"profile":)"
                + profile
                + R"(},"scheduler_state":{},"metrics":{"request_totals":{"successful":1,"total":1}}}]})",
            "a.json");
        QCOMPARE(read.sink.attribute(0, "load_mode"), mode);
        QCOMPARE(read.sink.attribute(0, "concurrency"), concurrency);
    }

    void tablesTellTheLoadInTheirProfile_data()
    {
        QTest::addColumn<std::string>("profile");
        QTest::addColumn<std::string>("strategy");
        QTest::addColumn<std::string>("name");
        QTest::addColumn<std::string>("second");
        const auto row = [](const char* tag, const char* profile, const char* strategy, const char* name,
                             const char* second) {
            QTest::newRow(tag) << std::string(profile) << std::string(strategy) << std::string(name)
                               << std::string(second);
        };
        row("streams", R"({"kind":"concurrent","streams":[1,8]})", "concurrent", "concurrency", "8");
        row("rates", R"({"kind":"constant","rate":[1.5,2.5]})", "constant", "request_rate", "2.5");
        row("strategies",
            R"({"type_":"sweep","completed_strategies":[{"type_":"synchronous","max_concurrency":1},)"
            R"({"type_":"poisson","rate":3.5,"max_concurrency":512}]})",
            "poisson", "request_rate", "3.5");
        row("cap", R"({"kind":"throughput","max_concurrency":32})", "throughput", "concurrency", "32");
        row("no cap", R"({"kind":"throughput","max_concurrency":null})", "throughput@512", "concurrency", "");
        row("of a sweep", R"({"kind":"sweep","sweep_size":5})", "constant@4.25", "request_rate", "4.25");
    }
    void tablesTellTheLoadInTheirProfile()
    {
        QFETCH(const std::string, profile);
        QFETCH(const std::string, strategy);
        QFETCH(const std::string, name);
        QFETCH(const std::string, second);
        std::string quoted;
        for (const char c : profile) {
            quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        }
        const auto row = [&](int index) {
            return "r," + std::to_string(index) + ",\"" + quoted + "\"," + strategy + ",10,8\n";
        };
        const Read read = readText("Run Info,Run Info,Run Info,Benchmark,Timings,Request Counts\n"
                                   "Run ID,Run Index,Profile,Strategy,Duration,Successful\n,,,,Sec,\n"
                + row(0) + row(1),
            "a.csv");
        QCOMPARE(read.sink.points.size(), std::size_t(2));
        QCOMPARE(read.sink.attribute(1, name), second);
        QCOMPARE(read.sink.value(1, "requests_ok"), 8.0);
    }

    /// 0.4 to 0.6 write the first benchmark's columns above all rows.
    void columnsOfAnotherBenchmarkAreNotRead()
    {
        const std::string head = "Run Info,Benchmark,Timings,Request Counts,Request Counts,Request Counts,";
        const auto names = [&](int blocks, const std::string& status) {
            std::string rows[3];
            for (int i = 0; i < blocks; ++i) {
                const std::string unit = i < 2 ? " Sec" : " ms";
                const std::string group = i < 2 ? "Request Latency" : "Time to First Token";
                for (const char* stat : { "Mean", "Median", "Std Dev", "Percentiles" }) {
                    rows[0] += ',' + group;
                    rows[1] += ',' + (i == 1 ? status : std::string("Successful")) + unit;
                    rows[2] += ',' + std::string(stat);
                }
            }
            return head + "Request Counts" + rows[0]
                + "\nRun ID,Strategy,Duration,Successful,Incomplete,Errored,Total" + rows[1] + "\n,,Sec,,,,"
                + rows[2] + '\n';
        };
        const auto stats = [](const std::string& mean) {
            return ',' + mean + ",2,0.5,\"[1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 4]\"";
        };
        const std::string first = "r,constant,10,8,2,0,10" + stats("2") + stats("9") + stats("30") + '\n';
        const std::string shorter = "r,constant,10,8,0,0,8" + stats("3") + stats("40") + '\n';
        const std::string other = "r,constant,10,8,0,3,11" + stats("3") + stats("8") + stats("50") + '\n';
        const std::string padded = "r,constant,10,8,0,0,8" + stats("3") + ",,,," + stats("40") + '\n';
        const Read read = readText(names(3, "Incomplete") + first + shorter + other + padded, "a.csv");
        QCOMPARE(read.sink.points.size(), std::size_t(4));
        QCOMPARE(read.sink.value(0, "ttft", "mean"), 30.0);
        for (const std::size_t point : { 1, 2 }) {
            QCOMPARE(read.sink.value(point, "requests_ok"), 8.0);
            QCOMPARE(read.sink.value(point, "duration"), 10.0);
            QVERIFY(!read.sink.has(point, "ttft", "mean"));
            QVERIFY(!read.sink.has(point, "e2e", "mean"));
            QVERIFY(!read.sink.points[point].warnings.empty());
        }
        QCOMPARE(read.sink.value(3, "ttft", "mean"), 40.0);
        QCOMPARE(read.sink.value(3, "e2e", "mean"), 3000.0);
        QVERIFY(read.sink.warned("columns-shifted"));
    }

    /// Up to 0.5 the console's rates are those of the requests that succeeded.
    void ratesOverAllRequestsAreMarked()
    {
        const auto report = [](const std::string& title) {
            return "\u2139 Request Latency Statistics (Completed Requests)\n|=====|=====|=====|\n"
                   "| Benchmark | TTFT ||\n| Strategy  | ms   ||\n|           | Mdn | p95 "
                   "|\n|-----|-----|-----|\n"
                   "| constant  | 20.0 | 30.0 |\n|=====|=====|=====|\n\n\n\u2139 Server Throughput Statistics"
                + title
                + "\n|=====|=====|\n| Benchmark | Output Tokens |\n| Strategy  | Per Sec       |\n"
                  "|           | Mean          |\n|-----|-----|\n| constant  | 49.7          "
                  "|\n|=====|=====|\n";
        };
        const Read now = readText(report(" (All Requests)"), "a.txt");
        QCOMPARE(now.sink.value(0, "output_throughput"), 49.7);
        QCOMPARE(now.sink.points[0].measure("output_throughput", Stat::value())->semantics,
            std::string("all-requests"));
        QCOMPARE(now.sink.points[0].measure("ttft", Stat::percentile(95))->semantics, std::string());
        const Read before = readText(report(""), "a.txt");
        QCOMPARE(before.sink.points[0].measure("output_throughput", Stat::value())->semantics, std::string());
    }

    void aRunWithoutBenchmarksIsRefused()
    {
        const Read read
            = readText(R"({"metadata":{"guidellm_version":"0.5.0"},"args":{},"benchmarks":[]})", "a.json");
        QVERIFY(read.sink.points.empty());
    }
};

QTEST_GUILESS_MAIN(TestGuidellm)
#include "tst_guidellm.moc"
