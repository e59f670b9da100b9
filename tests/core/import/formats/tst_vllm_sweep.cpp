// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

class TestVllmSweep : public QObject {
    Q_OBJECT

private:
    const std::string m_run = "{"
        + std::string(
            R"("date":"d","model_id":"m","completed":2,"request_throughput":1.0,"mean_ttft_ms":5,"run_number":)");

private Q_SLOTS:
    void runFilesAndSummaries()
    {
        const Read one = readText(m_run + "1}", "run=1.json");
        QCOMPARE(one.importer, std::string("vllm-sweep"));
        QCOMPARE(one.sink.attribute(0, "repeat"), std::string("1"));
        const Read all = readText("[" + m_run + "0}," + m_run + "1}]", "summary.json");
        QCOMPARE(all.importer, std::string("vllm-sweep"));
        QCOMPARE(all.sink.points.size(), std::size_t(2));
        QCOMPARE(all.sink.points[1].measure("ttft", Stat::mean())->path, std::string("/1/mean_ttft_ms"));
    }

    void sweptOptionsDescribeTheRun()
    {
        const Read r
            = readText(m_run + R"(0,"random_input_len":128,"tensor_parallel_size":2})", "run=0.json");
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("128"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("2"));
        const Read table = readText(
            "request_throughput,mean_ttft_ms,completed,run_number,tensor_parallel_size\n1.5,5,0,1,2\n",
            "summary.csv");
        QCOMPARE(table.sink.attribute(0, "repeat"), std::string("1"));
        QCOMPARE(table.sink.attribute(0, "tp"), std::string("2"));
        QVERIFY(table.sink.warned("all-failed"));
    }

    void loadsOfATable()
    {
        const Read r = readText(
            "request_rate,ramp_up_strategy,max_concurrency,request_throughput,mean_ttft_ms,"
            "total_throughput\ninf,linear,,1.5,5,22.5\ninf,linear,8,1.5,5,22.5\ntrace,,,1.5,5,22.5\n",
            "summary.csv");
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.attribute(1, "load_mode"), std::string());
        QCOMPARE(r.sink.attribute(2, "load_mode"), std::string("trace"));
        QCOMPARE(r.sink.value(0, "total_throughput"), 22.5);
    }

    void theWarmUpIsNoRepetition()
    {
        const Read r = readText(m_run + "-1}", "warmup.json");
        QVERIFY(r.sink.warned("warm-up"));
        QCOMPARE(r.sink.attribute(0, "repeat"), std::string());
    }

    void aRunThatFailedSaysWhy()
    {
        const Read r = readText(R"({"run_number":1,"error_type":"RuntimeError","error":"no server",)"
                                R"("serve_overrides":{},"bench_overrides":{"max_concurrency":4}})",
            "run=1.failure.json");
        QCOMPARE(r.importer, std::string("vllm-sweep"));
        QVERIFY(r.error);
        QVERIFY(r.error->reason.find("RuntimeError, no server") != std::string::npos);
    }

    void tables()
    {
        // BOM, CRLF, an index column without a name, a hole in the header where mean_ttft_ms belongs.
        const Read r = readText(
            "\xEF\xBB\xBF,GPU,request_rate,max_concurrency,completed,request_throughput,,median_ttft_ms\r\n"
            "0,mi300x,,128,500,1.14,111.5,22.5\r\n1,mi300x,inf,64,500,1.2,110.0,21.5\r\n2,mi300x,4,,500,1.2,"
            "110.0,21.5\r\n",
            "x.csv");
        QCOMPARE(r.importer, std::string("vllm-sweep"));
        QCOMPARE(r.sink.points.size(), std::size_t(3));
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 22.5);
        QVERIFY(!r.sink.has(0, "ttft", "mean")); // a column without a name is not guessed
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("mi300x"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string());
        QCOMPARE(r.sink.attribute(1, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(2, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::percentile(50))->path, std::string("2:30"));
    }

    /// A list of devices looks like a number with a decimal comma.
    void textsStayAsTheFileHasThem()
    {
        const Read r
            = readText("GPU,devices,request_throughput,mean_ttft_ms\n\"0,1\",\"2,3\",1.14,22.5\n", "x.csv");
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("0,1"));
        const auto& extras = r.sink.points.at(0).extras;
        QVERIFY(std::any_of(
            extras.begin(), extras.end(), [](const Extra& extra) { return extra.text == "devices = 2,3"; }));
    }

    void aShiftedTailIsNotBelieved()
    {
        const std::string header
            = "request_throughput,mean_e2e_latency_ms,mean_ttft_ms,std_itl_ms,p99_itl_ms,concurrency\n";
        const Read good = readText(header + "1.0,10000,5,1.5,20,10.2\n", "x.csv");
        QCOMPARE(good.sink.value(0, "itl", "p99"), 20.0);
        const Read shifted = readText(header + "1.0,10000,5,88,120,683\n", "x.csv");
        QVERIFY(!shifted.sink.has(0, "itl", "p99"));
        QVERIFY(!shifted.sink.has(0, "itl", "std"));
        QVERIFY(shifted.sink.warned("shifted-columns"));
    }

    void aHeaderAloneIsRefused()
    {
        QVERIFY(readText("request_throughput,mean_ttft_ms,duration\n", "x.csv").error);
    }
};

QTEST_GUILESS_MAIN(TestVllmSweep)
#include "tst_vllm_sweep.moc"
