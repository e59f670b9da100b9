// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace prism {

/// Counts of samples in adjacent intervals; interval i is [edges[i], edges[i+1]), the last one includes its
/// end.
struct Histogram {
    std::vector<double> edges; ///< one more than counts
    std::vector<std::uint32_t> counts;
    std::uint32_t outside = 0; ///< samples that a logarithmic axis cannot hold (zero or negative)
};

/// Histogram of ascending samples with about as many intervals as the Freedman–Diaconis rule asks for, at
/// most 200. Logarithmic intervals are equal in the logarithm.
Histogram histogram(std::span<const double> ascending, bool logarithmic = false);

/// One corner of an empirical distribution function: `part` of the samples are at most `value`.
struct CdfStep {
    double value;
    double part;
};

/// The distribution function of ascending samples, thinned to at most `steps` corners; the first and the last
/// sample are always among them.
std::vector<CdfStep> cdf(std::span<const double> ascending, std::size_t steps = 2000);

} // namespace prism
