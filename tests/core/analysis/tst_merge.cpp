// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/merge.h"

#include "tests/support/synthetic_table.h"

#include <QtTest>

using namespace prism;

class MergeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void loadsMayDiffer()
    {
        const auto table = test::syntheticTable({ { 1, { { "model", "m" }, { "concurrency", "1" } } },
            { 2, { { "model", "m" }, { "concurrency", "8" }, { "started_at", "2026-01-01T00:00:00Z" } } } });
        QVERIFY(mergeDoubts(*table, std::vector<RunId> { 1, 2 }).empty());
    }

    void whatIdentifiesARunMayNot()
    {
        const auto table = test::syntheticTable({ { 1, { { "model", "m" }, { "precision", "FP8" } } },
            { 2, { { "model", "m" }, { "precision", "BF16" } } }, { 3, { { "model", "m" } } },
            { 4, { { "model", "other" } } } });
        const auto doubts = mergeDoubts(*table, std::vector<RunId> { 1, 2, 3 });
        QCOMPARE(doubts.size(), std::size_t(1));
        QCOMPARE(doubts[0].category, std::string("precision"));
        QCOMPARE(doubts[0].values, (std::vector<std::string> { "FP8", "BF16", "" }));
        QCOMPARE(doubts[0].text(), std::string("precision (FP8, BF16, not stated)"));
    }

    void oneRunAgreesWithItself()
    {
        const auto table = test::syntheticTable({ { 1, { { "model", "m" } } }, { 2, { { "model", "n" } } } });
        QVERIFY(mergeDoubts(*table, std::vector<RunId> { 1 }).empty());
        QVERIFY(mergeDoubts(*table, std::vector<RunId> {}).empty());
    }
};

QTEST_GUILESS_MAIN(MergeTest)
#include "tst_merge.moc"
