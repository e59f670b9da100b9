// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"

#include <QtTest>

#include <algorithm>

using namespace prism::probes;
using Step = ProbeBudget::Step;

namespace {

constexpr double allowed = 0.005;

/// So many readings, of which the scheduler's programs take a third; the last step.
Step note(ProbeBudget& budget, int readings, double cores, double most = allowed)
{
    Step last = Step::Nothing;
    for (int i = 0; i < readings; ++i) {
        if (last != Step::Nothing) {
            qWarning("a step came early");
        }
        last = budget.note(cores, cores / 3, most);
    }
    return last;
}

} // namespace

/// When the scheduler's programs are left out for what probing costs, and when they come back.
class TestProbeBudget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFewDearSecondsAreBorne()
    {
        ProbeBudget budget;
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(note(budget, ProbeBudget::patience - 1, 0.02), Step::Nothing);
            QCOMPARE(note(budget, 1, 0.004), Step::Nothing);
        }
    }

    void whatIsAllowedIsNotTooMuch()
    {
        ProbeBudget budget;
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(note(budget, ProbeBudget::patience, 0.005), Step::Nothing);
            QCOMPARE(note(budget, ProbeBudget::patience, 0), Step::Nothing);
        }
    }

    void secondsAboveLeaveTheSchedulerOutOnce()
    {
        ProbeBudget budget;
        QCOMPARE(note(budget, ProbeBudget::patience, 0.0051), Step::LeaveSchedulerOut);
        QCOMPARE(note(budget, 1000, 0.0046), Step::Nothing);
    }

    /// What they took when they went (0.2 %) fits beside what is left, with a fifth of the budget to spare.
    void theSchedulerComesBackWhereItFits()
    {
        ProbeBudget budget;
        QCOMPARE(note(budget, ProbeBudget::patience, 0.006), Step::LeaveSchedulerOut);
        QCOMPARE(note(budget, 1000, 0.0021), Step::Nothing);
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(note(budget, ProbeBudget::calm - 1, 0.0019), Step::Nothing);
            QCOMPARE(note(budget, 1, 0.0021), Step::Nothing);
        }
        QCOMPARE(note(budget, ProbeBudget::calm, 0.0019), Step::TakeSchedulerBack);
        QCOMPARE(note(budget, 1000, 0.0019), Step::Nothing);
    }

    void eachTimeItStaysAwayLonger()
    {
        ProbeBudget budget;
        for (int calm = ProbeBudget::calm; calm < 2 * ProbeBudget::mostCalm; calm *= 2) {
            QCOMPARE(note(budget, ProbeBudget::patience, 0.006), Step::LeaveSchedulerOut);
            QCOMPARE(note(budget, std::min(calm, ProbeBudget::mostCalm), 0.0019), Step::TakeSchedulerBack);
        }
    }

    void whatIsStillTooDearIsSaidOnce()
    {
        ProbeBudget budget;
        QCOMPARE(note(budget, ProbeBudget::patience, 0.02), Step::LeaveSchedulerOut);
        QCOMPARE(note(budget, ProbeBudget::patience, 0.01), Step::SayStillOver);
        QCOMPARE(note(budget, 100, 0.01), Step::Nothing);
    }

    void theNextAttachBeginsAnew()
    {
        ProbeBudget budget;
        QCOMPARE(note(budget, ProbeBudget::patience - 1, 0.02), Step::Nothing);
        budget.begin();
        QCOMPARE(note(budget, ProbeBudget::patience, 0.02), Step::LeaveSchedulerOut);
        budget.begin();
        QCOMPARE(note(budget, ProbeBudget::patience, 0.02), Step::LeaveSchedulerOut);
    }

    void aBudgetThatChangesCountsFromItsNextReading()
    {
        ProbeBudget budget;
        QCOMPARE(note(budget, 100, 0.5, ProbeBudget::unlimited), Step::Nothing);
        QCOMPARE(note(budget, ProbeBudget::patience, 0.5), Step::LeaveSchedulerOut);
        QCOMPARE(note(budget, ProbeBudget::calm, 0.5, ProbeBudget::unlimited), Step::TakeSchedulerBack);
    }

    void theUserIsToldWhatItCostAndWhoseBudgetItIs()
    {
        const std::string own = ProbeBudget::leftOutSentence(0.0091, 0.005, 0.005);
        QVERIFY(own.find("0.91 % of a core") != std::string::npos);
        QVERIFY(own.find("0.50 % is what they may.") != std::string::npos);
        const std::string others = ProbeBudget::leftOutSentence(0.0091, 0.005, ProbeBudget::unlimited);
        QVERIFY(others.find("another client that watches allows no more") != std::string::npos);
        QVERIFY(ProbeBudget::backSentence(0.0021, 0.005).find("0.21 % of a core") != std::string::npos);
        const std::string over = ProbeBudget::stillOverSentence(0.0091, 0.005);
        QVERIFY(over.find("0.91 %") != std::string::npos);
        // What probing costs is these and the helper: each figure says whose it is, and of when.
        for (const std::string& said : { own, ProbeBudget::backSentence(0.0021, 0.005), over }) {
            QVERIFY(said.find("kernel programs took") != std::string::npos);
            QVERIFY(said.find("in the last second") != std::string::npos);
            QVERIFY(said.find("robing") == std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestProbeBudget)
#include "tst_probe_budget.moc"
