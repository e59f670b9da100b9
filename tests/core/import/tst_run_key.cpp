// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_key.h"

#include <QTest>

using namespace prism;

namespace {

std::string runKey(std::string_view producer, std::string_view path, const LoadPoint& point)
{
    return RunKeys(producer, path).of(point);
}

LoadPoint at(AttributeValue load)
{
    LoadPoint point;
    point.attributes.push_back({ "concurrency", std::move(load), {}, Origin::Reported, {} });
    return point;
}

} // namespace

class RunKeyTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void stems_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("stem");
        const auto row = [](const char* name, const char* stem) {
            QTest::newRow(name) << QString::fromLatin1(name) << QString::fromLatin1(stem);
        };
        row("h100_conc4.json", "h100");
        row("h100_conc8.json", "h100");
        row("h100_conc8.json.gz", "h100");
        row("h200_conc4.json", "h200");
        row("b200_conc4.json", "b200");
        row("b300-c4.json", "b300");
        row("h100_tp4_conc4.json", "h100_tp4");
        row("h100-1p3d-c8.json", "h100_1p3d");
        row("benchmark_concurrency_16.json", "benchmark");
        row("rate-0.5.json", "");
        row("rate-0.5", "");
        row("16.0qps.json", "");
        row("vllm-infqps-concurrency32-qwen-20250914-020903.json", "vllm_qwen");
        row("run_20250914T020903Z.json", "run");
        row("c1_i128_o64.csv", "i128_o64");
        row("c4_i128_o64.csv", "i128_o64");
        row("stage_0_lifecycle_metrics.json", "lifecycle_metrics");
        row("stage_12_lifecycle_metrics.json", "lifecycle_metrics");
        row("c4", "");
        // Loads, times and repetitions, by the word before their number.
        row("result_conc_4_run_2.json", "result");
        row("batch_size_8.json", "batch");
        row("bench_2026-03-01_10-30-00_c4.json", "bench");
        row("bench-2026-03-01T10:30:00.json", "bench");
        row("bench_1716292800.json", "bench");
        row("run_20250914_020903.json", "");
        row("trial-3_rate_0.5.json", "");
        row("parallel_4_number_20.json", "");
        // What else has a number is a set-up of its own, as far as the name tells.
        row("vllm-0.9.0.json", "vllm_0.9.0");
        row("vllm-0.10.0.post1.json", "vllm_0.10.0.post1");
        row("tp_2.json", "tp_2");
        row("tensor_parallel_2.json", "tensor_parallel_2");
        row("tensor-parallel=2.json", "tensor_parallel=2");
        row("gpu_4_c8.json", "gpu_4");
        row("nodes-2_conc_4.json", "nodes_2");
        row("n2.json", "n2");
        row("b8.json", "b8");
        row("llama-3-8b-c4.json", "llama_3_8b");
        row("num_gpus_4.json", "num_gpus_4");
        row("max_batch_8.json", "max_batch_8");
        row("max_batch_size_8.json", "max_batch_size_8");
        row("ctx_131072.json", "ctx_131072");
        row("128_64.json", "128_64");
        row("result_2.json", "result_2");
    }
    void stems()
    {
        QFETCH(QString, name);
        QFETCH(QString, stem);
        QCOMPARE(QString::fromStdString(stemWithoutLoad(name.toStdString())), stem);
    }

    void loadFoldersAreOneRun()
    {
        const LoadPoint point;
        QCOMPARE(runKey("p", "/a/c1/x.json", point), runKey("p", "/a/c4/x.json", point));
        QCOMPARE(runKey("p", "c1/x.json", point), runKey("p", "c4/x.json", point));
        QCOMPARE(runKey("p", "/a.tar.gz!/c1/x.json", point), runKey("p", "/a.tar.gz!/c4/x.json", point));
        QCOMPARE(runKey("p", "/a/conc/1/x.json", point), runKey("p", "/a/conc/4/x.json", point));
        QCOMPARE(runKey("p", "/a/rate/1.json", point), runKey("p", "/a/rate/2.json", point));
        QCOMPARE(runKey("p", "/a/20260301/x.json", point), runKey("p", "/a/20260302/x.json", point));
        // What is above them is as it is written.
        QVERIFY(runKey("p", "/a/c1/rep1/x.json", point) != runKey("p", "/a/c16/rep1/x.json", point));
        QVERIFY(runKey("p", "/A/c1/x.json", point) != runKey("p", "/a/c1/x.json", point));
        QVERIFY(runKey("p", "/a/tp/1/x.json", point) != runKey("p", "/a/tp/2/x.json", point));
        QVERIFY(runKey("p", "/a/nodes-1/x.json", point) != runKey("p", "/a/nodes-2/x.json", point));
        QVERIFY(runKey("p", "/a/0.9.post1/x.json", point) != runKey("p", "/a/0.9.post2/x.json", point));
        QVERIFY(runKey("p", "/a/x.json", point) != runKey("p", "/b/x.json", point));
        QVERIFY(runKey("p", "/a/x.json", point) != runKey("q", "/a/x.json", point));
    }

    /// A number that no word explains is a load where the measurement says so.
    void aNumberThatIsTheLoadIsNoName()
    {
        const LoadPoint four = at(std::int64_t { 4 });
        const LoadPoint eight = at(8.0);
        QCOMPARE(runKey("p", "/a/Two-4.json", four), runKey("p", "/a/Two-8.json", eight));
        QVERIFY(runKey("p", "/a/Two-4.json", eight) != runKey("p", "/a/Two-8.json", four));
        QVERIFY(runKey("p", "/a/tp-4.json", four) != runKey("p", "/a/tp-8.json", eight));
    }

    /// One file has one name, whatever its points' loads are.
    void theFirstPointSaysWhatTheNameIs()
    {
        RunKeys load("p", "/a/Two-4.json");
        const std::string first = load.of(at(std::int64_t { 4 }));
        QCOMPARE(load.of(at(std::int64_t { 8 })), first);
        RunKeys name("p", "/a/Two-4.json");
        const std::string other = name.of(at(std::int64_t { 2 }));
        QCOMPARE(name.of(at(std::int64_t { 4 })), other);
        QVERIFY(first != other);
    }

    void daysInNames_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<double>("day");
        constexpr double september14 = 1757808000;
        QTest::newRow("in one word") << "a/20250914/x.json" << september14;
        QTest::newRow("in three") << "a/x-2025-09-14.json" << september14;
        QTest::newRow("behind a word that introduces it") << "a/run_20250914.json" << september14;
        QTest::newRow("with a clock behind such a word") << "a/run_20250914_020903.json" << september14;
        QTest::newRow("the file's before the folder's") << "a/20250101/run-20250914.json" << september14;
        QTest::newRow("seconds") << "a/trial_1757808001.json" << september14 + 1;
        // No day is written so.
        QTest::newRow("a year and one word") << "a/2025-0914.json" << 0.0;
        QTest::newRow("a year and one word, with more") << "a/2025-0914-1.json" << 0.0;
        QTest::newRow("a year alone") << "a/2025-.json" << 0.0;
        QTest::newRow("a repetition") << "a/run_2.json" << 0.0;
    }
    void daysInNames()
    {
        QFETCH(QString, path);
        QFETCH(double, day);
        QCOMPARE(dayInName(path.toStdString()).value_or(0), day);
    }

    void pathsWithoutLoad()
    {
        const auto same = [](const char* a, const char* b, TimesAbove times) {
            return pathWithoutLoad(a, times) == pathWithoutLoad(b, times);
        };
        using enum TimesAbove;
        QVERIFY(same("/a/c1/rep1/x.json", "/a/c16/rep3/x.json", Divide));
        QVERIFY(!same("/a/tp1/rep1/x.json", "/a/tp2/rep3/x.json", Join));
        QVERIFY(!same("/a/tp/1/c1/x.json", "/a/tp/2/c1/x.json", Join));
        // A day's sweep is not another day's, unless more is known of their times.
        QVERIFY(!same("/20260301/c1/x.json", "/20260302/c1/x.json", Divide));
        QVERIFY(same("/20260301/c1/x.json", "/20260302/c1/x.json", Join));
        QVERIFY(same("/a/20260301/x.json", "/a/20260302/x.json", Divide));
        QVERIFY(same("/run/20260301-1000/c1/x.json", "/run/20260301-1012/c4/x.json", Join));
    }

    /// Stored runs are found again by it.
    void theTextStaysWhatItWas()
    {
        LoadPoint point;
        point.group = "g";
        QCOMPARE(runKey("p", "/A b/s.tar!/C4/X_conc4.json", point), std::string("p\n/A b/s.tar!/\nx\ng\n"));
        QCOMPARE(runKey("p", "s.tar!/x.json", point), std::string("p\ns\nx\ng\n"));
        QCOMPARE(runKey("p", "Sweep-H100/x.json", point), std::string("p\nsweep_h100\nx\ng\n"));
        QCOMPARE(runKey("p", "x.json", point), std::string("p\n\nx\ng\n"));
    }

    void identityDividesAndLoadDoesNot()
    {
        const auto with = [](const char* name, AttributeValue value) {
            LoadPoint point;
            point.attributes = { { name, std::move(value), {}, Origin::Reported, {} } };
            return runKey("p", "/a/x.json", point);
        };
        QCOMPARE(with("concurrency", std::int64_t(1)), with("concurrency", std::int64_t(8)));
        QVERIFY(with("model", std::string("m")) != with("model", std::string("n")));
        LoadPoint grouped;
        grouped.group = "sweep 2";
        QVERIFY(runKey("p", "/a/x.json", grouped) != runKey("p", "/a/x.json", LoadPoint()));
    }

    void orderOfAttributesSaysNothing()
    {
        LoadPoint a;
        a.attributes = { { "model", std::string("m"), {}, Origin::Reported, {} },
            { "gpu", std::string("g"), {}, Origin::Reported, {} } };
        LoadPoint b = a;
        std::swap(b.attributes[0], b.attributes[1]);
        QCOMPARE(runKey("p", "x", a), runKey("p", "x", b));
    }
};

QTEST_GUILESS_MAIN(RunKeyTest)
#include "tst_run_key.moc"
