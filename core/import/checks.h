// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace prism {

/// Compares what a point says twice: rate against tokens over duration, total against input + output,
/// successes and failures against requests, mean length times requests against tokens. A disagreement of more
/// than 2 % that is also more than half a unit of the last digit that the numbers can have been rounded to
/// becomes a warning with both numbers; a habit that the producer is known for becomes a note. A number below
/// zero of what cannot be negative becomes a warning too. Nothing is changed.
void checkMeanings(LoadPoint& point, std::string_view producer);

/// What the requests of one point say that cannot be: TTFT plus all gaps against E2E, and negative times.
class RequestCheck {
public:
    /// `endsWithToken`: the request ends with its last token, so that TTFT and the gaps make up its E2E.
    void add(const RequestRow& row, bool endsWithToken = true);
    /// Adds a warning when more than one request in a hundred disagrees by more than 2 %, and one when a time
    /// is negative. Nothing is changed.
    void tell(std::vector<Warning>& warnings) const;

private:
    std::uint64_t m_checked = 0;
    std::uint64_t m_disagree = 0;
    double m_worstStated = 0;
    double m_worstSum = 0;
    std::uint64_t m_negative = 0;
    double m_mostNegative = 0;
};

} // namespace prism
