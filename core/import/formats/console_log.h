// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

#include <string>

namespace prism::formats {

/// Reads a console's text line by line into `log`, which has line(), finish() and points(). A text without a
/// point is an error: `nothing` is its reason, such as `no line "Avg latency: … seconds" holds a number`.
template <class Log>
Result<void> readConsoleLog(Input& input, Sink& sink, Log log, const std::string& nothing,
    const std::string& remedy = "Check whether the benchmark ended")
{
    const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
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
