// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/theme/tokens.h"

#include <QIcon>
#include <QString>

namespace prism::app {

/// One of our own icons (resources/icons/NAME.svg, drawn in black) in the text colour of a look, with a
/// disabled form. Null when we have none of that name.
QIcon ownIcon(const QString& name, const Tokens& tokens);

} // namespace prism::app
