// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/cost_meter.h"

#include <deque>
#include <limits>
#include <string>

namespace prism::probes {

/// What the kernel programs together may cost, in cores, and what is done about it when they cost more. Those
/// of the scheduler go first: they fire most often, and requests are seen without them. They come back when
/// all together would cost clearly less than they may.
class ProbeBudget {
public:
    static constexpr double shipped = 0.005;
    /// Nothing is left out, whatever it costs.
    static constexpr double unlimited = std::numeric_limits<double>::infinity();
    /// Readings above the budget, one after another, until something is done: the first requests after an
    /// attach cost more than those that follow, and a few busy seconds are no reason. They are taken as usual
    /// (CostReading): that the machine stood still is no reason either.
    static constexpr int patience = 5;
    /// Readings whose mean is to be within the budget too, as the clock tells them and without the dearest:
    /// no cost that comes and goes passes for ever. It is judged from half as many on.
    static constexpr std::size_t minute = 60;
    /// Readings, one after another, that leave room for the scheduler's programs until they come back; twice
    /// as many each time that they had to go again, up to mostCalm.
    static constexpr int calm = 5;
    static constexpr int mostCalm = 320;

    enum class Step {
        Nothing,
        LeaveSchedulerOut,
        TakeSchedulerBack,
        SayStillOver, ///< they cost too much without the scheduler's too: there is nothing else to leave out
    };

    /// All programs were attached anew.
    void begin() { *this = {}; }
    /// A reading of the last second, to be given once a second. `allowed` may change from one to the next.
    /// That it is still too much is said once until begin().
    Step note(const CostReading& reading, double allowed);
    /// What the programs took when the last step was told, for its sentence: the mean of the readings that
    /// led to it.
    double cores() const { return m_cores; }

    /// What the user is told when the scheduler's programs were left out. `own`: what this client allows;
    /// `allowed`: what the strictest of all does.
    static std::string leftOutSentence(double cores, double allowed, double own);
    static std::string backSentence(double cores, double allowed);
    static std::string stillOverSentence(double cores, double allowed);

private:
    bool leavesRoom(double cores, double allowed) const;
    bool isOver(const CostReading& reading, double allowed);
    void forgetReadings();

    int m_over = 0;
    double m_overSum = 0; ///< of those readings
    std::deque<double> m_minute; ///< what the last readings took, the newest last
    double m_cores = 0;
    int m_room = 0; ///< readings, one after another, that leave room
    int m_wanted = calm; ///< of them, until the scheduler's programs come back
    double m_scheduler = 0; ///< what those took when they were left out
    bool m_leftOut = false;
    bool m_said = false;
};

} // namespace prism::probes
