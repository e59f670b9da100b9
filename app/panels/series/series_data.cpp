// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/series/series_data.h"

#include "app/selection/workspace.h"
#include "core/model/metric.h"
#include "core/store/store.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace prism::app {

namespace {

constexpr double usualDistances = 5; ///< beyond which samples do not touch

QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

void sortByTime(TimeSeries& series)
{
    if (std::is_sorted(series.seconds.begin(), series.seconds.end())) {
        return;
    }
    std::vector<std::size_t> order(series.seconds.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(),
        [&](std::size_t a, std::size_t b) { return series.seconds[a] < series.seconds[b]; });
    TimeSeries sorted = series;
    for (std::size_t i = 0; i < order.size(); ++i) {
        sorted.seconds[i] = series.seconds[order[i]];
        sorted.values[i] = series.values[order[i]];
    }
    series = std::move(sorted);
}

/// The median, which a pause in the recording does not move; 0 where there are too few to say.
double usualDistance(const std::vector<double>& seconds)
{
    std::vector<double> distances;
    for (std::size_t i = 1; i < seconds.size(); ++i) {
        if (seconds[i] > seconds[i - 1]) {
            distances.push_back(seconds[i] - seconds[i - 1]);
        }
    }
    if (distances.size() < 3) {
        return 0;
    }
    const auto middle = distances.begin() + std::ptrdiff_t(distances.size() / 2);
    std::nth_element(distances.begin(), middle, distances.end());
    return *middle;
}

std::vector<double> timesOf(const std::vector<TimeSeries>& all)
{
    std::vector<double> times;
    const std::vector<double>* last = nullptr; // sensors of one device share their times
    for (const TimeSeries& series : all) {
        if (last && *last == series.seconds) {
            continue;
        }
        last = &series.seconds;
        std::vector<double> both;
        both.reserve(times.size() + series.seconds.size());
        std::merge(times.begin(), times.end(), series.seconds.begin(), series.seconds.end(),
            std::back_inserter(both));
        both.erase(std::unique(both.begin(), both.end()), both.end());
        times = std::move(both);
    }
    return times;
}

/// Series on two clocks (absolute, and since a begin) have no common axis.
void add(PointSeries& out, SeriesFile file, std::vector<TimeSeries> pieces)
{
    for (const bool absolute : { true, false }) {
        std::vector<TimeSeries> same;
        std::copy_if(pieces.begin(), pieces.end(), std::back_inserter(same),
            [&](const TimeSeries& series) { return series.absolute == absolute && !series.seconds.empty(); });
        if (same.empty()) {
            continue;
        }
        SeriesFile made = file;
        made.absolute = absolute;
        made.series = joinedSeries(std::move(same));
        made.times = timesOf(made.series);
        out.files.push_back(std::move(made));
    }
}

Result<void> read(PointSeries& out, StoreReader& reader, const ColumnTable& table, PointId point)
{
    auto own = reader.series(point);
    if (!own) {
        return own.error();
    }
    const auto detail = reader.point(point);
    if (!detail || !*detail) {
        return detail ? Result<void>() : Result<void>(detail.error());
    }
    const RunId run = (*detail)->record.run;
    if (!own->empty()) {
        const auto source = reader.source((*detail)->record.source);
        add(out,
            { {}, source && *source ? qs((*source)->path) : QString(),
                QCoreApplication::translate("SeriesData", "of the result itself"), {}, false, {}, {} },
            std::move(*own));
    }
    auto links = reader.linksOf(run);
    if (!links) {
        return links.error();
    }
    for (const LinkRecord& link : *links) {
        if (!link.series || link.timeline) {
            continue; // counters of a timeline are shown with it
        }
        auto series = reader.sourceSeries(link.source.id);
        if (!series) {
            return series.error();
        }
        add(out,
            { link.source.id, qs(link.source.path), QCoreApplication::translate("SeriesData", "telemetry"),
                qs(link.text.why), false, {}, {} },
            std::move(*series));
    }
    const auto measured = reader.measured(point);
    if (!measured) {
        return measured.error();
    }
    out.measured = *measured;
    for (Row row = 0; row < table.rows(); ++row) {
        if (table.run(row) != run) {
            continue;
        }
        const auto time = reader.measured(table.point(row));
        if (time && *time && (*time)->end > (*time)->begin) {
            out.loads.push_back({ table.point(row), loadLabel(table, row), **time });
        }
    }
    std::sort(out.loads.begin(), out.loads.end(),
        [](const MeasuredLoad& a, const MeasuredLoad& b) { return a.time.begin < b.time.begin; });
    return {};
}

} // namespace

QString seriesName(const TimeSeries& series)
{
    const std::size_t device = series.name.find(" [");
    const Metric* metric = findMetric(series.name.substr(0, device));
    const QString behind = device == std::string::npos ? QString() : qs(series.name.substr(device));
    return metric ? qs(metric->name) + behind : qs(series.name);
}

QString seriesValue(double value, const std::string& unit)
{
    if (const auto known = unitFromSymbol(unit)) {
        return qs(formatNumber(value, *known, NumberStyle::Reading));
    }
    const QString text = qs(formatNumber(value, Unit::One, NumberStyle::Reading));
    return unit.empty() ? text : text + QChar(0x2009) + qs(unit);
}

std::vector<TimeSeries> joinedSeries(std::vector<TimeSeries> pieces)
{
    std::vector<TimeSeries> joined;
    std::map<std::pair<std::string, bool>, std::size_t> places;
    for (TimeSeries& piece : pieces) {
        const auto [at, isNew] = places.try_emplace({ piece.name, piece.absolute }, joined.size());
        if (isNew) {
            joined.push_back(std::move(piece));
            continue;
        }
        TimeSeries& whole = joined[at->second];
        whole.seconds.insert(whole.seconds.end(), piece.seconds.begin(), piece.seconds.end());
        whole.values.insert(whole.values.end(), piece.values.begin(), piece.values.end());
    }
    for (TimeSeries& series : joined) {
        sortByTime(series);
    }
    return joined;
}

TimeSeries withGaps(const TimeSeries& series)
{
    const double usual = usualDistance(series.seconds);
    TimeSeries broken = series;
    broken.seconds.clear();
    broken.values.clear();
    for (std::size_t i = 0; i < series.seconds.size(); ++i) {
        if (usual > 0 && i > 0 && series.seconds[i] - series.seconds[i - 1] > usualDistances * usual) {
            broken.seconds.push_back(series.seconds[i - 1] + usual);
            broken.values.push_back(std::numeric_limits<double>::quiet_NaN());
        }
        broken.seconds.push_back(series.seconds[i]);
        broken.values.push_back(series.values[i]);
    }
    return broken;
}

PointSeries pointSeries(
    const QString& database, const std::shared_ptr<const ColumnTable>& table, PointId point)
{
    PointSeries out;
    auto reader = StoreReader::open(database.toStdString());
    const Result<void> done = reader ? read(out, **reader, *table, point) : Result<void>(reader.error());
    if (!done) {
        out.problem = qs(done.error().text());
    }
    return out;
}

} // namespace prism::app
