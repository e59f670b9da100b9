// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/frontier.h"

#include "core/analysis/meaning.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prism {

namespace {

/// accelerator_count of each code of its column; NaN where it is not stated or not positive.
std::vector<double> acceleratorCounts(const CategoryColumn* column)
{
    if (!column) {
        return {};
    }
    std::vector<double> counts(column->dictionary.size(), std::nan(""));
    for (std::size_t code = 1; code < counts.size() && code < column->numbers.size(); ++code) {
        if (column->numbers[code] > 0) {
            counts[code] = column->numbers[code];
        }
    }
    return counts;
}

struct Axis {
    std::shared_ptr<const MeasureColumn> column;
    std::vector<double> perAccelerator; ///< empty where the column's own values are shown
    double sign; ///< makes higher better

    const double* values() const
    {
        return perAccelerator.empty() ? column->values.data() : perAccelerator.data();
    }
};

Axis axisOf(const ColumnTable& table, const FrontierAxis& axis)
{
    return { table.measures(*axis.metric, axis.stat),
        axis.perAccelerator ? axisValues(table, axis) : std::vector<double>(),
        axis.metric->direction == Direction::HigherIsBetter ? 1.0 : -1.0 };
}

struct Candidate {
    double x; ///< higher is better on both
    double y;
    Row row;
};

bool better(const Candidate& a, const Candidate& b)
{
    return a.x != b.x ? a.x > b.x : a.y != b.y ? a.y > b.y : a.row < b.row;
}

/// Throws out most of the candidates in one pass: the best y of each of 4096 equal slices of x, summed from
/// the good side, is a bound that every member must reach. What is left is small enough to sort.
void prune(std::vector<Candidate>& candidates)
{
    constexpr std::size_t slices = 4096;
    if (candidates.size() < 4 * slices) {
        return;
    }
    const auto [low, high] = std::minmax_element(candidates.begin(), candidates.end(),
        [](const Candidate& a, const Candidate& b) { return a.x < b.x; });
    const double least = low->x;
    const double width = (high->x - least) / slices;
    if (!(width > 0) || !std::isfinite(width)) {
        return;
    }
    const auto slice
        = [&](double x) { return std::min(slices - 1, static_cast<std::size_t>((x - least) / width)); };
    std::array<double, slices + 1> best;
    best.fill(-HUGE_VAL);
    for (const Candidate& c : candidates) {
        double& b = best[slice(c.x)];
        b = std::max(b, c.y);
    }
    for (std::size_t i = slices; i-- > 0;) {
        best[i] = std::max(best[i], best[i + 1]);
    }
    // A candidate below the best of all *further* slices is beaten there in both directions.
    std::erase_if(candidates, [&](const Candidate& c) { return c.y < best[slice(c.x) + 1]; });
}

/// What a point left out means by the axis.
void addOther(
    Frontier& out, const FrontierAxis& axis, const std::string& meaning, const std::string& compared)
{
    if (meaning != compared) {
        out.otherMeanings.insert(
            title(*axis.metric, axis.stat) + ": " + (meaning.empty() ? "as Prism defines it" : meaning));
    }
}

} // namespace

std::vector<double> axisValues(const ColumnTable& table, const FrontierAxis& axis)
{
    const auto column = table.measures(*axis.metric, axis.stat);
    std::vector<double> values = column->values;
    if (!axis.perAccelerator) {
        return values;
    }
    const CategoryColumn* category = table.category("accelerator_count");
    const std::vector<double> counts = acceleratorCounts(category);
    for (Row row = 0; row < values.size(); ++row) {
        values[row] = category ? values[row] / counts[category->codes[row]] : std::nan("");
    }
    return values;
}

Frontier frontier(const ColumnTable& table, const RowSet& among, const FrontierAxis& x, const FrontierAxis& y,
    bool withEstimates)
{
    Frontier out;
    const Axis ax = axisOf(table, x);
    const Axis ay = axisOf(table, y);
    const double* xs = ax.values();
    const double* ys = ay.values();
    std::vector<Row> rows;
    for (const Row row : among.rows()) {
        if (!std::isfinite(xs[row]) || !std::isfinite(ys[row])) {
            ++out.missing;
        } else if (!withEstimates
            && (ax.column->origin[row] == Origin::Estimated || ay.column->origin[row] == Origin::Estimated)) {
            ++out.estimated;
        } else {
            rows.push_back(row);
        }
    }
    const AxisMeanings meant = meaningsOf(table, rows, { ax.column.get(), {} }, { ay.column.get(), {} });
    const auto texts = table.semanticsTexts();
    out.xSemantics = texts[meant.x];
    out.ySemantics = texts[meant.y];
    std::vector<Candidate> candidates;
    candidates.reserve(rows.size());
    std::set<std::pair<std::uint16_t, std::uint16_t>> others;
    for (const Row row : rows) {
        const std::pair here { ax.column->semantics[row], ay.column->semantics[row] };
        if (here == std::pair(meant.x, meant.y)) {
            candidates.push_back({ ax.sign * xs[row], ay.sign * ys[row], row });
        } else {
            ++out.otherSemantics;
            others.insert(here);
        }
    }
    for (const auto& [ofX, ofY] : others) {
        addOther(out, x, texts[ofX], out.xSemantics);
        addOther(out, y, texts[ofY], out.ySemantics);
    }
    prune(candidates);
    std::sort(candidates.begin(), candidates.end(), better);
    double best = -HUGE_VAL;
    for (const Candidate& c : candidates) {
        if (c.y > best) {
            best = c.y;
            out.rows.push_back(c.row);
        }
    }
    if (ax.sign > 0) {
        std::reverse(out.rows.begin(), out.rows.end());
    }
    return out;
}

} // namespace prism
