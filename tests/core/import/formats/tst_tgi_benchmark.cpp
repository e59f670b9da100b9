// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string tables(
    const std::string& p90, const std::string& p99 = "30.75 ms", const std::string& runs = "10")
{
    return "| Parameter          | Value     |\n|--------------------|-----------|\n| Model              | "
           "org/m     |\n"
           "| Sequence Length    | 500       |\n| Decode Length      | 8         |\n| Top K              | "
           "None      |\n| N Runs | "
        + runs
        + " |\n\n\n"
          "| Step           | Batch Size | Average   | Lowest    | Highest   | p50       | p90       | p99  "
          "     |\n"
          "|----------------|------------|-----------|-----------|-----------|-----------|-----------|------"
          "-----|\n"
          "| Prefill        | 1          | 31.50 ms  | 31.25 ms  | 31.75 ms  | 31.50 ms  | 31.75 ms  | "
          "31.75 ms  |\n"
          "|                | 2          | 36.50 ms  | 36.25 ms  | 36.75 ms  | 36.50 ms  | 36.75 ms  | "
          "36.75 ms  |\n"
          "| Decode (token) | 1          | 30.50 ms  | 30.25 ms  | 30.75 ms  | 30.50 ms  | "
        + p90 + "  | " + p99
        + "  |\n"
          "|                | 2          | 32.50 ms  | 32.25 ms  | 32.75 ms  | 32.50 ms  | 32.75 ms  | 32.75 "
          "ms  |\n"
          "| Decode (total) | 1          | 213.50 ms | 212.81 ms | 213.60 ms | 213.19 ms | 213.60 ms | "
          "213.60 ms |\n"
          "|                | 2          | 227.50 ms | 212.81 ms | 213.60 ms | 213.19 ms | 213.60 ms | "
          "213.60 ms |\n\n\n"
          "| Step    | Batch Size | Average            | Lowest             | Highest            |\n"
          "|---------|------------|--------------------|--------------------|--------------------|\n"
          "| Prefill | 1          | 31.75 tokens/secs  | 31.48 tokens/secs  | 31.90 tokens/secs  |\n"
          "|         | 2          | 54.75 tokens/secs  | 54.48 tokens/secs  | 54.90 tokens/secs  |\n"
          "| Decode  | 1          | 32.75 tokens/secs  | 32.28 tokens/secs  | 32.90 tokens/secs  |\n"
          "|         | 2          | 61.50 tokens/secs  | 61.28 tokens/secs  | 61.90 tokens/secs  |\n";
}

} // namespace

class TestTgiBenchmark : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aBatchSizeIsAPoint()
    {
        const Read r = readText(tables("30.75 ms"), "a.md");
        QCOMPARE(r.importer, std::string("tgi-benchmark"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "batch_size"), std::string("2"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(1, "isl_target"), std::string("500"));
        QCOMPARE(r.sink.value(1, "prefill_time", "mean"), 36.5);
        QCOMPARE(r.sink.value(0, "tpot", "p90"), 30.75);
        QCOMPARE(r.sink.value(1, "tpot", "max"), 32.75);
        QCOMPARE(r.sink.value(1, "output_throughput"), 61.5);
        QVERIFY(!r.sink.has(1, "input_throughput")); // tokens that a prefill generates: one a sequence
        QVERIFY(!r.sink.has(1, "ttft", "mean"));
        QVERIFY(!r.sink.warned("percentiles-unsorted"));
    }

    /// Of 10 runs the 90th and the 99th percentile are the highest, unless nobody sorted.
    void percentilesOfWhatWasNotSorted_data()
    {
        QTest::addColumn<QString>("p90");
        QTest::addColumn<QString>("p99");
        QTest::addColumn<QString>("runs");
        QTest::addColumn<bool>("sorted");
        QTest::newRow("sorted") << "30.75 ms"
                                << "30.75 ms"
                                << "10" << true;
        QTest::newRow("below the median") << "30.25 ms"
                                          << "30.75 ms"
                                          << "10" << false;
        QTest::newRow("p99 below p90") << "30.75 ms"
                                       << "30.50 ms"
                                       << "200" << false;
        QTest::newRow("in order, but the highest is none of them") << "30.60 ms"
                                                                   << "30.60 ms"
                                                                   << "10" << false;
        QTest::newRow("in order, of many runs") << "30.60 ms"
                                                << "30.60 ms"
                                                << "200" << true;
    }
    void percentilesOfWhatWasNotSorted()
    {
        QFETCH(QString, p90);
        QFETCH(QString, p99);
        QFETCH(QString, runs);
        QFETCH(bool, sorted);
        const Read r = readText(tables(p90.toStdString(), p99.toStdString(), runs.toStdString()), "a.md");
        QCOMPARE(r.sink.warned("percentiles-unsorted"), !sorted);
        for (const char* percentile : { "p50", "p90", "p99" }) {
            QCOMPARE(r.sink.has(0, "tpot", percentile), sorted);
        }
        QCOMPARE(r.sink.value(0, "tpot", "max"), 30.75);
        QCOMPARE(r.sink.value(0, "prefill_time", "p90"), 31.75);
        QCOMPARE(r.sink.value(1, "tpot", "p90"), 32.75);
    }

    void twoRuns()
    {
        const Read r = readText(tables("30.75 ms") + "\n# 4 GPUs\n" + tables("30.75 ms"), "a.md");
        QCOMPARE(r.sink.points.size(), std::size_t(4));
        QCOMPARE(r.sink.points[3].index, std::uint32_t(3));
    }
};

QTEST_GUILESS_MAIN(TestTgiBenchmark)
#include "tst_tgi_benchmark.moc"
