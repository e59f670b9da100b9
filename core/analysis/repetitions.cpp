// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/repetitions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace prism {

namespace {

constexpr std::array loads { "concurrency", "request_rate", "batch_size" };
constexpr std::array setup { "load_mode", "isl_target", "osl_target", "context_depth" };

bool sameTexts(const ColumnTable& table, Row a, Row b, auto names)
{
    return std::all_of(names.begin(), names.end(),
        [&](const char* name) { return table.text(name, a) == table.text(name, b); });
}

std::optional<Repetitions::Spread> spreadOf(
    const ColumnTable& table, const std::vector<Row>& rows, const Metric& metric, Stat stat)
{
    const auto column = table.measures(metric, stat);
    Repetitions::Spread spread { &metric, stat, 0, 0 };
    for (const Row row : rows) {
        if (column->status[row] != Status::Ok || column->semantics[row] != column->semantics[rows[0]]) {
            return std::nullopt;
        }
        const double value = column->values[row];
        spread.lowest = row == rows[0] ? value : std::min(spread.lowest, value);
        spread.highest = row == rows[0] ? value : std::max(spread.highest, value);
    }
    return spread;
}

} // namespace

Repetitions repetitionsOf(const ColumnTable& table, Row row)
{
    Repetitions found;
    const bool stated = std::any_of(
        loads.begin(), loads.end(), [&](const char* name) { return !table.text(name, row).empty(); });
    for (Row other = 0; stated && other < table.rows(); ++other) {
        if (table.run(other) == table.run(row) && sameTexts(table, row, other, loads)
            && sameTexts(table, row, other, setup)) {
            found.rows.push_back(other);
        }
    }
    if (found.rows.size() < 2) {
        return found;
    }
    static const std::array<std::pair<std::string_view, Stat>, 7> shown { { { "ttft", Stat::mean() },
        { "ttft", Stat::percentile(99) }, { "tpot", Stat::mean() }, { "tpot", Stat::percentile(99) },
        { "e2e", Stat::mean() }, { "e2e", Stat::percentile(99) }, { "output_throughput", Stat::value() } } };
    for (const auto& [id, stat] : shown) {
        const Metric* metric = findMetric(id);
        const auto spread = metric ? spreadOf(table, found.rows, *metric, stat) : std::nullopt;
        if (spread) {
            found.spreads.push_back(*spread);
        }
    }
    return found;
}

} // namespace prism
