// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

struct Token {
    int users, worker, request, index;
    double durationMs;
    long long timestamp;
    std::string more; ///< further members, with their comma

    std::string text() const
    {
        return R"({"response":{"text":"secret words"},"ok":true,"error":"None","timestamp":)"
            + std::to_string(timestamp) + R"(,"exp_num_users":)" + std::to_string(users)
            + R"(,"exp_duration":30.0,"duration_ms":)" + std::to_string(durationMs)
            + R"(,"exclude":false,"worker_idx":)" + std::to_string(worker) + R"(,"request_idx":)"
            + std::to_string(request) + R"(,"response_idx":)" + std::to_string(index)
            + R"(,"n_tokens":1,"consistent":true)" + more + "}";
    }
};

std::string file(const std::vector<Token>& tokens)
{
    std::string text = R"({"results":[)";
    for (const Token& token : tokens) {
        text += (text.back() == '[' ? "" : ",") + token.text();
    }
    return text + "]}";
}

constexpr long long second = 1'000'000'000;
constexpr long long zero = 1'745'383'686 * second;

} // namespace

class TestFmperf : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Tokens of two workers, one between the other's.
    void tokensBecomeRequests()
    {
        const auto r = readText(">> writing results to file: x.json\n   n_requests  n_fail\n2  2  0\n"
                + file(
                    { { 2, 0, 0, 0, 50, zero + second / 20, {} }, { 2, 1, 0, 0, 80, zero + second / 10, {} },
                        { 2, 0, 0, 1, 10, zero + second, {} }, { 2, 0, 0, 2, 30, zero + second, {} } }),
            "pod.log");
        QCOMPARE(r.importer, std::string("fmperf"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("2"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 50.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 10, 30 }));
        QCOMPARE(rows[0].e2e->value, 90.0);
        QCOMPARE(rows[0].osl, std::optional<std::int64_t>(3));
        QVERIFY(
            qAbs(rows[1].start->value - 0.02) < 1e-6); // its first token came at 0.1 s, 80 ms after it began
        QVERIFY(rows[1].gapsMs.empty());
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        for (const Measure& measure : r.sink.points[0].measures) {
            QCOMPARE(measure.origin, Origin::Derived);
        }
    }

    void eachNumberOfUsersIsALevel()
    {
        const auto r = readText(file({ { 4, 0, 0, 0, 50, zero, {} }, { 2, 0, 0, 0, 60, zero, {} },
                                    { 4, 0, 1, 0, 70, zero, {} } }),
            "x.json");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(2));
        QCOMPARE(r.sink.requests.at(1).size(), std::size_t(1));
    }

    void rampAndFailures()
    {
        const auto r
            = readText(file({ { 1, 0, 0, 0, 900, zero, R"(,"exclude":true)" }, { 1, 0, 1, 0, 50, zero, {} },
                           { 1, 0, 2, 0, 0, zero, R"(,"ok":false,"error":"CUDA out of memory")" } }),
                "x.json");
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(!rows[1].ok && !rows[1].ttft && !rows[1].e2e);
        QCOMPARE(rows[1].error, std::string("CUDA out of memory"));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 50.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QVERIFY(r.sink.warned("warm-up"));
    }

    void answersAreNotKept()
    {
        const auto r = readText(file({ { 1, 0, 0, 0, 50, zero, {} } }), "x.json");
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY(extra.text.find("secret words") == std::string::npos);
        }
    }

    void powerIsASidecar()
    {
        const auto r = readText(
            "timestamp,kepler_container_joules_total\n1701412591,76.4\n1701412621,125.3\n", "x.csv");
        QCOMPARE(r.importer, std::string("fmperf"));
        QVERIFY(r.sink.attached && r.sink.points.empty());
        QCOMPARE(r.sink.counts.at("samples"), std::uint64_t(2));
        QVERIFY(readText("timestamp,price\n1,2\n3,4\n", "x.csv").importer != "fmperf");
    }
};

QTEST_GUILESS_MAIN(TestFmperf)
#include "tst_fmperf.moc"
