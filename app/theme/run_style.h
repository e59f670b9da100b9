// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QList>
#include <QPainterPath>
#include <QPixmap>
#include <QString>

class QPainter;

namespace prism::app {

enum class Marker {
    Circle,
    Square,
    TriangleUp,
    Diamond,
    TriangleDown,
    Plus,
    Cross,
    Star,
    Hourglass,
    TriangleRight,
};

/// How a run looks in every chart, table and export of both themes: the colour is doubled by a marker, and by
/// a dash where a chart has no markers.
struct RunStyle {
    QColor colour;
    Marker marker = Marker::Circle;
    QList<qreal> dash; ///< in pixels of a 1 px pen, empty for solid
    QString name; ///< of the colour, for screen readers and choosers
};

inline constexpr int runStyleCount = 10;

/// Slots 0 … 9; any other slot is "Other", in the muted text colour of the current theme.
RunStyle runStyle(int slot);

/// Outline around (0, 0) that fills about a circle of this radius.
QPainterPath markerPath(Marker marker, qreal radius);

/// With a rim of 1 px where `rim` is valid, hollow (the outline in `colour`) when asked for.
void paintMarker(QPainter* painter, Marker marker, QPointF centre, qreal radius, const QColor& colour,
    const QColor& rim = {}, bool hollow = false);

/// The marker of a run for legends, tables and menus.
QPixmap markerPixmap(int slot, int size, qreal devicePixelRatio);

} // namespace prism::app
