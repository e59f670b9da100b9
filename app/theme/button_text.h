// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace prism::app {

/// A name that somebody else chose, where it stands in a sentence or on a button: no longer than can be read.
/// What is cut stands in the middle, for names differ at their ends.
inline QString shortened(const QString& name)
{
    constexpr qsizetype most = 120;
    return name.size() <= most ? name : name.left(most / 2) + QStringLiteral("…") + name.right(most / 2);
}

/// Names of runs and files as text of buttons and menus, which else take "&" for the key of the letter
/// behind and become as wide as the longest name.
inline QString buttonText(const QString& name)
{
    return shortened(name).replace(QLatin1Char('&'), QLatin1String("&&"));
}

} // namespace prism::app
