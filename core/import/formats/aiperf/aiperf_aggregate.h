// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/formats/aiperf/aiperf_table.h"

namespace prism::formats {

/// What AIPerf writes over several runs: "confidence" (every statistic of the runs' summaries with its mean
/// and spread over the runs), "detailed" (the requests of all runs pooled) and "sweep" (a set of the former a
/// combination of parameters). Empty when the document is none of these.
std::optional<std::string_view> aiperfAggregate(const read::Node& root);
/// Sends the points of such a document, numbered from `index` on; returns the next number.
std::uint32_t readAiperfAggregate(const read::Node& root, std::uint32_t index, Sink& sink);

/// The same as tables: "metric,mean,std,…,ci_low,…" and "concurrency,request_latency_p99_mean,…".
bool isAiperfConfidenceHeader(const read::CsvRow& row);
bool isAiperfSweepHeader(const read::CsvRow& row);
std::unique_ptr<AiperfTable> aiperfConfidenceTable();
std::unique_ptr<AiperfTable> aiperfSweepTable();

} // namespace prism::formats
