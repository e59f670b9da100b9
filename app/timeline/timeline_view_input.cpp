// SPDX-License-Identifier: GPL-3.0-or-later
// What the timeline does on mouse and keys.
#include "app/timeline/timeline_view.h"

#include "app/theme/button_text.h"

#include <QAccessible>
#include <QApplication>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>
#include <QToolTip>

namespace prism::app {

namespace {

constexpr int reachPixels = 4; ///< a span counts as met this far beside it
constexpr int snapPixels = 6;
constexpr double wheelFactor = 0.8; ///< of the range, for one notch

} // namespace

std::optional<LaneSpan> TimelineView::spanAt(const Place& place, const QPoint& at) const
{
    if (at.x() < namesWidth || at.x() >= namesWidth + plotRect().width()) {
        return std::nullopt;
    }
    const auto reach = std::int64_t(axis().nsPerPixel() * reachPixels);
    return place.lane->spanAt(timeAt(at.x()), reach, at.y() - place.top, place.height);
}

/// The nearest edge of the lane under the pointer, where one is near enough.
std::int64_t TimelineView::snapped(const QPoint& at, bool snap) const
{
    const std::int64_t ns = timeAt(at.x());
    const auto shown = places();
    const Place* place = placeAt(shown, at.y());
    if (!snap) {
        return ns;
    }
    const auto reach = std::int64_t(axis().nsPerPixel() * snapPixels);
    std::vector<std::int64_t> edges;
    for (const Place& p : shown) {
        if (!place || p.lane == place->lane) { // on the ruler every lane counts
            p.lane->edges({ ns - reach, ns + reach + 1 }, edges);
        }
    }
    const auto nearer = [ns](std::int64_t a, std::int64_t b) { return std::abs(a - ns) < std::abs(b - ns); };
    const auto best = std::min_element(edges.begin(), edges.end(), nearer);
    return best == edges.end() ? ns : *best;
}

void TimelineView::choose(const Place& place, const LaneSpan& span)
{
    for (std::size_t i = 0; i < m_shown.size(); ++i) {
        if (m_shown[i] == place.lane) {
            m_focused = int(i);
        }
    }
    Q_EMIT spanChosen(place.lane->id(), span);
    viewport()->update();
}

void TimelineView::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position().toPoint();
    m_pressedRange = m_range;
    m_dragged = false;
    if (event->button() != Qt::LeftButton || m_pressed.x() < namesWidth) {
        return;
    }
    if (m_pressed.y() < overviewHeight) {
        remember();
        m_drag = Drag::Overview;
        dragOverview(m_pressed.x());
        return;
    }
    const bool select = m_pressed.y() < plotRect().top() || (event->modifiers() & Qt::ShiftModifier) != 0;
    m_drag = select ? Drag::Select : Drag::Pan;
    m_anchor = snapped(m_pressed, (event->modifiers() & Qt::AltModifier) == 0);
}

void TimelineView::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint at = event->position().toPoint();
    if (m_drag != Drag::None && !m_dragged
        && (at - m_pressed).manhattanLength() >= QApplication::startDragDistance()) {
        m_dragged = true;
        if (m_drag == Drag::Pan) {
            remember();
            viewport()->setCursor(Qt::ClosedHandCursor);
        }
    }
    if (m_drag == Drag::Overview) {
        dragOverview(at.x());
    } else if (m_drag == Drag::Pan && m_dragged) {
        const double perPixel = double(m_pressedRange.lengthNs()) / plotRect().width();
        moveTo(moved(m_pressedRange, -std::llround((at.x() - m_pressed.x()) * perPixel)));
    } else if (m_drag == Drag::Select && m_dragged) {
        const std::int64_t ns = snapped(at, (event->modifiers() & Qt::AltModifier) == 0);
        selectRange(TimeRange { std::min(m_anchor, ns), std::max(m_anchor, ns) });
    }
    const bool inPlot
        = at.x() >= namesWidth && at.x() < namesWidth + plotRect().width() && at.y() >= overviewHeight;
    m_hoverX = inPlot ? std::optional(at.x()) : std::nullopt;
    setInstant(inPlot ? std::optional(timeAt(at.x())) : std::nullopt);
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event)
{
    const Drag drag = std::exchange(m_drag, Drag::None);
    viewport()->unsetCursor();
    if (event->button() != Qt::LeftButton || m_dragged || drag == Drag::None || drag == Drag::Overview) {
        return;
    }
    if (m_pressed.y() < plotRect().top()) {
        for (const TimelineNote& note : m_model ? m_model->notes() : std::vector<TimelineNote>()) {
            if (std::abs(axis().pixelOf(note.range.fromNs) - (m_pressed.x() - namesWidth)) <= 6) {
                Q_EMIT noteActivated(note.id);
                return;
            }
        }
        selectRange(std::nullopt);
        return;
    }
    const auto shown = places();
    const Place* place = placeAt(shown, m_pressed.y());
    const auto span = place ? spanAt(*place, m_pressed) : std::nullopt;
    if (span) {
        choose(*place, *span);
    } else {
        selectRange(std::nullopt);
        Q_EMIT nothingChosen();
    }
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event)
{
    const QPoint at = event->position().toPoint();
    if (event->button() != Qt::LeftButton || at.x() < namesWidth) {
        return;
    }
    if (at.y() >= overviewHeight && at.y() < plotRect().top()) {
        const std::int64_t ns = timeAt(at.x());
        Q_EMIT noteRequested({ ns, ns });
        return;
    }
    const auto shown = places();
    const Place* place = placeAt(shown, at.y());
    if (const auto span = place ? spanAt(*place, at) : std::nullopt) {
        Q_EMIT spanActivated(place->lane->id(), *span);
    } else {
        Q_EMIT resetRequested();
    }
}

void TimelineView::dragOverview(int x)
{
    if (!m_model || m_model->overview().range.isEmpty()) {
        return;
    }
    const TimeAxis all(m_model->overview().range, plotRect().width());
    const std::int64_t middle = all.timeAt(std::clamp(x - namesWidth, 0, all.pixels()));
    const std::int64_t from = middle - m_range.lengthNs() / 2;
    moveTo({ from, from + m_range.lengthNs() });
}

void TimelineView::wheelEvent(QWheelEvent* event)
{
    const QPoint at = event->position().toPoint();
    const double notches = double(event->angleDelta().y()) / 120;
    const double sideways = double(event->angleDelta().x()) / 120;
    if (at.x() < namesWidth && (event->modifiers() & Qt::ShiftModifier) == 0) {
        verticalScrollBar()->setValue(verticalScrollBar()->value() - int(notches * 48));
    } else if (sideways != 0 || (event->modifiers() & Qt::ShiftModifier) != 0) {
        panBy(-(sideways != 0 ? sideways : notches) * plotRect().width() * 0.1);
    } else if (notches != 0) {
        zoomBy(std::pow(wheelFactor, notches), timeAt(at.x()));
    }
    event->accept();
}

/// Left and Right walk the spans of the focused lane, Up and Down the lanes; with Shift Left and Right pan.
/// + − zoom, F fits the selection, 0 resets, [ ] go through where the view was, M notes, Enter opens the
/// span, Esc takes the selection back.
void TimelineView::keyPressEvent(QKeyEvent* event)
{
    const bool shift = (event->modifiers() & Qt::ShiftModifier) != 0;
    const double page = plotRect().width() * 0.2;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right: {
        const bool forwards = event->key() == Qt::Key_Right;
        if (shift) {
            panBy(forwards ? page : -page);
        } else {
            step(forwards);
        }
        return;
    }
    case Qt::Key_Up:
    case Qt::Key_Down:
        focusLane(event->key() == Qt::Key_Down ? 1 : -1);
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (const Lane* lane = focusedLane(); lane && m_instant) {
            if (const auto span = lane->spanBeside(*m_instant + 1, false)) {
                Q_EMIT spanActivated(lane->id(), *span);
            }
        }
        return;
    case Qt::Key_M: {
        const std::int64_t at = m_instant.value_or(m_range.toNs);
        Q_EMIT noteRequested(m_selected.value_or(TimeRange { at, at }));
        return;
    }
    case Qt::Key_Escape:
        if (m_selected) {
            selectRange(std::nullopt);
        } else {
            setInstant(std::nullopt);
            Q_EMIT nothingChosen();
        }
        return;
    default:
        if (!zoomKey(event->key())) {
            QAbstractScrollArea::keyPressEvent(event);
        }
    }
}

bool TimelineView::zoomKey(int key)
{
    const std::int64_t about
        = m_instant && m_range.contains(*m_instant) ? *m_instant : m_range.fromNs + m_range.lengthNs() / 2;
    switch (key) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomBy(0.5, about);
        return true;
    case Qt::Key_Minus:
        zoomBy(2, about);
        return true;
    case Qt::Key_F:
        remember();
        if (m_selected) {
            moveTo(*m_selected);
        } else if (!m_marked.empty()) {
            const TimeRange mark = m_marked.front().range;
            const std::int64_t room = std::max<std::int64_t>(1000, mark.lengthNs() / 10);
            moveTo({ mark.fromNs - room, mark.toNs + room });
        }
        return true;
    case Qt::Key_0:
        Q_EMIT resetRequested();
        return true;
    case Qt::Key_BracketLeft:
    case Qt::Key_BracketRight:
        moveInHistory(key == Qt::Key_BracketLeft ? -1 : 1);
        return true;
    default:
        return false;
    }
}

void TimelineView::step(bool forwards)
{
    Lane* lane = focusedLane();
    if (!lane) {
        return;
    }
    const std::int64_t from = m_instant.value_or(forwards ? m_range.fromNs : m_range.toNs);
    const auto span = lane->spanBeside(from, forwards);
    if (!span) {
        return;
    }
    m_hoverX.reset(); // the keys lead now
    setInstant(span->span.startNs);
    if (!m_range.contains(span->span.startNs)) {
        const std::int64_t start = span->span.startNs - m_range.lengthNs() / 2;
        moveTo({ start, start + m_range.lengthNs() });
    }
    Q_EMIT spanChosen(lane->id(), *span);
    QAccessibleEvent spoken(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&spoken);
}

void TimelineView::focusLane(int by)
{
    if (m_shown.empty()) {
        return;
    }
    m_focused = std::clamp(m_focused + by, 0, int(m_shown.size()) - 1);
    const LanePlace& place = m_layout[std::size_t(m_focused)];
    QScrollBar* bar = verticalScrollBar();
    if (place.top < bar->value()) {
        bar->setValue(place.top);
    } else if (place.top + place.height > bar->value() + plotRect().height()) {
        bar->setValue(std::min(place.top, place.top + place.height - plotRect().height()));
    }
    QAccessibleEvent spoken(this, QAccessible::Focus);
    spoken.setChild(m_focused);
    QAccessible::updateAccessibility(&spoken);
    viewport()->update();
}

void TimelineView::contextMenuEvent(QContextMenuEvent* event)
{
    const auto shown = places();
    const Place* place
        = event->reason() == QContextMenuEvent::Mouse ? placeAt(shown, event->pos().y()) : nullptr;
    Lane* lane = place ? place->lane : focusedLane();
    if (!lane || !m_model) {
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const std::pair<QString, LaneSize> sizes[] = { { tr("%1: small"), LaneSize::Small },
        { tr("%1: medium"), LaneSize::Medium }, { tr("%1: large"), LaneSize::Large } };
    for (const auto& [text, size] : sizes) {
        QAction* action = menu->addAction(text.arg(buttonText(lane->name())));
        action->setCheckable(true);
        action->setChecked(lane->size() == size);
        connect(action, &QAction::triggered, m_model,
            [this, id = lane->id(), size = size] { m_model->setSize(id, size); });
    }
    connect(menu->addAction(tr("Hide %1").arg(buttonText(lane->name()))), &QAction::triggered, m_model,
        [this, id = lane->id()] { m_model->setHidden(id, true); });
    menu->addSeparator();
    const std::int64_t at = timeAt(event->pos().x());
    connect(menu->addAction(tr("Write a note here…")), &QAction::triggered, this, [this, at] {
        Q_EMIT noteRequested(m_selected.value_or(TimeRange { at, at }));
    });
    menu->addSeparator();
    fillLaneMenu(*menu);
    menu->popup(event->globalPos());
}

void TimelineView::showSpanTip(const QPoint& at, const QPoint& global)
{
    const auto shown = places();
    const Place* place = placeAt(shown, at.y());
    const auto span = place ? spanAt(*place, at) : std::nullopt;
    QString text;
    if (span && m_spanText) {
        text = m_spanText(*place->lane, *span);
    } else if (place && plotRect().contains(at)) {
        text = place->lane->tipAt(axis(), at.x() - plotRect().left(), at.y() - place->top, place->height);
    }
    for (const TimelineNote& note : m_model ? m_model->notes() : std::vector<TimelineNote>()) {
        if (text.isEmpty() && at.y() < plotRect().top()
            && std::abs(axis().pixelOf(note.range.fromNs) - (at.x() - namesWidth)) <= 6) {
            text = note.text;
        }
    }
    if (text.isEmpty()) {
        QToolTip::hideText();
    } else {
        QToolTip::showText(global, text, viewport());
    }
}

bool TimelineView::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::Leave) {
        m_hoverX.reset();
        setInstant(std::nullopt);
    } else if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        showSpanTip(help->pos(), help->globalPos());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace prism::app
