// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/filter.h"

#include <string>
#include <utility>
#include <vector>

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

/// For each run and kind of load the row of highest load (loadRank) among those of `among` that hold,
/// ascending.
std::vector<Row> highestHolding(
    const ColumnTable& table, const std::vector<Row>& among, const std::vector<SloVerdict>& verdicts);

/// A number that its producer means otherwise than the contract does. It is shown and judged only with a
/// mark.
struct OtherMeaning {
    const Metric* metric = nullptr;
    Stat stat = Stat::value();
    std::string meaning; ///< "token-weighted"
    std::string text() const; ///< "TPOT p99: token-weighted"
};

/// Empty for the contract's meaning and where there is no number.
const std::string& otherMeaning(const ColumnTable& table, const MeasureColumn& column, Row row);

/// What limits judge a row by though the producer means it otherwise.
std::vector<OtherMeaning> judgedOtherwise(
    const ColumnTable& table, const std::vector<std::pair<const Metric*, Stat>>& limits, Row row);

} // namespace prism
