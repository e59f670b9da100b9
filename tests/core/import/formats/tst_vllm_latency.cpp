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
};

QTEST_GUILESS_MAIN(TestVllmLatency)
#include "tst_vllm_latency.moc"
