// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/heat_lane.h"

#include "core/model/metric.h"

#include <QCoreApplication>

namespace prism::app {

namespace {
constexpr int leastCell = 4; ///< logical pixels
}

HeatLane::HeatLane(QString id, QString name, Heights heights, ValueScale scale, std::int64_t sliceNs,
    int bins, SeriesLane::Text scaleText)
    : Lane(std::move(id), std::move(name), heights)
    , m_scale(scale)
    , m_track(sliceNs, bins)
    , m_scaleText(std::move(scaleText))
{
}

void HeatLane::add(std::int64_t ns, double value, std::uint32_t count)
{
    if (std::isnan(value)) {
        return;
    }
    const double share = 1 - m_scale.toY(value, 1);
    m_track.add(ns, int(share * m_track.bins()), count);
}

void HeatLane::paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const
{
    std::vector<HeatCell> cells;
    m_highest = heatCells(m_track, axis, paint.pixels(leastCell), cells);
    const int height = raster.clipSize().height();
    const double steps = double(paint.tokens.heat.size()) - 0.01;
    const double full = std::log1p(double(m_highest));
    for (const HeatCell& cell : cells) {
        const int step = int(std::log1p(double(cell.count)) / full * steps);
        const int top = height - (cell.bin + 1) * height / m_track.bins();
        const int bottom = height - cell.bin * height / m_track.bins();
        raster.fill(
            cell.from, top, cell.to - cell.from, bottom - top, paint.tokens.heat[std::size_t(step)].rgb());
    }
    if (m_limit) {
        paintLimit(raster, paint, int(m_scale.toY(*m_limit, height)));
    }
}

std::optional<std::pair<QString, QString>> HeatLane::ramp() const
{
    if (m_highest == 0) {
        return std::nullopt;
    }
    return std::pair { QStringLiteral("1"),
        QString::fromStdString(formatNumber(double(m_highest), Unit::One, NumberStyle::Column)) };
}

QList<ScaleMark> HeatLane::scale(int height) const
{
    QList<ScaleMark> marks { { 8, m_scaleText(m_scale.high), false },
        { double(height) - 7, m_scaleText(m_scale.low), false } };
    if (m_limit) {
        marks << ScaleMark { m_scale.toY(*m_limit, height), limitText(*m_limit, true), true };
    }
    return marks;
}

QString HeatLane::tipAt(const TimeAxis& axis, int column, double y, int height) const
{
    std::vector<HeatCell> cells;
    heatCells(m_track, axis, leastCell, cells);
    const int bin
        = std::clamp(int((height - y) * m_track.bins() / std::max(1, height)), 0, m_track.bins() - 1);
    for (const HeatCell& cell : cells) {
        if (cell.bin == bin && cell.from <= column && column < cell.to) {
            const auto edge = [&](int at) {
                return m_scaleText(
                    m_scale.low * std::pow(m_scale.high / m_scale.low, double(at) / m_track.bins()));
            };
            return QCoreApplication::translate("HeatLane", "%1 from %2 to %3")
                .arg(QString::fromStdString(formatNumber(double(cell.count), Unit::One, NumberStyle::Column)),
                    edge(bin), edge(bin + 1));
        }
    }
    return {};
}

QString HeatLane::describe(const TimeRange& visible) const
{
    std::uint64_t all = 0;
    for (const HeatTrack::Slice& slice : m_track.slices()) {
        if (visible.contains(slice.number * m_track.sliceNs())) {
            for (const std::uint32_t count : slice.counts) {
                all += count;
            }
        }
    }
    return QCoreApplication::translate("HeatLane", "%1: %2 values in view.")
        .arg(name(), QString::number(all));
}

TimeRange HeatLane::extent() const
{
    return m_track.isEmpty() ? TimeRange()
                             : TimeRange { m_track.slices().front().number * m_track.sliceNs(),
                                   (m_track.slices().back().number + 1) * m_track.sliceNs() };
}

} // namespace prism::app
