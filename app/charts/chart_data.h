// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_spec.h"
#include "app/selection/workspace.h"
#include "core/analysis/slo.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

namespace prism::app {

/// Everything that a chart is built from: a snapshot, so that a worker needs nothing of the window.
struct ChartRequest {
    std::shared_ptr<const ColumnTable> table;
    RowSet passing;
    ChartSpec spec;
    std::vector<SloVerdict> verdicts; ///< one a row, empty when the lens is off
    std::vector<SloLimit> limits;
    std::optional<RunId> baseline;
    std::set<RunId> solo; ///< runs shown alone; empty shows all
    std::unordered_map<RunId, int> slots; ///< colour slot of each shown run
};

/// Why points that pass the filter are not on the chart.
enum class LeftOutBecause { Missing, NotPositive, OtherSemantics, NoAcceleratorCount, BeyondEnd };

struct LeftOut {
    LeftOutBecause because;
    bool onX = false;
    QString what; ///< "TTFT p99"; for other semantics the meanings, "per-chunk"
    std::vector<Row> rows;
    QString text() const; ///< "3 points have no TTFT p99"
};

/// What shares a colour and an entry in the legend.
struct ChartGroup {
    QString label;
    int slot = -1; ///< of the run palette
    bool baseline = false;
    bool shown = true; ///< false while others are shown alone
    std::vector<RunId> runs;
    bool drawn = false; ///< has a point on the chart
};

/// The points [first, last) of one run in the order of load; those of one kind of load are joined.
struct ChartLine {
    RunId run = 0;
    std::uint32_t group = 0;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool baseline = false;
};

struct ChartFrontier {
    int group = -1; ///< -1 is over all groups
    std::vector<std::uint32_t> members; ///< indexes of points, ascending by x
};

/// The drawable points of a spec, as columns; immutable once built.
struct ChartData {
    /// UsersCount: an axis divides by a number of accelerators that is the user's word.
    /// Starts: not joined to the point before it, because a rate and a concurrency are not one scale, or
    /// because both are measured at one load: what lies between them is no trend.
    enum Flag : std::uint8_t { Breaks = 1, Unknown = 2, Estimated = 4, Starts = 8, UsersCount = 16 };

    ChartSpec spec;
    std::shared_ptr<const ColumnTable> table;
    std::optional<RunId> baseline;
    std::vector<SloLimit> limits;

    std::vector<Row> rows; ///< one a point, by line, then by kind of load, then by load
    std::vector<double> x;
    std::vector<double> y;
    std::vector<double> partner; ///< y of the second percentile, NaN where there is none; empty without one
    std::vector<double> deviation; ///< ± of y, NaN where there is none; empty without error bars
    std::vector<std::uint8_t> flags;
    std::vector<std::uint32_t> lineOf; ///< index into lines

    std::vector<ChartGroup> groups;
    std::vector<ChartLine> lines;
    std::vector<ChartFrontier> frontiers;
    std::vector<LeftOut> leftOut;
    std::uint32_t frontierEstimated = 0; ///< estimated points that the frontier does not count
    std::uint32_t usersCounts = 0; ///< points with UsersCount
    QString xSemantics; ///< what the drawn values mean where it is not the contract's meaning
    QString ySemantics;
    std::vector<std::uint32_t>
        highestHolding; ///< with limits, of each run and kind of load the point of highest load that holds
    std::uint32_t holding = 0; ///< shown points that hold all limits
    std::uint32_t judged = 0; ///< shown points, 0 when the lens is off
    std::uint32_t unknown = 0; ///< of these, how many lack a number to judge by
    RunLabels labels; ///< of the shown runs, of very many the first, and of the baseline
    QString common; ///< what all shown runs share
    QStringList differing; ///< conditions that the shown runs do not share: "lengths: 1 024 → 128, …"

    std::uint32_t size() const { return static_cast<std::uint32_t>(rows.size()); }
    const ChartGroup& groupOf(std::uint32_t point) const { return groups[lines[lineOf[point]].group]; }
    /// Name of the run of a point and its load: "vLLM · H200×2 · concurrency 64".
    QString pointLabel(std::uint32_t point) const;
    std::optional<std::uint32_t> pointOf(Row row) const;
    /// Smallest and largest of x, or of y with its partner and error bars; empty without points.
    std::optional<std::pair<double, double>> rangeX() const;
    std::optional<std::pair<double, double>> rangeY() const;
    /// One sentence for screen readers.
    QString describe() const;
};

/// Any thread. A million points take a few tenths of a second, most of it the columns' first use.
std::shared_ptr<const ChartData> buildChart(const ChartRequest& request);

} // namespace prism::app
