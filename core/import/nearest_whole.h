// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace prism {

/// The nearest whole number of one that a file may write as it likes; empty for what is no number and beyond
/// what a double counts exactly.
inline std::optional<std::int64_t> nearestWhole(double value)
{
    constexpr double most = 9'007'199'254'740'992.0; // 2^53
    return std::abs(value) <= most ? std::optional<std::int64_t>(std::llround(value)) : std::nullopt;
}

} // namespace prism
