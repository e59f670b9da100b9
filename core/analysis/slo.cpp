// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/slo.h"

#include "core/analysis/stated_load.h"

#include <algorithm>
#include <cmath>
#include <map>

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

std::vector<Row> highestHolding(
    const ColumnTable& table, const std::vector<Row>& among, const std::vector<SloVerdict>& verdicts)
{
    const StatedLoads loads(table);
    std::map<std::pair<RunId, StatedLoad::Kind>, Row> highest;
    for (const Row row : among) {
        if (verdicts[row] != SloVerdict::Holds) {
            continue;
        }
        const auto [it, fresh] = highest.emplace(std::pair(table.run(row), loads.of(row).kind), row);
        if (!fresh && table.loadRank(row) > table.loadRank(it->second)) {
            it->second = row;
        }
    }
    std::vector<Row> rows;
    for (const auto& [runAndKind, row] : highest) {
        rows.push_back(row);
    }
    std::ranges::sort(rows);
    return rows;
}

std::string OtherMeaning::text() const
{
    return title(*metric, stat) + ": " + meaning;
}

const std::string& otherMeaning(const ColumnTable& table, const MeasureColumn& column, Row row)
{
    const bool has = column.status[row] == Status::Ok;
    return table.semanticsTexts()[has ? column.semantics[row] : 0];
}

std::vector<OtherMeaning> judgedOtherwise(
    const ColumnTable& table, const std::vector<std::pair<const Metric*, Stat>>& limits, Row row)
{
    std::vector<OtherMeaning> others;
    for (const auto& [metric, stat] : limits) {
        if (const std::string& text = otherMeaning(table, *table.measures(*metric, stat), row);
            !text.empty()) {
            others.push_back({ metric, stat, text });
        }
    }
    return others;
}

} // namespace prism
