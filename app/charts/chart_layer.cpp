// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_layer.h"

namespace prism::app {

namespace {

void toUnits(const std::vector<double>& values, const Scale& scale, std::vector<double>& units)
{
    units.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        units[i] = scale.toUnit(values[i]);
    }
}

} // namespace

void PlotPoints::setData(std::shared_ptr<const ChartData> data, const Scale& x, const Scale& y)
{
    m_data = std::move(data);
    toUnits(m_data->x, x, m_unitX);
    toUnits(m_data->y, y, m_unitY);
    toUnits(m_data->partner, y, m_unitPartner);
    m_pixels.resize(m_unitX.size());
    m_partnerPixels.resize(m_unitPartner.size());
}

void PlotPoints::project(const PlotView& view)
{
    m_view = view;
    const double ax = view.x.factor();
    const double bx = view.x.offset();
    const double ay = view.y.factor();
    const double by = view.y.offset();
    for (std::size_t i = 0; i < m_pixels.size(); ++i) {
        m_pixels[i] = { static_cast<float>(bx + ax * m_unitX[i]), static_cast<float>(by + ay * m_unitY[i]) };
    }
    for (std::size_t i = 0; i < m_partnerPixels.size(); ++i) {
        m_partnerPixels[i] = { m_pixels[i].x, static_cast<float>(by + ay * m_unitPartner[i]) };
    }
}

std::optional<std::uint32_t> PlotState::topGroup() const
{
    if (lifted) {
        return lifted;
    }
    if (hovered && !points.empty() && *hovered < points.size()) {
        return points.data().lines[points.data().lineOf[*hovered]].group;
    }
    return std::nullopt;
}

QRectF ChartLayer::boundingRect() const
{
    return { QPointF(0, 0), m_size };
}

void ChartLayer::changed()
{
    if (m_size != m_state.points.view().size) {
        prepareGeometryChange();
        m_size = m_state.points.view().size;
    }
    update();
}

} // namespace prism::app
