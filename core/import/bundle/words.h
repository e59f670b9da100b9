// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/time_span.h"

#include <string>

/// Words of the sentences that say why files belong together.
namespace prism::words {

std::string counted(std::size_t count, const std::string& one); ///< "1 file", "3 files"
std::string duration(double seconds); ///< "12 s", "4 min", "20 hours", "450 days"
/// "2026-11-02 14:02:11 to 14:09:40 UTC", with the second date where it is another one.
std::string span(const TimeSpan& span, const char* zone = " UTC");
/// The last folder and the file: "c4/result.json".
std::string lastTwo(const std::string& path);

/// The last folders of a path: "sweep/c4" of "h100/sweep/c4/result.json"; empty where it has none.
std::string lastFolders(const std::string& path, int most = 2);
/// How a run is called wherever it has no name of the user's: what was measured (its model, else where it
/// lies), the producer's own name of the stage, the tool. What is empty or said already is left out.
std::string runTitle(const std::string& measured, const std::string& stage, const std::string& tool);

} // namespace prism::words
