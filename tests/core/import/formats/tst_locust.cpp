// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

const std::string header
    = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response "
      "Time,Max Response "
      "Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n";

std::string row(const std::string& name, int requests, int failures, const std::string& rates)
{
    return name + ',' + std::to_string(requests) + ',' + std::to_string(failures)
        + ",140.0,147.5,126.25,274.75,57305.5," + rates + ",140,140,160,160,160,160,180,200,270,270,280\n";
}

} // namespace

class TestLocust : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void decimalCommasOfASpreadsheet()
    {
        std::string text
            = header + row("POST,/a", 100, 0, "16.612,0.0") + row(",Aggregated", 100, 0, "16.612,0.0");
        std::replace(text.begin(), text.end(), ',', ';');
        const auto comma = [&text](const std::string& from, const std::string& to) {
            for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
                text.replace(at, from.size(), to);
            }
        };
        comma("16.612", "16,612");
        comma("126.25", "126,125");
        comma("57305.5", "57305,5");
        const Read r = readText(text, "a_stats.csv");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "request_throughput"), 16.612);
        QCOMPARE(r.sink.value(0, "e2e", "min"), 126.125);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 147.5);
        QVERIFY(!r.sink.warned("unclear-comma"));
    }

    void requestsOnly()
    {
        const Read r = readText(
            header + row("POST,/v1/chat", 100, 0, "4.5,0.0") + row(",Aggregated", 100, 0, "4.5,0.0"),
            "a_stats.csv");
        QCOMPARE(r.importer, std::string("locust"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "requests"), 100.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 0.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 4.5);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 147.5);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 140.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99.99"), 270.0);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 274.75); // 100 % is rounded up
        QVERIFY(!r.sink.has(0, "e2e", "p100"));
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->semantics, std::string());
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::max())->path, std::string("3:38"));
    }

    void failuresAreInTheLatencies()
    {
        const Read r
            = readText(header + row("POST,/a", 100, 90, "4.5,4.0") + row(",Aggregated", 100, 90, "4.5,4.0"),
                "a_stats.csv");
        QVERIFY(r.sink.warned("failures-included"));
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->semantics, std::string("includes-failed"));
        QCOMPARE(r.sink.value(0, "requests_ok"), 10.0);
        const Measure* rate = r.sink.points[0].measure("request_throughput", Stat::value());
        QCOMPARE(rate->value, 0.5); // Locust's own rate counts failures
        QCOMPARE(rate->origin, Origin::Derived);
    }

    void numbersOfTheScriptMixIntoTheSum_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("metric") << "METRIC,time_to_first_token";
        QTest::newRow("own type") << "TTFT,ttft";
        QTest::newRow("own type, the request's name") << "TTFT,/v1/chat";
    }
    void numbersOfTheScriptMixIntoTheSum()
    {
        QFETCH(QString, name);
        const Read r = readText(header + row("POST,/v1/chat", 100, 0, "4.5,0.0")
                + row(name.toStdString(), 90, 0, "4.0,0.0") + row("METRIC,num_tokens", 90, 0, "4.0,0.0")
                + row(",Aggregated", 280, 0, "12.5,0.0"),
            "a_stats.csv");
        QCOMPARE(r.sink.value(0, "requests"), 100.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 4.5);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 147.5);
        QVERIFY(!r.sink.has(0, "e2e", "mean")); // a streamed response's time ends with its headers
        QVERIFY(r.sink.warned("metrics-as-requests"));
    }

    void firstTokensOfSeveralKinds()
    {
        const Read r = readText(header + row("POST,/v1/chat", 100, 0, "4.5,0.0")
                + row("TTFT,/v1/chat", 90, 0, "4.0,0.0") + row("TTFT,/v1/completions", 90, 0, "4.0,0.0")
                + row(",Aggregated", 280, 0, "12.5,0.0"),
            "a_stats.csv");
        QVERIFY(!r.sink.has(0, "ttft", "mean"));
        QCOMPARE(r.sink.value(0, "requests"), 100.0);
    }

    void kindsOfRequestInOneSum()
    {
        const Read r = readText(header + row("POST,/v1/chat", 100, 0, "4.5,0.0")
                + row("GET,/health", 100, 0, "4.5,0.0") + row(",Aggregated", 200, 0, "9.0,0.0"),
            "a_stats.csv");
        QCOMPARE(r.sink.value(0, "requests"), 200.0);
        QVERIFY(r.sink.warned("mixed-requests"));
        QVERIFY(
            !readText(header + row("POST,/a", 100, 0, "4.5,0") + row(",Aggregated", 100, 0, "4.5,0"), "a.csv")
                 .sink.warned("mixed-requests"));
    }

    void console_data()
    {
        QTest::addColumn<QString>("text");
        const std::string now
            = "Type     Name                  # reqs      # fails |    Avg     Min     Max    Med |   req/s  "
              "failures/s\n"
              "--------|---------------------|-------|-------------|-------|-------|-------|-------|--------|"
              "-----------\n"
              "POST     /v1/chat                 120     2(1.67%) |   2500     900    6100   2400 |    2.01  "
              "      0.03\n"
              "--------|---------------------|-------|-------------|-------|-------|-------|-------|--------|"
              "-----------\n"
              "         Aggregated               120     2(1.67%) |   2500     900    6100   2400 |    2.01  "
              "      0.03\n\n"
              "Response time percentiles (approximated)\n"
              "Type     Name                      50%    90%   100% # reqs\n"
              "--------|---------------------|-------|------|------|------\n"
              "POST     /v1/chat                 2410   3900   6200    120\n"
              "--------|---------------------|-------|------|------|------\n"
              "         Aggregated               2410   3900   6200    120\n\nError report\n"
              "# occurrences      Error\n------------------|-----------\n"
              "2                  POST /v1/chat: HTTPError('503')\n";
        const std::string running = now.substr(0, now.find("Response"));
        std::string fewer = running;
        fewer.replace(fewer.find("2.01"), 4, "9.99");
        QTest::newRow("now") << QString::fromStdString(now);
        QTest::newRow("tables while it ran") << QString::fromStdString(
            "[2026-01-05 10:00:00,123] host/INFO/locust.main: Starting Locust 2.34.0\n" + fewer + fewer
            + now);
        QTest::newRow("pasted") << QString::fromStdString("```\n$ locust --headless -u 10\n" + now + "```\n");
        QTest::newRow("before 2")
            << " Name                  # reqs      # fails  |     Avg     Min     Max  Median  |   req/s "
               "failures/s\n"
               "------------------------------------------------------------------------------------------\n"
               " POST /v1/chat            120     2(1.67%)  |    2500     900    6100    2400  |    2.01    "
               "0.03\n"
               "------------------------------------------------------------------------------------------\n"
               " Aggregated               120     2(1.67%)  |    2500     900    6100    2400  |    2.01    "
               "0.03\n\n"
               "Response time percentiles (approximated)\n"
               " Type     Name                      50%    90%   100% # reqs\n"
               "--------|---------------------|-------|------|------|------\n"
               " POST     /v1/chat                 2410   3900   6200    120\n"
               "--------|---------------------|-------|------|------|------\n"
               " None     Aggregated               2410   3900   6200    120\n";
    }
    void console()
    {
        QFETCH(QString, text);
        const Read r = readText(text.toStdString(), "locust.log");
        QCOMPARE(r.importer, std::string("locust"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "requests"), 120.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 2.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 1.98);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 2500.0);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 6100.0); // 100% is rounded
        QCOMPARE(r.sink.value(0, "e2e", "p90"), 3900.0);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 2410.0);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->semantics, std::string("includes-failed"));
        QVERIFY(!r.sink.warned("unfinished"));
    }

    /// Its rates are of the last seconds, and its last table may be cut off.
    void consoleThatEndsInBetween()
    {
        const std::string head = "Type     Name        # reqs      # fails |    Avg     Min     Max    Med | "
                                 "  req/s  failures/s\n"
                                 "--------|-----------|-------|-------------|-------|-------|-------|-------|"
                                 "--------|-----------\n";
        const std::string table = head
            + "POST     /v1/chat       60     0(0.00%) |   2500     900    6100   2400 |    2.50        "
              "0.00\n"
              "--------|-----------|-------|-------------|-------|-------|-------|-------|--------|----------"
              "-\n"
              "         Aggregated     60     0(0.00%) |   2500     900    6100   2400 |    2.50        "
              "0.00\n\n";
        const Read r = readText(
            table + head + "POST     /v1/chat       90     0(0.00%) |   2600     900    6100", "locust.log");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "requests"), 60.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 2500.0);
        QVERIFY(!r.sink.has(0, "request_throughput"));
        QVERIFY(r.sink.warned("unfinished"));
        const Read begun = readText(table.substr(0, table.find("         Aggregated")), "locust.log");
        QVERIFY(begun.error); // further kinds of request may have stood below
        const Read none = readText(head
                + "         Aggregated      0     0(0.00%) |      0       0       0      0 |    0.00        "
                  "0.00\n",
            "locust.log");
        QVERIFY(none.error);
        QVERIFY(none.sink.points.empty());
    }

    void twoRunsOnTheConsole()
    {
        const auto run = [](const char* count) {
            return std::string("Type     Name  # reqs      # fails |    Avg     Min     Max    Med |   req/s "
                               " failures/s\n"
                               "         Aggregated     ")
                + count
                + "     0(0.00%) |   2500     900    6100   2400 |    2.50        0.00\n\n"
                  "Response time percentiles (approximated)\n"
                  "Type     Name    50%    90% # reqs\n         Aggregated    2400   3900    "
                + count + "\n\n";
        };
        const Read r = readText(run("60") + run("40"), "locust.log");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "requests"), 60.0);
        QCOMPARE(r.sink.value(1, "requests"), 40.0);
        QCOMPARE(r.sink.value(1, "e2e", "p90"), 3900.0);
        QCOMPARE(r.sink.value(1, "request_throughput"), 2.5);
    }

    void keysInUrlsAreNotKept()
    {
        const Read r
            = readText(header + row("POST,https://user:pw@host/api?key=s3cret&x=1", 100, 0, "4.5,0.0")
                    + row("GET,/other?token=s3cret", 100, 0, "4.5,0.0") + row(",Aggregated", 200, 0, "9,0.0"),
                "a_stats.csv");
        QCOMPARE(r.sink.value(0, "requests"), 200.0);
        QCOMPARE(r.sink.points[0].extras.size(), std::size_t(3));
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY2(
                extra.text.find("s3cret") == std::string::npos && extra.text.find("pw") == std::string::npos,
                extra.text.c_str());
        }
        QVERIFY(r.sink.points[0].extras[0].text.find("https://…@host/api?…") != std::string::npos);
    }

    void titlesBeforeOne()
    {
        const Read r = readText(
            "\"Type\",\"Name\",\"# requests\",\"# failures\",\"Median response time\",\"Average response "
            "time\",\"Min response time\",\"Max response time\",\"Average Content Size\",\"Requests/s\"\n"
            "\"POST\",\"/a\",10,0,5,6,4,9,100,2.5\n\"None\",\"Total\",10,0,5,6,4,9,100,2.5\n",
            "a_requests.csv");
        QCOMPARE(r.importer, std::string("locust"));
        QCOMPARE(r.sink.value(0, "requests"), 10.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 2.5);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 5.0);
    }

    void history()
    {
        const Read r
            = readText("Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%,Total Request Count\n"
                       "1771701932,0,,Aggregated,0.000000,0.000000,N/A,N/A,0\n"
                       "1771701933,4,POST,/a?key=s3cret,1.5,0.5,20,30,3\n"
                       "1771701933,4,,Aggregated,1.5,0.5,20,30,3\n",
                "a_stats_history.csv");
        QVERIFY(r.sink.attached && r.sink.points.empty());
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2)); // instants
        bool found = false;
        for (const TimeSeries& s : r.sink.seriesOf.at(0)) {
            QVERIFY(s.absolute);
            QVERIFY(s.name.find("s3cret") == std::string::npos);
            if (s.name == "99%") {
                found = true;
                QCOMPARE(s.unit, std::string("ms"));
                QCOMPARE(s.seconds, (std::vector<double> { 1771701932, 1771701933 }));
                QVERIFY(std::isnan(s.values[0]));
                QCOMPARE(s.values[1], 30.0);
            }
        }
        QVERIFY(found);
    }

    void besideTheResult_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("rows");
        QTest::newRow("failures") << "Method,Name,Error,Occurrences\nPOST,/a,\"HTTPError('500')\",3\n" << 1;
        QTest::newRow("no failure") << "Method,Name,Error,Occurrences,First Seen,Last Seen\n" << 0;
        QTest::newRow("exceptions") << "Count,Message,Traceback,Nodes\n" << 0;
    }
    void besideTheResult()
    {
        QFETCH(QString, text);
        QFETCH(int, rows);
        const Read r = readText(text.toStdString(), "a.csv");
        QCOMPARE(r.importer, std::string("locust"));
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("rows"), std::uint64_t(rows));
    }

    void json()
    {
        const Read r = readText(
            R"([{"name":"/a?key=s3cret","method":"POST","last_request_timestamp":1795394309.5,"start_time":1795394304.5,"num_requests":10,)"
            R"("num_none_requests":0,"num_failures":1,"total_response_time":500.0,"max_response_time":99.5,"min_response_time":3.25,"total_content_length":0,)"
            R"("response_times":{"100":1,"40":9},"num_reqs_per_sec":{},"num_fail_per_sec":{}}])",
            "a.json");
        QCOMPARE(r.importer, std::string("locust"));
        QCOMPARE(r.sink.value(0, "requests"), 10.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 50.0);
        QCOMPARE(r.sink.value(0, "e2e", "max"), 99.5);
        QCOMPARE(r.sink.value(0, "e2e", "p80"), 40.0);
        QCOMPARE(r.sink.value(0, "e2e", "p95"), 100.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 1.8);
        QVERIFY(r.sink.warned("failures-included"));
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY(extra.text.find("s3cret") == std::string::npos);
        }
    }

    void firstTokensInTheList()
    {
        const auto entry = [](const std::string& method, const std::string& name) {
            std::string text
                = R"({"name":"NAME","method":"METHOD","last_request_timestamp":1795394309.5,"start_time":1795394304.5,)"
                  R"("num_requests":10,"num_none_requests":0,"num_failures":0,"total_response_time":500.0,)"
                  R"("max_response_time":99.5,"min_response_time":3.25,"response_times":{"100":1,"40":9}})";
            text.replace(text.find("METHOD"), 6, method);
            return text.replace(text.find("NAME"), 4, name);
        };
        const std::string chat = entry("POST", "/v1/chat") + ',' + entry("TTFT", "/v1/chat");
        const Read r = readText('[' + chat + ']', "a.json");
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 50.0);
        QCOMPARE(r.sink.value(0, "requests"), 10.0);
        QVERIFY(!r.sink.has(0, "e2e", "mean"));
        QVERIFY(!readText('[' + chat + ',' + entry("TTFT", "/v1/completions") + ']', "a.json")
                     .sink.has(0, "ttft", "mean"));
    }

    void aTableOfAnotherToolIsRefused()
    {
        const std::string text = "concurrency,completed,duration\n64,1000,90.0\n";
        test::RecordingSink sink;
        const auto done = importText(
            "a.csv", [&text] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(text)); },
            sink, "locust");
        QVERIFY(done.error);
        QVERIFY(sink.points.empty());
    }

    void aHeaderAloneIsRefused() { QVERIFY(readText(header, "a_stats.csv").error); }
};

QTEST_GUILESS_MAIN(TestLocust)
#include "tst_locust.moc"
