// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

class TestVllmLatency : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void iterationsOfABatchAreNoRequests()
    {
        const auto r = readText(
            R"({"avg_latency":2.5,"latencies":[2.0,3.0],"percentiles":{"10":2.1,"99":2.99,"99.9":2.999}})",
            "x.json");
        QCOMPARE(r.importer, std::string("vllm-latency"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 2500.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99.9"), 2999.0);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::percentile(10))->path, std::string("/percentiles/10"));
        QVERIFY(r.sink.requests.empty());
        QCOMPARE(r.sink.seriesOf.at(0).front().values, (std::vector<double> { 2, 3 }));
    }

    void theDeviationIsPrintedToo()
    {
        const auto r = readText("> Avg latency: 0.5 seconds\n> Std latency: 0.01 seconds\n"
                                "> 99% percentile latency: 0.75 seconds\n",
            "pasted.md");
        QCOMPARE(r.importer, std::string("vllm-latency"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "e2e", "std"), 10.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 750.0);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->path, std::string("1:16"));
    }

    void whatStandsBeforeALine()
    {
        const auto r = readText("Profiling: 100%|###| 5/5 [00:32<00:00]Avg latency: 0.5 seconds\n"
                                "bench-1  | 99% percentile latency: 0.75 seconds\n",
            "log.txt");
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 500.0);
        const Measure* p99 = r.sink.points.at(0).measure("e2e", Stat::percentile(99));
        QCOMPARE(p99->value, 750.0);
        QCOMPARE(p99->given, std::string("99% percentile latency"));
        QCOMPARE(p99->path, std::string("2:36"));
    }

    void theFirstVersionsPrintedTheMeanAlone()
    {
        const auto r = readText("Namespace(model='org/m', input_len=32, output_len=128, batch_size=8, n=1)\n"
                                "Warming up...\nAvg latency: 0.5 seconds\n",
            "log.txt");
        QCOMPARE(r.importer, std::string("vllm-latency"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 500.0);
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("8"));
    }

    void runsGatheredInAnArray()
    {
        const std::string run = R"({"avg_latency":2.5,"latencies":[2.0,3.0],"percentiles":{"99":2.99}})";
        const auto r = readText('[' + run + ',' + run + ']', "x.json");
        QCOMPARE(r.importer, std::string("vllm-latency"));
        QCOMPARE(r.sink.points.size(), 2u);
        QCOMPARE(r.sink.value(1, "e2e", "mean"), 2500.0);
        QCOMPARE(r.sink.seriesOf.at(1).front().values, (std::vector<double> { 2, 3 }));
    }

    void whatTheConsolePrints()
    {
        const auto r = readText("Namespace(input_len=32, output_len=128, batch_size=8, model='org/m')\n"
                                "Warming up...\n"
                                "Avg latency: 0.07933972725001581 seconds\n"
                                "10% percentile latency: 0.07374620900000081 seconds\n"
                                "99% percentile latency: 0.10114399147997119 seconds\n"
                                "INFO done\n",
            "log.txt");
        QCOMPARE(r.importer, std::string("vllm-latency"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 79.33972725001581);
        QCOMPARE(r.sink.value(0, "e2e", "p10"), 73.74620900000081);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 101.14399147997119);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::percentile(99))->path, std::string("5:25"));
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("128"));
    }
};

QTEST_GUILESS_MAIN(TestVllmLatency)
#include "tst_vllm_latency.moc"
