// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/message_bar.h"

#include "app/theme/elided_text.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QStyleOption>
#include <QToolTip>

#include <algorithm>

namespace prism::app {

namespace {

constexpr int leftMargin = 6;
constexpr int rightMargin = 12;

} // namespace

/// Left of the widgets that stay while a message is shown; the others are hidden then.
QRect MessageBar::messageRect() const
{
    int right = width() - rightMargin;
    for (const QWidget* widget : findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) {
        const bool beside = widget->isVisible() && !widget->isWindow(); // a tooltip is a child, too
        right = beside ? std::min(right, widget->x() - leftMargin) : right;
    }
    return { leftMargin, 0, std::max(0, right - leftMargin), height() };
}

QString MessageBar::shownMessage() const
{
    return elidedAtWord(currentMessage(), fontMetrics(), messageRect().width());
}

bool MessageBar::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString message = currentMessage();
        const bool cut = !message.isEmpty() && shownMessage() != message;
        QToolTip::showText(help->globalPos(),
            cut ? QStringLiteral("<p>%1</p>").arg(message.toHtmlEscaped()) : QString(), this);
        return true;
    }
    return QStatusBar::event(event);
}

void MessageBar::paintEvent(QPaintEvent* event)
{
    if (currentMessage().isEmpty()) {
        QStatusBar::paintEvent(event);
        return;
    }
    QPainter painter(this);
    QStyleOption option;
    option.initFrom(this);
    style()->drawPrimitive(QStyle::PE_PanelStatusBar, &option, &painter, this);
    painter.setPen(palette().windowText().color());
    painter.drawText(messageRect(), Qt::AlignLeading | Qt::AlignVCenter | Qt::TextSingleLine, shownMessage());
}

} // namespace prism::app
