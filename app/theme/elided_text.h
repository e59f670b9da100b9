// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QFontMetrics;

namespace prism::app {

/// `text` where it has room, else as many whole words of it as have, and an ellipsis.
QString elidedAtWord(const QString& text, const QFontMetrics& metrics, int width);

} // namespace prism::app
