// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_view.h"

#include <QApplication>
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
        const QRectF rect = QRectF(m_pressed, at).normalized().intersected(m_plot);
        m_brush->setRect(rect.translated(-m_plot.topLeft()));
        m_brushText
            = tr("%n points selected", nullptr, static_cast<int>(m_points->inside(m_brush->rect()).size()));
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
    m_brush->setRect({});
    m_brushText.clear();
    updateOverlay();
}

void ChartView::mouseDoubleClickEvent(QMouseEvent* event)
{
    event->accept();
    if (event->button() == Qt::LeftButton) {
        resetZoom();
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

/// Left and right along a run by load, up and down to the nearest load of the next run.
void ChartView::walk(int key)
{
    if (m_state.points.empty()) {
        return;
    }
    const ChartData& d = *m_data;
    if (!m_state.hovered) {
        Q_EMIT hoveredPoint(PointRef { 0, false, 0 });
        return;
    }
    const std::uint32_t i = *m_state.hovered;
    const std::uint32_t at = d.lineOf[i];
    const ChartLine& line = d.lines[at];
    std::uint32_t next = i;
    if (key == Qt::Key_Left || key == Qt::Key_Right) {
        next = key == Qt::Key_Left ? (i > line.first ? i - 1 : i) : (i + 1 < line.last ? i + 1 : i);
    } else {
        const auto lines = static_cast<std::uint32_t>(d.lines.size());
        const ChartLine& other = d.lines[(at + (key == Qt::Key_Down ? 1 : lines - 1)) % lines];
        next = std::min(other.first + (i - line.first), other.last - 1);
    }
    Q_EMIT hoveredPoint(PointRef { next, false, 0 });
}

} // namespace prism::app
