// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/percentile.h"

#include <algorithm>
#include <cmath>

namespace prism {

double percentileOfSorted(std::span<const double> samples, double p)
{
    if (samples.empty()) {
        return std::nan("");
    }
    const double rank = std::clamp(p, 0.0, 100.0) / 100 * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return samples[below] + (samples[above] - samples[below]) * (rank - static_cast<double>(below));
}

std::vector<double> ascending(std::vector<double> samples)
{
    std::erase_if(samples, [](double s) { return std::isnan(s); });
    std::sort(samples.begin(), samples.end());
    return samples;
}

} // namespace prism
