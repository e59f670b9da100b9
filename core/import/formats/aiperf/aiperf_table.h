// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

namespace prism::formats {

/// One of the tables that AIPerf and GenAI-Perf write, row by row.
class AiperfTable {
public:
    virtual ~AiperfTable() = default;
    virtual void row(const read::CsvRow& cells) = 0;
    /// False, with nothing sent, when the rows held no metric.
    virtual bool send(Sink& sink) = 0;
};

/// Why the sample is a table of AIPerf: the summary ("Metric,avg,min,…", then "Metric,Value" and the GPUs),
/// what it makes of several runs, or a table beside a result.
std::optional<std::string> aiperfTable(const Sample& sample);
/// GenAI-Perf's summary, which has no column of deviations.
bool isGenaiPerfTable(const Sample& sample);
/// Any of them. Nothing is sent with an error.
Result<void> readAiperfTables(Input& input, Sink& sink);

/// What both tools print at their end: box-drawn tables between lines of the log, a report a run. Names and
/// numbers may go on in a second line. The command line in the log names model and load. A text that holds
/// only tables of GPUs is attached.
enum class AiperfConsole { None, Aiperf, GenaiPerf };
AiperfConsole aiperfConsoleOf(const Sample& sample);
Result<void> readAiperfConsole(Input& input, Sink& sink);

} // namespace prism::formats
