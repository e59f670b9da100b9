// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/decisions.h"
#include "core/import/bundle/file_summary.h"
#include "core/model/result.h"

#include <string>
#include <vector>

namespace prism {

/// Decisions on files that somebody named by hand, as the planner takes them: with paths below `root`, words
/// on one file behind those on a pattern, which they overrule.
///
/// A file is named by its path as the import told it, by any other path that leads there from the working
/// directory, by its path below the root, or, several at once, by a pattern of that ("c#/gpu.csv"). An error
/// names the first file that is not there, that cannot be what is said of it, or of which two things are
/// said.
Result<std::vector<Decision>> namedDecisions(
    const std::vector<FileSummary>& files, const std::string& root, const std::vector<Decision>& given);

/// The paths below the root, or patterns, that such names mean.
Result<std::vector<std::string>> namesBelow(
    const std::vector<FileSummary>& files, const std::string& root, const std::vector<std::string>& names);

/// An error when what is remembered for the next folder, where numbers do not count, would say two things of
/// one file.
Result<void> canBeRemembered(const std::vector<Decision>& decisions);

} // namespace prism
