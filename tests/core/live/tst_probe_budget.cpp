// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/probe_budget.h"

#include <QtTest>

#include <cmath>

using namespace prism::live;

class TestProbeBudget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void percentOfACoreIsRead()
    {
        QCOMPARE(*budget::fromText("0.5"), 0.005);
        QCOMPARE(*budget::fromText("0.5%"), 0.005);
        QCOMPARE(*budget::fromText("100"), 1.0);
        QVERIFY(std::isinf(*budget::fromText("keep")));
        for (const double cores : { 0.0025, 0.005, 0.01, 0.02 }) {
            QCOMPARE(*budget::fromText(budget::text(cores)), cores);
        }
        QCOMPARE(budget::text(*budget::fromText("keep")), std::string("keep"));
    }

    void whatIsNoShareIsRefused()
    {
        for (const char* text : { "", "0", "-1", "101", "inf", "nan", "half", "0.5 %x", "0,5", "%" }) {
            QVERIFY2(!budget::fromText(text), text);
        }
    }

    void theSettingCountsWhereItCanBeRead()
    {
        qputenv("PRISM_LIVE_PROBE_BUDGET", "1.5");
        QCOMPARE(budget::fromSettings(), 0.015);
        qputenv("PRISM_LIVE_PROBE_BUDGET", "much");
        QCOMPARE(budget::fromSettings(), budget::shipped);
    }
};

QTEST_GUILESS_MAIN(TestProbeBudget)
#include "tst_probe_budget.moc"
