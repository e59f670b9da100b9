// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <limits>
#include <string>

namespace prism::probes {

/// What the kernel programs together may cost, in cores, and what is done about it when they cost more. Those
/// of the scheduler go first: they fire most often, and requests are seen without them.
class ProbeBudget {
public:
    static constexpr double shipped = 0.005;
    /// Nothing is left out, whatever it costs.
    static constexpr double unlimited = std::numeric_limits<double>::infinity();
    /// Readings above the budget, one after another, until something is done: the first requests after an
    /// attach cost more than those that follow, and one busy second is no reason.
    static constexpr int patience = 2;

    enum class Step {
        Nothing,
        LeaveSchedulerOut,
        SayStillOver, ///< they cost too much without the scheduler's too: there is nothing else to leave out
    };

    /// All programs were attached anew.
    void begin() { *this = {}; }
    /// A reading of the last second, to be given once a second; `allowed` may change from one to the next.
    /// Each step is asked for once until begin().
    Step note(double cores, double allowed);

    /// What the user is told when the scheduler's programs were left out. `own`: what this client allows;
    /// `allowed`: what the strictest of all does.
    static std::string leftOutSentence(double cores, double allowed, double own);
    static std::string stillOverSentence(double cores, double allowed);

private:
    int m_over = 0;
    bool m_leftOut = false;
    bool m_said = false;
};

} // namespace prism::probes
