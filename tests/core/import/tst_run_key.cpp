// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_key.h"

#include <QTest>

using namespace prism;

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
        QVERIFY(runKey("p", "/a/x.json", point) != runKey("p", "/b/x.json", point));
        QVERIFY(runKey("p", "/a/x.json", point) != runKey("q", "/a/x.json", point));
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
