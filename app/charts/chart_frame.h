// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_layer.h"

#include <QFont>
#include <QRectF>
#include <QStringList>

QT_BEGIN_NAMESPACE
class QChart;
class QCategoryAxis;
QT_END_NAMESPACE

namespace prism::app {

/// Axes, grid and axis titles of a QChart, which holds no series: its two axes run in unit coordinates and
/// carry a label at each tick of our scales.
class ChartFrame {
public:
    explicit ChartFrame(QChart* chart); ///< the chart owns the axes

    /// The plot's place inside a chart of this size, with room for the tick labels and titles.
    QRectF plotArea(QSizeF size, const Scale& y, bool roomAbove) const;
    void show(const QRectF& plotArea, const PlotView& view, const QString& titleX, const QString& titleY);
    void applyTheme(const Tokens& tokens, const QFont& body);

    QStringList labelsX() const { return m_labelsX; }
    QStringList labelsY() const { return m_labelsY; }
    /// How many ticks have room.
    static int mostTicks(qreal pixels, bool vertical);

private:
    QStringList fill(QCategoryAxis* axis, const Scale& scale, int most) const;

    QChart* m_chart;
    QCategoryAxis* m_axisX;
    QCategoryAxis* m_axisY;
    QFont m_font;
    QStringList m_labelsX;
    QStringList m_labelsY;
};

} // namespace prism::app
