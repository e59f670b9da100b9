// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <string_view>

/// k6, whose metrics are the same in each of its outputs: `http_req_duration` is the time of a request from
/// sending it to the last byte of the answer, `http_reqs` counts requests of any end, and `http_req_failed`
/// those of an unexpected status. Metrics that a script defines have a meaning that only the script knows.
namespace prism::formats::k6 {

/// "avg", "med", "p(99.9)", "min", "max", "count".
std::optional<Stat> statOf(std::string_view word);

/// What the outputs have in common, once the numbers are there: latencies that count failed requests are
/// marked, a rate that counts them is not ours, and several requests an iteration mix kinds of call.
/// `iterations` may be unknown. The rate must not have been written when there are failures.
void judge(PointWriter& out, std::optional<double> requests, std::optional<double> failed,
    std::optional<double> iterations);

/// What k6 prints at the end of a run, in the layout up to 0.57 and the one with "TOTAL RESULTS" since.
Result<void> readConsole(Input& input, Sink& sink);
/// The summary: flat (--summary-export), with `values` (handleSummary), or a list of metrics (since 1.5).
const read::Node* summaryMetric(const read::Node& root, std::string_view name);
bool isSummary(const read::Node& root);
LoadPoint summaryPoint(const read::Node& root, std::uint32_t index);
/// --out json (a document a sample) and --out csv.
bool isStreamLine(const read::Node& root);
Result<void> readDocuments(Input& input, Sink& sink);
bool isCsvHeader(const read::CsvRow& row);
Result<void> readCsv(Input& input, Sink& sink);

} // namespace prism::formats::k6
