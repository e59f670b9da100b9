// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <span>
#include <string>
#include <vector>

namespace prism {

/// A property of the system or workload in which the points of runs differ that are to become one.
struct MergeDoubt {
    std::string category; ///< attribute, or "producer"
    std::vector<std::string> values; ///< as the points say, each once; empty text: not stated

    std::string text() const; ///< "precision (FP8, BF16, not stated)"
    friend bool operator==(const MergeDoubt&, const MergeDoubt&) = default;
};

/// What speaks against making one sweep of these runs: whatever identifies a run and is not the same for all
/// of their points. Loads may differ; that is what a sweep is. Empty where nothing does.
std::vector<MergeDoubt> mergeDoubts(const ColumnTable& table, std::span<const RunId> runs);

} // namespace prism
