// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/compare.h"
#include "tests/support/synthetic_table.h"

#include <QtTest/QtTest>

#include <cmath>

using namespace prism;

class TestCompare : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void directionDecidesWhatIsBetter()
    {
        QCOMPARE(difference(115, 100, Direction::HigherIsBetter)->standing, Standing::Better);
        QCOMPARE(difference(115, 100, Direction::LowerIsBetter)->standing, Standing::Worse);
        QCOMPARE(difference(85, 100, Direction::LowerIsBetter)->standing, Standing::Better);
        QCOMPARE(difference(85, 100, Direction::Neutral)->standing, Standing::Other);
        QCOMPARE(difference(100.4, 100, Direction::HigherIsBetter)->standing, Standing::Same);
        QVERIFY(!difference(1, 0, Direction::HigherIsBetter));
        QVERIFY(!difference(std::nan(""), 1, Direction::HigherIsBetter));
    }

    void textsSayDirectionAndSign()
    {
        QCOMPARE(text(*difference(114.8, 100, Direction::HigherIsBetter)), std::string("▲ +14.8\u2009%"));
        QCOMPARE(text(*difference(85.5, 100, Direction::LowerIsBetter)), std::string("▼ \u221214.5\u2009%"));
        QCOMPARE(text(*difference(100.2, 100, Direction::LowerIsBetter)), std::string("= 0.2\u2009%"));
    }

    void theSameLoadIsFoundOnlyWhenItIsUnique()
    {
        const auto table = test::syntheticTable({
            { .run = 1, .attributes = { { "concurrency", "8" }, { "isl_target", "1024" } } },
            { .run = 1, .attributes = { { "concurrency", "16" }, { "isl_target", "1024" } } },
            { .run = 2, .attributes = { { "concurrency", "16" }, { "isl_target", "1024" } } },
            { .run = 2, .attributes = { { "concurrency", "8" }, { "isl_target", "128" } } },
            { .run = 2, .attributes = {} },
            { .run = 3, .attributes = { { "concurrency", "16" }, { "isl_target", "1024" } } },
            { .run = 3, .attributes = { { "concurrency", "16" }, { "isl_target", "1024" } } },
        });
        QCOMPARE(atSameLoad(*table, 1, 2), std::optional<Row>(1));
        QVERIFY2(!atSameLoad(*table, 1, 3), "another input length is another load");
        QVERIFY2(!atSameLoad(*table, 1, 4), "a point without a load has no counterpart");
        QVERIFY2(!atSameLoad(*table, 3, 2), "repetitions are not picked from");
    }
};

QTEST_GUILESS_MAIN(TestCompare)
#include "tst_compare.moc"
