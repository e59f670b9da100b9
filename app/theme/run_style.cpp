// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/run_style.h"

#include "app/theme/theme.h"

#include <QCoreApplication>
#include <QPainter>

#include <array>
#include <cmath>
#include <initializer_list>
#include <numbers>

namespace prism::app {

namespace {

struct Slot {
    QRgb colour;
    Marker marker;
    std::initializer_list<qreal> dash;
    const char* name;
};

const std::array<Slot, runStyleCount>& slotTable()
{
    static const std::array<Slot, runStyleCount> table { {
        { 0xFF4E8AFF, Marker::Circle, {}, QT_TRANSLATE_NOOP("RunStyle", "blue") },
        { 0xFFB48700, Marker::Square, { 8, 3 }, QT_TRANSLATE_NOOP("RunStyle", "gold") },
        { 0xFF935894, Marker::TriangleUp, { 4, 2 }, QT_TRANSLATE_NOOP("RunStyle", "plum") },
        { 0xFF577654, Marker::Diamond, { 1, 2 }, QT_TRANSLATE_NOOP("RunStyle", "moss") },
        { 0xFFDC5D8A, Marker::TriangleDown, { 10, 2, 1, 2 }, QT_TRANSLATE_NOOP("RunStyle", "pink") },
        { 0xFF009281, Marker::Plus, { 2, 2 }, QT_TRANSLATE_NOOP("RunStyle", "teal") },
        { 0xFFA35C05, Marker::Cross, { 8, 2, 2, 2, 2, 2 }, QT_TRANSLATE_NOOP("RunStyle", "brown") },
        { 0xFF585DE1, Marker::Star, { 6, 2, 2, 2 }, QT_TRANSLATE_NOOP("RunStyle", "indigo") },
        { 0xFF939060, Marker::Hourglass, { 3, 3 }, QT_TRANSLATE_NOOP("RunStyle", "khaki") },
        { 0xFF9088B9, Marker::TriangleRight, { 12, 4 }, QT_TRANSLATE_NOOP("RunStyle", "mauve") },
    } };
    return table;
}

QPainterPath polygon(const QPolygonF& points, qreal radius)
{
    QPainterPath path;
    QPolygonF scaled;
    for (const QPointF& p : points) {
        scaled << p * radius;
    }
    path.addPolygon(scaled);
    path.closeSubpath();
    return path;
}

/// Two bars of thickness 2 × `half`, upright or turned by 45°.
QPolygonF bars(qreal half, qreal reach, bool turned)
{
    const QPolygonF upright { { -half, -reach }, { half, -reach }, { half, -half }, { reach, -half },
        { reach, half }, { half, half }, { half, reach }, { -half, reach }, { -half, half }, { -reach, half },
        { -reach, -half }, { -half, -half } };
    return turned ? QTransform().rotate(45).map(upright) : upright;
}

QPolygonF star()
{
    QPolygonF points;
    for (int k = 0; k < 10; ++k) {
        const double angle = -std::numbers::pi / 2 + k * std::numbers::pi / 5;
        const double r = k % 2 ? 0.55 : 1.3;
        points << QPointF(r * std::cos(angle), r * std::sin(angle));
    }
    return points;
}

} // namespace

RunStyle runStyle(int slot)
{
    if (slot < 0 || slot >= runStyleCount) {
        return { Theme::current().tokens().muted, Marker::Circle, {},
            QCoreApplication::translate("RunStyle", "other") };
    }
    const Slot& s = slotTable()[static_cast<std::size_t>(slot)];
    return { QColor::fromRgba(s.colour), s.marker, QList<qreal>(s.dash),
        QCoreApplication::translate("RunStyle", s.name) };
}

QPainterPath markerPath(Marker marker, qreal radius)
{
    switch (marker) {
    case Marker::Circle: {
        QPainterPath path;
        path.addEllipse({ 0, 0 }, radius, radius);
        return path;
    }
    case Marker::Square:
        return polygon({ { -.9, -.9 }, { .9, -.9 }, { .9, .9 }, { -.9, .9 } }, radius);
    case Marker::TriangleUp:
        return polygon({ { 0, -1.15 }, { 1.1, .85 }, { -1.1, .85 } }, radius);
    case Marker::Diamond:
        return polygon({ { 0, -1.25 }, { 1.25, 0 }, { 0, 1.25 }, { -1.25, 0 } }, radius);
    case Marker::TriangleDown:
        return polygon({ { 0, 1.15 }, { 1.1, -.85 }, { -1.1, -.85 } }, radius);
    case Marker::Plus:
        return polygon(bars(.36, 1.1, false), radius);
    case Marker::Cross:
        return polygon(bars(.36, 1.15, true), radius);
    case Marker::Star:
        return polygon(star(), radius);
    case Marker::Hourglass:
        return polygon({ { -1, -1.1 }, { 1, -1.1 }, { .2, 0 }, { 1, 1.1 }, { -1, 1.1 }, { -.2, 0 } }, radius);
    case Marker::TriangleRight:
        break;
    }
    return polygon({ { -.85, -1.1 }, { 1.15, 0 }, { -.85, 1.1 } }, radius);
}

void paintMarker(QPainter* painter, Marker marker, QPointF centre, qreal radius, const QColor& colour,
    const QColor& rim, bool hollow)
{
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->translate(centre);
    if (hollow) {
        painter->setPen(QPen(colour, 1.5));
        painter->setBrush(Qt::NoBrush);
    } else {
        painter->setPen(rim.isValid() ? QPen(rim, 1) : QPen(Qt::NoPen));
        painter->setBrush(colour);
    }
    painter->drawPath(markerPath(marker, hollow ? radius - 0.5 : radius));
    painter->restore();
}

QPixmap markerPixmap(int slot, int size, qreal devicePixelRatio)
{
    QPixmap pixmap(QSize(size, size) * devicePixelRatio);
    pixmap.setDevicePixelRatio(devicePixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    const RunStyle style = runStyle(slot);
    paintMarker(&painter, style.marker, { size / 2.0, size / 2.0 }, size * 4 / 14.0, style.colour);
    return pixmap;
}

} // namespace prism::app
