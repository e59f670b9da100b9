// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/elided_text.h"

#include <QFontMetrics>

namespace prism::app {

QString elidedAtWord(const QString& text, const QFontMetrics& metrics, int width)
{
    if (metrics.horizontalAdvance(text) <= width) {
        return text;
    }
    for (qsizetype end = text.lastIndexOf(QLatin1Char(' ')); end > 0;
         end = text.lastIndexOf(QLatin1Char(' '), end - 1)) {
        const QString words = text.left(end) + QStringLiteral(" …");
        if (metrics.horizontalAdvance(words) <= width) {
            return words;
        }
    }
    return metrics.elidedText(text, Qt::ElideRight, width); // not even its first word has room
}

} // namespace prism::app
