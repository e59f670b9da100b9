// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/records.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prism::store {

/// A point of one reading of a source.
struct ReadPoint {
    std::uint32_t index = 0;
    RunId run = 0; ///< of the file
    std::vector<std::string> places; ///< in the file, from which it was read
};

/// Which point of a newer reading of the same bytes is which of an older one, by their numbers. The places
/// decide: two readings may number and name things otherwise, yet the bytes lie where they lay. A place, or
/// what holds it (the object of a JSON pointer, the line of a text), from which only one point of each
/// reading was read speaks for these two; where none speaks and both have as many points, the number does.
/// What fits several alike is in none.
std::map<std::uint32_t, std::uint32_t> samePoints(
    const std::vector<ReadPoint>& before, const std::vector<ReadPoint>& now);

} // namespace prism::store
