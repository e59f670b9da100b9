// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/decisions.h"
#include "core/import/bundle/file_summary.h"
#include "core/import/bundle/known_results.h"
#include "core/store/records.h"

#include <optional>
#include <string>
#include <vector>

namespace prism {

/// What a file is to a run.
enum class FileRole {
    Result, ///< holds points of it
    Repetition, ///< holds points of a load that a file before it has
    Twin, ///< the same result in another encoding: its points stand behind the richer file's
    Part, ///< other numbers of the same result, which are shown with those of the file before it
    Sidecar, ///< configuration, arguments, metadata
    Telemetry, ///< samples over time
    Timeline, ///< a trace
    Alone, ///< understood, but no run is known that it belongs to
    LeftOut, ///< by the user's word
    Refused,
    Skipped,
};
std::string_view name(FileRole role);

/// What belongs together of the files of one import, and why. Pure: the same files, known runs and decisions
/// give the same plan.
struct BundlePlan {
    struct File {
        std::size_t file = 0; ///< its number among the summaries
        FileRole role = FileRole::Result;
        std::vector<std::size_t> parts; ///< of a result: those that are of this run
        std::string why; ///< one sentence
        bool byUser = false; ///< the user decided it
        std::int64_t edit = 0; ///< by this change, which is remembered for folders of the shape; 0: now
        bool bySight = false; ///< of a result: nobody would doubt where it belongs
        bool asks = false; ///< it is not clear: the user should look
        std::optional<std::size_t> behind; ///< of a twin or a part: the file that stands before it
        std::vector<TwinDifference> differences; ///< of a twin: its numbers that differ from that one's
    };
    /// Points of one set-up and load that were measured several times.
    struct Repetition {
        struct Spread {
            std::string_view metric;
            Stat stat;
            double lowest = 0;
            double highest = 0;
        };
        std::string load;
        std::size_t count = 0;
        std::vector<std::size_t> files;
        std::vector<Spread> spreads; ///< of numbers that all of them tell; nothing is averaged
    };
    struct Run {
        std::string key; ///< under which its points are stored
        std::string title;
        std::optional<RunId> known; ///< only the database has results of it
        std::optional<RunId> joins; ///< run of the database to which its points come
        std::vector<File> files;
        std::vector<Repetition> repetitions;
        std::size_t points = 0;
    };

    std::vector<Run> runs;
    std::vector<File> others; ///< that belong to no run
    std::string root; ///< folder below which decisions name files, with its separator
    std::string note; ///< what is decided by memory, and how that is taken back; empty when nothing is

    /// The files hold something that the user may see otherwise: more than results beside each other.
    bool decides() const;
    bool asks() const; ///< of some file it is not clear where it belongs
};

struct BundleInput {
    const std::vector<FileSummary>& files;
    const std::vector<TwinFinder::Twin>& twins; ///< by file number + 1
    const std::vector<RunPlace>& known; ///< runs of the database to which attached files may belong
    const std::vector<KnownResult>& stored; ///< results of the database to whose runs new ones may belong
    const std::vector<Decision>& decisions;
    std::string root; ///< folder below which decisions name files, with its separator
};
BundlePlan planBundle(const BundleInput& input);

/// BundlePlan::note: nobody asked this time for what acts by memory.
std::string noteOfMemory(const BundlePlan& plan, const std::vector<FileSummary>& files);

} // namespace prism
