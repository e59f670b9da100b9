// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/limits.h"

#include <algorithm>

namespace prism::probes {

bool ClientLimits::mayAsk(std::uint64_t nowNs)
{
    if (m_lastNs != 0 && nowNs > m_lastNs) {
        m_leftNs
            = std::min(m_leftNs + std::min(nowNs - m_lastNs, burst * perQuestionNs), burst * perQuestionNs);
    }
    m_lastNs = nowNs;
    if (m_leftNs < perQuestionNs) {
        return false;
    }
    m_leftNs -= perQuestionNs;
    return true;
}

std::string ClientLimits::tooManyQuestions()
{
    return "More than " + std::to_string(questionsPerSecond)
        + " questions a second were asked: wait a second and ask again.";
}

std::string ClientLimits::tooManyTargets()
{
    return "More than " + std::to_string(mostTargets)
        + " processes cannot be watched at once: detach from one.";
}

} // namespace prism::probes
