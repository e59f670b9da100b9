// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/preview.h"
#include "core/import/job.h"
#include "core/store/writer.h"

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

namespace prism::cli {

/// What the user says of files on the command line: everything that the window's preview of a folder can say.
struct DecisionOptions {
    using Pair = std::pair<std::string, std::string>; ///< file, and the one that it is named with
    std::vector<std::string> apart;
    std::vector<std::string> leaveOut;
    std::vector<Pair> belongs;
    std::vector<Pair> sameAs;
    std::vector<std::string> asProposed;
    bool remember = false;
    bool forget = false;

    /// They name files, so that all must be read before it is known what they mean.
    bool any() const;
};

void addDecisions(CLI::App& command, DecisionOptions& options);

/// A file of the import that belongs to a run which is stored already: it is given to it when it is stored.
struct GivenToRun {
    std::string name; ///< of the file, to be told
    std::string sha256;
    RunId run = 0;
};

/// Puts into the request what the options, and what is remembered for folders of this shape, say of the files
/// that were read; returns what is to be done behind the import. A run is one of these files or, where none
/// has that name, a stored one. An error says what was named wrongly.
Result<std::vector<GivenToRun>> decide(const DecisionOptions& options, const BundlePreview& preview,
    const std::vector<RunRecord>& stored, ImportRequest& request);

/// Gives the files to their runs, each as an edit that can be taken back: points of results move there.
Result<std::vector<Edit>> giveToRuns(const std::vector<GivenToRun>& given, const std::string& database);

} // namespace prism::cli
