// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <vector>

namespace prism {

/// Counts of observations below bounds, as servers export them. Histograms of the same bounds add and
/// subtract bucket by bucket; quantiles never do.
class BucketHistogram {
public:
    std::vector<double> bounds; ///< finite, rising
    std::vector<double> counts; ///< one a bound, and one for what lies above the last; not cumulative
    double count = 0;
    double sum = 0;
    bool sound = true; ///< the buckets make up the count and none is negative

    /// From cumulative counts as Prometheus writes them, by rising bound; the last may be infinite.
    static BucketHistogram fromCumulative(
        const std::vector<std::pair<double, double>>& buckets, double count, double sum);

    /// Histograms whose bounds differ add to a sum and a count alone.
    void add(const BucketHistogram& other);
    /// What came since `before`. Empty when this is no continuation of it: the counter was reset.
    std::optional<BucketHistogram> since(const BucketHistogram& before) const;

    bool hasBuckets() const { return sound && counts.size() > 1 && counts.size() == bounds.size() + 1; }
    /// Linear between the bounds of the bucket that holds it; empty above the last bound and without buckets.
    std::optional<double> quantile(double q) const;
    /// True when the quantile lies above the last bound.
    bool isBeyond(double q) const;
};

/// Writes count, mean and p50, p90, p95, p99 of a latency or length, all derived. A percentile above the last
/// bound is no number: an extra says "> 30 s" and a note why. `factor` leads to the metric's unit.
void writeHistogram(PointWriter& out, std::string_view metric, const BucketHistogram& histogram,
    double factor, const std::string& source, std::string_view semantics);

} // namespace prism
