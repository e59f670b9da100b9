// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/preview.h"
#include "core/import/job.h"

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

/// Puts into the request what the options, and what is remembered for folders of this shape, say of the files
/// that were read. An error says which file was named wrongly.
Result<void> decide(const DecisionOptions& options, const BundlePreview& preview, ImportRequest& request);

} // namespace prism::cli
