// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/style.h"

#include "app/theme/theme.h"

#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QScreen>
#include <QStyleOption>

namespace prism::app {

namespace {

QColor outline(const QStyleOption* option)
{
    const Tokens& t = Theme::current().tokens();
    if (!(option->state & QStyle::State_Enabled)) {
        return t.border;
    }
    return option->state & QStyle::State_HasFocus ? t.accent : t.control;
}

void frame(QPainter* painter, const QRect& rect, const QColor& colour)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing, true);
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(colour, 1));
    painter->drawRoundedRect(QRectF(rect).adjusted(.5, .5, -.5, -.5), 2, 2);
    painter->restore();
}

/// Check box and radio button: a field with an outline, filled with the accent when on.
void paintMark(const QStyleOption* option, QPainter* painter, bool round)
{
    const Tokens& t = Theme::current().tokens();
    const bool enabled = option->state & QStyle::State_Enabled;
    const bool on = option->state & QStyle::State_On;
    const bool partly = option->state & QStyle::State_NoChange;
    const int side = qMin(14, qMin(option->rect.width(), option->rect.height()));
    QRectF box(0, 0, side, side);
    box.moveCenter(QRectF(option->rect).center());
    box.moveTopLeft(box.topLeft().toPoint());
    const QColor fill = enabled ? t.accent : t.disabled;
    const QColor ink = t.base;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(on || partly ? fill : outline(option), 1));
    painter->setBrush(round ? (enabled ? t.base : t.window)
            : on || partly  ? fill
            : enabled       ? t.base
                            : t.window);
    const QRectF field = box.adjusted(.5, .5, -.5, -.5);
    const qreal corner = round ? side / 2.0 : 2;
    painter->drawRoundedRect(field, corner, corner);
    if (round && on) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(fill);
        painter->drawEllipse(box.center(), 3, 3);
    } else if (!round && on) {
        painter->setPen(QPen(ink, 2, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        const QPointF o = box.topLeft();
        painter->drawPolyline(QPolygonF { o + QPointF(3.2, 7), o + QPointF(6, 9.8), o + QPointF(10.8, 4) });
    } else if (!round && partly) {
        painter->fillRect(QRectF(box.left() + 3, box.center().y() - 1, side - 6, 2), ink);
    }
    painter->restore();
}

} // namespace

Style::Style()
    : QProxyStyle(QStringLiteral("Fusion"))
{
}

void Style::polish(QWidget* widget)
{
    QProxyStyle::polish(widget);
    auto* label = qobject_cast<QLabel*>(widget);
    // Also a tool tip's: Qt shows it in a label.
    if (label && label->textFormat() == Qt::AutoText) {
        label->setTextFormat(Qt::PlainText);
    }
    // A word without end makes a tip that no display can show.
    if (label && label->inherits("QTipLabel") && label->screen()) {
        label->setMaximumSize(label->screen()->availableSize());
    }
}

void Style::drawPrimitive(
    PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    const Tokens& t = Theme::current().tokens();
    switch (element) {
    case PE_IndicatorCheckBox:
        return paintMark(option, painter, false);
    case PE_IndicatorRadioButton:
        return paintMark(option, painter, true);
    case PE_FrameFocusRect:
        return frame(painter, option->rect, t.accent);
    case PE_PanelButtonTool:
        if (option->state & State_On) {
            painter->fillRect(option->rect.adjusted(1, 1, -1, -1), t.selection);
            return frame(painter, option->rect, t.accent);
        }
        break;
    default:
        break;
    }
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if (element == PE_PanelButtonCommand) {
        const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
        const bool standard = button && button->features & QStyleOptionButton::DefaultButton;
        if (!button || !(button->features & QStyleOptionButton::Flat) || option->state & State_HasFocus) {
            frame(painter, option->rect,
                standard && option->state & State_Enabled ? t.accent : outline(option));
        }
    } else if (element == PE_FrameLineEdit) {
        frame(painter, option->rect, outline(option));
    } else if (element == PE_PanelMenu || element == PE_FrameMenu) {
        // Fusion's is darker than the window: none at all on black.
        frame(painter, option->rect, t.control);
    }
}

void Style::drawControl(
    ControlElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    if (element == CE_ToolButtonLabel && option->state & State_On) {
        if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option)) {
            QStyleOptionToolButton selected = *button;
            selected.palette.setColor(QPalette::ButtonText, Theme::current().tokens().selectionText);
            return QProxyStyle::drawControl(element, &selected, painter, widget);
        }
    }
    QProxyStyle::drawControl(element, option, painter, widget);
    if (element == CE_TabBarTabShape && option->state & State_Selected) {
        const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option);
        if (tab && (tab->shape == QTabBar::RoundedNorth || tab->shape == QTabBar::TriangularNorth)) {
            painter->fillRect(QRect(option->rect.left(), option->rect.top(), option->rect.width(), 2),
                Theme::current().tokens().accent);
        }
    }
}

void Style::drawComplexControl(
    ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option);
    const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
    if ((control == CC_ComboBox && combo && combo->frame) || (control == CC_SpinBox && spin && spin->frame)) {
        frame(painter, option->rect, outline(option));
    }
}

} // namespace prism::app
