// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"

#include <array>
#include <cstdio>
#include <utility>

namespace prism::probes {

namespace {
/// "0.62 %": of one core.
std::string percent(double cores)
{
    std::array<char, 32> text {};
    (void)std::snprintf(text.data(), text.size(), "%.2f %%", 100 * cores);
    return text.data();
}
} // namespace

ProbeBudget::Step ProbeBudget::note(double cores, double allowed)
{
    m_over = cores > allowed ? m_over + 1 : 0;
    if (m_over < patience) {
        return Step::Nothing;
    }
    m_over = 0; // what is left has its own time to show what it costs
    if (!std::exchange(m_leftOut, true)) {
        return Step::LeaveSchedulerOut;
    }
    return std::exchange(m_said, true) ? Step::Nothing : Step::SayStillOver;
}

std::string ProbeBudget::leftOutSentence(double cores, double allowed, double own)
{
    return "When threads run is not seen any more: with it probing took " + percent(cores)
        + " of a core, and " + percent(allowed) + " is what it may"
        + (own > allowed ? " (another client that watches allows no more)" : "")
        + ". Detach and attach again to see it, with a larger budget if it is to stay";
}

std::string ProbeBudget::stillOverSentence(double cores, double allowed)
{
    return "Probing takes " + percent(cores) + " of a core without scheduler events too, and "
        + percent(allowed)
        + " is what it may: the server's requests themselves cost that much to see. Detach if that is too "
          "much";
}

} // namespace prism::probes
