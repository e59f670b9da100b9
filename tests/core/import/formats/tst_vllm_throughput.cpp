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

    void runsGatheredInAnArray()
    {
        const std::string run = R"({"elapsed_time":2.0,"num_requests":4,"tokens_per_second":50.0})";
        const auto r = readText('[' + run + ',' + run + "]\n{\"note\":1}\n", "x.json");
        QCOMPARE(r.importer, std::string("vllm-throughput"));
        QCOMPARE(r.sink.points.size(), 2u); // the other document is none
        QCOMPARE(r.sink.points[1].measure("duration", Stat::value())->path.find("/1/elapsed_time")
                != std::string::npos,
            true);
    }

    void theConsoleTellsTheOutputRate()
    {
        const auto r
            = readText("Namespace(backend='vllm', dataset=None, input_len=32, output_len=16, model='org/m', "
                       "tensor_parallel_size=2, random_input_len=7)\n"
                       "Processed prompts: 100%|####| 24/24 [00:00, est. speed input: 6923.28 toks/s]\n"
                       "Throughput: 169.14 requests/s, 8140.04 total tokens/s, 2706.30 output tokens/s\n"
                       "Total num prompt tokens:  771\n"
                       "Total num output tokens:  384\n",
                "log.txt");
        QCOMPARE(r.importer, std::string("vllm-throughput"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), 1u);
        QCOMPARE(r.sink.value(0, "request_throughput"), 169.14);
        QCOMPARE(r.sink.value(0, "total_throughput"), 8140.04);
        QCOMPARE(r.sink.value(0, "output_throughput"), 2706.3);
        QCOMPARE(r.sink.value(0, "input_tokens"), 771.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 384.0);
        QCOMPARE(r.sink.points[0].measure("output_throughput", Stat::value())->path, std::string("3:56"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("2"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("32"));
        QVERIFY(!r.sink.warned("cut-line"));
    }

    void tokensOfOldConsolesCountInputAndOutput()
    {
        const auto r = readText("Throughput: 8.12 requests/s, 3,345.67 tokens/s\n"
                                "Throughput: 9.50 requests/s, 4000.00 tokens/s\n",
            "log.txt");
        QCOMPARE(r.sink.points.size(), 2u);
        QCOMPARE(r.sink.value(0, "total_throughput"), 3345.67);
        QVERIFY(!r.sink.has(0, "output_throughput"));
        QCOMPARE(r.sink.value(1, "request_throughput"), 9.5);
        QCOMPARE(r.sink.attribute(1, "isl_target"), std::string());
    }

    void linesInAScriptAQuoteOrALog()
    {
        const auto r = readText(
            "#Throughput: 8.12 requests/s, 3345.67 total tokens/s, 100.00 output tokens/s\n"
            "> Throughput: 9.50 requests/s, 4000.00 total tokens/s, 200.00 output tokens/s\n"
            "bench-1  | Throughput: 7.50 requests/s, 4000.00 total tokens/s, 200.00 output tokens/s\n"
            "bench-1  | Total num prompt tokens:  771\n",
            "notes.md");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), 3u);
        QCOMPARE(r.sink.value(0, "output_throughput"), 100.0);
        QCOMPARE(r.sink.value(1, "request_throughput"), 9.5);
        QCOMPARE(r.sink.value(2, "request_throughput"), 7.5);
        QCOMPARE(r.sink.value(2, "input_tokens"), 771.0);
    }

    void lengthsOfRandomPrompts_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("length");
        QTest::newRow("the default data set has no path")
            << "dataset_name='sharegpt', dataset=None, dataset_path=None, input_len=32"
            << "32";
        QTest::newRow("a data set") << "dataset_name='sharegpt', dataset_path='/d.json', input_len=32"
                                    << "";
        QTest::newRow("for random prompts") << "dataset_name='random', input_len=None, random_input_len=512"
                                            << "512";
    }
    void lengthsOfRandomPrompts()
    {
        QFETCH(QString, arguments);
        QFETCH(QString, length);
        const auto r = readText("Namespace(" + arguments.toStdString()
                + ")\nThroughput: 8.12 requests/s, 3345.67 total tokens/s, 100.00 output tokens/s\n",
            "log.txt");
        QCOMPARE(r.sink.attribute(0, "isl_target"), length.toStdString());
    }

    void aServingBenchmarkInTheSameTextIsTold()
    {
        const auto r
            = readText("============ Serving Benchmark Result ============\nSuccessful requests: 3\n"
                       "Throughput: 8.12 requests/s, 3345.67 total tokens/s, 100.00 output tokens/s\n",
                "log.txt");
        QCOMPARE(r.importer, std::string("vllm-throughput"));
        QVERIFY(r.sink.warned("other-results"));
    }

    /// The serving benchmark of 2023 printed a line that begins alike.
    void aRateOfRequestsAloneIsNotTheirs()
    {
        QCOMPARE(
            readText("Total time: 166.88 s\nThroughput: 5.99 requests/s\nAverage latency: 67.59 s\n", "x.txt")
                .importer,
            std::string());
    }
};

QTEST_GUILESS_MAIN(TestVllmThroughput)
#include "tst_vllm_throughput.moc"
