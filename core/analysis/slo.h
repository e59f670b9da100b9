// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/filter.h"

#include <optional>

namespace prism {

/// A limit that a point must hold: latencies at most, throughputs at least, by the metric's direction of
/// good.
struct SloLimit {
    const Metric* metric = nullptr;
    Stat stat = Stat::value();
    double limit = 0; ///< in the metric's unit
    friend bool operator==(const SloLimit&, const SloLimit&) = default;
};

enum class SloVerdict : unsigned char { Holds, Breaks, Unknown }; ///< Unknown: a number is missing

/// Verdict of every row: Breaks when any limit is broken, else Unknown when any number is missing, else
/// Holds.
std::vector<SloVerdict> judge(const ColumnTable& table, const std::vector<SloLimit>& limits);

/// For each run the row of highest load (loadRank) among those of `among` that hold.
std::unordered_map<RunId, Row> highestHolding(
    const ColumnTable& table, const RowSet& among, const std::vector<SloVerdict>& verdicts);

} // namespace prism
