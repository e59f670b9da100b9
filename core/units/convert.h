// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/units/unit.h"

#include <cmath>

namespace prism {

/// `value` times 1e3, 1e6 or 1e9 as its decimal digits say it: 0.0553 s are 55.3 ms, where 0.0553 * 1e3 is
/// 55.300000000000004. What has at most six, nine, twelve or fifteen decimals is a whole number of such
/// parts, and the nearest double to the result is that number divided or multiplied once. Others, which
/// nobody wrote by hand, are multiplied.
inline double scaledDecimal(double value, double factor)
{
    constexpr double exact = 9007199254740992; // whole numbers below are doubles
    for (const double parts : { 1e6, 1e9, 1e12, 1e15 }) {
        const double whole = std::round(value * parts);
        if (std::abs(whole) < exact && whole / parts == value) {
            return parts >= factor ? whole / (parts / factor) : whole * (factor / parts);
        }
    }
    return value * factor;
}

/// A number of a file in our unit. A factor below 1 is one over a whole number, as the table of units
/// asserts. A thousandth is a division by a thousand: 8700 µs are 8.7 ms, where 8700 * 0.001
/// is 8.700000000000001.
inline double convert(double value, SourceUnit unit)
{
    if (unit.factor < 1) {
        return value / std::round(1 / unit.factor);
    }
    const bool isDecimal = unit.factor == 1e3 || unit.factor == 1e6 || unit.factor == 1e9;
    return isDecimal ? scaledDecimal(value, unit.factor) : value * unit.factor;
}

/// Milliseconds between two points in time, in seconds. Points of today that were written to the microsecond
/// are whole microseconds: 1717171717.35 is 100 ms after 1717171717.25, where the difference of the two
/// doubles is 99.99990463256836.
inline double millisecondsBetween(double from, double to)
{
    constexpr double parts = 1e6;
    const double begin = std::round(from * parts);
    const double end = std::round(to * parts);
    const bool whole = begin / parts == from && end / parts == to;
    return whole ? (end - begin) / 1e3 : (to - from) * 1e3;
}

} // namespace prism
