// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/filter.h"

#include <set>
#include <string>

namespace prism {

/// One axis of a frontier: what is plotted and which way is good.
struct FrontierAxis {
    const Metric* metric = nullptr;
    Stat stat = Stat::value();
    bool perAccelerator = false; ///< divided by the attribute accelerator_count; points without it fall out
};

/// Rows of `among` that no other row beats in both x and y, ascending by x. Directions of good come from the
/// registry (Neutral counts as lower is better). Points without a number on an axis, estimated values (unless
/// `withEstimates`) and values of other meanings than the one that is compared (meaningsOf()) are left out
/// and counted. Of equal points the first row stays.
struct Frontier {
    std::vector<Row> rows;
    std::uint32_t missing = 0;
    std::uint32_t estimated = 0;
    std::uint32_t otherSemantics = 0;
    std::string xSemantics; ///< what the rows' values mean where it is not the contract's meaning
    std::string ySemantics;
    std::set<std::string> otherMeanings; ///< of those left out: "TTFT p50: since-start"
};
Frontier frontier(const ColumnTable& table, const RowSet& among, const FrontierAxis& x, const FrontierAxis& y,
    bool withEstimates = false);

/// The values that a chart plots for an axis: the column, divided by accelerator_count when asked for.
/// NaN where there is no number.
std::vector<double> axisValues(const ColumnTable& table, const FrontierAxis& axis);

} // namespace prism
