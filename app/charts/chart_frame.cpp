// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_frame.h"

#include "app/theme/theme.h"

#include <QCategoryAxis>
#include <QChart>
#include <QFontMetricsF>
#include <QGraphicsLayout>
#include <QLegend>
#include <QPen>

#include <algorithm>

namespace prism::app {

namespace {

constexpr qreal titleRoom = 26; ///< axis title beside the labels
constexpr qreal labelGap = 12; ///< from the axis to the labels, with the tick

} // namespace

ChartFrame::ChartFrame(QChart* chart)
    : m_chart(chart)
    , m_axisX(new QCategoryAxis(chart))
    , m_axisY(new QCategoryAxis(chart))
{
    chart->legend()->hide();
    chart->setAnimationOptions(QChart::NoAnimation);
    chart->setBackgroundRoundness(0);
    chart->setMargins({});
    chart->layout()->setContentsMargins(0, 0, 0, 0);
    chart->setPlotAreaBackgroundVisible(true);
    chart->addAxis(m_axisX, Qt::AlignBottom);
    chart->addAxis(m_axisY, Qt::AlignLeft);
    for (QCategoryAxis* axis : { m_axisX, m_axisY }) {
        axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
        axis->setTruncateLabels(false);
    }
}

int ChartFrame::mostTicks(qreal pixels, bool vertical)
{
    return std::clamp(static_cast<int>(pixels / (vertical ? 20 : 70)), 2, 8);
}

QRectF ChartFrame::plotArea(QSizeF size, const Scale& y, bool roomAbove) const
{
    const QFontMetricsF metrics(m_font);
    const qreal top = roomAbove ? metrics.height() + 8 : 12;
    const qreal bottom = metrics.height() * 2 + 16;
    qreal widest = 0;
    for (const QString& text : tickTexts(y.ticks(mostTicks(size.height() - top - bottom, true)))) {
        widest = std::max(widest, metrics.horizontalAdvance(text));
    }
    // Rounded up in steps, so that the plot does not twitch while a zoom changes the labels.
    const qreal left = std::ceil((widest + labelGap + titleRoom) / 16) * 16;
    return QRectF(QPointF(left, top), QPointF(size.width() - 18, size.height() - bottom)).toRect();
}

QStringList ChartFrame::fill(QCategoryAxis* axis, const Scale& scale, int most) const
{
    for (const QString& label : axis->categoriesLabels()) {
        axis->remove(label);
    }
    axis->setRange(scale.low(), scale.high());
    axis->setStartValue(scale.low());
    const std::vector<double> ticks = scale.ticks(most);
    QStringList texts = tickTexts(ticks);
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        axis->append(texts[static_cast<qsizetype>(i)], scale.toUnit(ticks[i]));
    }
    return texts;
}

void ChartFrame::show(
    const QRectF& plotArea, const PlotView& view, const QString& titleX, const QString& titleY)
{
    if (m_chart->plotArea() != plotArea) {
        m_chart->setPlotArea(plotArea);
    }
    m_labelsX = fill(m_axisX, view.x, mostTicks(plotArea.width(), false));
    m_labelsY = fill(m_axisY, view.y, mostTicks(plotArea.height(), true));
    // Qt Charts takes a title for HTML.
    m_axisX->setTitleText(titleX.toHtmlEscaped());
    m_axisY->setTitleText(titleY.toHtmlEscaped());
    // Now, not with the next event: axes and layers must show the same view in every frame and in every
    // export.
    m_chart->layout()->activate();
}

void ChartFrame::applyTheme(const Tokens& tokens, const QFont& body)
{
    m_font = Theme::secondary(body);
    m_chart->setBackgroundBrush(tokens.base);
    m_chart->setBackgroundPen(Qt::NoPen);
    m_chart->setPlotAreaBackgroundBrush(tokens.base);
    m_chart->setPlotAreaBackgroundPen(Qt::NoPen);
    QPen line(tokens.axis, 1);
    line.setCosmetic(true);
    QPen grid(tokens.grid, 1);
    grid.setCosmetic(true);
    for (QCategoryAxis* axis : { m_axisX, m_axisY }) {
        axis->setLinePen(line);
        axis->setGridLinePen(grid);
        axis->setLabelsFont(m_font);
        axis->setLabelsBrush(tokens.muted);
        axis->setTitleFont(m_font);
        axis->setTitleBrush(tokens.text);
    }
}

} // namespace prism::app
