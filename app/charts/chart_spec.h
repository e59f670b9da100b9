// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/frontier.h"
#include "core/analysis/slo.h"

#include <QJsonObject>
#include <QString>

#include <optional>
#include <string>

namespace prism::app {

/// What one axis of a chart shows: a statistic of a metric, or a number of the load ("concurrency",
/// "request_rate", "batch_size" …), which is a category of the column table.
struct ChartAxis {
    std::string quantity; ///< metric id or category name
    Stat stat = Stat::value();
    std::optional<Stat> partner; ///< second percentile of the same metric, drawn dashed; only on y
    bool perAccelerator = false; ///< divided by accelerator_count
    bool logarithmic = false;
    std::optional<std::string>
        meaning; ///< which of several meanings is drawn ("" is the contract's); empty: most
    std::optional<double> cap; ///< upper end set by hand, in the metric's unit; empty is automatic

    /// Null for a number of the load.
    const Metric* metric() const { return findMetric(quantity); }
    FrontierAxis frontierAxis() const { return { metric(), stat, perAccelerator }; }
    friend bool operator==(const ChartAxis&, const ChartAxis&) = default;
};

enum class ColourBy { Run, Model, Accelerator, Engine };
enum class FrontierMode { Off, Overall, PerGroup };

/// What a chart shows and how; a value that views, settings and undo keep as JSON.
struct ChartSpec {
    ChartAxis x;
    ChartAxis y;
    ColourBy colour = ColourBy::Run;
    FrontierMode frontier = FrontierMode::Off;
    bool lines = true; ///< points of a run joined by load order
    bool errorBars = false; ///< ± std where y is a mean
    bool estimatesOnFrontier = false;

    QJsonObject toJson() const;
    /// Empty when a quantity or a statistic is unknown, so that a view of a later version is refused, not
    /// bent.
    static std::optional<ChartSpec> fromJson(const QJsonObject& json);
    friend bool operator==(const ChartSpec&, const ChartSpec&) = default;
};

/// Categories that can be an axis, in the order of choosers.
std::span<const std::string_view> loadQuantities();
bool isLoadQuantity(std::string_view quantity);

// Words of axes and titles; numbers are formatted by the registry.
QString quantityName(const ChartAxis& axis); ///< "Output throughput", "Concurrency"
QString statName(Stat stat); ///< "median" for p50, else the contract's name; empty for a single value
QString axisTitle(const ChartAxis& axis); ///< "Output throughput, tok/s per GPU (log)"
QString axisUnit(const ChartAxis& axis); ///< "tok/s per GPU"; may be empty
QString measureName(const ChartAxis& axis, Stat stat); ///< "TTFT p99", "Output throughput per GPU"
QString chartTitle(const ChartSpec& spec); ///< "TTFT, median and p99, by concurrency"
QString valueText(const ChartAxis& axis, double value); ///< "1 357 tok/s/GPU", "64"
QString plainValueText(const ChartAxis& axis, double value); ///< without unit, in the axis' own: "1 357"
QString limitText(const SloLimit& limit); ///< "TTFT p99 ≤ 2 000 ms"
QString categoryOf(ColourBy colour); ///< name of the category column, "run" for runs

/// A spec that has something to show for these rows: the first of a few usual charts that most of the
/// points can be on.
ChartSpec defaultSpec(const ColumnTable& table, const RowSet& passing);

/// By run while ten colours can tell them apart, else by the first property that has two to ten values.
ColourBy usualColouring(const ColumnTable& table, const RowSet& passing);

} // namespace prism::app
