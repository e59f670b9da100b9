// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"

#include <QtTest>

#include <algorithm>
#include <functional>
#include <vector>

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
        last = budget.note({ cores, cores, cores / 3 }, most);
    }
    return last;
}

/// Of one second as it was recorded: how long it was, and runs and nanoseconds of each program in it.
struct Second {
    std::uint64_t wallNs;
    struct {
        std::uint64_t runs;
        std::uint64_t ns;
    } programs[5];
};

/// Of a server of small files on two cores that compilers kept busy, by the kernel's statistics.
constexpr Second recorded[] = {
    // on_sent, on_received, on_arrival, on_state, on_switch
    { 1123958578, { { 161, 278270 }, { 170, 271555 }, { 219, 129664 }, { 309, 647497 }, { 1059, 675813 } } },
    { 1139591404, { { 109, 174469 }, { 121, 196278 }, { 143, 92506 }, { 189, 517046 }, { 743, 494495 } } },
    { 1184555319, { { 131, 224150 }, { 139, 205005 }, { 175, 113493 }, { 235, 565701 }, { 800, 545523 } } },
    { 1243454256, { { 132, 255760 }, { 148, 221748 }, { 177, 123183 }, { 246, 619572 }, { 895, 598763 } } },
    { 1143096328, { { 189, 298273 }, { 187, 313652 }, { 268, 153735 }, { 433, 896119 }, { 1258, 677755 } } },
    { 1068904185, { { 163, 296778 }, { 164, 267452 }, { 233, 132302 }, { 354, 805761 }, { 1074, 652060 } } },
    { 1140507882, { { 157, 252077 }, { 158, 227689 }, { 226, 128019 }, { 376, 761447 }, { 1081, 657488 } } },
    { 1192011998, { { 161, 221352 }, { 168, 261383 }, { 225, 117938 }, { 344, 719710 }, { 1131, 704762 } } },
    { 1004555385, { { 122, 199138 }, { 131, 194015 }, { 164, 123616 }, { 229, 477963 }, { 1068, 664255 } } },
    { 1041525826, { { 132, 236694 }, { 129, 218467 }, { 184, 115020 }, { 273, 638120 }, { 967, 615827 } } },
    { 1230041024, { { 92, 204153 }, { 105, 194576 }, { 118, 118905 }, { 152, 460955 }, { 818, 690083 } } },
    { 1219544815, { { 106, 266385 }, { 114, 176831 }, { 142, 118367 }, { 197, 568512 }, { 915, 829424 } } },
    { 1159251142, { { 95, 180832 }, { 100, 179358 }, { 131, 105435 }, { 193, 508438 }, { 821, 718135 } } },
    { 1176592182, { { 85, 187245 }, { 95, 175945 }, { 111, 90612 }, { 142, 468657 }, { 694, 588257 } } },
    { 1187979072, { { 135, 242961 }, { 144, 231800 }, { 183, 116488 }, { 261, 627560 }, { 867, 646675 } } },
    { 1219977898, { { 216, 326689 }, { 219, 347000 }, { 309, 162760 }, { 479, 935056 }, { 1545, 793299 } } },
};

/// Plays the recorded seconds again and again, as `change` makes them; what the budget says by then.
class Replay {
public:
    Step play(int seconds, const std::function<void(int second, Second&)>& change = {})
    {
        Step last = Step::Nothing;
        for (int i = 0; i < seconds && last == Step::Nothing; ++i) {
            Second second = recorded[m_played++ % std::size(recorded)];
            if (change) {
                change(i, second);
            }
            m_now += second.wallNs;
            for (std::size_t program = 0; program < m_totals.size(); ++program) {
                m_totals[program].runs += second.programs[program].runs;
                m_totals[program].runNs += second.programs[program].ns;
            }
            if (const auto reading = m_meter.note(m_totals, false, m_now)) {
                dearest = std::max(dearest, reading->took);
                last = m_budget.note(*reading, allowed);
            }
        }
        return last;
    }

    double dearest = 0; ///< second, by the clock

private:
    std::vector<ProgramCost> m_totals { { "on_sent", 0, 0, false }, { "on_received", 0, 0, false },
        { "on_arrival", 0, 0, false }, { "on_state", 0, 0, false }, { "on_switch", 0, 0, true } };
    CostMeter m_meter;
    ProbeBudget m_budget;
    std::uint64_t m_now = 1'000'000'000;
    std::size_t m_played = 0;
};

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
            QCOMPARE(note(budget, int(ProbeBudget::minute), 0.002), Step::Nothing);
        }
    }

    /// Never five seconds one after another, and yet too much.
    void whatComesAndGoesDoesNotPassForEver()
    {
        ProbeBudget budget;
        Step step = Step::Nothing;
        int seconds = 0;
        for (; step == Step::Nothing && seconds < 1000; ++seconds) {
            step = note(budget, 1, seconds % 5 < 2 ? 0.02 : 0.001);
        }
        QCOMPARE(step, Step::LeaveSchedulerOut);
        QVERIFY(seconds <= int(ProbeBudget::minute));
        QVERIFY(budget.cores() > allowed && budget.cores() < 0.02);
    }

    void whatWasRecordedIsWithinTheBudget()
    {
        Replay replay;
        QCOMPARE(replay.play(300), Step::Nothing);
        QVERIFY(replay.dearest < allowed);
    }

    /// As the recorded seconds, but one run in each of six stood still for 5 ms.
    void stallsAmongRecordedSecondsLeaveNothingOut()
    {
        Replay replay;
        const auto stall = [](int second, Second& made) {
            made.programs[4].ns += second < ProbeBudget::patience + 1 ? 5'000'000 : 0;
        };
        QCOMPARE(replay.play(30), Step::Nothing);
        QCOMPARE(replay.play(60, stall), Step::Nothing);
        QVERIFY(replay.dearest > allowed);
    }

    /// Each run takes six times as long, or there are six times as many.
    void recordedSecondsThatCostMoreDo()
    {
        Replay slower;
        QCOMPARE(slower.play(30), Step::Nothing);
        QCOMPARE(slower.play(8 + ProbeBudget::patience,
                     [](int, Second& made) {
                         for (auto& program : made.programs) {
                             program.ns *= 6;
                         }
                     }),
            Step::LeaveSchedulerOut);
        Replay busier;
        QCOMPARE(busier.play(30), Step::Nothing);
        QCOMPARE(busier.play(ProbeBudget::patience,
                     [](int, Second& made) {
                         for (auto& program : made.programs) {
                             program.ns *= 6;
                             program.runs *= 6;
                         }
                     }),
            Step::LeaveSchedulerOut);
    }

    /// The clock says 5 % of a core, the usual time of a run 0.3 %.
    void aMachineThatStandsStillIsNoReason()
    {
        ProbeBudget budget;
        for (int i = 0; i < 300; ++i) {
            const double took = i % 100 < 2 ? 0.05 : 0.003;
            QCOMPARE(budget.note({ took, 0.003, 0.001 }, allowed), Step::Nothing);
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

    /// The minute before tells enough.
    void aBudgetThatChangesCountsFromItsNextReading()
    {
        ProbeBudget budget;
        QCOMPARE(note(budget, 100, 0.5, ProbeBudget::unlimited), Step::Nothing);
        QCOMPARE(note(budget, 1, 0.5), Step::LeaveSchedulerOut);
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
            QVERIFY(said.find("of late") != std::string::npos);
            QVERIFY(said.find("robing") == std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestProbeBudget)
#include "tst_probe_budget.moc"
