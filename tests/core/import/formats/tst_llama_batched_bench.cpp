// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using prism::test::readText;

class TestLlamaBatchedBench : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void table()
    {
        const auto read
            = readText("main: n_kv_max = 2048, n_batch = 512, flash_attn = -1\n\n"
                       "|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |\n"
                       "|-------|--------|------|--------|----------|----------|----------|----------|\n"
                       "|    32 |     16 |    2 |     96 |    0.004 | 16000.00 |    0.032 |  1000.00 |\n",
                "a.md");
        QCOMPARE(read.importer, std::string("llama-batched-bench"));
        QVERIFY(!read.error);
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.attribute(0, "concurrency"), std::string("2"));
        QCOMPARE(read.sink.attribute(0, "isl_target"), std::string("32"));
        QCOMPARE(read.sink.value(0, "input_throughput"), 16000.0);
        QCOMPARE(read.sink.value(0, "output_throughput"), 1000.0);
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 2.0);
        QCOMPARE(
            read.sink.points[0].measure("input_throughput", prism::Stat::value())->path, std::string("5:47"));
    }
    void sequencesThatWereGeneratedOneAfterAnother()
    {
        const auto read
            = readText("main: n_kv_max = 2048, n_batch = 512, is_pp_shared = 0, is_tg_separate = 1\n\n"
                       "|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |\n"
                       "|-------|--------|------|--------|----------|----------|----------|----------|\n"
                       "|    32 |     16 |    2 |     96 |    0.004 | 16000.00 |    0.032 |  1000.00 |\n",
                "a.md");
        QCOMPARE(read.sink.value(0, "tpot", "mean"), 1.0);
        QCOMPARE(read.sink.points[0].measure("tpot", prism::Stat::mean())->semantics,
            std::string("one-sequence-at-a-time"));
        QCOMPARE(read.sink.value(0, "output_throughput"), 1000.0);
    }
    void sweepHasNoConcurrency()
    {
        const auto read
            = readText("|    PP |     TG |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |\n"
                       "|   512 |    128 |   4096 |    1.000 |   512.00 |    2.000 |    64.00 |\n",
                "a.md");
        QCOMPARE(read.sink.points.size(), std::size_t(1));
        QCOMPARE(read.sink.attribute(0, "concurrency"), std::string());
        QVERIFY(!read.sink.has(0, "ttft", "mean"));
    }
    void linesOfTheLogBetweenTheRows()
    {
        const auto read
            = readText("|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |\n"
                       "|    32 |     16 |    2 |     96 |    0.004 | 16000.00 |    0.032 |  1000.00 |\n"
                       "decode: failed to find a memory slot for batch of size 32\n"
                       "|    32 |     16 |    4 |    192 |    0.008 | 16000.00 |    0.032 |  2000.00 |\n"
                       "\nWhat we paid:\n\n"
                       "| a | b | c | d | e | f | g | h |\n"
                       "| 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |\n",
                "a.md");
        QCOMPARE(read.sink.points.size(), std::size_t(2));
        QCOMPARE(read.sink.attribute(1, "concurrency"), std::string("4"));
        QCOMPARE(read.sink.value(1, "output_throughput"), 2000.0);
    }
    void jsonLinesBehindTheLogOfTheirModel()
    {
        const auto load = [](const std::string& model) {
            return "llama_model_loader: loaded meta data with 24 key-value pairs and 291 tensors from "
                + model + " (version GGUF V3 (latest))\n";
        };
        const std::string test
            = R"({"pp":32,"tg":16,"pl":1,"n_kv":48,"t_pp":0.1,"speed_pp":320,"t_tg":0.2,"speed_tg":80})"
              "\n";
        const auto read = readText(load("/m/a.gguf") + test + load("/m/b.gguf") + test, "a.log");
        QCOMPARE(read.importer, std::string("llama-batched-bench"));
        QCOMPARE(read.sink.points.size(), std::size_t(2));
        QCOMPARE(read.sink.attribute(0, "model"), std::string("/m/a.gguf"));
        QCOMPARE(read.sink.attribute(1, "model"), std::string("/m/b.gguf"));
    }
    void jsonLines()
    {
        const auto read = readText(
            R"({"pp":32,"tg":16,"pl":1,"n_kv":48,"t_pp":0.1,"speed_pp":320,"t_tg":0.2,"speed_tg":80}
{"pp":32,"tg":16,"pl":2,"n_kv":96,"t_pp":0.1,"speed_pp":640,"t_tg":0.2,"speed_tg":160}
)",
            "a.jsonl");
        QCOMPARE(read.sink.points.size(), std::size_t(2));
        QCOMPARE(read.sink.value(1, "output_throughput"), 160.0);
        QCOMPARE(read.sink.points[1].measure("output_throughput", prism::Stat::value())->path,
            std::string("/1/speed_tg"));
    }
};

QTEST_GUILESS_MAIN(TestLlamaBatchedBench)
#include "tst_llama_batched_bench.moc"
