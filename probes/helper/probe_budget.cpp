// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
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

/// Four fifths: so that they do not come and go where all together just fit.
bool ProbeBudget::leavesRoom(double cores, double allowed) const
{
    return cores + m_scheduler <= 0.8 * allowed;
}

void ProbeBudget::forgetReadings()
{
    m_over = m_room = 0;
    m_overSum = 0;
    m_minute.clear();
}

bool ProbeBudget::isOver(const CostReading& reading, double allowed)
{
    const bool above = reading.usual > allowed;
    m_over = above ? m_over + 1 : 0;
    m_overSum = above ? m_overSum + reading.usual : 0;
    m_minute.push_back(reading.took);
    if (m_minute.size() > minute) {
        m_minute.pop_front();
    }
    if (m_over >= patience) {
        m_cores = m_overSum / m_over;
        return true;
    }
    if (m_minute.size() < minute / 2) {
        return false;
    }
    const double sum = std::accumulate(m_minute.begin(), m_minute.end(), 0.0);
    const double dearest = *std::max_element(m_minute.begin(), m_minute.end());
    m_cores = (sum - dearest) / static_cast<double>(m_minute.size() - 1);
    return m_cores > allowed;
}

ProbeBudget::Step ProbeBudget::note(const CostReading& reading, double allowed)
{
    m_room = m_leftOut && leavesRoom(reading.usual, allowed) ? m_room + 1 : 0;
    if (m_leftOut && m_room >= m_wanted) {
        m_leftOut = false;
        m_cores = reading.usual;
        forgetReadings();
        m_wanted = std::min(2 * m_wanted, mostCalm);
        return Step::TakeSchedulerBack;
    }
    if (!isOver(reading, allowed)) {
        return Step::Nothing;
    }
    forgetReadings(); // what is left has its own time to show what it costs
    if (!std::exchange(m_leftOut, true)) {
        m_scheduler = reading.usualScheduler;
        return Step::LeaveSchedulerOut;
    }
    return std::exchange(m_said, true) ? Step::Nothing : Step::SayStillOver;
}

std::string ProbeBudget::leftOutSentence(double cores, double allowed, double own)
{
    return "When threads run is not seen any more: with it the kernel programs took " + percent(cores)
        + " of a core of late, and " + percent(allowed) + " is what they may"
        + (own > allowed ? " (another client that watches allows no more)" : "")
        + ". It is seen again when that is enough; attach with a larger budget to keep it";
}

std::string ProbeBudget::backSentence(double cores, double allowed)
{
    return "When threads run is seen again: without it the kernel programs took " + percent(cores)
        + " of a core of late, and " + percent(allowed) + " is what they may";
}

std::string ProbeBudget::stillOverSentence(double cores, double allowed)
{
    return "The kernel programs took " + percent(cores)
        + " of a core of late though those that tell when threads run are left out, and " + percent(allowed)
        + " is what they may: the server's requests themselves cost that much to see. Detach if that is too "
          "much";
}

} // namespace prism::probes
