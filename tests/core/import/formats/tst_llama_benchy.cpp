// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string benchmark(const std::string& more)
{
    return R"({"version":"0.3","timestamp":"2026-02-07 19:09:00Z","latency_mode":"api","latency_ms":2.5,"model":"m",)"
           R"("prefix_caching_enabled":true,"max_concurrency":2,"benchmarks":[{)"
        + more + "}]}";
}

const std::string head = "| model |        test |    t/s (total) |     t/s (req) |     peak t/s |  ttfr (ms) "
                         "| est_ppt (ms) | e2e_ttft (ms) |\n"
                         "|:------|------------:|---------------:|--------------:|-------------:|-----------:"
                         "|-------------:|--------------:|\n";

} // namespace

class TestLlamaBenchy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void document()
    {
        const Read r = readText(
            benchmark(
                R"("concurrency":1,"context_size":4096,"prompt_size":2048,"response_size":32,"is_context_prefill_phase":false,)"
                R"("pp_throughput":{"mean":900.5,"std":1.5,"values":[899,902]},"pp_req_throughput":null,)"
                R"("tg_throughput":{"mean":50.5,"std":0.5,"values":[50,51]},"tg_req_throughput":{"mean":49,"std":1,"values":[48,50]},)"
                R"("peak_throughput":{"mean":60,"std":0,"values":[60]},"ttfr":{"mean":20,"std":1,"values":[20]},)"
                R"("est_ppt":null,"e2e_ttft":{"mean":30,"std":2,"values":[28,32]},"throughput_over_time":[[[0.0,1.0],[0.5,2.0]]])"),
            "a.json");
        QCOMPARE(r.importer, std::string("llama-benchy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("1"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("2048"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("32"));
        QCOMPARE(r.sink.attribute(0, "context_depth"), std::string("4096"));
        QCOMPARE(r.sink.attribute(0, "started_at"), std::string("2026-02-07T19:09:00.000Z"));
        QCOMPARE(r.sink.value(0, "input_throughput"), 900.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.5);
        QCOMPARE(r.sink.value(0, "output_throughput", "std"), 0.5);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 49.0);
        QCOMPARE(r.sink.value(0, "peak_output_throughput"), 60.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 30.0); // e2e_ttft, not the first response
        QCOMPARE(r.sink.value(0, "ttft", "max"), 32.0);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::max())->origin, Origin::Derived);
        QCOMPARE(
            r.sink.points[0].measure("ttft", Stat::mean())->path, std::string("/benchmarks/0/e2e_ttft/mean"));
        QVERIFY(r.sink.warned("latency-subtracted"));
        const TimeSeries& series = r.sink.seriesOf.at(0).front();
        QCOMPARE(series.seconds, (std::vector<double> { 0, 0.5 }));
        QCOMPARE(series.values, (std::vector<double> { 1, 2 }));
    }

    void aContextLoadIsABenchmarkOfItsOwn()
    {
        const Read r = readText(
            benchmark(
                R"("concurrency":2,"context_size":4096,"prompt_size":2048,"response_size":32,"is_context_prefill_phase":true,)"
                R"("pp_throughput":{"mean":900,"std":1,"values":[900]})"),
            "a.json");
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("4096"));
        QCOMPARE(r.sink.attribute(0, "context_depth"), std::string());
        QVERIFY(!r.sink.warned("latency-subtracted")); // several at once: over the wall
    }

    void rowsOfPromptsAndGenerationAreOnePoint()
    {
        const Read r = readText("[transformers] is not there\nllama-benchy (0.4.0)\n" + head
                + "| m/n   | pp4096 (c5) | 900.57 ± 21.46 | 200.5 ± 17.25 |              | 20.5 ± 0.5 | "
                  "18.00 ± 0.50 |  21.50 ± 0.75 |\n"
                  "| m/n   |  tg256 (c5) |   23.61 ± 0.01 |  12.25 ± 0.50 | 24.00 ± 1.00 |            |      "
                  "        |               |\n"
                  "| m/n   | ctx_pp @ d8192 (c5) | 800.00 ± 1.00 | 1.00 ± 0.00 |      |            |         "
                  "     |  99.50 ± 0.25 |\n",
            "a.log");
        QCOMPARE(r.importer, std::string("llama-benchy"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m/n"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("5"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("4096"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("256"));
        QCOMPARE(r.sink.value(0, "input_throughput"), 900.57);
        QCOMPARE(r.sink.value(0, "input_throughput", "std"), 21.46);
        QCOMPARE(r.sink.value(0, "output_throughput"), 23.61);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 12.25);
        QCOMPARE(r.sink.value(0, "peak_output_throughput"), 24.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 21.5);
        QCOMPARE(r.sink.attribute(1, "isl_target"), std::string("8192"));
        QVERIFY(!r.sink.has(1, "output_throughput"));
    }

    void withoutASweepOneRequestRuns()
    {
        const Read r
            = readText("| model | test | t/s | peak t/s | ttfr (ms) | est_ppt (ms) | e2e_ttft (ms) |\n"
                       "|:--|--:|--:|--:|--:|--:|--:|\n"
                       "| m | pp2048 @ d512 | 900.50 ± 1.00 |  | 2.00 ± 0.10 | 1.00 ± 0.10 | 3.00 ± 0.10 |\n"
                       "| m | tg32 @ d512 | 70.50 ± 1.00 | 75.00 ± 1.00 |  |  |  |\n",
                "a.md");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("1"));
        QCOMPARE(r.sink.attribute(0, "context_depth"), std::string("512"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 70.5);
    }

    void csv()
    {
        const Read r = readText("model,test_name,t_s_mean,t_s_std,t_s_req_mean,t_s_req_std,ttfr_mean,ttfr_"
                                "std,est_ppt_mean,est_ppt_std,e2e_ttft_mean,e2e_ttft_std\n"
                                "m,pp512 (c2),1000.25,5,600,1,20,1,18,1,22.5,1.5\n"
                                "m,tg64 (c2),80.5,2,40.25,1,,,,,,\n",
            "a.csv");
        QCOMPARE(r.importer, std::string("llama-benchy"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "input_throughput"), 1000.25);
        QCOMPARE(r.sink.value(0, "output_throughput"), 80.5);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 1.5);
        QVERIFY(!r.sink.points[0].measure("ttft", Stat::percentile(50)));
    }

    void nothingCollectedIsRefused()
    {
        const Read r = readText(head, "a.md");
        QVERIFY(r.error);
    }
};

QTEST_GUILESS_MAIN(TestLlamaBenchy)
#include "tst_llama_benchy.moc"
