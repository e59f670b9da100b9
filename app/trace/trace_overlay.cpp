// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_overlay.h"

#include "app/theme/theme.h"
#include "app/timeline/span_lane.h"

#include <QEvent>
#include <QPainter>
#include <QPainterPath>

namespace prism::app {

namespace {

constexpr int leastTextWidth = 36;
constexpr double leastTextPitch = 15;
constexpr std::size_t mostOfRow = 4000; ///< spans of a row that are looked at for names: a few milliseconds
constexpr int laneMargin = 4; ///< of SpanLane, above its first row

} // namespace

TraceOverlay::TraceOverlay(TimelineView& view)
    : QWidget(view.viewport())
    , m_view(view)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFont(Theme::secondary(font()));
    view.viewport()->installEventFilter(this);
    resize(view.viewport()->size());
}

void TraceOverlay::setScene(std::shared_ptr<const TraceScene> scene)
{
    m_scene = std::move(scene);
    m_chosen.reset();
    update();
}

void TraceOverlay::setChosen(std::optional<std::uint32_t> span)
{
    m_chosen = span;
    update();
}

bool TraceOverlay::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view.viewport() && event->type() == QEvent::Resize) {
        resize(m_view.viewport()->size());
    }
    return QWidget::eventFilter(watched, event);
}

void TraceOverlay::paintEvent(QPaintEvent*)
{
    if (!m_scene || !m_view.model()) {
        return;
    }
    QPainter painter(this);
    painter.setClipRect(m_view.plotRect());
    paintNames(painter);
    paintArrows(painter);
}

void TraceOverlay::paintNames(QPainter& painter) const
{
    const TimeAxis axis = m_view.axis();
    const QRect plot = m_view.plotRect();
    const Tokens& tokens = Theme::current().tokens();
    for (const Lane* lane : m_view.model()->visibleLanes()) {
        const auto* spans = dynamic_cast<const SpanLane*>(lane);
        const QRect rect = m_view.laneRect(lane->id());
        if (!spans || rect.isEmpty() || spans->pitch(rect.height()) < leastTextPitch) {
            continue;
        }
        const double pitch = spans->pitch(rect.height());
        for (std::size_t row = 0; row < spans->rows().size(); ++row) {
            const SpanTrack& track = spans->rows()[row];
            const std::size_t first = track.firstIndex(axis.range().fromNs);
            const std::size_t last = track.lastIndex(axis.range().toNs);
            if (last <= first || last - first > mostOfRow) {
                continue;
            }
            const double y = rect.top() + laneMargin + double(row) * pitch;
            for (std::size_t i = first; i < last; ++i) {
                const Span span = track.at(i);
                const double left = std::max(0.0, axis.pixelOf(span.startNs));
                const double right = std::min(double(plot.width()), axis.pixelOf(span.endNs));
                if (right - left < leastTextWidth) {
                    continue;
                }
                const QColor ground = spans->stages()[span.stage].colour(tokens);
                painter.setPen(ground.lightness() > 140 ? QColor(Qt::black) : QColor(Qt::white));
                // Within the bar: what hangs below the line, as in "execute_model", is part of the name.
                const QRectF box(plot.left() + left + 3, y, right - left - 6, pitch - 1);
                const QString name
                    = fontMetrics().elidedText(QString::fromStdString(m_scene->nameOf(span.item)).left(256),
                        Qt::ElideRight, int(box.width()));
                painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, name);
            }
        }
    }
}

std::optional<QPointF> TraceOverlay::placeOf(std::uint32_t lane, std::int64_t ns) const
{
    const QRect rect = m_view.laneRect(laneId(lane));
    const auto* spans = dynamic_cast<const SpanLane*>(m_view.model()->lane(laneId(lane)));
    if (rect.isEmpty() || !spans) {
        return std::nullopt;
    }
    const auto span = m_scene->spanAt(lane, ns);
    const double row = span ? double(m_scene->rowOf(*span)) : 0;
    const double pitch = spans->pitch(rect.height());
    return QPointF(
        m_view.plotRect().left() + m_view.axis().pixelOf(ns), rect.top() + laneMargin + (row + 0.5) * pitch);
}

void TraceOverlay::paintArrows(QPainter& painter) const
{
    if (!m_chosen) {
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Theme::current().tokens().text, 1.5));
    painter.setBrush(Theme::current().tokens().text);
    for (const TraceScene::Arrow& arrow : m_scene->arrowsOf(*m_chosen)) {
        const auto from = placeOf(arrow.fromLane, arrow.fromNs);
        const auto to = placeOf(arrow.toLane, arrow.toNs);
        if (!from || !to) {
            continue;
        }
        const double bend = std::clamp((to->x() - from->x()) / 2, 12.0, 80.0);
        QPainterPath path(*from);
        path.cubicTo(*from + QPointF(bend, 0), *to - QPointF(bend, 0), *to - QPointF(5, 0));
        painter.setBrush(Qt::NoBrush);
        painter.drawPath(path);
        painter.setBrush(Theme::current().tokens().text);
        painter.drawPolygon(QPolygonF({ *to, *to + QPointF(-7, -3.5), *to + QPointF(-7, 3.5) }));
    }
}

} // namespace prism::app
