// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

namespace prism::formats {

/// The summary as CSV: a section of distributions ("Metric,avg,min,…"), one of single numbers
/// ("Metric,Value"), and what newer versions append. GenAI-Perf's has no column of deviations.
enum class AiperfTable { None, Aiperf, GenaiPerf };
AiperfTable aiperfTableOf(const Sample& sample);
Result<void> readAiperfTable(Input& input, Sink& sink);

/// What both tools print at their end: box-drawn tables, a run each, between lines of the log. Names of
/// metrics may be wrapped onto a second row. The command line in the log names model and load.
enum class AiperfConsole { None, Aiperf, GenaiPerf };
AiperfConsole aiperfConsoleOf(const Sample& sample);
Result<void> readAiperfConsole(Input& input, Sink& sink);

} // namespace prism::formats
