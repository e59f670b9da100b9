// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/time_axis.h"

#include <string>
#include <vector>

namespace prism::app {

struct RulerTick {
    std::int64_t ns = 0;
    bool labelled = false;
};

/// Distances that people count in: 1, 2, 5, 10 … of ns, µs, ms, s; then 15 s, 30 s, 1, 2, 5, 10, 15, 30
/// minutes, 1, 2, 3, 6, 12 hours, days. The smallest that is at least `leastNs`.
std::int64_t niceStep(double leastNs);

/// Ticks at round distances from `zeroNs`; labels stand at least `labelPixels` apart, with two to five small
/// steps between them.
std::vector<RulerTick> rulerTicks(const TimeAxis& axis, std::int64_t zeroNs, int labelPixels);

/// A duration as a tick says it, with no more decimals than `stepNs` needs: "−25 s", "1.5 ms", "2 min 30 s".
std::string durationText(std::int64_t ns, std::int64_t stepNs);

} // namespace prism::app
