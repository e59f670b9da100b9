// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/series_lane.h"

#include <QCoreApplication>

namespace prism::app {

namespace {

constexpr int roomAbove = 4; ///< logical pixels between the highest value and the lane's edge
constexpr int roomBelow = 2;
constexpr std::int64_t freshNs = 1'000'000'000; ///< what is older is no reading of now

/// The rows that a line covers in each column: first > last where it covers none.
class LineRows {
public:
    explicit LineRows(int columns)
        : m_first(std::size_t(columns), 1 << 28)
        , m_last(std::size_t(columns), -(1 << 28))
    {
    }
    void cover(int column, double a, double b)
    {
        if (column < 0 || std::size_t(column) >= m_first.size()) {
            return;
        }
        const auto i = std::size_t(column);
        m_first[i] = std::min(m_first[i], int(std::lround(std::min(a, b))));
        m_last[i] = std::max(m_last[i], int(std::lround(std::max(a, b))));
    }
    /// From the middle of one column to that of another.
    void line(int from, double a, int to, double b)
    {
        const double slope = to > from ? (b - a) / (to - from) : 0;
        const int end = std::min(to, int(m_first.size()) - 1);
        for (int column = std::max(0, from); column <= end; ++column) {
            const double left = std::max(double(from), column - 0.5);
            const double right = std::min(double(to), column + 0.5);
            cover(column, a + slope * (left - from), a + slope * (right - from));
        }
    }
    int first(int column) const { return m_first[std::size_t(column)]; }
    int last(int column) const { return m_last[std::size_t(column)]; }

private:
    std::vector<int> m_first;
    std::vector<int> m_last;
};

/// The next of 1, 2, 5 · 10^n.
double roundUp(double value)
{
    const double decade = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : { 1.0, 2.0, 5.0 }) {
        if (decade * factor >= value * (1 - 1e-9)) {
            return decade * factor;
        }
    }
    return decade * 10;
}

} // namespace

double ValueScale::toY(double value, double height) const
{
    const double share = logarithmic
        ? (std::log(std::max(value, low * 1e-6)) - std::log(low)) / (std::log(high) - std::log(low))
        : (value - low) / (high - low);
    return std::isnan(value) ? value : height * (1 - std::clamp(share, 0.0, 1.0));
}

void ValueScale::include(double value)
{
    if (!std::isfinite(value)) {
        return;
    }
    if (value > high && value > 0) {
        high = roundUp(value);
    }
    if (logarithmic && value > 0 && value < low) {
        low = 1 / roundUp(1 / value);
    }
}

SeriesLane::SeriesLane(QString id, QString name, Heights heights, ValueScale scale, Text text, Text scaleText)
    : Lane(std::move(id), std::move(name), heights)
    , m_scale(scale)
    , m_text(std::move(text))
    , m_scaleText(std::move(scaleText))
{
}

void SeriesLane::append(std::size_t series, std::int64_t ns, double value)
{
    m_series[series].track.append(ns, value);
    m_scale.include(value);
}

void SeriesLane::setLimit(std::optional<double> limit, bool upper)
{
    m_limit = limit;
    m_upper = upper;
    if (limit) {
        m_scale.include(*limit * 1.05);
    }
}

bool SeriesLane::breaks(double value) const
{
    return m_limit && (m_upper ? value > *m_limit : value < *m_limit);
}

void SeriesLane::paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const
{
    for (const Series& series : m_series) {
        paintSeries(raster, axis, paint, series);
    }
    if (m_limit) {
        const int above = paint.pixels(roomAbove);
        const int height = raster.clipSize().height() - above - paint.pixels(roomBelow);
        paintLimit(raster, paint, above + int(m_scale.toY(*m_limit, height)));
    }
}

void SeriesLane::paintSeries(
    Raster& raster, const TimeAxis& axis, const LanePaint& paint, const Series& series) const
{
    std::vector<ColumnExtent> extents;
    columnExtents(series.track, axis, extents);
    const int above = paint.pixels(roomAbove);
    const int height = raster.clipSize().height() - above - paint.pixels(roomBelow);
    const auto y = [&](double value) { return above + m_scale.toY(value, height); };
    LineRows rows(axis.pixels());
    for (std::size_t i = 0; i < extents.size(); ++i) {
        const ColumnExtent& e = extents[i];
        rows.cover(e.column, y(e.low), y(e.high));
        if (i == 0 || e.broken || series.form == Form::Bars) {
            continue;
        }
        const ColumnExtent& before = extents[i - 1];
        if (series.form == Form::Steps) {
            rows.line(before.column, y(before.last), e.column, y(before.last));
            rows.cover(e.column, y(before.last), y(e.first));
        } else {
            rows.line(before.column, y(before.last), e.column, y(e.first));
        }
    }
    const QRgb colour = (series.colour ? series.colour(paint.tokens) : paint.tokens.text).rgb();
    const int thick = paint.pixels(paint.contrast ? 2 : 1);
    const int base = raster.clipSize().height();
    const int dash = paint.pixels(5);
    const int period = dash + paint.pixels(3);
    const auto start = std::int64_t(double(axis.range().fromNs) / axis.nsPerPixel());
    for (int x = 0; x < axis.pixels(); ++x) {
        if (rows.first(x) > rows.last(x)) {
            continue;
        }
        const int top = rows.first(x);
        if (series.form == Form::Bars) {
            raster.fill(x, top, 1, base - top, colour);
            continue;
        }
        if (series.form == Form::Area) {
            raster.blend(x, top, 1, base - top, colour, 64);
        }
        if (series.dashed && (start + x) % period >= dash) {
            continue; // anchored to the clock, so that it does not crawl while the view scrolls
        }
        raster.fill(x, top, 1, rows.last(x) - top + thick, colour);
        if (!series.dashed) {
            raster.blend(x, rows.last(x) + thick, 1, thick, colour, 110); // 1.5 pixels
        }
    }
}

void paintLimit(Raster& raster, const LanePaint& paint, int y)
{
    const int pattern[] = { 8, 3, 2, 3 };
    const int thick = paint.pixels(paint.contrast ? 2 : 1);
    int x = 0;
    for (int i = 0; x < raster.clipSize().width(); i = (i + 1) % 4) {
        const int length = paint.pixels(pattern[i]);
        if (i % 2 == 0) {
            raster.fill(x, y, length, thick, paint.tokens.bad.rgb());
        }
        x += length;
    }
}

QString limitText(double limit, bool upper)
{
    return (upper ? QStringLiteral("≤ ") : QStringLiteral("≥ ")) + QString::number(limit, 'g', 5);
}

QList<ScaleMark> SeriesLane::scale(int height) const
{
    const double inner = height - roomAbove - roomBelow;
    QList<ScaleMark> marks { { 8, m_scaleText(m_scale.high), false } };
    if (height >= 34) {
        marks << ScaleMark { double(height) - 7, m_scaleText(m_scale.low), false };
    }
    if (m_limit) {
        marks << ScaleMark { roomAbove + m_scale.toY(*m_limit, inner), limitText(*m_limit, m_upper), true };
    }
    return marks;
}

void SeriesLane::edges(const TimeRange& range, std::vector<std::int64_t>& out) const
{
    for (const Series& series : m_series) {
        for (std::size_t i = series.track.firstIndex(range.fromNs);
             i < series.track.size() && series.track.timeAt(i) < range.toNs; ++i) {
            out.push_back(series.track.timeAt(i));
        }
    }
}

QList<LaneReading> SeriesLane::ownReadings(std::optional<std::int64_t> ns) const
{
    QList<LaneReading> readings;
    for (const Series& series : m_series) {
        std::optional<double> value;
        if (ns) {
            value = series.track.heldAt(*ns);
        } else {
            value = series.track.newest(freshNs);
        }
        const bool known = value && !std::isnan(*value);
        const LaneReading::Sign sign = series.label.isEmpty() ? LaneReading::Sign::None
            : series.colour                                   ? LaneReading::Sign::Swatch
            : series.dashed                                   ? LaneReading::Sign::Dashed
                                                              : LaneReading::Sign::Solid;
        readings << LaneReading { series.label, known ? m_text(*value) : QStringLiteral("—"), sign,
            known && breaks(*value), series.colour };
    }
    return readings;
}

QString SeriesLane::describe(const TimeRange& visible) const
{
    QStringList parts;
    for (const Series& series : m_series) {
        const auto highest = series.track.highestIn(visible);
        const QString most = highest ? m_text(*highest) : QStringLiteral("—");
        parts << (series.label.isEmpty()
                ? QCoreApplication::translate("SeriesLane", "at most %1").arg(most)
                : QCoreApplication::translate("SeriesLane", "%1 at most %2").arg(series.label, most));
    }
    return name() + QStringLiteral(": ") + parts.join(QStringLiteral(", ")) + QLatin1Char('.');
}

TimeRange SeriesLane::extent() const
{
    TimeRange all;
    for (const Series& s : m_series) {
        if (!s.track.isEmpty()) {
            all = all.united({ s.track.timeAt(0), s.track.timeAt(s.track.size() - 1) + 1 });
        }
    }
    return all;
}

} // namespace prism::app
