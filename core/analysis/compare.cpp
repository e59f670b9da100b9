// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/compare.h"

#include <array>
#include <charconv>
#include <cmath>

namespace prism {

std::optional<Difference> difference(double value, double base, Direction direction)
{
    if (!std::isfinite(value) || !std::isfinite(base) || base <= 0) {
        return std::nullopt;
    }
    Difference out;
    out.ratio = value / base - 1;
    if (std::abs(out.ratio) < 0.005) {
        out.standing = Standing::Same;
    } else if (direction == Direction::Neutral) {
        out.standing = Standing::Other;
    } else {
        const bool up = out.ratio > 0;
        out.standing = up == (direction == Direction::HigherIsBetter) ? Standing::Better : Standing::Worse;
    }
    return out;
}

std::string text(const Difference& difference)
{
    std::array<char, 400> digits {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
        std::abs(difference.ratio) * 100, std::chars_format::fixed, 1)
                         .ptr;
    const std::string number(digits.data(), static_cast<std::size_t>(end - digits.data()));
    if (difference.standing == Standing::Same) {
        return "= " + number + "\u2009%";
    }
    return (difference.ratio > 0 ? "▲ +" : "▼ \u2212") + number + "\u2009%";
}

std::optional<Row> atSameLoad(const ColumnTable& table, RunId run, Row row)
{
    std::vector<Row> among;
    for (Row candidate = 0; candidate < table.rows(); ++candidate) {
        if (table.run(candidate) == run) {
            among.push_back(candidate);
        }
    }
    return atSameLoad(table, among, row);
}

std::optional<Row> atSameLoad(const ColumnTable& table, std::span<const Row> among, Row row)
{
    constexpr std::array<std::string_view, 3> loads { "concurrency", "request_rate", "batch_size" };
    constexpr std::array<std::string_view, 3> conditions { "load_mode", "isl_target", "osl_target" };
    std::vector<const CategoryColumn*> columns;
    bool stated = false;
    for (const std::string_view name : loads) {
        if (const CategoryColumn* column = table.category(name)) {
            columns.push_back(column);
            stated = stated || column->codes[row] != 0;
        }
    }
    if (!stated) {
        return std::nullopt;
    }
    for (const std::string_view name : conditions) {
        if (const CategoryColumn* column = table.category(name)) {
            columns.push_back(column);
        }
    }
    std::optional<Row> found;
    for (const Row candidate : among) {
        bool same = true;
        for (const CategoryColumn* column : columns) {
            same = same && column->codes[candidate] == column->codes[row];
        }
        if (same && found) {
            return std::nullopt;
        }
        if (same) {
            found = candidate;
        }
    }
    return found;
}

} // namespace prism
