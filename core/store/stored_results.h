// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/time_span.h"
#include "core/store/records.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// Results of the database as far as they tell whether further files are of their runs: what the files said,
/// without the user's words.
struct StoredResults {
    struct Point {
        RunId run = 0; ///< in which the import put it
        LoadPoint said; ///< label, group and attributes
        std::optional<TimeSpan> measured;
        std::optional<TimeSpan> measuredLocally; ///< by a clock that names no zone
    };
    struct File {
        SourceId source = 0;
        std::string sha256;
        std::string path;
        std::string producer;
        std::vector<Point> points;
    };
    std::vector<File> files;
    std::map<RunId, std::string> runUids; ///< of the points
};

} // namespace prism
