// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/units/unit.h"

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prism {

enum class Direction { HigherIsBetter, LowerIsBetter, Neutral };

/// Whether a metric is one number or a distribution (count, mean, std, min, max, percentiles).
enum class MetricShape { Single, Distribution };

/// Everything that the program knows of a metric. The registry is the only place that knows it:
/// charts, tables, the command line and exports all ask here.
struct Metric {
    std::string id; ///< the name that contract.md fixes
    std::string name; ///< as people read it, "TTFT"
    Unit unit;
    Direction direction;
    MetricShape shape;
    bool perAccelerator; ///< dividing by the number of accelerators makes sense
    std::string group; ///< heading in choosers: "Throughput", "Latency", …
    std::string summary; ///< one sentence with the formula
};

/// Never null for the ids of contract.md; `accuracy:<task>` is known for every task. The pointer stays valid
/// and unique for the life of the program. Thread-safe.
const Metric* findMetric(std::string_view id);

/// The registry in the order in which choosers show it, without the `accuracy:<task>` family.
std::span<const Metric> allMetrics();

/// Which number of a metric: its single value, or one statistic of a distribution.
class Stat {
public:
    enum class Kind { Value, Count, Mean, Std, Min, Max, Percentile };

    static constexpr Stat value() { return { Kind::Value, 0 }; }
    static constexpr Stat count() { return { Kind::Count, 0 }; }
    static constexpr Stat mean() { return { Kind::Mean, 0 }; }
    static constexpr Stat std() { return { Kind::Std, 0 }; }
    static constexpr Stat min() { return { Kind::Min, 0 }; }
    static constexpr Stat max() { return { Kind::Max, 0 }; }
    static constexpr Stat percentile(double p) { return { Kind::Percentile, p }; }

    /// Reads the contract's names only ("p99.9", "mean"); producers' spellings are read by importers.
    static std::optional<Stat> parse(std::string_view name);

    Kind kind() const { return m_kind; }
    double percentile() const { return m_percentile; }
    std::string name() const; ///< "p99.9", "mean", "value"

    friend auto operator<=>(const Stat&, const Stat&) = default;

private:
    constexpr Stat(Kind kind, double percentile)
        : m_kind(kind)
        , m_percentile(percentile)
    {
    }
    Kind m_kind;
    double m_percentile;
};

/// The unit of one statistic: `count` is always Unit::One.
Unit unitOf(const Metric& metric, Stat stat);

/// "TTFT p99", "Output throughput".
std::string title(const Metric& metric, Stat stat);

enum class NumberStyle {
    Reading, ///< three significant digits with SI-free unit scaling of times, for tooltips and lanes
    Column, ///< fixed decimals for a table column, no unit
    Full, ///< shortest text that reads back to the same double, for copies and JSON
};

/// The one place where a measured number becomes text. Thin spaces (U+2009) group thousands and stand before
/// the unit, the minus is U+2212, except in `Full`, which is plain ASCII without a unit.
std::string formatNumber(double value, Unit unit, NumberStyle style);

} // namespace prism
