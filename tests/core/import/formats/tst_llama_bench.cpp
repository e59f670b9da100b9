// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

const std::string record
    = R"("build_commit":"abc","build_number":9010,"cpu_info":"CPU","gpu_info":"NVIDIA GB10","model_filename":"/m/x.gguf",)"
      R"("model_type":"qwen3moe 30B.A3B Q4_K - Medium","type_k":"f16","type_v":"f16","avg_ns":1,"stddev_ns":0,)";

std::string generation(const std::string& more = {})
{
    return "{" + record + R"("n_prompt":0,"n_gen":128,"avg_ts":50.0,"stddev_ts":0.5)" + more + "}";
}

} // namespace

class TestLlamaBench : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void jsonLinesAndWrappers()
    {
        const auto plain
            = readText(generation() + "\n" + generation(R"(,"flash_attn":true)") + "\n", "x.jsonl");
        QCOMPARE(plain.importer, std::string("llama-bench"));
        QCOMPARE(plain.sink.points.size(), std::size_t(2));
        QCOMPARE(plain.sink.value(0, "output_throughput"), 50.0);
        QCOMPARE(plain.sink.value(0, "output_throughput", "std"), 0.5);
        QCOMPARE(plain.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(plain.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Derived);
        QCOMPARE(plain.sink.attribute(0, "precision"), std::string("Q4_K - Medium"));
        QCOMPARE(plain.sink.attribute(0, "engine_version"), std::string("b9010 (abc)"));
        QVERIFY(!plain.sink.has(0, "input_throughput"));
        const auto wrapped = readText(R"({"mode":"tg","tokens_per_sec":1,"bench_raw":)" + generation() + "}\n"
                + R"({"mode":"tg","tokens_per_sec":1,"bench_raw":null})" + "\n",
            "x.jsonl");
        QCOMPARE(wrapped.sink.points.size(), std::size_t(1)); // a failed test is no point
        QCOMPARE(wrapped.sink.points[0].measure("output_throughput", Stat::value())->path,
            std::string("/0/bench_raw/avg_ts"));
    }

    /// Without its lengths a speed may be that of the prompt or of the generation.
    void aSpeedOfNoKnownPhaseIsNoPoint()
    {
        const auto r = readText(R"({"build_commit":"a","avg_ns":7,"avg_ts":50.0,"stddev_ts":0.5})", "x.json");
        QVERIFY(r.sink.points.empty());
        QVERIFY(r.error);
    }

    void logTextBeforeAnArray()
    {
        const auto r = readText(
            "ggml_cuda_init: found 1 devices\n  Device 0: X\n[\n" + generation() + "\n]\n", "x.json");
        QCOMPARE(r.importer, std::string("llama-bench"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QVERIFY(r.sink.warned("log-text"));
    }

    void markdown()
    {
        const auto r = readText(
            "  Device 0: NVIDIA GB10, compute capability 12.1, VMM: yes\n"
            "| model                |  size | params | backend | test | t/s |\n"
            "| -------------------- | ----: | -----: | ------- | ---: | --: |\n"
            "| gemma3 27B BF16      | 50 GiB | 27 B | CUDA | pp512 @ d4096 | 1,430.73 ± 1.02 |\n"
            "| gemma3 27B BF16      | 50 GiB | 27 B | CUDA | tg128 | 3.86 ± 0.00 |\n\nbuild: a14b (7816)\n",
            "x.log");
        QCOMPARE(r.importer, std::string("llama-bench"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "input_throughput"), 1430.73);
        QCOMPARE(r.sink.value(0, "input_throughput", "std"), 1.02);
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("512"));
        QCOMPARE(r.sink.attribute(0, "context_depth"), std::string("4096"));
        QCOMPARE(r.sink.attribute(1, "accelerator"), std::string("NVIDIA GB10"));
        QVERIFY(!r.sink.has(1, "output_throughput", "std")); // ± 0.00 of one repetition
        QCOMPARE(r.sink.points[1].measure("output_throughput", Stat::value())->path.substr(0, 2),
            std::string("5:"));
    }

    /// A document holds runs of several machines: devices stand before a run, its build behind it.
    void devicesAndBuildBelongToOneRun()
    {
        const std::string header = "| model | size | params | backend | test | t/s |\n"
                                   "| ----- | ---: | -----: | ------- | ---: | --: |\n";
        const auto r = readText("ggml_cuda_init: found 2 CUDA devices:\n"
                                "  Device 0: NVIDIA GeForce RTX 4090, compute capability 8.9, VMM: yes\n"
                                "  Device 1: NVIDIA GeForce RTX 3060, compute capability 8.6, VMM: yes\n"
                + header
                + "| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | pp512 | 5000.00 ± 5.00 |\n"
                  "| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | tg128 | 120.00 ± 1.00 |\n\n"
                  "build: 2f68ce7cf (6918)\n\nAnother machine:\n\n"
                + header
                + "| llama 8B Q4_0 | 4 GiB | 8 B | CPU | pp512 | 80.00 ± 1.00 |\n\n"
                  "build: faac0bae (3841)\n",
            "x.md");
        QCOMPARE(r.sink.points.size(), std::size_t(3));
        QCOMPARE(r.sink.attribute(0, "accelerator"),
            std::string("NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 3060"));
        QCOMPARE(r.sink.attribute(0, "engine_version"), std::string("b6918 (2f68ce7cf)"));
        QCOMPARE(r.sink.attribute(1, "engine_version"), std::string("b6918 (2f68ce7cf)"));
        QCOMPARE(r.sink.attribute(2, "accelerator"), std::string());
        QCOMPARE(r.sink.attribute(2, "engine_version"), std::string("b3841 (faac0bae)"));
        QCOMPARE(r.sink.value(2, "input_throughput"), 80.0);
        QVERIFY(r.sink.points[1].group != r.sink.points[2].group);
    }

    void aDeviceOfMetal_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("device");
        QTest::newRow("plain") << "Apple M2 Ultra"
                               << "Apple M2 Ultra";
        QTest::newRow("behind Metal's own name") << "MTL0 (Apple M4)"
                                                 << "Apple M4";
        QTest::newRow("Metal's own name alone") << "MTL0"
                                                << "";
    }
    void aDeviceOfMetal()
    {
        QFETCH(QString, name);
        QFETCH(QString, device);
        const auto r = readText("ggml_metal_device_init: GPU name:   " + name.toStdString()
                + "\n| model | size | params | backend | test | t/s |\n| - | - | - | - | - | - |\n"
                  "| llama 8B Q4_0 | 4 GiB | 8 B | Metal | tg128 | 50.00 ± 1.00 |\n",
            "x.log");
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.0);
        QCOMPARE(r.sink.attribute(0, "accelerator"), device.toStdString());
    }

    /// Of a fork: the speed is of the generated tokens alone, behind a prompt that fills the context.
    void aGenerationBehindAPrompt()
    {
        const auto table
            = readText("| model | size | params | backend | test | t/s | acc% |\n"
                       "| - | - | - | - | - | - | - |\n"
                       "| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | tg64@pp128 | 50.00 ± 1.00 | 0.75 |\n",
                "x.md");
        const auto record = readText(R"({"model_filename":"m.gguf","n_prompt":128,"n_gen":64,"avg_ts":50.0,)"
                                     R"("stddev_ts":1.0,"test":"tg64@pp128"})",
            "x.json");
        for (const auto* r : { &table, &record }) {
            QCOMPARE(r->importer, std::string("llama-bench"));
            QCOMPARE(r->sink.value(0, "output_throughput"), 50.0);
            QCOMPARE(r->sink.value(0, "tpot", "mean"), 20.0);
            QVERIFY(!r->sink.has(0, "total_throughput"));
            QCOMPARE(r->sink.attribute(0, "osl_target"), std::string("64"));
            QCOMPARE(r->sink.attribute(0, "isl_target"), std::string());
            QCOMPARE(r->sink.attribute(0, "context_depth"), std::string("128"));
        }
    }

    /// Editors align columns anew, and consoles of other code pages write the sign of a deviation in their
    /// own way.
    void markdownOfOtherHands_data()
    {
        QTest::addColumn<QString>("table");
        QTest::newRow("tight") << "|model|size|params|backend|test|t/s|\n|-|-|-|-|-|-|\n"
                                  "|llama 8B Q4_0|4 GiB|8 B|ROCm|tg128|90.25 ± 0.50|\n";
        QTest::newRow("aligned left")
            << "| model         | size  | params | backend | test  | t/s          |\n"
               "|---------------|-------|--------|---------|-------|--------------|\n"
               "| llama 8B Q4_0 | 4 GiB | 8 B    | ROCm    | tg128 | 90.25 ± 0.50 |\n";
        QTest::newRow("colours")
            << "\x1b[32m| model | size | params | backend | test | t/s |\x1b[0m\n"
               "\x1b[32m| llama 8B Q4_0 | 4 GiB | 8 B | ROCm | tg128 | 90.25 ± 0.50 |\x1b[0m\n";
        QTest::newRow("a column less") << "| model | threads | test | t/s |\n"
                                          "| llama 8B Q4_0 | 8 | tg128 | 90.25 ± 0.50 |\n";
        QTest::newRow("code page 437") << "| model | size | params | backend | test | t/s |\n"
                                          "| llama 8B Q4_0 | 4 GiB | 8 B | ROCm | tg128 | 90.25 ┬▒ 0.50 |\n";
        QTest::newRow("plus or minus") << "| model | size | params | backend | test | t/s |\n"
                                          "| llama 8B Q4_0 | 4 GiB | 8 B | ROCm | tg128 | 90.25 +/- 0.50 |\n";
    }
    void markdownOfOtherHands()
    {
        QFETCH(QString, table);
        const auto r = readText(table.toStdString(), "x.md");
        QCOMPARE(r.importer, std::string("llama-bench"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 90.25);
        QCOMPARE(r.sink.value(0, "output_throughput", "std"), 0.5);
    }

    void whatIsNoSpeedAndNoBuild()
    {
        const auto r = readText("| model | size | params | backend | test | t/s |\n"
                                "| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | pp512 | 1.2k ± 0.1 |\n"
                                "| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | pp1024 | 5.1e+03 ± 1.0 |\n"
                                "| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | tg128 | 90.25 ± 0.50 |\n\n"
                                "build: unknown (0)\n",
            "x.md");
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "output_throughput"), 90.25);
        QCOMPARE(r.sink.attribute(0, "engine_version"), std::string());
    }

    void aTableNamesTheTypesOfItsCache()
    {
        const auto table = [](const std::string& columns, const std::string& cells) {
            return "| model | size | params | backend | " + columns
                + " | test | t/s |\n| --- | --- | --- | --- | "
                + (columns.find('|') == std::string::npos ? "" : "--- | ")
                + "--- | --- | --- |\n| llama 8B Q4_0 | 4 GiB | 8 B | CUDA | " + cells
                + " | tg128 | 50.00 ± 1.00 |\n";
        };
        const auto both = readText(table("type_k | type_v", "q8_0 | q4_0"), "x.md");
        QCOMPARE(both.sink.attribute(0, "kv_cache_dtype"), std::string("q8_0/q4_0"));
        QCOMPARE(both.sink.value(0, "output_throughput"), 50.0);
        const auto one = readText(table("type_k", "q8_0"), "x.md");
        QCOMPARE(one.sink.attribute(0, "kv_cache_dtype"), std::string());
        QCOMPARE(one.sink.value(0, "output_throughput"), 50.0);
    }

    void csvAndSql()
    {
        const auto csv
            = readText("build_commit,cuda,gpu_info,model_filename,n_prompt,n_gen,avg_ns,avg_ts,stddev_ts\n"
                       "\"abc\",\"1\",\"0\",\"RTX\",\"m.gguf\",\"512\",\"0\",\"7\",\"100.5\",\"2.5\"\n",
                "x.csv");
        QCOMPARE(csv.importer, std::string("llama-bench"));
        QCOMPARE(csv.sink.value(0, "input_throughput"), 100.5); // the nameless value behind cuda is opencl
        const auto sql = readText("CREATE TABLE IF NOT EXISTS test (\n  avg_ts REAL\n);\n"
                                  "INSERT INTO test (gpu_info, model_filename, n_prompt, n_gen, avg_ns, "
                                  "avg_ts, stddev_ts) VALUES ('it''s', "
                                  "'m.gguf', '0', '128', '7', '25.0', '0.1');\n",
            "x.sql");
        QCOMPARE(sql.importer, std::string("llama-bench"));
        QCOMPARE(sql.sink.value(0, "output_throughput"), 25.0);
        QCOMPARE(sql.sink.attribute(0, "accelerator"), std::string("it's"));
    }

    void rowsOfCsvBehindALongLog()
    {
        std::string log;
        for (int i = 0; i < 12; ++i) {
            log += "ggml_metal_init: loaded kernel_add_" + std::to_string(i) + "\n";
        }
        const auto r = readText(log
                + "build_commit,gpu_info,model_filename,n_prompt,n_gen,avg_ns,avg_ts,stddev_ts\n"
                  "\"abc\",\"Apple M2\",\"m.gguf\",\"512\",\"0\",\"7\",\"100.5\",\"2.5\"\n"
                  "ggml_metal_free: deallocating\n"
                  "\"abc\",\"Apple M2\",\"m.gguf\",\"0\",\"128\",\"7\",\"25.5\",\"0.5\"\n",
            "x.log");
        QCOMPARE(r.importer, std::string("llama-bench"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "input_throughput"), 100.5);
        QCOMPARE(r.sink.value(1, "output_throughput"), 25.5);
    }

    void aHeaderWithoutRowsIsRefused()
    {
        const auto r = readText("build_commit,gpu_info,n_prompt,n_gen,avg_ns,avg_ts,stddev_ts\n", "x.csv");
        QCOMPARE(r.importer, std::string("llama-bench"));
        QVERIFY(r.error);
    }
};

QTEST_GUILESS_MAIN(TestLlamaBench)
#include "tst_llama_bench.moc"
