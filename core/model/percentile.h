// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

namespace prism {

/// Percentile `p` (0 … 100) of ascending samples, by linear interpolation between the closest ranks
/// (Hyndman and Fan, type 7: what NumPy and most benchmark tools print). NaN without samples.
double percentileOfSorted(std::span<const double> ascending, double p);

/// Drops NaNs and sorts.
std::vector<double> ascending(std::vector<double> samples);

} // namespace prism
