// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/histogram.h"
#include "core/store/records.h"

#include <QString>

#include <atomic>
#include <memory>
#include <vector>

namespace prism::app {

/// A point whose distribution is asked for, with how it is named and coloured.
struct DistributionRequest {
    PointId point = 0;
    QString label;
    int slot = -1; ///< of the run palette
};

/// The distribution of one metric at one point. From requests where the store has them: then `histogram` and
/// `steps` are filled. Else only what the file states: `knots`, value by percentile, and its ends; nothing is
/// drawn between.
struct DistributionSeries {
    DistributionRequest of;
    std::size_t samples = 0;
    Histogram histogram;
    std::vector<CdfStep> steps;
    struct Knot {
        double percentile;
        double value;
    };
    std::vector<Knot> knots; ///< ascending by percentile; 0 is the minimum, 100 the maximum
    std::optional<double> mean;
    QString semantics; ///< empty when the meaning is the contract's
    QString problem;

    bool fromRequests() const { return samples > 0; }
};

/// Metrics that have a distribution of requests.
std::vector<const Metric*> distributionMetrics();

/// Reads on the calling thread; `stop` ends it early. TPOT of a request is (E2E − TTFT) / (output tokens −
/// 1).
std::vector<DistributionSeries> readDistributions(const QString& database,
    const std::vector<DistributionRequest>& points, const Metric& metric, bool logarithmic,
    const std::shared_ptr<std::atomic<bool>>& stop);

} // namespace prism::app
