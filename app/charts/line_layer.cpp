// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/layers.h"

#include "app/charts/chart_words.h"

#include <QPainter>

namespace prism::app {

namespace {

/// True when no part of the segment can be in the plot.
bool outside(PixelPoint a, PixelPoint b, const QSizeF& size)
{
    const auto w = static_cast<float>(size.width()) + 4;
    const auto h = static_cast<float>(size.height()) + 4;
    return (a.x < -4 && b.x < -4) || (a.y < -4 && b.y < -4) || (a.x > w && b.x > w) || (a.y > h && b.y > h);
}

QVector<qreal> partnerDash(Stat stat)
{
    return stat.percentile() < 95 ? QVector<qreal> { 2, 2 } : QVector<qreal> { 5, 3 };
}

} // namespace

void LineLayer::prepare()
{
    m_segments.clear();
    m_runs.clear();
    if (m_state.points.empty() || !m_state.points.data().spec.lines) {
        return;
    }
    const auto lines = static_cast<std::uint32_t>(m_state.points.data().lines.size());
    for (std::uint32_t line = 0; line < lines; ++line) {
        if (m_state.dense() && !m_state.points.data().lines[line].baseline) {
            continue;
        }
        for (const bool partner : { true, false }) {
            if (!partner || m_state.points.hasPartners()) {
                addRun(line, partner, true);
                addRun(line, partner, false);
            }
        }
    }
}

void LineLayer::addRun(std::uint32_t index, bool partner, bool broken)
{
    const PlotPoints& points = m_state.points;
    const ChartLine& line = points.data().lines[index];
    const auto& flags = points.data().flags;
    Run run { index, partner, broken, m_segments.size(), 0 };
    for (std::uint32_t i = line.first + 1; i < line.last; ++i) {
        const PixelPoint a = partner ? points.partner(i - 1) : points.main(i - 1);
        const PixelPoint b = partner ? points.partner(i) : points.main(i);
        const bool breaks = (flags[i - 1] | flags[i]) & ChartData::Breaks;
        if (breaks == broken && !(flags[i] & ChartData::Starts) && std::isfinite(a.y) && std::isfinite(b.y)
            && !outside(a, b, points.view().size)) {
            m_segments.emplace_back(a.x, a.y, b.x, b.y);
        }
    }
    run.last = m_segments.size();
    if (run.last > run.first) {
        m_runs.push_back(run);
    }
}

void LineLayer::paintRun(QPainter* painter, const Run& run, qreal wider) const
{
    const ChartLine& line = m_state.points.data().lines[run.line];
    QColor colour = m_state.groups[line.group].colour;
    qreal width = line.baseline ? 2.5 : 1.5;
    if (run.partner) {
        width = 1.25;
    }
    if (run.broken) {
        colour.setAlphaF(0.4f);
        width = 1;
    }
    width += wider + (m_state.tokens == &tokensOf(Variant::HighContrast) ? 1 : 0);
    QPen pen(colour, m_state.crowded() && !line.baseline && wider == 0 ? 0 : width);
    pen.setCapStyle(Qt::FlatCap);
    if (run.partner) {
        QVector<qreal> dash = partnerDash(*m_state.points.data().spec.y.partner);
        for (qreal& d : dash) {
            d /= width;
        }
        pen.setDashPattern(dash);
    }
    painter->setPen(pen);
    painter->drawLines(m_segments.data() + run.first, static_cast<int>(run.last - run.first));
}

void LineLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    if (m_runs.empty()) {
        return;
    }
    painter->setRenderHint(QPainter::Antialiasing, !m_state.crowded());
    for (const bool baseline : { false, true }) {
        for (const Run& run : m_runs) {
            if (m_state.points.data().lines[run.line].baseline == baseline) {
                paintRun(painter, run, 0);
            }
        }
    }
}

void LineLayer::paintLifted(QPainter* painter, std::uint32_t group) const
{
    painter->setRenderHint(QPainter::Antialiasing);
    for (const Run& run : m_runs) {
        if (m_state.points.data().lines[run.line].group == group) {
            paintRun(painter, run, 0.5);
        }
    }
}

QString LineLayer::describe() const
{
    return m_runs.empty() ? QString() : ChartWords::tr("Points of a run are joined in the order of load.");
}

} // namespace prism::app
