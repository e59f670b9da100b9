// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"
#include "core/store/records.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prism::store {

/// A point that is not shown, or not any more, and the shown one of the same measurement.
struct TwinPoint {
    std::string sha256; ///< of the source that is not shown
    std::uint32_t index = 0; ///< in it
    RunId run = 0; ///< of its file
    bool removed = false; ///< the user took its source away
    PointId shown = 0;
    std::string shownSha256;
    std::uint32_t shownIndex = 0;
    RunId shownRun = 0; ///< of its file
};

/// Points of other encodings of a shown result, as far as the user said something of them or of their runs.
/// Two points are one measurement when their numbers say so better than those of any other two; where these
/// say nothing and both sources have as many points, their places in them do. What fits several alike is
/// left out. Costs nothing where nothing was said, and nothing where what was said of has no twin.
Result<std::vector<TwinPoint>> twinPoints(Database& database);

} // namespace prism::store
