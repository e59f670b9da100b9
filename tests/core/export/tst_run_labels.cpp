// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/run_labels.h"

#include "tests/support/synthetic_table.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

class TestRunLabels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void onlyWhatDiffersIsSaid()
    {
        const auto table = syntheticTable({
            { 1,
                { { "model", "org/m" }, { "engine", "vllm" }, { "accelerator", "H100" },
                    { "accelerator_count", "4" } } },
            { 2,
                { { "model", "org/m" }, { "engine", "sglang" }, { "accelerator", "H100" },
                    { "accelerator_count", "4" } } },
            { 3, { { "model", "org/m" }, { "engine", "sglang" }, { "accelerator", "H200" }, { "tp", "8" } } },
        });
        const RunLabels labels(*table, { 1, 2, 3 });
        QCOMPARE(labels.of(1), std::string("vllm · H100×4"));
        QCOMPARE(labels.of(2), std::string("sglang · H100×4"));
        QCOMPARE(labels.of(3), std::string("sglang · H200 · TP8"));
        QCOMPARE(sharedLabel(*table, { 1, 2 }), std::string("m · H100×4"));
        QCOMPARE(RunLabels(*table, { 1 }).of(1), std::string("m"));
        QVERIFY(labels.of(4).empty());
    }

    void runsThatDifferInNothingAreToldApart()
    {
        const auto table = syntheticTable({ { 1, { { "model", "m" }, { "source", "/r/a/x.json" } } },
            { 2, { { "model", "m" }, { "source", "/r/b/x.json" } } },
            { 3, { { "model", "m" }, { "source", "/r/c/y.json" } } },
            { 3, { { "model", "m" }, { "source", "/r/c/z.json" } } } });
        const RunLabels two(*table, { 1, 2 });
        QCOMPARE(two.of(1), std::string("m · a/x.json"));
        QCOMPARE(two.of(2), std::string("m · b/x.json"));
        QCOMPARE(RunLabels(*table, { 1, 3 }).of(3), std::string("m · c"));
        const auto same = syntheticTable({ { 1, { { "model", "m\nn" } } }, { 2, { { "model", "m\nn" } } } });
        QCOMPARE(RunLabels(*same, { 1, 2 }).of(2), std::string("m n · 2"));
        const auto odd = syntheticTable({ { 1, { { "model", "m\x01\xE2\x80\xAEn\t" } } } });
        QCOMPARE(RunLabels(*odd, { 1 }).of(1), std::string("m\\u202En "));
    }
};

QTEST_APPLESS_MAIN(TestRunLabels)
#include "tst_run_labels.moc"
