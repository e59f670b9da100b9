// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/time_span.h"

#include <string>

/// Words of the sentences that say why files belong together.
namespace prism::words {

std::string counted(std::size_t count, const std::string& one); ///< "1 file", "3 files"
std::string duration(double seconds); ///< "12 s", "4 min"
/// "2026-11-02 14:02:11 to 14:09:40 UTC", with the second date where it is another one.
std::string span(const TimeSpan& span);
/// The last folder and the file: "c4/result.json".
std::string lastTwo(const std::string& path);

} // namespace prism::words
