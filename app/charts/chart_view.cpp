// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_view.h"

#include "app/theme/theme.h"

#include <QAccessibleWidget>
#include <QApplication>
#include <QChart>
#include <QGraphicsRectItem>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

constexpr qreal hoverReach = 24;

/// Screen readers hear "chart" instead of "panel"; name and description are the widget's own.
QAccessibleInterface* accessibleChart(const QString&, QObject* object)
{
    auto* view = qobject_cast<ChartView*>(object);
    return view ? new QAccessibleWidget(view, QAccessible::Chart) : nullptr;
}

/// True when both axes draw the same thing, so that a zoom still means something.
bool sameAxis(const ChartAxis& a, const ChartAxis& b)
{
    return a.quantity == b.quantity && a.stat == b.stat && a.perAccelerator == b.perAccelerator
        && a.logarithmic == b.logarithmic && a.partner == b.partner;
}

/// Length of the part of a line that lies in a rectangle.
double lengthInside(const QLineF& line, const QRectF& rect)
{
    double from = 0;
    double to = 1;
    const auto clip = [&](double start, double step, double low, double high) {
        if (step == 0) {
            to = start < low || start > high ? -1 : to;
            return;
        }
        const double a = (low - start) / step;
        const double b = (high - start) / step;
        from = std::max(from, std::min(a, b));
        to = std::min(to, std::max(a, b));
    };
    clip(line.x1(), line.dx(), rect.left(), rect.right());
    clip(line.y1(), line.dy(), rect.top(), rect.bottom());
    return to > from ? (to - from) * line.length() : 0;
}

} // namespace

ChartView::ChartView(QWidget* parent)
    : QChartView(parent)
    , m_frame(chart())
    , m_clip(new QGraphicsRectItem(chart()))
{
    static const bool installed = (QAccessible::installFactory(accessibleChart), true);
    Q_UNUSED(installed)
    m_state.tokens = &Theme::current().tokens();
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumSize(240, 160);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_clip->setPen(Qt::NoPen);
    m_clip->setFlag(QGraphicsItem::ItemClipsChildrenToShape);
    m_clip->setZValue(100);
    m_slo = new SloLayer(m_state);
    m_points = new PointLayer(m_state);
    m_frontier = new FrontierLayer(m_state);
    auto* lines = new LineLayer(m_state);
    m_hover = new HoverLayer(m_state, *lines, *m_points);
    m_brush = new BrushLayer(m_state);
    m_layers = { m_slo, new ErrorBarLayer(m_state), lines, m_frontier, m_points,
        new HoldingLayer(m_state, *m_slo), m_hover, m_brush };
    for (ChartLayer* layer : m_layers) {
        layer->setParentItem(m_clip);
    }
    m_overlay = new ChartOverlay;
    m_overlay->setParentItem(chart());
    m_overlay->setZValue(200);
    setCached(true);
    connect(&Theme::current(), &Theme::changed, this, &ChartView::applyTheme);
    applyTheme();
}

void ChartView::setCached(bool cached)
{
    for (ChartLayer* layer : m_layers) {
        if (layer != m_hover && layer != m_brush) {
            layer->setCacheMode(cached ? QGraphicsItem::DeviceCoordinateCache : QGraphicsItem::NoCache);
        }
    }
}

void ChartView::applyTheme()
{
    m_state.tokens = &Theme::current().tokens();
    setBackgroundBrush(m_state.tokens->base);
    m_frame.applyTheme(*m_state.tokens, font());
    m_overlay->applyTheme(*m_state.tokens, font());
    updateView();
}

bool ChartView::event(QEvent* event)
{
    if (event->type() == QEvent::FontChange) {
        applyTheme();
    }
    return QChartView::event(event);
}

void ChartView::setData(std::shared_ptr<const ChartData> data, std::vector<GroupPaint> groups)
{
    const bool otherX = m_data && !sameAxis(m_data->spec.x, data->spec.x);
    const bool otherY = m_data && !sameAxis(m_data->spec.y, data->spec.y);
    if (otherX) {
        m_zoomX.reset();
    }
    if (otherY) {
        m_zoomY.reset();
    }
    if (otherX || otherY) {
        m_back.clear();
        m_forward.clear();
        m_brushed = {};
    }
    m_data = std::move(data);
    m_state.groups = std::move(groups);
    m_state.hovered.reset();
    m_state.lifted.reset();
    m_state.selected.clear();
    m_state.points.setData(m_data, automatic(true), automatic(false));
    updateView();
}

Scale ChartView::automatic(bool onX) const
{
    const ChartAxis& axis = onX ? m_data->spec.x : m_data->spec.y;
    const auto kind = axis.logarithmic ? Scale::Kind::Log : Scale::Kind::Linear;
    const auto steps = axis.quantity == "concurrency" || axis.quantity == "batch_size"
        ? Scale::Steps::PowersOfTwo
        : Scale::Steps::Decimal;
    const auto range = onX ? m_data->rangeX() : m_data->rangeY();
    const double least = axis.logarithmic ? 1 : 0;
    Scale scale
        = Scale::fitting(kind, range ? range->first : least, range ? range->second : least + 9, steps);
    if (axis.cap) {
        const double cap = scale.toUnit(*axis.cap);
        if (cap > scale.low()) {
            scale = scale.withRange(scale.low(), cap);
        }
    }
    return scale;
}

void ChartView::updateView()
{
    if (!m_data) {
        return;
    }
    PlotView view { automatic(true), automatic(false), {}, viewport()->devicePixelRatioF() };
    if (m_zoomX) {
        view.x = view.x.withRange(m_zoomX->first, m_zoomX->second);
    }
    if (m_zoomY) {
        view.y = view.y.withRange(m_zoomY->first, m_zoomY->second);
    }
    const bool verticalLimit = std::ranges::any_of(m_data->limits, [this](const SloLimit& limit) {
        return limit.metric == m_data->spec.x.metric() && limit.stat == m_data->spec.x.stat;
    });
    m_plot = m_frame.plotArea(viewport()->size(), view.y, verticalLimit);
    if (m_plot.width() < 20 || m_plot.height() < 20) {
        return;
    }
    view.size = m_plot.size();
    view.x = view.x.withPixels(0, m_plot.width());
    view.y = view.y.withPixels(m_plot.height(), 0);
    // Beside a low plot the unit matters more than the name, which the chart's title says.
    const QString full = axisTitle(m_data->spec.y);
    const QFontMetricsF metrics(Theme::secondary(font()));
    const bool fits = metrics.horizontalAdvance(full) <= m_plot.height();
    m_frame.show(m_plot, view, axisTitle(m_data->spec.x), fits ? full : axisUnit(m_data->spec.y));
    m_clip->setRect(QRectF(QPointF(0, 0), m_plot.size()));
    m_clip->setPos(m_plot.topLeft());
    m_state.points.project(view);
    for (ChartLayer* layer : m_layers) {
        layer->prepare();
        layer->setVisible(!layer->isEmpty());
        layer->changed();
    }
    placeBrush();
    updateOverlay();
    Q_EMIT viewChanged();
}

/// A brush lies over values, not over pixels: it moves with them.
void ChartView::placeBrush()
{
    const PlotView& view = plotView();
    if (!m_brushed.x || !m_brushed.y) {
        m_brush->setRect({});
        m_brushText.clear();
        return;
    }
    const QPointF from(view.x.unitToPixel(m_brushed.x->first), view.y.unitToPixel(m_brushed.y->second));
    const QPointF to(view.x.unitToPixel(m_brushed.x->second), view.y.unitToPixel(m_brushed.y->first));
    m_brush->setRect(QRectF(from, to));
    m_brushText
        = tr("%n points selected", nullptr, static_cast<int>(m_points->inside(m_brush->rect()).size()));
}

void ChartView::updateOverlay()
{
    if (!m_data) {
        return;
    }
    ChartOverlay::Content content;
    content.plot = m_plot;
    content.leaders = m_leaders;
    content.focus = m_focusFrame;
    for (const SloLayer::Line& line : m_slo->lines()) {
        if (line.vertical && line.at >= 0 && line.at <= m_plot.width()) {
            content.limits.emplace_back(QPointF(m_plot.left() + line.at, m_plot.top() - 6), line.label);
        }
    }
    if (m_state.hovered && *m_state.hovered < m_state.points.size()) {
        const std::uint32_t i = *m_state.hovered;
        content.crosshair = place(i, m_state.hoveredPartner);
        const double y = m_state.hoveredPartner ? m_data->partner[i] : m_data->y[i];
        content.valueX = plainValueText(m_data->spec.x, m_data->x[i]);
        content.valueY = plainValueText(m_data->spec.y, y);
        if (!m_plot.adjusted(-1, -1, 1, 1).contains(*content.crosshair)) {
            content.crosshair.reset();
        }
    }
    content.brush = m_brush->rect().translated(m_plot.topLeft()).intersected(m_plot);
    content.brushText = content.brush.isEmpty() ? QString() : m_brushText;
    m_overlay->setContent(std::move(content), QRectF(viewport()->rect()));
}

QPointF ChartView::place(std::uint32_t point, bool partner) const
{
    const PixelPoint p = partner ? m_state.points.partner(point) : m_state.points.main(point);
    return m_plot.topLeft() + QPointF(p.x, p.y);
}

bool ChartView::isVisible(std::uint32_t point) const
{
    return m_state.points.inside(m_state.points.main(point), 0.5);
}

void ChartView::setHovered(std::optional<PointRef> point)
{
    m_state.hovered = point ? std::optional(point->point) : std::nullopt;
    m_state.hoveredPartner = point && point->partner;
    m_hover->changed();
    updateOverlay();
}

void ChartView::setLifted(std::optional<std::uint32_t> group)
{
    m_state.lifted = group;
    m_hover->changed();
}

void ChartView::setSelected(const std::vector<std::uint32_t>& points)
{
    m_state.selected = points;
    m_hover->changed();
}

void ChartView::setLeaders(std::vector<QLineF> leaders)
{
    m_leaders = std::move(leaders);
    updateOverlay();
}

std::optional<PointRef> ChartView::nearest(QPointF place) const
{
    if (!m_plot.adjusted(-6, -6, 6, 6).contains(place) || m_state.points.empty()) {
        return std::nullopt;
    }
    return m_points->nearest(place - m_plot.topLeft(), hoverReach);
}

int ChartView::inkUnder(const QRectF& rect) const
{
    if (m_state.points.empty()) {
        return 0;
    }
    const QRectF local = rect.translated(-m_plot.topLeft());
    auto ink = static_cast<int>(m_points->inside(local).size()) * 2;
    if (m_state.crowded()) {
        return ink;
    }
    // A card over a line hides a trend: 10 px of line weigh as much as half a point.
    const auto addLine
        = [&](QPointF from, QPointF to) { ink += qRound(lengthInside(QLineF(from, to), local) / 10); };
    for (const ChartLine& line : m_data->lines) {
        for (std::uint32_t i = line.first + 1; i < line.last; ++i) {
            if (m_data->flags[i] & ChartData::Starts) {
                continue;
            }
            const PixelPoint a = m_state.points.main(i - 1);
            const PixelPoint b = m_state.points.main(i);
            addLine({ a.x, a.y }, { b.x, b.y });
        }
    }
    for (std::size_t f = 0; f < m_data->frontiers.size(); ++f) {
        const QPolygonF& corners = m_frontier->corners(f);
        for (qsizetype i = 1; i < corners.size(); ++i) {
            addLine(corners[i - 1], corners[i]);
        }
    }
    return ink;
}

QString ChartView::describe() const
{
    if (!m_data) {
        return {};
    }
    QStringList sentences { m_data->describe() };
    for (const ChartLayer* layer : m_layers) {
        const QString text = layer->describe();
        if (!text.isEmpty() && layer != m_points) {
            sentences << text;
        }
    }
    return sentences.join(QLatin1Char(' '));
}

void ChartView::setZoom(const Zoom& zoom)
{
    m_zoomX = zoom.x;
    m_zoomY = zoom.y;
    updateView();
}

void ChartView::remember()
{
    // The steps of one turn of the wheel are one entry.
    const bool fresh = !m_sinceRemembered.isValid() || m_sinceRemembered.elapsed() > 400;
    if (fresh || m_back.empty()) {
        m_back.push_back(zoom());
    }
    m_forward.clear();
    m_sinceRemembered.restart();
}

void ChartView::zoomBy(double factor, QPointF at)
{
    if (!m_data || m_plot.isEmpty()) {
        return;
    }
    remember();
    const PlotView& view = plotView();
    const QPointF inside = at - m_plot.topLeft();
    Zoom next = zoom();
    if (at.x() >= m_plot.left()) {
        const Scale x = view.x.zoomed(factor, inside.x());
        next.x = Range(x.low(), x.high());
    }
    if (at.y() <= m_plot.bottom()) {
        const Scale y = view.y.zoomed(factor, inside.y());
        next.y = Range(y.low(), y.high());
    }
    setZoom(next);
}

void ChartView::pan(QPointF pixels)
{
    const Scale x = plotView().x.panned(pixels.x());
    const Scale y = plotView().y.panned(pixels.y());
    setZoom({ Range(x.low(), x.high()), Range(y.low(), y.high()) });
}

void ChartView::resetZoom()
{
    if (isZoomed()) {
        m_sinceRemembered.invalidate();
        remember();
        setZoom({});
    }
}

void ChartView::fitSelection()
{
    if (m_state.selected.empty()) {
        return resetZoom();
    }
    std::vector<double> xs;
    std::vector<double> ys;
    for (const std::uint32_t i : m_state.selected) {
        xs.push_back(plotView().x.toUnit(m_data->x[i]));
        ys.push_back(plotView().y.toUnit(m_data->y[i]));
    }
    const auto around = [](const std::vector<double>& units, const Scale& now) {
        const auto [low, high] = std::ranges::minmax_element(units);
        const double air = *high > *low ? (*high - *low) * 0.15 : (now.high() - now.low()) * 0.05;
        return Range(*low - air, *high + air);
    };
    m_sinceRemembered.invalidate();
    remember();
    setZoom({ around(xs, plotView().x), around(ys, plotView().y) });
}

void ChartView::zoomBack()
{
    if (!m_back.empty()) {
        m_forward.push_back(zoom());
        const Zoom to = m_back.back();
        m_back.pop_back();
        setZoom(to);
    }
}

void ChartView::zoomForward()
{
    if (!m_forward.empty()) {
        m_back.push_back(zoom());
        const Zoom to = m_forward.back();
        m_forward.pop_back();
        setZoom(to);
    }
}

} // namespace prism::app
