// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"

#include <string>
#include <string_view>

namespace prism {

/// Which points make one run: those of one producer, in one folder, of the same system under the same
/// workload, whose file names differ in their load, time or number only. The text is the same on every
/// machine that has the folder at the same path; the store keeps its hash.
std::string runKey(std::string_view producer, std::string_view sourcePath, const LoadPoint& point);

/// A file's stem without the parts that name a load level, a point in time or a repetition: "h100_conc4" and
/// "h100_conc8" both become "h100".
std::string stemWithoutLoad(std::string_view fileName);

} // namespace prism
