// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/heat_track.h"
#include "app/timeline/series_lane.h"

namespace prism::app {

/// How values spread over time: counts by time and by size on a logarithmic scale, coloured by the logarithm
/// of the count.
class HeatLane : public Lane {
public:
    /// `scale` is logarithmic and stays as it is: its bins are counted into.
    HeatLane(QString id, QString name, Heights heights, ValueScale scale, std::int64_t sliceNs, int bins,
        SeriesLane::Text scaleText);

    void add(std::int64_t ns, double value, std::uint32_t count = 1);
    HeatTrack& track() { return m_track; }
    void setLimit(std::optional<double> limit) { m_limit = limit; }
    /// One and the largest count of a cell in the last picture.
    std::optional<std::pair<QString, QString>> ramp() const override;

    void paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const override;
    QList<ScaleMark> scale(int height) const override;
    /// How many values the cell counts, and which.
    QString tipAt(const TimeAxis& axis, int column, double y, int height) const override;
    QString describe(const TimeRange& visible) const override;
    TimeRange extent() const override;

private:
    ValueScale m_scale;
    HeatTrack m_track;
    SeriesLane::Text m_scaleText;
    std::optional<double> m_limit;
    mutable std::uint64_t m_highest = 0;
};

} // namespace prism::app
