// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/layers.h"

#include "app/charts/chart_words.h"
#include "app/theme/run_style.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

/// Cells of the density image in device pixels: a lone point must still be seen.
constexpr int cell = 3;

/// A small opaque picture that is written into an image pixel by pixel.
struct Stamp {
    int side = 0;
    std::vector<std::pair<int, int>> pixels; ///< offsets from the centre
    QRgb colour = 0;
};

Stamp stampOf(int slot, QRgb colour, qreal radius)
{
    const int side = static_cast<int>(std::ceil(radius * 3)) | 1;
    QImage image(side, side, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    {
        QPainter painter(&image);
        paintMarker(&painter, runStyle(slot).marker, { side / 2.0, side / 2.0 }, radius, Qt::white);
    }
    Stamp stamp { side, {}, colour };
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            if (qAlpha(image.pixel(x, y)) >= 128) {
                stamp.pixels.emplace_back(x - side / 2, y - side / 2);
            }
        }
    }
    return stamp;
}

} // namespace

void PointLayer::prepare()
{
    if (m_state.dense()) {
        drawDensity();
    } else if (m_state.crowded()) {
        stamp();
    } else {
        m_image = QImage();
    }
}

void PointLayer::stamp()
{
    const PlotPoints& points = m_state.points;
    const qreal ratio = points.view().devicePixelRatio;
    const QSize size = (points.view().size * ratio).toSize();
    if (m_image.size() != size) {
        m_image = QImage(size, QImage::Format_ARGB32_Premultiplied);
    }
    m_image.setDevicePixelRatio(ratio);
    m_image.fill(Qt::transparent);
    std::vector<Stamp> stamps;
    for (const GroupPaint& group : m_state.groups) {
        stamps.push_back(stampOf(group.slot, group.colour.rgb(), 3 * ratio));
    }
    const ChartData& data = points.data();
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!points.inside(points.main(i), 4)) {
            continue;
        }
        const Stamp& s = stamps[data.lines[data.lineOf[i]].group];
        const QRgb colour = data.flags[i] & ChartData::Breaks
            ? qPremultiply(qRgba(qRed(s.colour), qGreen(s.colour), qBlue(s.colour), 102))
            : s.colour;
        const int cx = static_cast<int>(points.main(i).x * ratio);
        const int cy = static_cast<int>(points.main(i).y * ratio);
        for (const auto& [dx, dy] : s.pixels) {
            const int x = cx + dx;
            const int y = cy + dy;
            if (x >= 0 && y >= 0 && x < size.width() && y < size.height()) {
                reinterpret_cast<QRgb*>(m_image.scanLine(y))[x] = colour;
            }
        }
    }
}

void PointLayer::drawDensity()
{
    const PlotPoints& points = m_state.points;
    const qreal ratio = points.view().devicePixelRatio;
    const QSize size = (points.view().size * ratio).toSize();
    const int columns = size.width() / cell + 1;
    const int lines = size.height() / cell + 1;
    m_counts.assign(static_cast<std::size_t>(columns) * static_cast<std::size_t>(lines), 0);
    std::uint32_t most = 1;
    const auto scale = static_cast<float>(ratio / cell);
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (points.inside(points.main(i))) {
            const auto x = static_cast<std::size_t>(points.main(i).x * scale);
            const auto y = static_cast<std::size_t>(points.main(i).y * scale);
            most = std::max(most, ++m_counts[y * static_cast<std::size_t>(columns) + x]);
        }
    }
    if (m_image.size() != QSize(columns, lines)) {
        m_image = QImage(columns, lines, QImage::Format_ARGB32_Premultiplied);
    }
    m_image.setDevicePixelRatio(1);
    const double steps = 8 / std::max(1e-9, std::log2(static_cast<double>(most)));
    for (int y = 0; y < lines; ++y) {
        auto* out = reinterpret_cast<QRgb*>(m_image.scanLine(y));
        for (int x = 0; x < columns; ++x) {
            const std::uint32_t n = m_counts[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns)
                + static_cast<std::size_t>(x)];
            const auto step = n == 0 ? 0u : static_cast<unsigned>(std::min(8.0, std::log2(n) * steps));
            out[x] = n == 0 ? 0u : m_state.tokens->heat[step].rgb();
        }
    }
}

void PointLayer::paintOne(QPainter* painter, std::uint32_t point) const
{
    const PlotPoints& points = m_state.points;
    const ChartData& data = points.data();
    const ChartLine& line = data.lines[data.lineOf[point]];
    const GroupPaint& group = m_state.groups[line.group];
    const Marker marker = runStyle(group.slot).marker;
    const bool hollow = data.flags[point] & ChartData::Estimated;
    painter->setOpacity(data.flags[point] & ChartData::Breaks ? 0.4 : 1);
    if (points.hasPartners() && std::isfinite(points.partner(point).y)) {
        const PixelPoint p = points.partner(point);
        paintMarker(painter, marker, { p.x, p.y }, 2.5, group.colour, {}, hollow);
    }
    const PixelPoint p = points.main(point);
    if (points.inside(p, 8)) {
        paintMarker(painter, marker, { p.x, p.y }, 4, group.colour, m_state.tokens->base, hollow);
    }
}

void PointLayer::paintLifted(QPainter* painter, std::uint32_t group) const
{
    if (m_state.crowded()) {
        return;
    }
    const ChartData& data = m_state.points.data();
    for (const ChartLine& line : data.lines) {
        for (std::uint32_t i = line.first; line.group == group && i < line.last; ++i) {
            paintOne(painter, i);
        }
    }
    painter->setOpacity(1);
}

void PointLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    if (m_state.points.empty()) {
        return;
    }
    if (!m_state.crowded()) {
        for (std::uint32_t i = 0; i < m_state.points.data().size(); ++i) {
            paintOne(painter, i);
        }
        painter->setOpacity(1);
    } else if (m_state.dense()) {
        const qreal side = cell / m_state.points.view().devicePixelRatio;
        painter->drawImage(QRectF(0, 0, m_image.width() * side, m_image.height() * side), m_image);
    } else {
        painter->drawImage(QPointF(0, 0), m_image);
    }
}

std::optional<PointRef> PointLayer::nearest(QPointF place, qreal within) const
{
    const PlotPoints& points = m_state.points;
    std::optional<PointRef> best;
    double least = within * within;
    const auto consider = [&](std::uint32_t i, PixelPoint p, bool partner) {
        const double dx = static_cast<double>(p.x) - place.x();
        const double dy = static_cast<double>(p.y) - place.y();
        const double square = dx * dx + dy * dy;
        if (square <= least && points.inside(p, 0.5) && (square < least || !best)) {
            least = square;
            best = PointRef { i, partner, 0 };
        }
    };
    for (std::uint32_t i = 0; i < points.size(); ++i) {
        consider(i, points.main(i), false);
    }
    for (std::uint32_t i = 0; points.hasPartners() && i < points.size(); ++i) {
        consider(i, points.partner(i), true);
    }
    if (best) {
        best->distance = std::sqrt(least);
    }
    return best;
}

std::vector<std::uint32_t> PointLayer::inside(const QRectF& rect) const
{
    const PlotPoints& points = m_state.points;
    std::vector<std::uint32_t> found;
    for (std::uint32_t i = 0; i < points.size(); ++i) {
        const bool partner = points.hasPartners() && rect.contains(points.partner(i).x, points.partner(i).y);
        if (partner || rect.contains(points.main(i).x, points.main(i).y)) {
            found.push_back(i);
        }
    }
    return found;
}

QString PointLayer::describe() const
{
    if (m_state.points.empty()) {
        return {};
    }
    return m_state.dense()
        ? ChartWords::tr("%1 points, drawn as how many share a place.").arg(m_state.points.size())
        : ChartWords::tr("%1 points.").arg(m_state.points.size());
}

} // namespace prism::app
