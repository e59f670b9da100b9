// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the console report and the JSON report of trtllm-bench share.
namespace prism::formats::trtllm {

/// "minimum", "AVERAGE", "p99".
std::optional<Stat> statOf(std::string_view word);

/// One statistic of a breakdown, as the file holds it.
struct Item {
    Stat stat;
    double value = 0;
    std::string path;
    std::string given;
    const read::Node* node = nullptr; ///< of the JSON
};

/// The statistics of one quantity over the requests. The report has written some of them in nanoseconds (or
/// tokens a nanosecond) where its words say milliseconds; its own average, stated elsewhere in the report,
/// tells which. Where the two agree in no unit the items are left out, with a warning.
struct Breakdown {
    std::string_view metric;
    SourceUnit stated; ///< the unit by the words of the file
    double otherwise = 1; ///< factor of the unit that was seen instead
    std::vector<Item> items;
    std::optional<double> average; ///< what the report says elsewhere, in the metric's unit

    void write(PointWriter& out) const;
};

/// Reads the text of a console: a report a run, between lines of the log.
Result<void> readText(Input& input, Sink& sink);

/// Reads --report_json (a document a run), --request_json (an array of requests) and --iteration_log.
bool isReport(const read::Node& root);
bool isRequestList(const read::Node& root);
bool isIteration(const read::Node& root);
Result<void> readDocuments(Input& input, Sink& sink);

} // namespace prism::formats::trtllm
