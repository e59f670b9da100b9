// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace prism::app {

/// Names of runs and files as text of buttons and menus, which else take "&" for the key of the letter
/// behind.
inline QString buttonText(QString name)
{
    return name.replace(QLatin1Char('&'), QLatin1String("&&"));
}

} // namespace prism::app
