// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/lane.h"

namespace prism::app {

/// Spans in rows: what several actors did at the same time. Rows are as high as the lane has room for, 3 to 8
/// pixels; where there are too many, the lane can show how many are in which stage instead.
class SpanLane : public Lane {
public:
    enum class Form { Rows, Counts };

    SpanLane(QString id, QString name, Heights heights, std::vector<StageStyle> stages);

    const std::vector<StageStyle>& stages() const { return m_stages; }
    void setStages(std::vector<StageStyle> stages);
    std::vector<SpanTrack>& rows() { return m_rows; }
    const std::vector<SpanTrack>& rows() const { return m_rows; }
    void setForm(Form form) { m_form = form; }
    Form form() const { return m_form; }
    /// Rows are as high as this at most.
    void setPitch(int most) { m_mostPitch = most; }
    /// All rows at their least height.
    int leastHeight() const override;
    /// Logical pixels from one row to the next, for a lane of this height.
    double pitch(int height) const;

    double rowTop(int row, int height) const override;
    void paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const override;
    QList<ScaleMark> scale(int height) const override;
    std::optional<LaneSpan> spanAt(
        std::int64_t ns, std::int64_t reachNs, double y, int height) const override;
    std::optional<LaneSpan> spanBeside(std::int64_t ns, bool forwards) const override;
    void edges(const TimeRange& range, std::vector<std::int64_t>& out) const override;
    QString describe(const TimeRange& visible) const override;
    TimeRange extent() const override;

private:
    void paintRows(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const;
    void paintCounts(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const;

    std::vector<StageStyle> m_stages;
    std::vector<SpanTrack> m_rows;
    StageSet m_kept = 0;
    StageSet m_seamed = 0;
    Form m_form = Form::Rows;
    int m_mostPitch = 8;
    mutable int m_highestCount = 0; ///< of the last picture of counts: its scale
};

} // namespace prism::app
