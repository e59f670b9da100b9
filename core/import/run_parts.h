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

/// Some producers write one run into several files of one folder (RunFiles).

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

/// Without the files that the user set apart, and those whose points stand behind another file, by his word
/// or because it is the fuller one.
Result<std::vector<FileResult>> freeParts(StoreWriter& writer, std::vector<FileResult> results);
/// The parts stand behind the whole with these bytes, and so do wholes that fewer of its files made, also
/// where earlier imports stored them.
Result<void> putBehind(
    StoreWriter& writer, std::span<const WholeRun::Part> parts, const std::string& wholeSha256);
/// The parts that stand behind the whole are told among the files of its run: those of earlier imports, and
/// those of a whole that was removed and has come back, have no line there.
Result<void> linkParts(
    StoreWriter& writer, std::span<const WholeRun::Part> parts, const std::string& wholeSha256);
/// What is told of a part, by the name of the file that stands before it.
std::string whyPart(const std::string& whole);

} // namespace prism
