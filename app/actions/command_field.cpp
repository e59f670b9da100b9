// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions/command_field.h"

#include <QAction>
#include <QPainter>
#include <QStyleOptionFrame>

namespace prism::app {

namespace {
constexpr int preferredWidth = 228;
constexpr int leastHeight = 24;
constexpr int margin = 6;
constexpr int iconSide = 16;
} // namespace

CommandField::CommandField(QAction& action, QWidget* parent)
    : QAbstractButton(parent)
    , m_action(action)
{
    setObjectName(QStringLiteral("commandField"));
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::IBeamCursor);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    const auto follow = [this] {
        setText(tr("Run a command"));
        setAccessibleName(text());
        setToolTip(m_action.toolTip());
        update();
    };
    connect(&action, &QAction::changed, this, follow);
    connect(this, &QAbstractButton::clicked, &action, &QAction::trigger);
    follow();
}

QSize CommandField::sizeHint() const
{
    return { preferredWidth, std::max(leastHeight, fontMetrics().height() + 8) };
}

void CommandField::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QStyleOptionFrame frame;
    frame.initFrom(this);
    frame.lineWidth = style()->pixelMetric(QStyle::PM_DefaultFrameWidth, &frame, this);
    frame.state |= QStyle::State_Sunken;
    style()->drawPrimitive(QStyle::PE_PanelLineEdit, &frame, &painter, this);
    const QRect inside = rect().adjusted(margin, 0, -margin, 0);
    m_action.icon().paint(
        &painter, QRect(inside.left(), (height() - iconSide) / 2, iconSide, iconSide), Qt::AlignCenter);
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(inside.adjusted(iconSide + margin, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text());
    painter.drawText(
        inside, Qt::AlignVCenter | Qt::AlignRight, m_action.shortcut().toString(QKeySequence::NativeText));
}

} // namespace prism::app
