// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/lane.h"
#include "app/timeline/series_track.h"

namespace prism::app {

/// Maps a value to a height. Ends grow with the data and never shrink by themselves: a scale that breathes
/// while the view follows cannot be read.
struct ValueScale {
    double low = 0;
    double high = 1;
    bool logarithmic = false; ///< then `low` is positive

    /// Pixels from the lane's top; NaN stays NaN, what is outside is put on the edge.
    double toY(double value, double height) const;
    /// Widens to the next round number that holds the value; a logarithmic scale widens both ways.
    void include(double value);
};

/// Values over time as lines, steps, areas or bars on one scale.
class SeriesLane : public Lane {
public:
    enum class Form { Line, Steps, Area, Bars };
    struct Series {
        QString label; ///< "p50"; empty: alone in its lane
        Form form = Form::Line;
        bool dashed = false;
        LaneColour colour; ///< text when empty
        SeriesTrack track;
    };
    using Text = std::function<QString(double)>;

    /// `text` writes a reading ("8.02 ms"), `scaleText` a number of the gutter ("400").
    SeriesLane(QString id, QString name, Heights heights, ValueScale scale, Text text, Text scaleText);

    std::vector<Series>& series() { return m_series; }
    const std::vector<Series>& series() const { return m_series; }
    ValueScale& valueScale() { return m_scale; }
    void append(std::size_t series, std::int64_t ns, double value);
    /// A line that values should stay below (or above); none when empty.
    void setLimit(std::optional<double> limit, bool upper = true);

    void paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const override;
    QList<ScaleMark> scale(int height) const override;
    void edges(const TimeRange& range, std::vector<std::int64_t>& out) const override;
    QString describe(const TimeRange& visible) const override;
    TimeRange extent() const override;

protected:
    QList<LaneReading> ownReadings(std::optional<std::int64_t> ns) const override;

private:
    bool breaks(double value) const;
    void paintSeries(
        Raster& raster, const TimeAxis& axis, const LanePaint& paint, const Series& series) const;

    std::vector<Series> m_series;
    ValueScale m_scale;
    Text m_text;
    Text m_scaleText;
    std::optional<double> m_limit;
    bool m_upper = true;
};

/// "≤ 300": in the unit of the lane, which the scale's own numbers name.
QString limitText(double limit, bool upper);
/// The dash-dot line of a limit over the whole width, at a height in device pixels.
void paintLimit(Raster& raster, const LanePaint& paint, int y);

} // namespace prism::app
