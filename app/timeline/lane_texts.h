// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/metric.h"

#include <QString>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

/// Readings and numbers of scales, as lanes write them.
namespace prism::app {

inline QString readingText(double value, Unit unit)
{
    return QString::fromStdString(formatNumber(value, unit, NumberStyle::Reading));
}

inline QString countText(double value)
{
    return QString::fromStdString(formatNumber(value, Unit::One, NumberStyle::Column));
}

/// A count as tr() takes it to choose a plural.
inline int pluralOf(std::uint64_t count)
{
    return int(std::min<std::uint64_t>(count, std::numeric_limits<int>::max()));
}

/// "4.5 k", "1.2 M": where there is room for three digits only. Scales and counts that need not be exact are
/// the only places with SI factors.
inline QString plainScaleText(double value)
{
    struct Factor {
        double value;
        const char* sign;
    };
    for (const Factor& factor : { Factor { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } }) {
        if (std::abs(value) >= factor.value) {
            return QString::number(value / factor.value, 'g', 3) + QChar(0x2009) + QLatin1String(factor.sign);
        }
    }
    return QString::number(value, 'g', 3);
}

inline QString percentScaleText(double share)
{
    return QString::number(share * 100, 'g', 3) + QStringLiteral("\u2009%");
}

} // namespace prism::app
