// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string console(const std::string& scenario, const std::string& failed)
{
    return "     execution: local\n     scenarios: (100.00%) 1 scenario, 80 max VUs, 10m30s max duration\n   "
           "           * "
        + scenario
        + "\n\n     ✓ Post status is 200\n\n     checks.........................: 100.00% 2000 out of 2000\n"
          "     http_req_duration..............: avg=6.31s    min=165.25ms med=910µs    max=1m2s     "
          "p(90)=8.55s    p(99.9)=9.07s\n"
          "       { expected_response:true }...: avg=1s    min=1s med=1s    max=1s   p(90)=1s    "
          "p(99.9)=1s\n   "
        + failed
        + "\n     http_reqs......................: 2000    12.5/s\n     iterations.....................: "
          "2000    12.5/s\n"
          "     time_per_token.................: avg=712.11ms min=39.56ms med=1s max=2s p(90)=1s p(95)=1s\n"
          "     vus............................: 1       min=0            max=80\n\nrunning (09m50.9s), "
          "00/80 VUs\n";
}

const std::string oneFailure = "✗ http_req_failed................: 0.05%   1 out of 2000";
const std::string none = "✓ http_req_failed................: 0.00%   0 out of 2000";

} // namespace

class TestK6 : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void csvTimesInEveryFormat_data()
    {
        QTest::addColumn<QString>("time");
        QTest::newRow("unix") << "1746086400";
        QTest::newRow("unix_milli") << "1746086400000";
        QTest::newRow("unix_micro") << "1746086400000000";
        QTest::newRow("unix_nano") << "1746086400000000000";
        QTest::newRow("rfc3339") << "2025-05-01T10:00:00+02:00";
        QTest::newRow("rfc3339_nano") << "2025-05-01T08:00:00.000000000Z";
    }
    void csvTimesInEveryFormat()
    {
        QFETCH(QString, time);
        const Read r = readText("metric_name,timestamp,metric_value,status\nhttp_req_duration,"
                + time.toStdString() + ",500,200\nhttp_reqs," + time.toStdString() + ",1,200\n",
            "a.csv");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "started_at"), std::string("2025-05-01T07:59:59.500Z"));
    }

    void durationsHaveNoNoise()
    {
        std::string text = console("x: 20.00 iterations/s for 5m0s", none);
        text.replace(text.find("avg=6.31s "), 10, "avg=55.3ms");
        const Read r = readText(text, "log.txt");
        QVERIFY(r.sink.value(0, "e2e", "mean") == 55.3); // to the last bit
    }

    void constantArrivalsAreARate()
    {
        const Read r = readText(
            console("chat: 5.50 iterations/s for 1m0s (maxVUs: 10-50, gracefulStop: 30s)", none), "a.txt");
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string("5.5"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string());
        const Read slow = readText(console("chat: 0.02 iterations/s for 10m0s (maxVUs: 1)", none), "a.txt");
        QCOMPARE(slow.sink.attribute(0, "request_rate"), std::string());
        QCOMPARE(slow.sink.attribute(0, "load_mode"), std::string("rate"));
        const Read ramp = readText(
            console("chat: Up to 5.50 iterations/s for 1m0s over 2 stages (maxVUs: 10-50)", none), "a.txt");
        QCOMPARE(ramp.sink.attribute(0, "request_rate"), std::string());
    }

    void theConsoleHasAUnitForEachNumber()
    {
        const Read r = readText(
            console("chat: 1000 iterations shared among 80 VUs (maxDuration: 10m0s)", none), "a.txt");
        QCOMPARE(r.importer, std::string("k6"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 6310.0);
        QCOMPARE(r.sink.value(0, "e2e", "min"), 165.25);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 0.91);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 62000.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99.9"), 9070.0);
        QCOMPARE(r.sink.value(0, "requests"), 2000.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 0.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 12.5);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->path, std::string("8:39"));
        QVERIFY(!r.sink.has(0, "duration")); // the run with its set-up
        QVERIFY(!r.sink.has(0, "tpot", "mean")); // a trend of the script's own
        QVERIFY(!r.sink.warned("mixed-requests"));
    }

    void load_data()
    {
        QTest::addColumn<QString>("scenario");
        QTest::addColumn<QString>("users");
        QTest::newRow("shared") << "c: 1000 iterations shared among 80 VUs (gracefulStop: 30s)"
                                << "80";
        QTest::newRow("looping") << "default: 5 looping VUs for 30s (gracefulStop: 30s)"
                                 << "5";
        QTest::newRow("each") << "c: 10 iterations for each of 4 VUs (maxDuration: 10m0s)"
                              << "4";
        QTest::newRow("ramping") << "c: Up to 20 looping VUs for 3m30s over 5 stages (gracefulRampDown: 30s)"
                                 << "";
    }
    void load()
    {
        QFETCH(QString, scenario);
        QFETCH(QString, users);
        const Read r = readText(console(scenario.toStdString(), none), "a.txt");
        QCOMPARE(r.sink.attribute(0, "concurrency"), users.toStdString());
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string(users.isEmpty() ? "" : "concurrency"));
    }

    void failures_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<double>("failed");
        QTest::newRow("out of") << QString::fromStdString(oneFailure) << 1.0;
        QTest::newRow("ticks count what failed")
            << "✓ http_req_failed................: 0.00%   ✓ 0         ✗ 2000" << 0.0;
        QTest::newRow("ticks, some") << "✗ http_req_failed................: 2.00%   ✓ 40        ✗ 1960"
                                     << 40.0;
    }
    void failures()
    {
        QFETCH(QString, line);
        QFETCH(double, failed);
        const Read r = readText(console("c: 5 looping VUs for 30s", line.toStdString()), "a.txt");
        QCOMPARE(r.sink.value(0, "requests_failed"), failed);
        QCOMPARE(r.sink.value(0, "requests_ok"), 2000 - failed);
        QCOMPARE(r.sink.has(0, "request_throughput"), failed == 0);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->semantics,
            std::string(failed > 0 ? "includes-failed" : ""));
        QCOMPARE(r.sink.warned("failures-included"), failed > 0);
    }

    void twoRunsAndTheNewLayout()
    {
        const std::string fresh = "  █ THRESHOLDS\n\n    http_req_duration\n    ✓ 'p(95)<1500' "
                                  "p(95)=148.21ms\n\n  █ TOTAL RESULTS\n\n"
                                  "    checks_total.......: 90      13.1/s\n\n    HTTP\n"
                                  "    http_req_duration..............: avg=4.26s min=517.5µs med=3.03s "
                                  "max=24.9s p(90)=10.19s p(95)=13.83s\n"
                                  "      { expected_response:true }...: avg=4.26s min=517.5µs med=3.03s "
                                  "max=24.9s p(90)=10.19s p(95)=13.83s\n"
                                  "    http_req_failed................: 0.00%  0 out of 7278\n"
                                  "    http_reqs......................: 7278   23.5/s\n\n    EXECUTION\n"
                                  "    iterations.....................: 1000   3.2/s\n";
        const Read r = readText(console("c: 5 looping VUs for 30s", none) + fresh + fresh, "a.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(3));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string()); // of another run
        QCOMPARE(r.sink.value(2, "e2e", "min"), 0.5175);
        QCOMPARE(r.sink.value(2, "requests"), 7278.0);
        QVERIFY(r.sink.warned("mixed-requests"));
    }

    /// Logs of containers and of build servers.
    void whatACollectorPutsBeforeEachLine_data()
    {
        QTest::addColumn<QString>("before");
        QTest::newRow("compose") << "k6-1  | ";
        QTest::newRow("build server") << "2026-05-01T12:00:00.1234567Z ";
    }
    void whatACollectorPutsBeforeEachLine()
    {
        QFETCH(QString, before);
        std::string text = console("c: 20 looping VUs for 30s", oneFailure);
        for (std::size_t at = 0; at != std::string::npos; at = text.find('\n', at)) {
            at += at == 0 ? 0 : 1;
            text.insert(at, before.toStdString());
        }
        const Read r = readText(text, "k6.log");
        QCOMPARE(r.importer, std::string("k6"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("20"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 6310.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "requests"), 2000.0);
    }

    /// --summary-mode=full repeats the metrics for groups and scenarios below those of the whole run.
    void partsOfARunAreNoRuns()
    {
        const auto block = [](const std::string& title, const char* mean, const char* count) {
            return "  █ " + title + "\n\n    HTTP\n    http_req_duration...: avg=" + mean
                + " min=1s med=2s max=9s p(90)=3s p(95)=4s\n    http_req_failed.....: 0.00%  0 out of "
                + count + "\n    http_reqs...........: " + count + "    5.1/s\n\n";
        };
        const std::string run = block("TOTAL RESULTS", "2s", "200") + block("GROUP: chat", "3s", "100")
            + block("SCENARIO: warm", "1s", "90");
        const Read r = readText(console("c: 20 looping VUs for 30s", none) + run + run, "a.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(3)); // the first is that of console()
        for (const std::uint32_t point : { 1u, 2u }) {
            QCOMPARE(r.sink.value(point, "e2e", "mean"), 2000.0);
            QCOMPARE(r.sink.value(point, "requests"), 200.0);
        }
        const auto& extras = r.sink.points.at(1).extras;
        QVERIFY(std::any_of(extras.begin(), extras.end(),
            [](const Extra& extra) { return extra.text == "GROUP: chat, http_reqs: 100    5.1/s"; }));
    }

    void summaries_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("timed");
        QTest::newRow("flat")
            << R"k({"root_group":{},"metrics":{"http_req_duration":{"avg":120.5,"min":10,"med":100,"max":900,"p(90)":300,"p(99.9)":800},)k"
               R"k("http_reqs":{"count":50,"rate":5},"http_req_failed":{"value":0,"passes":0,"fails":50},"iterations":{"count":50,"rate":5}}})k"
            << false;
        QTest::newRow("with values")
            << R"k({"root_group":{},"setup_data":{"bearer":"s3cret"},"state":{"testRunDurationMs":10000.0},"metrics":{"http_req_duration":{"type":"trend","contains":"time",)k"
               R"k("values":{"avg":120.5,"min":10,"med":100,"max":900,"p(90)":300,"p(99.9)":800}},"http_reqs":{"type":"counter","contains":"default","values":{"count":50,"rate":5}},)k"
               R"k("http_req_failed":{"type":"rate","contains":"default","values":{"rate":0,"passes":0,"fails":50}},"iterations":{"values":{"count":50,"rate":5}}}})k"
            << true;
        QTest::newRow("list")
            << R"k({"version":"1.0.0","config":{"duration":10.0,"execution":"local","script":"a.js"},"metadata":{"generatedAt":"2026-01-01T00:00:00Z","k6Version":"1.5.0"},)k"
               R"k("results":{"checks":{},"metrics":[{"name":"vus","type":"gauge","contains":"default","values":{"value":1,"min":1,"max":5}},)k"
               R"k({"name":"data_sent","type":"counter","contains":"data","values":{"count":1}},)k"
               R"k({"name":"http_req_duration","type":"trend","contains":"time","values":{"avg":120.5,"min":10,"med":100,"max":900,"p(90)":300,"p(99.9)":800}},)k"
               R"k({"name":"http_reqs","type":"counter","contains":"default","values":{"count":50}},)k"
               R"k({"name":"http_req_failed","type":"rate","contains":"default","values":{"rate":0,"matches":0,"total":50}}]}})k"
            << true;
    }
    void summaries()
    {
        QFETCH(QString, text);
        QFETCH(bool, timed);
        const Read r = readText(text.toStdString(), "summary.json");
        QCOMPARE(r.importer, std::string("k6"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 120.5);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 100.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99.9"), 800.0);
        QCOMPARE(r.sink.value(0, "requests"), 50.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 0.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 5.0);
        QCOMPARE(r.sink.has(0, "duration"), timed);
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY(extra.text.find("s3cret") == std::string::npos);
        }
    }

    /// k6 calls a failed request a pass of http_req_failed.
    void passesHaveFailed()
    {
        const Read r = readText(
            R"({"root_group":{},"metrics":{"http_req_duration":{"avg":120.5},"http_reqs":{"count":50,"rate":5},"http_req_failed":{"value":0.2,"passes":10,"fails":40}}})",
            "summary.json");
        QCOMPARE(r.sink.value(0, "requests_failed"), 10.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 40.0);
        QVERIFY(!r.sink.has(0, "request_throughput"));
    }

    void stream()
    {
        const Read r = readText(
            R"({"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":[],"submetrics":null},"metric":"http_req_duration"})"
            "\n"
            R"({"metric":"http_req_duration","type":"Point","data":{"time":"2026-05-01T10:00:02+00:00","value":500,"tags":{"expected_response":"true","status":"200","url":"http://h/?key=s3cret"}}})"
            "\n"
            R"({"metric":"http_req_duration","type":"Point","data":{"time":"2026-05-01T12:00:04+02:00","value":1500,"tags":{"expected_response":"false","status":"500","error":"Get http://h/?key=s3cret: no"}}})"
            "\n"
            R"({"metric":"iterations","type":"Point","data":{"time":"2026-05-01T10:00:04Z","value":1,"tags":{}}})"
            "\n"
            R"({"metric":"vus","type":"Point","data":{"time":"2026-05-01T10:00:04Z","value":3,"tags":{}}})"
            "\n",
            "a.json");
        QCOMPARE(r.importer, std::string("k6"));
        QVERIFY(!r.error);
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(rows[0].ok && !rows[1].ok);
        QVERIFY(rows[1].error.find("s3cret") == std::string::npos);
        QCOMPARE(rows[0].start->value, 0.0); // dated at their ends
        QCOMPARE(rows[1].start->value, 1.0);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 500.0); // what failed has no latency
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QVERIFY(r.sink.warned("mixed-requests"));
        QCOMPARE(r.sink.seriesOf.at(0).front().values, (std::vector<double> { 3 }));
    }

    void csv()
    {
        const Read r = readText(
            "metric_name,timestamp,metric_value,check,error,error_code,expected_response,status,extra_tags\n"
            "http_reqs,1641298536,1.000000,,,,true,200,\n"
            "http_req_duration,1641298536,114.365000,,,,true,200,\n"
            "http_req_duration,1641298537,50.5,,,,,404,\n",
            "a.csv");
        QCOMPARE(r.importer, std::string("k6"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows[0].e2e->value, 114.365);
        QVERIFY(!rows[1].ok);
    }
};

QTEST_GUILESS_MAIN(TestK6)
#include "tst_k6.moc"
