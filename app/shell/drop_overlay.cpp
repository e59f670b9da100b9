// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/drop_overlay.h"

#include "app/theme/theme.h"

#include <QPainter>

namespace prism::app {

DropOverlay::DropOverlay(QWidget* window)
    : QWidget(window)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAccessibleName(tr("Drop target"));
    hide();
}

void DropOverlay::showText(const QString& text, bool accepted)
{
    m_text = text;
    m_accepted = accepted;
    setGeometry(parentWidget()->rect());
    show();
    raise();
    update();
}

void DropOverlay::paintEvent(QPaintEvent*)
{
    const Tokens& tokens = Theme::current().tokens();
    QPainter painter(this);
    QColor dim = tokens.window;
    dim.setAlphaF(0.3F);
    painter.fillRect(rect(), dim);
    painter.setPen(QPen(m_accepted ? tokens.accent : tokens.bad, 2));
    painter.drawRect(rect().adjusted(1, 1, -2, -2));
    painter.setFont(Theme::head(font()));
    const QRect box = painter.fontMetrics().boundingRect(m_text).adjusted(-24, -12, 24, 12);
    const QRect centred(rect().center() - QPoint(box.width() / 2, box.height() / 2), box.size());
    painter.fillRect(centred, tokens.base);
    painter.drawRect(centred);
    painter.setPen(tokens.text);
    painter.drawText(centred, Qt::AlignCenter, m_text);
}

} // namespace prism::app
