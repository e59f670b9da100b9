// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {
const std::string plain
    = "Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,Server Compute "
      "Input,Server Compute Infer,Server Compute Output,Client Recv,p50 latency,p90 latency,p99 latency\n";
}

class TestPerfAnalyzer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void microsecondsLeaveNoNoise()
    {
        const Read r = readText(
            "Concurrency,Inferences/Second,p50 latency,p95 latency\n1,120.5,8100,8700\n", "pa.csv");
        QVERIFY(r.sink.value(0, "e2e", "p95") == 8.7); // 8700 * 0.001 is 8.700000000000001
    }

    void decimalCommas()
    {
        const Read r = readText("Concurrency;Inferences/Second;p50 latency;p90 latency\n"
                                "1;120;8100;8500\n2;240,5;8100;8500\n4;400,125;8100;8500\n",
            "pa.csv");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(3));
        QCOMPARE(r.sink.value(1, "request_throughput"), 240.5);
        QCOMPARE(r.sink.value(2, "request_throughput"), 400.125);
    }

    void rowsWithoutARateKeepTheirLatencies()
    {
        const Read r = readText("Concurrency,Inferences/Second,p50 latency,p90 latency\n"
                                "1,nan,8100,8500\n",
            "pa.csv");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QVERIFY(!r.sink.has(0, "request_throughput"));
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 8.1);
    }

    void timesAreMicroseconds()
    {
        const Read r = readText(plain + "4,100.5,10,20,30,40,50,60,70,39000,41000,52500\n", "a.csv");
        QCOMPARE(r.importer, std::string("perf-analyzer"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.value(0, "request_throughput"), 100.5);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 39.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 52.5);
        QCOMPARE(r.sink.value(0, "queue_time", "mean"), 0.03);
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::percentile(50))->path, std::string("2:30"));
        QCOMPARE(r.sink.points[0].extras.size(), std::size_t(6)); // the other phases of a request
        QVERIFY(!r.sink.warned("batched-inferences"));
    }

    void pointsKeepTheOrderOfTheFile()
    {
        const Read r = readText(plain
                + "1,50,1,1,1,1,1,1,1,20000,20000,20000\n3,60,1,1,1,1,1,1,1,50000,50000,50000\n"
                  "2,70,1,1,1,1,1,1,1,28000,28000,28000\n",
            "a.csv");
        QCOMPARE(r.sink.points.size(), std::size_t(3));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("3"));
        QCOMPARE(r.sink.attribute(2, "concurrency"), std::string("2"));
    }

    void aRateIsARate()
    {
        const Read r = readText(
            "Request Rate,Inferences/Second,Response Throughput,Client Send,p95 latency,Avg latency\n"
            "12.5,12.4,99.2,1,8000,7000\n",
            "a.csv");
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string("12.5"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string());
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 7.0);
        QVERIFY(!r.sink.has(0, "output_throughput")); // responses are no tokens
    }

    void gpus_data()
    {
        QTest::addColumn<QString>("cell");
        QTest::addColumn<bool>("one");
        QTest::newRow("one") << "GPU-a:0.25;" << true;
        QTest::newRow("several have no one number") << "GPU-a:0.25;GPU-b:0.5;" << false;
        QTest::newRow("none") << "" << false;
    }
    /// Rows may end in a comma.
    void gpus()
    {
        QFETCH(QString, cell);
        QFETCH(bool, one);
        const Read r = readText(
            "Concurrency,Inferences/Second,Client Send,p50 latency,Avg GPU Utilization\n1,50,1,20000,"
                + cell.toStdString() + ",\n",
            "a.csv");
        QCOMPARE(r.sink.has(0, "gpu_utilization", "mean"), one);
        QCOMPARE(r.sink.value(0, "request_throughput"), 50.0);
    }

    void batchesAreNoRequests()
    {
        const Read r = readText(plain + "4,800,1,1,1,1,1,1,1,40000,41000,42000\n", "a.csv");
        QVERIFY(r.sink.warned("batched-inferences")); // 4 requests of 40 ms are 100 a second
        QCOMPARE(r.sink.points[0].measure("request_throughput", Stat::value())->semantics,
            std::string("per-inference"));
    }

    void aPartOfAnEnsembleHasNoLatency()
    {
        const Read r
            = readText("Concurrency,Inferences/Second,Client Send,Server Queue,Client Recv\n1,50,0,5,0\n",
                "part_v1.a.csv");
        QVERIFY(r.sink.warned("composing-model"));
        QCOMPARE(r.sink.points[0].measure("request_throughput", Stat::value())->semantics,
            std::string("composing-model"));
        QVERIFY(!r.sink.has(0, "e2e", "mean"));
    }

    void aHeaderAloneIsRefused()
    {
        const Read r = readText(plain, "a.csv");
        QVERIFY(r.error && r.sink.points.empty());
    }
};

QTEST_GUILESS_MAIN(TestPerfAnalyzer)
#include "tst_perf_analyzer.moc"
