// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"

#include <QtTest>

using namespace prism::probes;
using Step = ProbeBudget::Step;

/// When the scheduler's programs are left out for what probing costs.
class TestProbeBudget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneDearSecondIsBorne()
    {
        ProbeBudget budget;
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(budget.note(0.02, 0.005), Step::Nothing);
            QCOMPARE(budget.note(0.004, 0.005), Step::Nothing);
        }
    }

    void whatIsAllowedIsNotTooMuch()
    {
        ProbeBudget budget;
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(budget.note(0.005, 0.005), Step::Nothing);
            QCOMPARE(budget.note(0, 0.005), Step::Nothing);
        }
    }

    void twoSecondsAboveLeaveTheSchedulerOutOnce()
    {
        ProbeBudget budget;
        QCOMPARE(budget.note(0.0051, 0.005), Step::Nothing);
        QCOMPARE(budget.note(0.0051, 0.005), Step::LeaveSchedulerOut);
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(budget.note(0.0046, 0.005), Step::Nothing);
        }
    }

    void whatIsStillTooDearIsSaidOnce()
    {
        ProbeBudget budget;
        QCOMPARE(budget.note(0.02, 0.005), Step::Nothing);
        QCOMPARE(budget.note(0.02, 0.005), Step::LeaveSchedulerOut);
        QCOMPARE(budget.note(0.01, 0.005), Step::Nothing);
        QCOMPARE(budget.note(0.01, 0.005), Step::SayStillOver);
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(budget.note(0.01, 0.005), Step::Nothing);
        }
    }

    void theNextAttachBeginsAnew()
    {
        ProbeBudget budget;
        QCOMPARE(budget.note(0.02, 0.005), Step::Nothing);
        budget.begin();
        QCOMPARE(budget.note(0.02, 0.005), Step::Nothing);
        QCOMPARE(budget.note(0.02, 0.005), Step::LeaveSchedulerOut);
        budget.begin();
        QCOMPARE(budget.note(0.02, 0.005), Step::Nothing);
        QCOMPARE(budget.note(0.02, 0.005), Step::LeaveSchedulerOut);
    }

    void aBudgetThatChangesCountsFromItsNextReading()
    {
        ProbeBudget budget;
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(budget.note(0.5, ProbeBudget::unlimited), Step::Nothing);
        }
        QCOMPARE(budget.note(0.5, 0.005), Step::Nothing);
        QCOMPARE(budget.note(0.5, 0.005), Step::LeaveSchedulerOut);
    }

    void theUserIsToldWhatItCostAndWhoseBudgetItIs()
    {
        const std::string own = ProbeBudget::leftOutSentence(0.0091, 0.005, 0.005);
        QVERIFY(own.find("0.91 % of a core") != std::string::npos);
        QVERIFY(own.find("0.50 % is what it may.") != std::string::npos);
        const std::string others = ProbeBudget::leftOutSentence(0.0091, 0.005, ProbeBudget::unlimited);
        QVERIFY(others.find("another client that watches allows no more") != std::string::npos);
        QVERIFY(ProbeBudget::stillOverSentence(0.0091, 0.005).find("0.91 %") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestProbeBudget)
#include "tst_probe_budget.moc"
