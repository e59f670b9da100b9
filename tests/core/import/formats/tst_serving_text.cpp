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

/// The block of `inside` with nothing before it.
std::string blockOf(const std::string& inside, const std::string& title = "Serving Benchmark Result")
{
    return "============ " + title + " ============\n" + inside
        + "==================================================\n";
}

const Measure* measure(const Read& r, const char* metric, Stat stat)
{
    return r.sink.points.at(0).measure(metric, stat);
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

    void whatStandsBeforeEveryLine_data()
    {
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("others");
        QTest::newRow("a container") << "bench-1  | "
                                     << "bench-1  | ";
        QTest::newRow("a process") << "(bench pid=123) "
                                   << "(bench pid=123) ";
        // Trailing zeros of the time are left out.
        QTest::newRow("the time") << "2026-01-01T10:09:59.123456789Z "
                                  << "2026-01-01T10:10:00.1234Z ";
        QTest::newRow("a progress bar glued to the title") << "100%|###| 3/3 [00:02<00:00] "
                                                           << "";
    }
    void whatStandsBeforeEveryLine()
    {
        QFETCH(QString, first);
        QFETCH(QString, others);
        const std::string before = others.toStdString();
        const Read r = readText(first.toStdString() + "============ Serving Benchmark Result ============\n"
                + before + "Successful requests:                     3         \n" + before
                + "Mean TTFT (ms):                          8.05      \n" + before
                + "==================================================\n",
            "x.log");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "requests_ok"), 3.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 8.05);
        QVERIFY(!r.sink.warned("block-not-closed"));
        const std::string place = "2:" + std::to_string(before.size() + 42);
        QCOMPARE(measure(r, "requests_ok", Stat::value())->path, place);
    }

    void labelsOfForksAndVersions()
    {
        const Read r = readText(blockOf("Max reqeuest concurrency:                16\n"
                                        "Traffic request rate:                    inf\n"
                                        "Total requests:                          4\n"
                                        "Successful requests:                     3\n"
                                        "Total throughput (tok/s):                22.50\n"
                                        "User throughput (tok/s):                 55.00\n"
                                        "Mean TTFT (ms):                          10.00\n"
                                        "Std Dev TTFT (ms):                       1.50\n"
                                        "P99 Client Queue Time (ms):              2.50\n"
                                        "Total cached tokens:                     12\n"
                                        "Cache hit rate:                          40.0%\n"
                                        "Total Energy (J):                        1000.0\n"
                                        "Total GPU Power (W):                     500.0\n"),
            "x.log");
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.value(0, "requests"), 4.0);
        QCOMPARE(r.sink.value(0, "total_throughput"), 22.5);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 1.5);
        QCOMPARE(r.sink.value(0, "cached_tokens"), 12.0);
        QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.4);
        QCOMPARE(r.sink.value(0, "energy"), 1000.0);
        QCOMPARE(r.sink.value(0, "power", "mean"), 500.0);
        QCOMPARE(
            measure(r, "output_throughput_per_user", Stat::mean())->semantics, std::string("includes-ttft"));
        QCOMPARE(measure(r, "queue_time", Stat::percentile(99))->semantics, std::string("client-side"));
    }

    void theOfflineBenchmarkOfSglang()
    {
        const Read r = readText(blockOf("Backend:                                 engine\n"
                                        "Successful requests:                     3\n"
                                        "Benchmark duration (s):                  2.00\n"
                                        "Output token throughput (tok/s):         7.50\n",
                                    "Offline Throughput Benchmark Result"),
            "x.txt");
        QCOMPARE(r.importer, std::string("serving-text"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 7.5);
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("offline"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("sglang"));
    }

    void loads_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("mode");
        QTest::newRow("a ramp")
            << "Namespace(request_rate=inf, max_concurrency=None, ramp_up_strategy='linear')\n"
            << "rate";
        QTest::newRow("a ramp without arguments") << "Traffic ramp-up strategy: linear.\n"
                                                  << "rate";
        QTest::newRow("a ramp under a cap")
            << "Traffic ramp-up strategy: linear.\nMaximum request concurrency: 8\n"
            << "";
        QTest::newRow("a trace by its own times")
            << "Self timing is set, using the timestamps from the trace file.\n"
            << "trace";
        QTest::newRow("a mooncake trace")
            << "Namespace(backend='sglang', dataset_name='mooncake', request_rate=inf)\n"
            << "trace";
        QTest::newRow("a trace") << "Traffic request rate: trace\n"
                                 << "trace";
        QTest::newRow("a rate behind a container's name") << "bench-1 | Traffic request rate: 2.5\n"
                                                          << "rate";
    }
    void loads()
    {
        QFETCH(QString, before);
        QFETCH(QString, mode);
        const Read r = readText(before.toStdString() + blockOf("Successful requests: 3\n"), "x.log");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "load_mode"), mode.toStdString());
        QCOMPARE(r.sink.attribute(0, "request_rate"), before.contains("2.5") ? std::string("2.5") : "");
    }

    void lengthsForAllDataSetsGoFirst()
    {
        const Read r = readText("Namespace(model='org/m', dataset_name='random-ids', random_input_len=1024, "
                                "random_output_len=128, input_len=2048, output_len=None)\n"
                + block("", "1"),
            "x.log");
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("2048"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("128"));
    }

    void argumentsThatATerminalBroke()
    {
        const Read r = readText("Namespace(buckets={(256, 256, 1): 0.5}, endpoint='/v1/comp\nletions', "
                                "request_rate=inf, \nmax_concurrency=None, model='org/m')\n"
                                "Burstiness factor: 1.0 (Poisson process)\n"
                + blockOf("Successful requests: 3\n"),
            "x.log");
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("burst"));
    }

    void argumentsWhoseEndIsMissingCountAsFarAsTheyCame()
    {
        const Read r = readText("Namespace(model='org/m', request_rate=inf, \nmax_concurrency=8\n\n\n"
                + blockOf("Successful requests: 3\n") + blockOf("Successful requests: 4\n"),
            "x.log");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("8"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("concurrency"));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string());
    }

    void whereTheModelIsNamed_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("model");
        QTest::newRow("by the server")
            << "Namespace(model=None)\nFirst model name: served, first model id: org/m\n"
            << "org/m";
        QTest::newRow("in quotes") << "$ vllm bench serve --model 'org/m' --num-prompts 3\n"
                                   << "org/m";
        QTest::newRow("on a further line")
            << "python benchmark_serving.py \\\n  --backend vllm \\\n  --model org/m \\\n  --seed 1\n"
            << "org/m";
        QTest::newRow("in a sentence") << "Run `vllm bench serve --model org/m` twice\n"
                                       << "org/m";
        QTest::newRow("a variable of the shell") << "vllm bench serve --model \"$MODEL\"\n"
                                                 << "";
        QTest::newRow("a gap") << "vllm bench serve --model <your_model>\n"
                               << "";
    }
    void whereTheModelIsNamed()
    {
        QFETCH(QString, before);
        QFETCH(QString, model);
        const Read r = readText(before.toStdString() + block("", "1"), "x.md");
        QCOMPARE(r.sink.attribute(0, "model"), model.toStdString());
    }

    void theNextRunsArgumentsEndABlockThatIsCutOff()
    {
        const std::string cut
            = "============ Serving Benchmark Result ============\nSuccessful requests: 3\n";
        const Read r = readText(cut
                + "Namespace(model='org/m', request_rate=2.5, max_concurrency=None)\nTraffic request rate: "
                  "2.5\n"
                + blockOf("Successful requests: 4\n"),
            "x.log");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string());
        QCOMPARE(r.sink.attribute(1, "request_rate"), std::string("2.5"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("org/m"));
    }

    void aBlockToFillInIsNoPoint()
    {
        const Read r = readText(
            blockOf("Successful requests: [result]\nMean TTFT (ms): [result]\n") + block("", "7"), "x.md");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "output_throughput"), 7.0);
    }

    void noRequestSucceeded()
    {
        const Read r = readText(blockOf("Successful requests: 0\nMean TTFT (ms): 0.00\n"), "x.log");
        QVERIFY(r.sink.warned("all-failed"));
        QVERIFY(!r.sink.has(0, "ttft", "mean"));
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
