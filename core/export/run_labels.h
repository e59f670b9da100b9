// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism {

/// Names of runs made only of what differs among them ("vLLM · H100×4"), or the user's own; runs that differ
/// in nothing are told apart by their files, else by a number. Each stands in one line. Found in one pass
/// over the table.
class RunLabels {
public:
    RunLabels() = default;
    RunLabels(const ColumnTable& table, const std::vector<RunId>& among);
    const std::unordered_map<RunId, std::string>& all() const { return m_labels; }
    std::string of(RunId run) const; ///< empty of one that is not among them

private:
    std::unordered_map<RunId, std::string> m_labels;
};

/// What all of these runs share ("Llama-3.1-70B-Instruct · FP8 · 1024 → 1024 tokens").
std::string sharedLabel(const ColumnTable& table, const std::vector<RunId>& runs);

} // namespace prism
