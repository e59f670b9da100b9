// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"
#include "core/store/database.h"
#include "core/store/words.h"

#include <unordered_map>
#include <vector>

namespace prism::store {

/// Reads everything of a column table but the measures, within one transaction of the caller.
Result<ColumnTable::Contents> buildTable(Database& database, std::uint64_t revision);

struct PointCount {
    std::uint32_t shown = 0;
    std::uint32_t hidden = 0; ///< by the user
};
using RunCounts = std::unordered_map<RunId, PointCount>;
/// Runs with visible points, hidden ones too, by id.
Result<std::vector<RunRecord>> loadRuns(Database& database, const RunCounts& counts, const Words& words);

} // namespace prism::store
