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

/// What a point says of the system and the workload, without its load: one text for equal settings. Points
/// that the producer joins itself may differ in their lengths.
std::string settingsOf(const LoadPoint& point);

/// A path whose every part is without its load: "sweep/c4/out.json" and "sweep/c8/out.json" are one.
std::string pathWithoutLoad(std::string_view path);

/// A file's stem without the parts that name a load level, a point in time or a repetition: "h100_conc4" and
/// "h100_conc8" both become "h100".
std::string stemWithoutLoad(std::string_view fileName);

} // namespace prism
