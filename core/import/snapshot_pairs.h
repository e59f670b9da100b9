// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace prism {

/// Two snapshots of a server's metrics as one text, which its importer reads as the measurement between them.
struct SnapshotPair {
    std::string name; ///< "run/before.prom → after.prom"
    std::string text;
    bool asked = false; ///< both were named by the user: it is told when they do not belong together
};

/// Pairs the snapshots among the results of one import, each with the next one of its folder: where the user
/// named both, or where both tell of one start of one process. That they lie side by side proves nothing:
/// they may be of two replicas. The text is made of the original bytes, so that the same two files always
/// make the same bytes. `original` gives them by hash; files of more than 4 MiB, and compressed ones, are
/// left alone.
std::vector<SnapshotPair> pairSnapshots(std::span<const FileResult> results,
    const std::vector<std::string>& asked,
    const std::function<std::optional<std::string>(const std::string& sha256, std::size_t limit)>& original);

/// Whether a result is a snapshot that a pair can be made of.
bool isSnapshot(const FileResult& result);

} // namespace prism
