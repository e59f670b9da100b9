// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/time_span.h"
#include "core/store/column_table.h"

#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace prism::app {

/// Metrics of ours by their name, sensors as the file calls them.
QString seriesName(const TimeSeries& series);
/// A value as the registry writes it, where it knows the unit; else with the file's own word for it.
QString seriesValue(double value, const std::string& unit);

/// The pieces in which an importer sends a long series, joined by name, in the order of time.
std::vector<TimeSeries> joinedSeries(std::vector<TimeSeries> pieces);
/// For drawing: samples that lie more than five times their usual distance (the median) apart do not touch. A
/// gap (NaN) stands behind the first of the two, so that no line leads over a time in which nothing was
/// recorded.
TimeSeries withGaps(const TimeSeries& series);

/// Series that one file recorded, over one clock.
struct SeriesFile {
    std::optional<SourceId> source; ///< empty: the file of the point itself
    QString path;
    QString role; ///< "telemetry"
    QString why; ///< it belongs to the run
    bool absolute = false; ///< seconds since 1970; else since the file's own begin
    std::vector<TimeSeries> series; ///< joined, as recorded
    std::vector<double> times; ///< of all samples, ascending, each once
};

/// A load level over the time in which it was measured.
struct MeasuredLoad {
    PointId point = 0;
    QString label;
    TimeSpan time;
};

/// What was recorded beside a point.
struct PointSeries {
    std::vector<SeriesFile> files;
    std::vector<MeasuredLoad> loads; ///< of the point's run, where its files tell when; by time
    std::optional<TimeSpan> measured; ///< the point's own time
    QString problem; ///< why nothing can be read; empty when it can
};

/// Reads it on a worker thread: all samples of the files that belong to the point's run.
PointSeries pointSeries(
    const QString& database, const std::shared_ptr<const ColumnTable>& table, PointId point);

} // namespace prism::app
