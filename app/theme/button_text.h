// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace prism::app {

/// A name that somebody else chose, where it stands in a sentence or on a button: no longer than can be read.
/// What is cut stands in the middle, for names differ at their ends.
inline QString shortened(const QString& name)
{
    constexpr qsizetype most = 120;
    if (name.size() <= most) {
        return name;
    }
    // Not within a character of two units.
    const qsizetype left = most / 2 - (name[most / 2 - 1].isHighSurrogate() ? 1 : 0);
    const qsizetype right = most / 2 - (name[name.size() - most / 2].isLowSurrogate() ? 1 : 0);
    return name.left(left) + QStringLiteral("…") + name.right(right);
}

/// Names of runs and files as text of buttons and menus, which else take "&" for the key of the letter
/// behind and become as wide as the longest name.
inline QString buttonText(const QString& name)
{
    return shortened(name).replace(QLatin1Char('&'), QLatin1String("&&"));
}

} // namespace prism::app
