// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_data.h"

#include "app/charts/chart_words.h"

#include <algorithm>
#include <cmath>

// What a built chart says of itself: ranges, labels, sentences.

namespace prism::app {

namespace {

std::optional<std::pair<double, double>> rangeOf(std::initializer_list<const std::vector<double>*> columns)
{
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (const auto* column : columns) {
        for (const double value : *column) {
            if (std::isfinite(value)) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
        }
    }
    return low <= high ? std::optional(std::pair(low, high)) : std::nullopt;
}

} // namespace

QString LeftOut::text() const
{
    const auto n = static_cast<int>(rows.size());
    switch (because) {
    case LeftOutBecause::Missing:
        return n == 1 ? ChartWords::tr("1 point has no %1").arg(what)
                      : ChartWords::tr("%1 points have no %2").arg(n).arg(what);
    case LeftOutBecause::NotPositive:
        return n == 1 ? ChartWords::tr("1 point has no place on a log axis: its %1 is zero or less").arg(what)
                      : ChartWords::tr("%1 points have no place on a log axis: their %2 is zero or less")
                            .arg(n)
                            .arg(what);
    case LeftOutBecause::OtherSemantics:
        return n == 1 ? ChartWords::tr("1 point measures it otherwise (%1)")
                            .arg(what.isEmpty() ? ChartWords::tr("usual meaning") : what)
                      : ChartWords::tr("%1 points measure it otherwise (%2)")
                            .arg(n)
                            .arg(what.isEmpty() ? ChartWords::tr("usual meaning") : what);
    case LeftOutBecause::BeyondEnd:
        return n == 1 ? ChartWords::tr("1 point lies beyond the end that is set for %1").arg(what)
                      : ChartWords::tr("%1 points lie beyond the end that is set for %2").arg(n).arg(what);
    case LeftOutBecause::NoAcceleratorCount:
        break;
    }
    return n == 1 ? ChartWords::tr("1 point does not state its number of GPUs")
                  : ChartWords::tr("%1 points do not state their number of GPUs").arg(n);
}

QString ChartData::pointLabel(std::uint32_t point) const
{
    const RunId id = lines[lineOf[point]].run;
    const QString run = labels.contains(id) ? labels.of(id) : runLabel(*table, id, {});
    const QString load = loadLabel(*table, rows[point]);
    return run.isEmpty() ? load : run + QStringLiteral(" · ") + load;
}

std::optional<std::uint32_t> ChartData::pointOf(Row row) const
{
    const RunId run = table->run(row);
    const auto line = std::lower_bound(
        lines.begin(), lines.end(), run, [](const ChartLine& l, RunId id) { return l.run < id; });
    if (line == lines.end() || line->run != run) {
        return std::nullopt;
    }
    for (std::uint32_t i = line->first; i < line->last; ++i) {
        if (rows[i] == row) {
            return i;
        }
    }
    return std::nullopt;
}

std::optional<std::pair<double, double>> ChartData::rangeX() const
{
    return rangeOf({ &x });
}

std::optional<std::pair<double, double>> ChartData::rangeY() const
{
    auto range = rangeOf({ &y, &partner });
    for (std::size_t i = 0; range && i < deviation.size(); ++i) {
        if (std::isfinite(deviation[i])) {
            range->second = std::max(range->second, y[i] + deviation[i]);
            const double low = y[i] - deviation[i];
            range->first = low > 0 || !spec.y.logarithmic ? std::min(range->first, low) : range->first;
        }
    }
    return range;
}

QString ChartData::describe() const
{
    QString text = ChartWords::tr("%1: %2 points of %3 runs")
                       .arg(chartTitle(spec), QString::number(size()), QString::number(lines.size()));
    if (const auto range = rangeX()) {
        text += ChartWords::tr(", %1 from %2 to %3")
                    .arg(measureName(spec.x, spec.x.stat), valueText(spec.x, range->first),
                        valueText(spec.x, range->second));
    }
    if (const auto range = rangeY()) {
        text += ChartWords::tr(", %1 from %2 to %3")
                    .arg(measureName(spec.y, spec.y.stat), valueText(spec.y, range->first),
                        valueText(spec.y, range->second));
    }
    std::size_t members = 0;
    for (const ChartFrontier& line : frontiers) {
        members += line.members.size();
    }
    if (members > 0) {
        text += ChartWords::tr("; %1 points on the frontier").arg(members);
    }
    if (judged > 0) {
        text += ChartWords::tr("; %1 of %2 hold the SLO").arg(holding).arg(judged);
    }
    return text + QLatin1Char('.');
}

} // namespace prism::app
