// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/cost_meter.h"

#include <algorithm>

namespace prism::probes {

namespace {
/// Of an even number the upper one of the two in the middle.
double median(std::deque<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}
} // namespace

std::optional<CostReading> CostMeter::note(
    const std::vector<ProgramCost>& totals, bool sampled, std::uint64_t nowNs)
{
    const bool first = m_lastNs == 0 || sampled != m_sampled || nowNs <= m_lastNs;
    const auto wallNs = static_cast<double>(nowNs - m_lastNs);
    if (first) {
        m_programs.clear();
    }
    CostReading reading;
    for (const ProgramCost& total : totals) {
        Known& known = m_programs[total.name];
        if (!first && total.runs > known.runs && total.runNs >= known.runNs) {
            const auto runs = static_cast<double>(total.runs - known.runs);
            const auto runNs = static_cast<double>(total.runNs - known.runNs);
            known.meansNs.push_back(runNs / runs);
            if (known.meansNs.size() > windows) {
                known.meansNs.pop_front();
            }
            const double usual = runs * median(known.meansNs) / wallNs;
            reading.took += runNs / wallNs;
            reading.usual += usual;
            reading.usualScheduler += total.scheduler ? usual : 0;
        }
        known.runs = total.runs;
        known.runNs = total.runNs;
    }
    m_sampled = sampled;
    m_lastNs = nowNs;
    return first ? std::nullopt : std::optional(reading);
}

} // namespace prism::probes
