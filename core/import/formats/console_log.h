// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

#include <string>

namespace prism::formats {

/// Reads a console's text line by line into `log`, which has line(), finish() and points(). Blocks of a
/// serving benchmark in it are another importer's, which people are told. A text without a point is an error:
/// `nothing` is its reason, such as `no line "Avg latency: … seconds" holds a number`.
template <class Log>
Result<void> readConsoleLog(Input& input, Sink& sink, Log log, const std::string& nothing,
    const std::string& remedy = "Check whether the benchmark ended")
{
    bool serving = false;
    const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
        if (!serving && line.text.find("= Serving Benchmark Result =") != std::string_view::npos) {
            serving = true;
            sink.warn({ "other-results",
                "The results of a serving benchmark stand in this text too and are not read: save them in a "
                "file of their own.",
                line.place.text() });
        }
        log.line(line);
        return {};
    });
    if (!report) {
        return report.error();
    }
    log.finish();
    sink.report(*report);
    if (log.points() == 0) {
        return Error { input.name(), {}, nothing, remedy };
    }
    return {};
}

} // namespace prism::formats
