// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/metric.h"

#include <QString>

/// Readings and numbers of scales, as the live lanes write them.
namespace prism::app {

inline QString readingText(double value, Unit unit)
{
    return QString::fromStdString(formatNumber(value, unit, NumberStyle::Reading));
}

inline QString countText(double value)
{
    return QString::fromStdString(formatNumber(value, Unit::One, NumberStyle::Column));
}

/// "4.5 k": scales are the only place with SI factors.
inline QString plainScaleText(double value)
{
    const bool thousands = std::abs(value) >= 1000;
    return thousands ? QString::number(value / 1000, 'g', 3) + QStringLiteral("\u2009k")
                     : QString::number(value, 'g', 3);
}

inline QString percentScaleText(double share)
{
    return QString::number(share * 100, 'g', 3) + QStringLiteral("\u2009%");
}

} // namespace prism::app
