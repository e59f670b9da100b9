// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/records.h"

#include <compare>
#include <string>
#include <vector>

namespace prism {

/// A load point as a Benchmark Report v0.2 (the llm-d community's schema), one JSON document, which is YAML
/// as well. Only what the schema has a place for is written; `leftOut` names the rest: measures of another
/// meaning than the schema's, percentiles that it does not know, metrics without a field.
struct BenchmarkReport {
    struct LeftOut {
        std::string measure; ///< "TPOT (token-weighted)"
        std::string stat; ///< "p99"; empty for a single number

        friend auto operator<=>(const LeftOut&, const LeftOut&) = default;
    };
    std::string json;
    std::vector<LeftOut> leftOut;
};
BenchmarkReport benchmarkReport(const PointDetail& point, const SourceRecord& source);

} // namespace prism
