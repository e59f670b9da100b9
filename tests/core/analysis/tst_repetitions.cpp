// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/repetitions.h"
#include "tests/support/synthetic_table.h"

#include <QtTest/QtTest>

using namespace prism;

class TestRepetitions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pointsOfOneLoadShowHowFarTheyComeApart()
    {
        const auto table = test::syntheticTable({
            { .run = 1,
                .attributes = { { "concurrency", "8" } },
                .measures = { { "ttft p99", 90 }, { "ttft mean", 50 } } },
            { .run = 1,
                .attributes = { { "concurrency", "8" } },
                .measures = { { "ttft p99", 99 }, { "ttft mean", 48 } } },
            { .run = 1, .attributes = { { "concurrency", "8" } }, .measures = { { "ttft p99", 93 } } },
            { .run = 1, .attributes = { { "concurrency", "16" } }, .measures = { { "ttft p99", 200 } } },
            { .run = 2, .attributes = { { "concurrency", "8" } }, .measures = { { "ttft p99", 10 } } },
        });
        const Repetitions found = repetitionsOf(*table, 1);
        QCOMPARE(found.rows, (std::vector<Row> { 0, 1, 2 }));
        QCOMPARE(found.spreads.size(), std::size_t(1)); // the mean is not told by all of them
        QCOMPARE(found.spreads[0].metric, findMetric("ttft"));
        QCOMPARE(found.spreads[0].stat, Stat::percentile(99));
        QCOMPARE(found.spreads[0].lowest, 90.0);
        QCOMPARE(found.spreads[0].highest, 99.0);
        QCOMPARE(repetitionsOf(*table, 3).rows.size(), std::size_t(1));
    }

    void otherMeaningsAndUnstatedLoadsRepeatNothing()
    {
        const auto table = test::syntheticTable({
            { .run = 1,
                .attributes = { { "concurrency", "8" } },
                .measures = { { "tpot mean", 9 } },
                .semantics = { { "tpot mean", "token-weighted" } } },
            { .run = 1, .attributes = { { "concurrency", "8" } }, .measures = { { "tpot mean", 8 } } },
            { .run = 1, .measures = { { "tpot mean", 8 } } },
            { .run = 1, .measures = { { "tpot mean", 8 } } },
        });
        QCOMPARE(repetitionsOf(*table, 0).rows.size(), std::size_t(2));
        QVERIFY(repetitionsOf(*table, 0).spreads.empty());
        QVERIFY(repetitionsOf(*table, 2).rows.empty());
    }
};

QTEST_GUILESS_MAIN(TestRepetitions)
#include "tst_repetitions.moc"
