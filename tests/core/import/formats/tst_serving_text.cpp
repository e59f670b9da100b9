// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string block(const std::string& prefix, const std::string& throughput)
{
    return prefix + "============ Serving Benchmark Result ============\n" + prefix
        + "Successful requests:                     1,016     \n" + prefix
        + "Maximum request concurrency:             4         \n" + prefix
        + "Output token throughput (tok/s):         " + throughput + "\n" + prefix
        + "---------------Time to First Token----------------\n" + prefix
        + "Mean TTFT (ms):                          8.05      \n" + prefix
        + "Median TTFT (ms):                        7.35      \n" + prefix
        + "P50 TTFT (ms):                           7.36      \n" + prefix
        + "P99.9 ITL (ms):                          3.50      \n" + prefix + "Position 0:  81.2\n" + prefix
        + "==================================================\n";
}

} // namespace

class TestServingText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLogWithTwoBlocks()
    {
        const std::string log
            = "Namespace(backend='vllm', model='org/m', dataset_name='random', random_input_len=128, "
              "random_output_len=64, request_rate=inf, max_concurrency=4)\n"
              "Traffic request rate: inf\n\r  0%| | 0/16\r100%|#| 16/16 [00:02<00:00]\n"
            + block("", "438.30") + "\x1b[32mINFO\x1b[0m next\n" + block("# ", "500.00");
        const Read r = readText(log, "bench.log");
        QCOMPARE(r.importer, std::string("serving-text"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "requests_ok"), 1016.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 438.3);
        QCOMPARE(r.sink.value(1, "output_throughput"), 500.0);
        QCOMPARE(
            r.sink.value(0, "ttft", "p50"), 7.35); // the median; the P50 beside it is the same number again
        QCOMPARE(r.sink.value(0, "itl", "p99.9"), 3.5);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("128"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string()); // settings stand directly before their block
    }

    void placesLeadBack()
    {
        const Read r = readText(block("", "438.30"), "x.txt");
        QCOMPARE(r.sink.points[0].measure("output_throughput", Stat::value())->path, std::string("4:42"));
    }

    void aCommandLineNamesTheModelOfAllBlocks()
    {
        const Read r = readText("python benchmark_serving.py --backend vllm --model org/m --num-prompt=1\n"
                + block("", "1") + block("", "2"),
            "x.txt");
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("org/m"));
    }

    void pastedTablesHaveARunAColumn()
    {
        const Read r = readText("Metric,A,B,C\n[[Serving Benchmark Result]],,,\nSuccessful "
                                "requests,10,,30\nMean TTFT (ms),1.5,,2.5\n",
            "x.csv");
        QCOMPARE(r.importer, std::string("serving-text"));
        QCOMPARE(r.sink.points.size(), std::size_t(2)); // B holds nothing
        QCOMPARE(r.sink.value(1, "ttft", "mean"), 2.5);
        QCOMPARE(r.sink.points[1].index, 1u);
    }

    void aBlockThatIsCutOffIsDoubted()
    {
        const std::string whole = block("", "438.30");
        QVERIFY(!readText(whole, "x.txt").sink.warned("block-not-closed"));
        QVERIFY(!readText(whole, "x.txt").sink.warned("cut-line"));
        // Cut between two lines, and within a number.
        const std::size_t line = whole.find("Median TTFT");
        QVERIFY(line != std::string::npos);
        const Read between = readText(whole.substr(0, line), "x.txt");
        QVERIFY(between.sink.warned("block-not-closed"));
        QVERIFY(!between.sink.warned("cut-line"));
        const Read within = readText(whole.substr(0, whole.find("438.30") + 3), "x.txt");
        QCOMPARE(within.sink.value(0, "output_throughput"), 438.0);
        QVERIFY(within.sink.warned("cut-line"));
    }

    void aBlockWithoutNumbersIsRefused()
    {
        QVERIFY(
            readText("============ Serving Benchmark Result ============\nnothing here\n", "x.txt").error);
    }
};

QTEST_GUILESS_MAIN(TestServingText)
#include "tst_serving_text.moc"
