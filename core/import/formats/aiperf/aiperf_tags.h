// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Metrics of AIPerf and of GenAI-Perf before it, as their documents, tables and consoles spell them. What
/// both call inter-token latency is (tn - t1) / (n - 1) of a request, our TPOT; the inter-chunk latency is
/// our ITL.
namespace prism::formats {

/// Every statistic of the metric objects of a document: {"time_to_first_token": {"unit": "ms", "avg": 12.5,
/// …}}. An object without a unit, or with one that we do not know, is left out.
void aiperfDocument(PointWriter& out, const read::Node& metrics);

/// One metric of an aggregate over runs, by its tag and statistic; `semantics` marks what is a mean of
/// several runs' own statistics.
void aiperfAggregate(PointWriter& out, std::string_view tag, std::string_view stat, const read::Node& object,
    const read::Node* value, const read::Node* deviation, std::string_view semantics);

/// A cell of a table below its column: "avg", "p99", "Value".
struct AiperfCell {
    std::string_view column;
    std::string_view text;
    std::string place;
};
/// A row of a table: "Time to First Token (ms)" and its cells. Single numbers stand under "avg" or "Value".
/// False when the label is no metric of ours.
bool aiperfRow(PointWriter& out, std::string_view label, std::span<const AiperfCell> cells);

/// True when `label` names a metric of ours with a unit that we know.
bool isAiperfMetric(std::string_view label);

} // namespace prism::formats
