// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

const std::string latency = R"({"unit":"s","values":[0.02,0.03],"count":2,"total":0.05,"mean":0.025,)"
                            R"("p50":0.025,"p99":0.03,"stdev":0.005,"stdev_":20.0})";

std::string report(const std::string& prefill = latency, const std::string& energy = "null")
{
    return R"({"load_model":{"memory":null,"latency":{"unit":"s","mean":20.0}},)"
           R"("prefill":{"memory":{"unit":"MB","max_process_vram":1000.5},"latency":)"
        + prefill + R"(,"throughput":{"unit":"samples/s","value":40.0},"energy":)" + energy
        + R"(},"decode":{"memory":{"unit":"MB","max_process_vram":2000.5},)"
          R"("latency":{"unit":"s","mean":1.26,"stdev_":1.0},"throughput":{"unit":"tokens/s","value":50.0},)"
          R"("energy":)"
        + energy
        + R"(},"per_token":{"memory":null,"latency":{"unit":"s","values":[0.02,0.02,0.4],"count":3510,)"
          R"("mean":0.0257,"p99":0.4},"throughput":null}})";
}

std::string benchmark(const std::string& backend, const std::string& generate = R"("min_new_tokens":64,)")
{
    return R"({"config":{"name":"cuda_llama","backend":{"name":"pytorch","version":"2.4.0","model":"org/m",)"
        + backend
        + R"(},"scenario":{"input_shapes":{"batch_size":2,"sequence_length":32},"generate_kwargs":{)"
        + generate
        + R"("max_new_tokens":64}},"environment":{"gpu":["A100","T400"],"gpu_count":2,"gpu_vram_mb":347892350976}},)"
          R"("report":)"
        + report() + "}";
}

} // namespace

class TestOptimumBenchmark : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void phasesAndSettings()
    {
        const auto r
            = readText(benchmark(R"("torch_dtype":"bfloat16","quantization_scheme":null)"), "benchmark.json");
        QCOMPARE(r.importer, std::string("optimum-benchmark"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("org/m"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("pytorch"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string("bfloat16"));
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("2"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("32"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("64"));
        QVERIFY(r.sink.attribute(0, "accelerator").empty()); // the machine's list, with its display card
        QVERIFY(r.sink.attribute(0, "accelerator_count").empty());
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 25.0);
        QCOMPARE(r.sink.value(0, "ttft", "count"), 2.0);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 5.0); // never the percent
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::std())->path,
            std::string("/report/prefill/latency/stdev"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Derived);
        QCOMPARE(r.sink.value(0, "gpu_memory", "max"), 2000.5e6);
        QVERIFY(!r.sink.has(0, "energy"));
    }

    /// The gaps between tokens accumulate over the repetitions.
    void perTokenIsNoLatency()
    {
        const auto r = readText(report(), "benchmark_report.json");
        QCOMPARE(r.importer, std::string("optimum-benchmark"));
        for (const char* stat : { "mean", "p99", "count" }) {
            QVERIFY(!r.sink.has(0, "itl", stat));
            QVERIFY(!r.sink.has(0, "tpot", stat));
        }
        QVERIFY(r.sink.warned("per-token-accumulates"));
        bool kept = false;
        for (const Extra& extra : r.sink.points[0].extras) {
            kept = kept || (extra.path == "/per_token/latency/p99" && extra.text == "0.4");
        }
        QVERIFY(kept);
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 30.0);
    }

    void precision_data()
    {
        QTest::addColumn<QString>("backend");
        QTest::addColumn<QString>("precision");
        QTest::newRow("plain") << R"("torch_dtype":"float16","quantization_scheme":null)"
                               << "float16";
        QTest::newRow("a library") << R"("torch_dtype":"bfloat16","quantization_scheme":"torchao",)"
                                      R"("quantization_config":{"quant_type":"int4_weight_only"})"
                                   << "int4_weight_only";
        QTest::newRow("a type")
            << R"("torch_dtype":"float16","quantization_scheme":"awq","quantization_config":{})"
            << "awq";
        QTest::newRow("a method")
            << R"("torch_dtype":"float16","quantization_scheme":null,"quantization_config":{"quant_method":"gptq"})"
            << "gptq";
        QTest::newRow("a library as method")
            << R"("torch_dtype":"float16","quantization_config":{"quant_method":"bnb","load_in_4bit":true})"
            << "";
        QTest::newRow("a library without a type")
            << R"("torch_dtype":"bfloat16","quantization_scheme":"bnb","quantization_config":{})"
            << "";
    }
    void precision()
    {
        QFETCH(QString, backend);
        QFETCH(QString, precision);
        const auto r = readText(benchmark(backend.toStdString()), "benchmark.json");
        QCOMPARE(r.sink.attribute(0, "precision"), precision.toStdString());
    }

    void settingsOfOtherBackends()
    {
        const auto r = readText(
            benchmark(R"("engine_args":{"tensor_parallel_size":4,"dtype":"bfloat16","quantization":null})"),
            "benchmark.json");
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string("bfloat16"));
        const auto shards
            = readText(benchmark(R"("num_shard":2,"quantize":"eetq","dtype":null)"), "benchmark.json");
        QCOMPARE(shards.sink.attribute(0, "tp"), std::string("2"));
        QCOMPARE(shards.sink.attribute(0, "precision"), std::string("eetq"));
        const auto chosen = readText(benchmark(R"("engine_args":{"dtype":"auto"})"), "benchmark.json");
        QCOMPARE(chosen.sink.attribute(0, "precision"), std::string()); // by the engine: nobody says which
    }

    void settingsOfEarly2024()
    {
        std::string text = benchmark(R"("torch_dtype":"float16")");
        text.replace(text.find(R"("scenario")"), 10, R"("benchmark")");
        text.replace(text.find(R"("name")"), 6, R"("experiment_name")");
        const auto r = readText(text, "benchmark.json");
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("2"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("64"));
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.points[0].label, std::string("cuda_llama"));
    }

    void theWholeGenerationIsE2e()
    {
        std::string text = report();
        text.insert(1, R"("generate":{"latency":)" + latency + R"(,"throughput":null},)");
        const auto r = readText(text, "benchmark_report.json");
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 30.0);
        QCOMPARE(r.sink.value(0, "e2e", "count"), 2.0);
    }

    /// A phase of energy-star is a pass over all of the dataset.
    void aDatasetIsNoRequest()
    {
        std::string text = benchmark(R"("torch_dtype":"bfloat16")");
        text.replace(text.find(R"("input_shapes")"), 0, R"("name":"energy-star","dataset_name":"org/d",)");
        const auto r = readText(text, "benchmark.json");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "dataset"), std::string("org/d"));
        QVERIFY(!r.sink.has(0, "ttft", "mean"));
        QVERIFY(!r.sink.has(0, "tpot", "mean"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.0);
        QVERIFY(r.sink.warned("latency-of-dataset"));
        std::string alone = report(latency, R"({"unit":"kWh","total":1.0})");
        alone.insert(1, R"("preprocess_dataset":{"latency":null},)");
        const auto s = readText(alone, "benchmark_report.json");
        QVERIFY(!s.sink.has(0, "ttft", "mean"));
        QCOMPARE(s.sink.points[0].measure("energy", Stat::value())->semantics, std::string());
    }

    void otherTasksAreRefusedWithTheReason()
    {
        const auto r = readText(R"({"load_model":{"latency":{"unit":"s","mean":2.0}},)"
                                R"("forward":{"latency":{"unit":"s","mean":0.02}}})",
            "benchmark_report.json");
        QCOMPARE(r.importer, std::string("optimum-benchmark"));
        QVERIFY(r.error);
        QVERIFY(r.error->text().find("text-generation") != std::string::npos);
    }

    void tables_data()
    {
        QTest::addColumn<bool>("whole");
        QTest::newRow("benchmark.csv") << true;
        QTest::newRow("benchmark_report.csv") << false;
    }
    void tables()
    {
        QFETCH(bool, whole);
        const std::string settings = "config.name,config.backend.name,config.backend.version,"
                                     "config.backend.model,config.backend.torch_dtype,"
                                     "config.backend.quantization_config.quant_method,"
                                     "config.scenario.input_shapes.batch_size,"
                                     "config.scenario.generate_kwargs.max_new_tokens,"
                                     "config.scenario.generate_kwargs.min_new_tokens,";
        const std::string of = whole ? "report." : "";
        const std::string text = (whole ? settings : "") + of + "prefill.latency.unit," + of
            + "prefill.latency.values," + of + "prefill.latency.count," + of + "prefill.latency.mean," + of
            + "prefill.latency.stdev," + of + "prefill.latency.stdev_," + of + "prefill.energy," + of
            + "decode.memory.unit," + of + "decode.memory.max_process_vram," + of + "decode.latency.unit,"
            + of + "decode.latency.mean," + of + "decode.throughput.unit," + of + "decode.throughput.value\n"
            + (whole ? "mine,vllm,0.6.1,org/m,float16,gptq,2,64,64," : "")
            + "s,\"[0.02, 0.03]\",2,0.025,0.005,20.0,,MB,2000.5,s,1.26,tokens/s,50.0\n";
        const auto r = readText(text, whole ? "benchmark.csv" : "benchmark_report.csv");
        QCOMPARE(r.importer, std::string("optimum-benchmark"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 25.0);
        QCOMPARE(r.sink.value(0, "ttft", "count"), 2.0);
        QCOMPARE(r.sink.value(0, "ttft", "std"), 5.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.0);
        QCOMPARE(r.sink.value(0, "gpu_memory", "max"), 2000.5e6);
        QCOMPARE(r.sink.points[0].measure("ttft", Stat::count())->path, std::string(whole ? "2:61" : "2:18"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string(whole ? "vllm" : ""));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string(whole ? "gptq" : ""));
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string(whole ? "2" : ""));
        QCOMPARE(r.sink.has(0, "tpot", "mean"), whole);
    }

    void tpotNeedsAKnownLength()
    {
        const auto r = readText(benchmark(R"("torch_dtype":"bfloat16")", {}), "benchmark.json");
        QVERIFY(!r.sink.has(0, "tpot", "mean"));
        QVERIFY(!readText(report(), "r.json").sink.has(0, "tpot", "mean"));
    }

    void unitsAreReadNotGuessed_data()
    {
        QTest::addColumn<QString>("unit");
        QTest::addColumn<double>("mean");
        QTest::newRow("ms") << "ms" << 0.025;
        QTest::newRow("parsec") << "parsec" << qQNaN();
    }
    void unitsAreReadNotGuessed()
    {
        QFETCH(QString, unit);
        QFETCH(double, mean);
        std::string block = latency;
        block.replace(block.find("\"s\""), 3, '"' + unit.toStdString() + '"');
        const auto r = readText(report(block), "r.json");
        QCOMPARE(r.sink.has(0, "ttft", "mean"), !qIsNaN(mean));
        QCOMPARE(r.sink.warned("unit-unknown"), qIsNaN(mean));
        if (!qIsNaN(mean)) {
            QCOMPARE(r.sink.value(0, "ttft", "mean"), mean);
        }
    }

    void kilowattHoursAreJoules()
    {
        const auto r
            = readText(report(latency, R"({"unit":"kWh","cpu":0.25,"gpu":0.5,"total":1.0})"), "r.json");
        QCOMPARE(r.sink.value(0, "energy"), 7.2e6);
    }
};

QTEST_GUILESS_MAIN(TestOptimumBenchmark)
#include "tst_optimum_benchmark.moc"
