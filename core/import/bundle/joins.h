// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/known_results.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// Points of one file that are one run as far as the file tells.
struct PartOfFile {
    std::size_t file = 0;
    std::size_t part = 0;
    std::string why; ///< it belongs to the run; empty of the first part
    bool bySight = true; ///< it lies beside the run's others under a like name: nobody would doubt it
    std::optional<std::size_t> joinedWith = {}; ///< the file that `why` names
    bool asks = false; ///< the user should say whether it does
};
struct JoinedRun {
    std::string key; ///< of its first part: the run's
    std::vector<PartOfFile> parts;
    std::optional<RunId> stored = {}; ///< the run of the database that they join
};

/// Which parts of which files make one run. Parts of the same run key do. Beyond that, files are joined by
/// the producer's own id; by a running number that is all in which their names differ; and in folders that
/// differ in their load or repetition only, when the same settings were measured one after another, or when
/// they tell no time. Other names only hold apart, since what was tried against another ("baseline",
/// "patched") often has the same settings. It is asked whether what was measured half a day apart or more is
/// one run.
///
/// `stored` are results of the database: what would have been one run in one import is one in two, as far as
/// questionOf() finds it there. Their own runs stay what they are.
///
/// `skipped[file]`: the file is no result of its own.
std::vector<JoinedRun> joinParts(const std::vector<FileSummary>& files, const std::vector<bool>& skipped,
    const std::vector<KnownResult>& stored = {});

} // namespace prism
