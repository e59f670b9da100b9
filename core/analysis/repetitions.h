// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <vector>

namespace prism {

/// Points of one run that were measured under the same load: what was repeated, and how far it came apart.
struct Repetitions {
    struct Spread {
        const Metric* metric = nullptr;
        Stat stat = Stat::value();
        double lowest = 0;
        double highest = 0;
    };
    std::vector<Row> rows; ///< the row itself among them; fewer than two: nothing was repeated
    /// Of the usual latencies and rates, where every repetition tells the number with one meaning. Nothing
    /// is averaged: a mean of percentiles is no percentile.
    std::vector<Spread> spreads;
};
Repetitions repetitionsOf(const ColumnTable& table, Row row);

} // namespace prism
