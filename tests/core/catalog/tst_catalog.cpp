// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/catalog/catalog.h"

#include <QtTest>

using namespace prism;

class TestCatalog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const auto& catalog = Catalog::standard();
        QVERIFY2(catalog, catalog ? "" : catalog.error().text().c_str());
    }

    void spellings_data()
    {
        QTest::addColumn<QString>("attribute");
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("canonical");
        const auto row = [](const char* attribute, const char* given, const char* canonical) {
            QTest::addRow("%s: %s", attribute, given)
                << QString::fromLatin1(attribute) << QString::fromLatin1(given)
                << QString::fromLatin1(canonical);
        };
        row("accelerator", "NVIDIA L40S", "L40S");
        row("accelerator", "nvidia-l4", "L4");
        row("accelerator", "gb200", "GB200");
        row("accelerator", "NVIDIA B200", "B200");
        row("accelerator", "NVIDIA H100 80GB HBM3", "H100-SXM");
        row("accelerator", "nvidia-h100-80gb", "H100");
        row("accelerator", "h200-nb", "H200");
        row("accelerator", "cluster:mi355x-amds", "MI355X");
        row("accelerator", "b200-dgxc", "B200");
        row("accelerator", "tpu-v6e-slice", "TPU v6e");
        row("accelerator", "TPU v6e", "TPU v6e");
        row("accelerator", "TPU-V6E", "TPU v6e");
        row("accelerator", "ct6e-standard-4t", "TPU v6e");
        row("accelerator", "tpu7x", "TPU v7x");
        row("accelerator", "NVIDIA GeForce RTX 3090 Ti", "RTX 3090 Ti");
        row("accelerator", "NVIDIA GeForce RTX 3090", "RTX 3090");
        row("accelerator", "Frobnicator 9000", "");
        row("engine", "vllm", "vLLM");
        row("engine", "dynamo-trt", "Dynamo TensorRT-LLM");
        row("engine", "trt", "TensorRT-LLM");
        row("engine", "in-house", "");
        row("precision", "fp8", "FP8");
        row("precision", "FP8_E4M3", "FP8");
        row("precision", "bfloat16", "BF16");
        row("precision", "q4_k_m", "Q4_K_M");
        row("model", "/models/llama-3.1-8b", "meta-llama/Llama-3.1-8B");
        row("model", "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct");
        row("model", "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", "meta-llama/Llama-3.1-8B-Instruct");
        row("model", "openai/gpt-oss-120b", "openai/gpt-oss-120b");
        row("model", "/m/Qwen3-Coder-30B-A3B-Instruct-UD-Q4_K_XL-00001-of-00002.gguf",
            "Qwen/Qwen3-Coder-30B-A3B-Instruct");
        row("model", "models/gpt-oss-20b.gguf", "openai/gpt-oss-20b");
        row("model", "my-llama-3.1-8b-finetune", "");
        row("model", "meta-llama/Llama-3.1-80B", "");
    }
    void spellings()
    {
        QFETCH(QString, attribute);
        QFETCH(QString, given);
        QFETCH(QString, canonical);
        const auto found = (*Catalog::standard()).canonical(attribute.toStdString(), given.toStdString());
        QCOMPARE(QString::fromStdString(found.value_or("")), canonical);
    }

    void theOriginalIsKept()
    {
        LoadPoint point;
        point.attributes
            = { { "model", "RedHatAI/Llama-3.1-8B-Instruct-FP8", {}, Origin::Reported, "/model_id" },
                  { "accelerator", std::string("nvidia-l40s"), {}, Origin::Reported, {} },
                  { "concurrency", std::int64_t(4), {}, Origin::Reported, {} } };
        (*Catalog::standard()).apply(point);
        QCOMPARE(toText(point.attribute("model")->value), std::string("meta-llama/Llama-3.1-8B-Instruct"));
        QCOMPARE(point.attribute("model")->given, std::string("RedHatAI/Llama-3.1-8B-Instruct-FP8"));
        QCOMPARE(point.attribute("model")->path, std::string("/model_id"));
        QCOMPARE(toText(point.attribute("accelerator")->value), std::string("L40S"));
        QCOMPARE(toText(point.attribute("precision")->value), std::string("FP8"));
        QCOMPARE(point.attribute("precision")->origin, Origin::Derived);
    }

    void aPathIsNoName()
    {
        LoadPoint point;
        point.attributes = { { "model", std::string("/home/me/models/own-thing.gguf-00001-of-00004.gguf"), {},
            Origin::Reported, {} } };
        (*Catalog::standard()).apply(point);
        QCOMPARE(toText(point.attribute("model")->value), std::string("own-thing"));
        QCOMPARE(point.attribute("model")->given,
            std::string("/home/me/models/own-thing.gguf-00001-of-00004.gguf"));
    }

    void aStatedPrecisionStays()
    {
        LoadPoint point;
        point.attributes = { { "model", std::string("Llama-3.1-8B-Instruct-FP8"), {}, Origin::Reported, {} },
            { "precision", std::string("fp4"), {}, Origin::Reported, {} } };
        (*Catalog::standard()).apply(point);
        QCOMPARE(toText(point.attribute("precision")->value), std::string("FP4"));
        QCOMPARE(point.attributes.size(), std::size_t(2));
    }
};

QTEST_GUILESS_MAIN(TestCatalog)
#include "tst_catalog.moc"
