// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/layers.h"

#include "app/charts/chart_words.h"
#include "app/theme/run_style.h"
#include "app/theme/theme.h"

#include <QPainter>

#include <cmath>
#include <set>

namespace prism::app {

namespace {

bool higherIsBetter(const ChartAxis& axis)
{
    return axis.metric() && axis.metric()->direction == Direction::HigherIsBetter;
}

/// Horizontal first where a smaller x is better: at any x between two members the left one's y is reached.
QPolygonF staircase(const QPolygonF& members, bool higherX, double farEnd)
{
    QPolygonF stairs;
    if (higherX) {
        stairs << QPointF(farEnd, members.first().y());
    }
    const auto add = [&stairs](QPointF p) {
        if (stairs.isEmpty() || stairs.last() != p) {
            stairs << p;
        }
    };
    for (const QPointF& p : members) {
        if (!stairs.isEmpty()) {
            add(higherX ? QPointF(stairs.last().x(), p.y()) : QPointF(p.x(), stairs.last().y()));
        }
        add(p);
    }
    if (!higherX) {
        stairs << QPointF(farEnd, members.last().y());
    }
    return stairs;
}

} // namespace

void FrontierLayer::prepare()
{
    m_stairs.clear();
    if (m_state.points.empty()) {
        return;
    }
    const ChartData& data = m_state.points.data();
    const PlotView& view = m_state.points.view();
    const bool higherX = higherIsBetter(data.spec.x);
    double farEnd = higherX ? 0 : view.size.width();
    for (const SloLimit& limit : data.limits) {
        // The frontier keeps its promise up to the limit on its x axis, not beyond.
        if (limit.metric == data.spec.x.metric() && limit.stat == data.spec.x.stat
            && !data.spec.x.perAccelerator) {
            const double at = view.x.toPixel(limit.limit);
            farEnd = higherX ? std::max(farEnd, at) : std::min(farEnd, at);
        }
    }
    for (const ChartFrontier& frontier : data.frontiers) {
        QPolygonF members;
        for (const std::uint32_t i : frontier.members) {
            members << QPointF(m_state.points.main(i).x, m_state.points.main(i).y);
        }
        m_stairs.push_back(staircase(members, higherX, farEnd));
    }
}

void FrontierLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    if (m_state.points.empty() || m_stairs.empty()) {
        return;
    }
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setBrush(Qt::NoBrush);
    const ChartData& data = m_state.points.data();
    for (std::size_t i = 0; i < m_stairs.size(); ++i) {
        const ChartFrontier& frontier = data.frontiers[i];
        const QColor colour = frontier.group < 0
            ? m_state.tokens->text
            : m_state.groups[static_cast<std::size_t>(frontier.group)].colour;
        painter->setOpacity(0.8);
        painter->setPen(QPen(colour, 1.25));
        painter->drawPolyline(m_stairs[i]);
        painter->setOpacity(1);
        painter->setPen(QPen(colour, 1));
        for (const std::uint32_t point : frontier.members) {
            const PixelPoint p = m_state.points.main(point);
            if (m_state.points.inside(p, 8)) {
                painter->drawEllipse(QPointF(p.x, p.y), 7, 7);
            }
        }
    }
}

QString FrontierLayer::describe() const
{
    if (m_stairs.empty()) {
        return {};
    }
    std::size_t members = 0;
    for (const ChartFrontier& frontier : m_state.points.data().frontiers) {
        members += frontier.members.size();
    }
    return ChartWords::tr("The frontier has %1 points.").arg(members);
}

void SloLayer::prepare()
{
    m_lines.clear();
    if (m_state.points.empty()) {
        return;
    }
    const ChartData& data = m_state.points.data();
    const PlotView& view = m_state.points.view();
    const double w = view.size.width();
    const double h = view.size.height();
    for (const SloLimit& limit : data.limits) {
        for (const bool vertical : { true, false }) {
            const ChartAxis& axis = vertical ? data.spec.x : data.spec.y;
            const bool shows = axis.metric() == limit.metric && !axis.perAccelerator
                && (axis.stat == limit.stat || axis.partner == limit.stat);
            const double at = shows ? (vertical ? view.x : view.y).toPixel(limit.limit) : std::nan("");
            if (!std::isfinite(at)) {
                continue;
            }
            const bool atLeast = higherIsBetter(axis);
            Line line { vertical, std::round(at) + 0.5, {}, ChartWords::tr("SLO: %1").arg(limitText(limit)) };
            line.bad = vertical ? (atLeast ? QRectF(0, 0, at, h) : QRectF(at, 0, w - at, h))
                                : (atLeast ? QRectF(0, at, w, h - at) : QRectF(0, 0, w, at));
            line.bad = line.bad.intersected(QRectF(0, 0, w, h));
            m_lines.push_back(line);
        }
    }
}

void SloLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    const QSizeF size = m_state.points.view().size;
    for (const Line& line : m_lines) {
        QColor tint = m_state.tokens->bad;
        tint.setAlphaF(0.06f);
        painter->setRenderHint(QPainter::Antialiasing, false);
        painter->fillRect(line.bad, tint);
        QPen pen(m_state.tokens->bad, 1.5);
        pen.setCapStyle(Qt::FlatCap);
        pen.setDashPattern({ 8 / 1.5, 3 / 1.5, 2 / 1.5, 3 / 1.5 });
        painter->setPen(pen);
        painter->setRenderHint(QPainter::Antialiasing);
        if (line.vertical) {
            painter->drawLine(QPointF(line.at, 0), QPointF(line.at, size.height()));
        } else {
            painter->drawLine(QPointF(0, line.at), QPointF(size.width(), line.at));
            painter->setFont(Theme::secondary(painter->font()));
            painter->drawText(QPointF(8, line.at > 20 ? line.at - 6 : line.at + 16), line.label);
        }
    }
}

QString SloLayer::describe() const
{
    QStringList texts;
    for (const Line& line : m_lines) {
        texts << line.label;
    }
    return texts.join(QStringLiteral("; "));
}

void HoldingLayer::prepare()
{
    constexpr std::size_t most = 20; // of more runs the labels would cover each other
    m_labels.clear();
    if (m_state.points.empty() || m_state.points.data().lines.size() > most) {
        return;
    }
    const ChartData& data = m_state.points.data();
    std::set<StatedLoad::Kind> kinds;
    for (const std::uint32_t point : data.highestHolding) {
        kinds.insert(statedLoad(*data.table, data.rows[point]).kind);
    }
    for (const std::uint32_t point : data.highestHolding) {
        const StatedLoad load = statedLoad(*data.table, data.rows[point]);
        const bool plain = kinds.size() == 1 && load.kind != StatedLoad::Kind::None;
        m_labels.emplace_back(point,
            QStringLiteral("✓ ")
                + (plain ? loadNumber(load.number) : shortLoadLabel(*data.table, data.rows[point])));
    }
}

/// Above or below a point, on either side: where no other label and no limit is. A label that
/// has no place is left out; the table and the point's card have it too.
std::optional<QRectF> HoldingLayer::freePlace(
    PixelPoint p, const QSizeF& size, const std::vector<QRectF>& taken) const
{
    const QRectF plot(QPointF(0, 0), m_state.points.view().size);
    std::optional<QRectF> second;
    for (const bool above : { true, false }) {
        for (const bool right : { true, false }) {
            const QRectF place(
                QPointF(right ? p.x + 9 : p.x - 9 - size.width(), above ? p.y - 7 - size.height() : p.y + 7),
                size);
            const bool free = std::ranges::none_of(
                taken, [&](const QRectF& other) { return other.adjusted(-2, -1, 2, 1).intersects(place); });
            if (!plot.contains(place) || !free) {
                continue;
            }
            const bool crossed = std::ranges::any_of(m_limits.lines(), [&](const SloLayer::Line& line) {
                return line.vertical ? line.at > place.left() - 3 && line.at < place.right() + 3
                                     : line.at > place.top() - 3 && line.at < place.bottom() + 3;
            });
            if (!crossed) {
                return place;
            }
            second = second ? second : place;
        }
    }
    return second;
}

void HoldingLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    painter->setFont(Theme::secondary(painter->font()));
    painter->setPen(m_state.tokens->good);
    const QFontMetricsF metrics(painter->font());
    std::vector<QRectF> taken;
    for (const auto& [point, text] : m_labels) {
        const PixelPoint p = m_state.points.main(point);
        const QSizeF size(metrics.horizontalAdvance(text), metrics.ascent());
        const auto place = m_state.points.inside(p) ? freePlace(p, size, taken) : std::nullopt;
        if (place) {
            painter->drawText(place->bottomLeft(), text);
            taken.push_back(*place);
        }
    }
}

QString HoldingLayer::describe() const
{
    QStringList texts;
    for (const auto& [point, text] : m_labels) {
        texts << m_state.points.data().pointLabel(point);
    }
    return texts.isEmpty()
        ? QString()
        : ChartWords::tr("Highest loads that hold the SLO: %1.").arg(texts.join(QStringLiteral("; ")));
}

void ErrorBarLayer::prepare()
{
    m_bars.clear();
    if (m_state.points.empty() || m_state.crowded()) {
        return;
    }
    const ChartData& data = m_state.points.data();
    const PlotView& view = m_state.points.view();
    for (std::uint32_t i = 0; i < data.deviation.size(); ++i) {
        const PixelPoint p = m_state.points.main(i);
        if (!std::isfinite(data.deviation[i]) || !m_state.points.inside(p, 8)) {
            continue;
        }
        const double top = view.y.toPixel(data.y[i] + data.deviation[i]);
        const double bottom = view.y.toPixel(data.y[i] - data.deviation[i]);
        // A lower end at or below zero has no place on a log axis: the bar runs out of the plot.
        m_bars.push_back({ QLineF(p.x, top, p.x, std::isfinite(bottom) ? bottom : view.size.height() + 10),
            data.lines[data.lineOf[i]].group });
    }
}

void ErrorBarLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    painter->setRenderHint(QPainter::Antialiasing, false);
    for (const Bar& bar : m_bars) {
        QPen pen(m_state.groups[bar.group].colour, 1);
        pen.setCosmetic(true); // one device pixel at any scale, or bars would differ in width
        painter->setPen(pen);
        painter->drawLine(bar.line);
        for (const QPointF end : { bar.line.p1(), bar.line.p2() }) {
            painter->drawLine(end - QPointF(2.5, 0), end + QPointF(2.5, 0));
        }
    }
}

QString ErrorBarLayer::describe() const
{
    return m_bars.empty() ? QString() : ChartWords::tr("Bars show one standard deviation around the mean.");
}

void HoverLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    const PlotPoints& points = m_state.points;
    if (points.empty()) {
        return;
    }
    if (const auto top = m_state.topGroup()) {
        m_lines.paintLifted(painter, *top);
        m_points.paintLifted(painter, *top);
    }
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(m_state.tokens->accent, 2));
    for (const std::uint32_t i : m_state.selected) {
        const PixelPoint p = points.main(i);
        if (points.inside(p, 8)) {
            painter->drawEllipse(QPointF(p.x, p.y), 6, 6);
        }
    }
    if (!m_state.hovered || *m_state.hovered >= points.size()) {
        return;
    }
    const std::uint32_t i = *m_state.hovered;
    const PixelPoint p = m_state.hoveredPartner ? points.partner(i) : points.main(i);
    QPen dotted(m_state.tokens->muted, 1);
    dotted.setDashPattern({ 2, 2 });
    painter->setPen(dotted);
    painter->setRenderHint(QPainter::Antialiasing, false);
    painter->drawLine(QPointF(p.x, p.y), QPointF(p.x, points.view().size.height()));
    painter->drawLine(QPointF(p.x, p.y), QPointF(0, p.y));
    const GroupPaint& group = m_state.groups[points.data().lines[points.data().lineOf[i]].group];
    paintLoads(painter, i);
    paintMarker(painter, runStyle(group.slot).marker, { p.x, p.y }, 6, group.colour, m_state.tokens->text,
        points.data().flags[i] & ChartData::Estimated);
}

void HoverLayer::paintLoads(QPainter* painter, std::uint32_t hovered) const
{
    const PlotPoints& points = m_state.points;
    const ChartData& data = points.data();
    const ChartLine& line = data.lines[data.lineOf[hovered]];
    const CategoryColumn* load = data.table->category("concurrency");
    // Where the load is an axis it can be read there.
    if (!load || !data.spec.x.metric() || !data.spec.y.metric() || line.last - line.first > 50) {
        return;
    }
    QFont font = Theme::secondary(painter->font());
    painter->setFont(font);
    painter->setPen(m_state.tokens->muted);
    QPointF last(-100, -100);
    for (std::uint32_t i = line.first; i < line.last; ++i) {
        const QPointF at(points.main(i).x, points.main(i).y);
        const QPointF room = at - last;
        if (i != hovered && points.inside(points.main(i)) && room.manhattanLength() > 36) {
            const std::string& text = load->dictionary[load->codes[data.rows[i]]];
            painter->drawText(at + QPointF(9, 12), QString::fromStdString(text));
            last = at;
        }
    }
}

void BrushLayer::setRect(const QRectF& rect)
{
    m_rect = rect;
    update();
}

void BrushLayer::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    if (m_rect.isEmpty()) {
        return;
    }
    QColor fill = m_state.tokens->accent;
    fill.setAlphaF(0.1f);
    painter->setRenderHint(QPainter::Antialiasing, false);
    painter->setPen(QPen(m_state.tokens->accent, 1));
    painter->setBrush(fill);
    painter->drawRect(m_rect);
}

} // namespace prism::app
