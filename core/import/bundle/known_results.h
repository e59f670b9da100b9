// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/file_summary.h"
#include "core/store/stored_results.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace prism {

/// A result of the database which new ones may belong to. Its points tell the time of all that was found of
/// their run: what came to that one later counts too.
struct KnownResult {
    FileSummary file;
    std::vector<std::optional<RunId>> runs; ///< by part; none where the user has put its points elsewhere
};

/// What the database is to be asked: results that may be of one run with new ones, by their runs and their
/// names. It has no index of the producers' own ids, and looking into every file of it would cost more than
/// the import: stages that such an id alone joins, in folders of unlike names, are one run when they come
/// together, and two when they come in two imports until the user merges them.
struct ResultQuestion {
    std::vector<std::string> runUids; ///< that the new ones have by themselves
    std::function<bool(const std::string& path, const std::string& producer)> isAlike;
    bool any = false; ///< there are new ones
};
ResultQuestion questionOf(const std::vector<FileSummary>& files);

/// A run counts while one of its files would make it by itself: what the user set apart is joined by nothing.
std::vector<KnownResult> knownResultsOf(const StoredResults& stored);

} // namespace prism
