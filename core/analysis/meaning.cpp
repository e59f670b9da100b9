// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/meaning.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace prism {

namespace {

using Pair = std::pair<std::uint16_t, std::uint16_t>;

std::ptrdiff_t qualifiers(const std::string& text)
{
    return text.empty() ? 0 : 1 + std::count(text.begin(), text.end(), ',');
}

/// The meaning of a row on an axis; nothing where it cannot stand there.
std::optional<std::uint16_t> meaningOf(const MeaningAxis& axis, Row row)
{
    if (!axis.column) {
        return std::uint16_t(0);
    }
    const std::uint16_t meaning = axis.column->semantics[row];
    const bool stands = axis.column->status[row] == Status::Ok && (!axis.chosen || *axis.chosen == meaning);
    return stands ? std::optional(meaning) : std::nullopt;
}

} // namespace

AxisMeanings meaningsOf(
    const ColumnTable& table, std::span<const Row> rows, const MeaningAxis& x, const MeaningAxis& y)
{
    std::map<Pair, std::uint32_t> votes;
    auto last = votes.end(); // neighbours mostly mean the same
    for (const Row row : rows) {
        const auto ofX = meaningOf(x, row);
        const auto ofY = meaningOf(y, row);
        if (!ofX || !ofY) {
            continue;
        }
        const Pair meant { *ofX, *ofY };
        if (last == votes.end() || last->first != meant) {
            last = votes.try_emplace(meant, 0).first;
        }
        ++last->second;
    }
    const auto texts = table.semanticsTexts();
    const auto rank = [&](const auto& vote) {
        const auto& [meant, count] = vote;
        return std::tuple(qualifiers(texts[meant.first]) + qualifiers(texts[meant.second]),
            -static_cast<std::int64_t>(count), meant);
    };
    const auto best = std::min_element(
        votes.begin(), votes.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return best == votes.end() ? AxisMeanings { x.chosen.value_or(0), y.chosen.value_or(0) }
                               : AxisMeanings { best->first.first, best->first.second };
}

} // namespace prism
