// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/slo.h"

#include <cmath>

namespace prism {

std::vector<SloVerdict> judge(const ColumnTable& table, const std::vector<SloLimit>& limits)
{
    std::vector<SloVerdict> verdicts(table.rows(), SloVerdict::Holds);
    for (const SloLimit& limit : limits) {
        const auto column = table.measures(*limit.metric, limit.stat);
        const bool atLeast = limit.metric->direction == Direction::HigherIsBetter;
        for (Row row = 0; row < table.rows(); ++row) {
            const double value = column->values[row];
            SloVerdict& verdict = verdicts[row];
            if (std::isnan(value)) {
                verdict = verdict == SloVerdict::Breaks ? verdict : SloVerdict::Unknown;
            } else if (atLeast ? value < limit.limit : value > limit.limit) {
                verdict = SloVerdict::Breaks;
            }
        }
    }
    return verdicts;
}

std::unordered_map<RunId, Row> highestHolding(
    const ColumnTable& table, const RowSet& among, const std::vector<SloVerdict>& verdicts)
{
    std::unordered_map<RunId, Row> highest;
    for (const Row row : among.rows()) {
        if (verdicts[row] != SloVerdict::Holds) {
            continue;
        }
        const auto [it, fresh] = highest.emplace(table.run(row), row);
        if (!fresh && table.loadRank(row) > table.loadRank(it->second)) {
            it->second = row;
        }
    }
    return highest;
}

} // namespace prism
