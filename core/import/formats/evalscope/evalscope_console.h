// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats {

/// What `evalscope perf` prints: a summary and a table of percentiles a load level (with lines around them,
/// or box characters), or the report over all levels, which is read where there are no summaries.
bool isEvalscopeConsole(const Sample& sample);
/// The same of a whole file, for logs that hold a document too.
bool printsEvalscopeTables(Input& input);
Result<void> readEvalscopeConsole(Input& input, Sink& sink);

} // namespace prism::formats
