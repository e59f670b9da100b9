// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"
#include "core/store/writer.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// Some producers write one run into several files of one folder, each with other numbers of it: EvalScope
/// its load and means into benchmark_summary.json, its percentiles, which name no load, into
/// benchmark_percentile.json, and the model that neither names into benchmark_args.json. Equal numbers cannot
/// show that they belong together, for they share none; the producer's own names of them do.

/// Whether a file of this producer holds a part of a run, or what its arguments say of it.
bool isRunPart(std::string_view producer, std::string_view path);
/// Path of the file with the load of the run of which this one holds further numbers; empty for all others.
std::string leadOfPart(std::string_view producer, std::string_view path);

/// The parts of one run as one document, which the producer's importer reads as one point: an object with a
/// member a file, in the bytes of that file.
struct WholeRun {
    struct Part {
        std::string path;
        std::string sha256;
    };
    std::string name; ///< "out/benchmark_summary.json + benchmark_percentile.json"
    std::string text;
    std::vector<Part> parts; ///< those that hold results, not the arguments
};

/// Made of the parts among the results of one import. `original` gives their bytes by hash; files of more
/// than 4 MiB, and such as are no plain JSON text, stand for themselves. The same files always make the same
/// bytes.
std::vector<WholeRun> wholeRuns(std::span<const FileResult> results,
    const std::function<std::optional<std::string>(const std::string& sha256, std::size_t limit)>& original);

/// Without the files that the user set apart.
Result<std::vector<FileResult>> withoutTakenOff(StoreWriter& writer, std::vector<FileResult> results);
/// The parts stand behind the whole with these bytes, and so do wholes that fewer of its files made, also
/// where earlier imports stored them.
Result<void> putBehind(
    StoreWriter& writer, std::span<const WholeRun::Part> parts, const std::string& wholeSha256);

} // namespace prism
