// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/units/unit.h"

#include <cmath>

namespace prism {

/// A number of a file in our unit. A factor below 1 is one over a whole number, as the table of units
/// asserts. A thousandth is a division by a thousand: 8700 µs are 8.7 ms, where 8700 * 0.001
/// is 8.700000000000001.
inline double convert(double value, SourceUnit unit)
{
    return unit.factor < 1 ? value / std::round(1 / unit.factor) : value * unit.factor;
}

/// Milliseconds of seconds that were read from whole nanoseconds: 55.3 of 0.0553 s, where 0.0553 * 1e3 is
/// 55.300000000000004.
inline double millisecondsOfNanoseconds(double seconds)
{
    return std::round(seconds * 1e9) / 1e6;
}

} // namespace prism
