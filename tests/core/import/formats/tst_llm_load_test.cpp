// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

std::string report(const std::string& summary)
{
    return R"({"results":[{"user_id":0,"input_id":1,"input_tokens":100,"output_text":"secret words",)"
           R"("output_tokens":11,"output_tokens_before_timeout":11,"start_time":1700000000.5,)"
           R"("ack_time":1700000000.6,"first_token_time":1700000000.7,"end_time":1700000001.5,)"
           R"("response_time":1000.0,"tt_ack":100.0,"ttft":200.0,"itl":80.0,"tpot":90.9,)"
           R"("stop_reason":"length","error_code":null,"error_text":null},)"
           R"({"user_id":1,"input_id":2,"input_tokens":100,"output_tokens":null,"start_time":1700000000.0,)"
           R"("end_time":1700000000.1,"response_time":null,"ttft":null,"itl":null,"tpot":null,)"
           R"("error_code":500,"error_text":"overloaded"}],)"
           R"("config":{"plugin":"openai_plugin","plugin_options":{"model_name":"org/m",)"
           R"("host":"http://h:8000","authorization":"Bearer sk-secret"},)"
           R"("load_options":{"type":"constant","concurrency":2,"duration":20}},"summary":)"
        + summary + "}";
}

const std::string full
    = R"({"tpot":{"min":90.0,"max":91.0,"median":90.9,"mean":90.5,"percentile_80":90.95,"percentile_99":91.0},)"
      R"("ttft":{"mean":200.0,"median":200.0,"percentile_99":200.0},"itl":{"mean":80.0,"median":80.0},)"
      R"("tt_ack":{"mean":100.0},"response_time":{"mean":1000.0},"output_tokens":{"mean":11.0},)"
      R"("output_tokens_before_timeout":{"mean":11.0},"input_tokens":{"mean":100.0},)"
      R"("throughput_full_duration":7.3,"full_duration":1.5,"throughput":0.55,"total_requests":2,)"
      R"("req_completed_within_test_duration":1,"total_failures":1,"failure_rate":50.0})";

} // namespace

class TestLlmLoadTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Its tpot includes the first token, its itl is a mean of a request.
    void meanings()
    {
        const auto r = readText(report(full), "output-001.json");
        QCOMPARE(r.importer, std::string("llm-load-test"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "ntpot", "mean"), 90.5);
        QCOMPARE(r.sink.value(0, "ntpot", "p80"), 90.95);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 80.0);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 80.0);
        QVERIFY(!r.sink.has(0, "itl", "mean"));
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 200.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 1000.0);
        QCOMPARE(r.sink.value(0, "isl", "mean"), 100.0);
        QCOMPARE(r.sink.value(0, "osl", "mean"), 11.0);
        QCOMPARE(r.sink.value(0, "requests"), 2.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 0.55);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("2"));
        QVERIFY(!r.sink.warned("deadline"));
    }

    void requests()
    {
        const auto r = readText(report(full), "x.json");
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 200.0);
        QCOMPARE(rows[0].e2e->value, 1000.0);
        QCOMPARE(rows[0].osl, std::optional<std::int64_t>(11));
        QCOMPARE(rows[0].start->value, 0.5);
        QVERIFY(!rows[1].ok && !rows[1].e2e);
        QCOMPARE(rows[1].error, std::string("500: overloaded"));
    }

    void withoutASummaryTheRequestsTell()
    {
        const auto r = readText(report("{}"), "x.json");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 80.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Derived);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
    }

    void requestsBehindTheDeadlineAreSaid()
    {
        std::string late = full;
        late.replace(late.find("\"total_requests\":2"), 18, "\"total_requests\":9");
        QVERIFY(readText(report(late), "x.json").sink.warned("deadline"));
    }

    void secretsAndAnswersAreNotKept()
    {
        const auto r = readText(report(full), "x.json");
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY2(extra.text.find("secret") == std::string::npos, extra.path.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestLlmLoadTest)
#include "tst_llm_load_test.moc"
