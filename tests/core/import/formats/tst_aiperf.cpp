// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string summary(const std::string& more)
{
    return '{'
        + std::string(
            R"("aiperf_version":"0.13","was_cancelled":false,"request_count":{"unit":"requests","avg":20},)")
        + R"("time_to_first_token":{"unit":"ms","avg":12.5,"p99":20,"std":1,"count":20},"inter_token_latency":{"unit":"ms","avg":3},)"
          R"("inter_chunk_latency":{"unit":"ms","avg":4},"total_osl":{"unit":"tokens","avg":640},"total_output_tokens":{"unit":"tokens","avg":9},)"
          R"("input_config":{"models":{"items":[{"name":"m"}]},"phases":[{"concurrency":4}],"datasets":[{"type":"synthetic","prompts":{"isl":{"mean":64.0}}}]})"
        + more + '}';
}

std::string request(const std::string& phase, const std::string& error, long long startNs)
{
    return '{' + std::string(R"("metadata":{"request_start_ns":)") + std::to_string(startNs)
        + R"(,"benchmark_phase":")" + phase
        + R"(","was_cancelled":false},"metrics":{"time_to_first_token":{"value":5,"unit":"ms"},"request_latency":{"value":0.03,"unit":"s"},)"
          R"("output_sequence_length":{"value":3,"unit":"tokens"},"inter_chunk_latency":{"value":[10,15],"unit":"ms"}},"error":)"
        + error + "}\n";
}

} // namespace

class TestAiperf : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itsInterTokenLatencyIsOurTpot()
    {
        const Read r = readText(summary(""), "profile_export_aiperf.json");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 3.0);
        QCOMPARE(r.sink.value(0, "itl", "mean"), 4.0);
        QCOMPARE(r.sink.value(0, "ttft", "count"), 20.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 640.0); // with reasoning
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("64"));
        QCOMPARE(
            r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("/time_to_first_token/avg"));
    }

    void anUnknownUnitIsLeftOut()
    {
        const Read r = readText(summary(R"(,"request_latency":{"unit":"furlongs","avg":7})"), "x.json");
        QVERIFY(!r.sink.has(0, "e2e", "mean"));
    }

    void requestsWithoutWarmUp()
    {
        const Read r
            = readText(request("warmup", "null", 1) + request("profiling", "null", 1795394178167166875)
                    + request("profiling", R"({"message":"boom"})", 1795394178167166975),
                "profile_export.jsonl");
        QCOMPARE(r.importer, std::string("aiperf"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].e2e->value, 30.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 10, 15 }));
        QCOMPARE(rows[1].start->value, 1e-7); // nanoseconds of an epoch, exact
        QVERIFY(!rows[1].ok);
        QCOMPARE(rows[1].error, std::string("boom"));
        QVERIFY(!rows[1].ttft);
        QVERIFY(r.sink.warned("warm-up"));
    }

    void tables()
    {
        const Read r = readText("Metric,avg,min,max,sum,p1,p99,std\r\nTime to First Token "
                                "(ms),12.50,1.00,20.00,,1.10,19.00,2.00\r\n\r\n"
                                "Metric,Value\r\nRequest Count,89.00\r\nTotal Output Sequence Length "
                                "(tokens),640.00\r\nTotal Output Tokens "
                                "(tokens),9.00\r\nMaximum Response Timestamp (ns),1759522428472357888.00\r\n",
            "profile_export_aiperf.csv");
        QCOMPARE(r.importer, std::string("aiperf"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 19.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 89.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 640.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("2:26"));
    }

    void sidecarsAreAttached()
    {
        const Read r = readText(R"({"timeslices":[{"a":1},{"a":2}],"input_config":{}})", "x.json");
        QVERIFY(r.sink.attached);
        QCOMPARE(r.sink.counts.at("timeslices"), std::uint64_t(2));
    }
};

QTEST_GUILESS_MAIN(TestAiperf)
#include "tst_aiperf.moc"
