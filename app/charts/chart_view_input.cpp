// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_view.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QMouseEvent>
#include <QWheelEvent>

#include <cmath>

// Mouse and keys of the plot. QChartView's own handlers are not called: they would let the empty chart zoom
// itself.

namespace prism::app {

void ChartView::resizeEvent(QResizeEvent* event)
{
    QChartView::resizeEvent(event);
    updateView();
}

void ChartView::mousePressEvent(QMouseEvent* event)
{
    setFocus(Qt::MouseFocusReason);
    m_pressed = event->position();
    if (event->button() == Qt::MiddleButton) {
        m_drag = Drag::Panning;
        m_sinceRemembered.invalidate();
        remember();
    } else if (event->button() == Qt::LeftButton && m_plot.contains(m_pressed)) {
        m_drag = Drag::Pressed;
    }
    event->accept();
}

void ChartView::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF at = event->position();
    event->accept();
    if (m_drag == Drag::Panning) {
        pan(at - m_pressed);
        m_pressed = at;
        return;
    }
    if (m_drag == Drag::Pressed && (at - m_pressed).manhattanLength() >= QApplication::startDragDistance()) {
        m_drag = Drag::Brushing;
        Q_EMIT hoveredPoint(std::nullopt);
    }
    if (m_drag == Drag::Brushing) {
        const QRectF rect
            = QRectF(m_pressed, at).normalized().intersected(m_plot).translated(-m_plot.topLeft());
        const PlotView& view = plotView();
        m_brushed = { Range(view.x.pixelToUnit(rect.left()), view.x.pixelToUnit(rect.right())),
            Range(view.y.pixelToUnit(rect.bottom()), view.y.pixelToUnit(rect.top())) };
        placeBrush();
        updateOverlay();
        return;
    }
    if (m_drag == Drag::None) {
        Q_EMIT hoveredPoint(nearest(at));
    }
}

void ChartView::mouseReleaseEvent(QMouseEvent* event)
{
    const Drag was = std::exchange(m_drag, Drag::None);
    event->accept();
    if (was == Drag::Brushing) {
        return finishBrush();
    }
    if (was != Drag::Pressed || event->button() != Qt::LeftButton) {
        return;
    }
    if (const auto point = nearest(event->position())) {
        Q_EMIT clickedPoint(*point);
    } else {
        clearBrush();
        Q_EMIT clickedNothing();
    }
}

void ChartView::finishBrush()
{
    Q_EMIT brushed(m_points->inside(m_brush->rect()));
}

void ChartView::clearBrush()
{
    m_brushed = {};
    placeBrush();
    updateOverlay();
}

void ChartView::mouseDoubleClickEvent(QMouseEvent* event)
{
    event->accept();
    if (event->button() == Qt::LeftButton) {
        resetZoom();
    }
}

void ChartView::contextMenuEvent(QContextMenuEvent* event)
{
    event->accept();
    if (event->reason() == QContextMenuEvent::Mouse) {
        Q_EMIT menuRequested(nearest(event->pos()), event->globalPos());
    } else if (m_state.hovered) {
        const QPoint at = place(*m_state.hovered, m_state.hoveredPartner).toPoint();
        Q_EMIT menuRequested(PointRef { *m_state.hovered, m_state.hoveredPartner, 0 }, mapToGlobal(at));
    } else {
        Q_EMIT menuRequested(std::nullopt, mapToGlobal(m_plot.center().toPoint()));
    }
}

void ChartView::leaveEvent(QEvent* event)
{
    QChartView::leaveEvent(event);
    if (m_drag == Drag::None) {
        Q_EMIT hoveredPoint(std::nullopt);
    }
}

void ChartView::wheelEvent(QWheelEvent* event)
{
    const double steps = event->angleDelta().y() / 120.0;
    if (steps != 0) {
        zoomBy(std::pow(0.8, steps), event->position());
    }
    event->accept();
}

void ChartView::focusInEvent(QFocusEvent* event)
{
    QChartView::focusInEvent(event);
    m_focusFrame = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason
        || event->reason() == Qt::ShortcutFocusReason;
    updateOverlay();
}

void ChartView::focusOutEvent(QFocusEvent* event)
{
    QChartView::focusOutEvent(event);
    m_focusFrame = false;
    updateOverlay();
}

void ChartView::keyPressEvent(QKeyEvent* event)
{
    if (!runKey(event)) {
        event->ignore(); // QGraphicsView would scroll
    }
}

bool ChartView::runKey(QKeyEvent* event)
{
    if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) {
        return false;
    }
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
        walk(event->key());
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_state.hovered) {
            Q_EMIT clickedPoint({ *m_state.hovered, m_state.hoveredPartner, 0 });
        }
        return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomBy(0.8, m_plot.center());
        return true;
    case Qt::Key_Minus:
        zoomBy(1.25, m_plot.center());
        return true;
    case Qt::Key_0:
        resetZoom();
        return true;
    case Qt::Key_F:
        fitSelection();
        return true;
    case Qt::Key_BracketLeft:
        zoomBack();
        return true;
    case Qt::Key_BracketRight:
        zoomForward();
        return true;
    case Qt::Key_B:
        Q_EMIT baselineKey();
        return true;
    case Qt::Key_L:
        Q_EMIT limitsKey();
        return true;
    case Qt::Key_P:
        Q_EMIT frontierKey();
        return true;
    case Qt::Key_T:
        Q_EMIT tableKey();
        return true;
    case Qt::Key_Escape:
        Q_EMIT escapeKey();
        return true;
    default:
        return false;
    }
}

/// Left and right along a run by load, up and down to the nearest load of the next run; past points that the
/// zoom or an end set by hand hides.
void ChartView::walk(int key)
{
    std::uint32_t next = m_state.hovered.value_or(0);
    bool moved = !m_state.hovered && !m_state.points.empty();
    for (std::size_t steps = 0; steps < m_state.points.size(); ++steps) {
        if (moved && isVisible(next)) {
            Q_EMIT hoveredPoint(PointRef { next, false, 0 });
            return;
        }
        const std::uint32_t to
            = moved && !m_state.hovered ? (next + 1) % m_data->size() : neighbour(next, key);
        if (to == next) {
            return; // the end of the run
        }
        next = to;
        moved = true;
    }
}

std::uint32_t ChartView::neighbour(std::uint32_t point, int key) const
{
    const ChartData& d = *m_data;
    const std::uint32_t at = d.lineOf[point];
    const ChartLine& line = d.lines[at];
    if (key == Qt::Key_Left) {
        return point > line.first ? point - 1 : point;
    }
    if (key == Qt::Key_Right) {
        return point + 1 < line.last ? point + 1 : point;
    }
    const auto lines = static_cast<std::uint32_t>(d.lines.size());
    const ChartLine& other = d.lines[(at + (key == Qt::Key_Down ? 1 : lines - 1)) % lines];
    return std::min(other.first + (point - line.first), other.last - 1);
}

} // namespace prism::app
