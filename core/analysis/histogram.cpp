// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/histogram.h"

#include "core/model/percentile.h"

#include <algorithm>
#include <cmath>

namespace prism {

namespace {

constexpr std::size_t mostIntervals = 200;

/// Freedman and Diaconis (1981): a width of 2 · IQR / n^(1/3).
std::size_t intervals(std::span<const double> samples)
{
    const double range = samples.back() - samples.front();
    const double iqr = percentileOfSorted(samples, 75) - percentileOfSorted(samples, 25);
    const double width = 2 * iqr / std::cbrt(static_cast<double>(samples.size()));
    if (!(range > 0)) {
        return 1;
    }
    const double wanted
        = width > 0 ? std::ceil(range / width) : std::ceil(std::sqrt(static_cast<double>(samples.size())));
    return static_cast<std::size_t>(std::clamp(wanted, 1.0, static_cast<double>(mostIntervals)));
}

} // namespace

Histogram histogram(std::span<const double> ascending, bool logarithmic)
{
    Histogram out;
    std::vector<double> scaled;
    const auto first
        = logarithmic ? std::upper_bound(ascending.begin(), ascending.end(), 0.0) : ascending.begin();
    out.outside = static_cast<std::uint32_t>(first - ascending.begin());
    for (auto it = first; it != ascending.end(); ++it) {
        scaled.push_back(logarithmic ? std::log10(*it) : *it);
    }
    if (scaled.empty()) {
        return out;
    }
    const std::size_t count = intervals(scaled);
    const double low = scaled.front();
    // A single value still gets an interval that can be seen.
    const double width = scaled.back() > low ? (scaled.back() - low) / static_cast<double>(count)
                                             : std::max(std::abs(low), 1.0) * 1e-3;
    for (std::size_t i = 0; i <= count; ++i) {
        const double edge = low + width * static_cast<double>(i);
        out.edges.push_back(logarithmic ? std::pow(10, edge) : edge);
    }
    out.counts.assign(count, 0);
    for (const double value : scaled) {
        ++out.counts[std::min(count - 1, static_cast<std::size_t>((value - low) / width))];
    }
    return out;
}

std::vector<CdfStep> cdf(std::span<const double> ascending, std::size_t steps)
{
    std::vector<CdfStep> out;
    const std::size_t size = ascending.size();
    const std::size_t stride = std::max<std::size_t>(1, size / std::max<std::size_t>(1, steps - 1));
    const auto add = [&](std::size_t i) {
        out.push_back({ ascending[i], static_cast<double>(i + 1) / static_cast<double>(size) });
    };
    for (std::size_t i = 0; i < size; i += stride) {
        add(i);
    }
    if (size > 0 && (size - 1) % stride != 0) {
        add(size - 1);
    }
    return out;
}

} // namespace prism
