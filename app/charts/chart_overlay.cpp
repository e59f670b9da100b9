// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_overlay.h"

#include "app/theme/theme.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>

namespace prism::app {

void ChartOverlay::setContent(Content content, const QRectF& bounds)
{
    if (m_bounds != bounds) {
        prepareGeometryChange();
        m_bounds = bounds;
    }
    m_content = std::move(content);
    update();
}

void ChartOverlay::applyTheme(const Tokens& tokens, const QFont& body)
{
    m_tokens = &tokens;
    m_font = Theme::secondary(body);
    update();
}

void ChartOverlay::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    if (!m_tokens) {
        return;
    }
    painter->setFont(m_font);
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(m_tokens->muted, 1));
    for (const QLineF& leader : m_content.leaders) {
        painter->drawLine(leader);
    }
    painter->setRenderHint(QPainter::Antialiasing, false);
    if (m_content.focus) {
        painter->setPen(QPen(m_tokens->accent, 1));
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(m_content.plot.adjusted(-2, -2, 1, 1));
    }
    painter->setPen(m_tokens->bad);
    const QFontMetricsF metrics(m_font);
    for (const auto& [at, label] : m_content.limits) {
        const qreal half = metrics.horizontalAdvance(label) / 2;
        const qreal x = std::clamp(at.x() - half, m_content.plot.left(),
            std::max(m_content.plot.left(), m_bounds.right() - 2 * half - 4));
        painter->drawText(QPointF(x, at.y()), label);
    }
    if (m_content.crosshair) {
        paintValueBoxes(painter);
    }
    if (!m_content.brushText.isEmpty()) {
        paintBrushText(painter);
    }
}

void ChartOverlay::paintValueBoxes(QPainter* painter) const
{
    const QFontMetricsF metrics(m_font);
    const auto box = [&](const QString& text, bool onX) {
        const QSizeF size(
            std::max(onX ? 40.0 : 0.0, metrics.horizontalAdvance(text) + 10), metrics.height() + 2);
        const QPointF at = *m_content.crosshair;
        const QRectF rect = onX
            ? QRectF(QPointF(at.x() - size.width() / 2, m_content.plot.bottom() + 5), size)
            : QRectF(QPointF(m_content.plot.left() - 5 - size.width(), at.y() - size.height() / 2), size);
        painter->fillRect(rect, m_tokens->text);
        painter->setPen(m_tokens->base);
        painter->drawText(rect, Qt::AlignCenter, text);
    };
    box(m_content.valueX, true);
    box(m_content.valueY, false);
}

void ChartOverlay::paintBrushText(QPainter* painter) const
{
    const QFontMetricsF metrics(m_font);
    const QSizeF size(metrics.horizontalAdvance(m_content.brushText) + 14, metrics.height() + 6);
    QPointF at = m_content.brush.bottomLeft() + QPointF(4, 5);
    at.setX(std::min(at.x(), m_bounds.right() - size.width() - 4));
    at.setY(std::min(at.y(), m_bounds.bottom() - size.height() - 4));
    const QRectF rect(at, size);
    painter->setPen(m_tokens->control);
    painter->setBrush(m_tokens->tooltip);
    painter->drawRect(rect);
    painter->setPen(m_tokens->text);
    painter->drawText(rect, Qt::AlignCenter, m_content.brushText);
}

} // namespace prism::app
