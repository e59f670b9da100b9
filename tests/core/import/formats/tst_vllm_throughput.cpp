// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

class TestVllmThroughput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tokensPerSecondCountInputAndOutput()
    {
        const auto r = readText(
            R"({"elapsed_time":2.0,"num_requests":4,"total_num_tokens":100,"requests_per_second":2.0,)"
            R"("tokens_per_second":50.0,"ouput":8})",
            "x.json");
        QCOMPARE(r.importer, std::string("vllm-throughput"));
        QCOMPARE(r.sink.value(0, "total_throughput"), 50.0);
        QVERIFY(!r.sink.has(0, "output_throughput"));
        QCOMPARE(r.sink.value(0, "duration"), 2.0);
        QCOMPARE(
            r.sink.attribute(0, "osl_target"), std::string()); // a pasted key of doubtful name is an extra
    }
};

QTEST_GUILESS_MAIN(TestVllmThroughput)
#include "tst_vllm_throughput.moc"
