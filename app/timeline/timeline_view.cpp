// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/timeline_view.h"

#include "app/theme/button_text.h"
#include "app/theme/theme.h"
#include "app/timeline/ruler_ticks.h"
#include "app/timeline/timeline_access.h"

#include <QEvent>
#include <QMenu>
#include <QScrollBar>

namespace prism::app {

namespace {

constexpr std::size_t mostHistory = 64;

} // namespace

TimelineView::TimelineView(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    installTimelineAccess();
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    setMinimumSize(namesWidth + gutterWidth + 200, overviewHeight + rulerHeight + 80);
    setAccessibleName(tr("Timeline"));
    connect(&Theme::current(), &Theme::changed, viewport(), QOverload<>::of(&QWidget::update));
}

void TimelineView::setModel(TimelineModel* model)
{
    if (m_model) {
        disconnect(m_model, nullptr, this, nullptr);
    }
    m_model = model;
    m_marked.clear();
    m_focused = 0;
    if (model) {
        connect(model, &TimelineModel::changed, this, &TimelineView::layOut);
        connect(model, &TimelineModel::lanesChanged, this, &TimelineView::layOut);
    }
    layOut();
}

void TimelineView::setRange(const TimeRange& range)
{
    if (!range.isEmpty() && range != m_range) {
        m_range = range;
        if (m_hoverX && m_drag == Drag::None) {
            m_instant = timeAt(*m_hoverX); // the pointer stays where it is while the view moves
        }
        viewport()->update();
    }
}

QRect TimelineView::plotRect() const
{
    const int top = overviewHeight + rulerHeight + 2; // a line under each
    const QSize size = viewport()->size();
    return { namesWidth, top, std::max(1, size.width() - namesWidth - gutterWidth),
        std::max(1, size.height() - top) };
}

TimeAxis TimelineView::axis() const
{
    return { m_range, plotRect().width() };
}

std::int64_t TimelineView::timeAt(int x) const
{
    return axis().timeAt(std::clamp(x - namesWidth, 0, plotRect().width()));
}

void TimelineView::setZero(std::int64_t ns, const QString& text)
{
    m_zero = ns;
    m_zeroText = text;
}

void TimelineView::layOut()
{
    m_shown = m_model ? m_model->visibleLanes() : std::vector<Lane*>();
    std::vector<LaneRequest> requests;
    for (const Lane* lane : m_shown) {
        requests.push_back({ lane->leastHeight(), lane->grows() });
    }
    const int room = plotRect().height();
    m_layout = placeLanes(requests, room);
    m_contentHeight = m_layout.empty() ? 0 : m_layout.back().top + m_layout.back().height + 1;
    verticalScrollBar()->setRange(0, std::max(0, m_contentHeight - room));
    verticalScrollBar()->setPageStep(room);
    verticalScrollBar()->setSingleStep(24);
    m_focused = std::clamp(m_focused, 0, std::max(0, int(m_shown.size()) - 1));
    viewport()->update();
}

std::vector<TimelineView::Place> TimelineView::places() const
{
    const QRect plot = plotRect();
    std::vector<Place> shown;
    for (std::size_t i = 0; i < m_shown.size(); ++i) {
        const int top = plot.top() + m_layout[i].top - verticalScrollBar()->value();
        if (top + m_layout[i].height >= plot.top() && top < plot.top() + plot.height()) {
            shown.push_back({ m_shown[i], top, m_layout[i].height });
        }
    }
    return shown;
}

const TimelineView::Place* TimelineView::placeAt(const std::vector<Place>& places, int y) const
{
    if (y < plotRect().top()) {
        return nullptr;
    }
    for (const Place& place : places) {
        if (y >= place.top && y < place.top + place.height) {
            return &place;
        }
    }
    return nullptr;
}

QRect TimelineView::laneRect(const QString& id) const
{
    for (const Place& place : places()) {
        if (place.lane->id() == id) {
            return { 0, place.top, viewport()->width(), place.height };
        }
    }
    return {};
}

Lane* TimelineView::focusedLane() const
{
    return m_shown.empty() ? nullptr : m_shown[std::size_t(m_focused)];
}

void TimelineView::showRow(const QString& id, int row)
{
    for (std::size_t i = 0; i < m_shown.size(); ++i) {
        if (m_shown[i]->id() != id) {
            continue;
        }
        const int y = m_layout[i].top + int(m_shown[i]->rowTop(row, m_layout[i].height));
        QScrollBar* bar = verticalScrollBar();
        if (y < bar->value()) {
            bar->setValue(y - 4);
        } else if (y > bar->value() + plotRect().height() - 8) {
            bar->setValue(y - plotRect().height() + 12);
        }
    }
}

void TimelineView::setReadsEdge(bool edge)
{
    m_readsEdge = edge;
    viewport()->update();
}

std::optional<std::int64_t> TimelineView::readingInstant() const
{
    return m_instant || !m_readsEdge ? m_instant : std::optional(m_range.toNs);
}

void TimelineView::setInstant(std::optional<std::int64_t> ns)
{
    if (m_instant != ns) {
        m_instant = ns;
        viewport()->update();
        Q_EMIT instantMoved();
    }
}

void TimelineView::selectRange(std::optional<TimeRange> range)
{
    if (m_selected != range) {
        m_selected = range;
        viewport()->update();
        Q_EMIT rangeSelected();
    }
}

void TimelineView::setMarked(std::vector<LaneMark> marked)
{
    m_marked = std::move(marked);
    viewport()->update();
}

/// A view can come back to where it was with [ and ].
void TimelineView::remember()
{
    m_history.resize(std::min(m_history.size(), m_inHistory));
    if (m_history.empty() || m_history.back() != m_range) {
        m_history.push_back(m_range);
    }
    if (m_history.size() > mostHistory) {
        m_history.erase(m_history.begin());
    }
    m_inHistory = m_history.size();
}

void TimelineView::moveInHistory(int by)
{
    if (by < 0 && m_inHistory == m_history.size() && !m_history.empty()) {
        remember(); // so that ] finds the way back
        --m_inHistory;
    }
    const std::int64_t to = std::int64_t(m_inHistory) + by;
    if (to < 0 || to >= std::int64_t(m_history.size())) {
        return;
    }
    m_inHistory = std::size_t(to);
    setRange(m_history[m_inHistory]);
    Q_EMIT rangeMoved(m_range);
}

void TimelineView::moveTo(const TimeRange& range)
{
    if (range == m_range || range.isEmpty()) {
        return;
    }
    setRange(range);
    Q_EMIT rangeMoved(m_range);
}

void TimelineView::zoomBy(double factor, std::int64_t aboutNs)
{
    moveTo(zoomed(m_range, factor, aboutNs, m_leastNs));
}

void TimelineView::panBy(double pixels)
{
    moveTo(moved(m_range, std::llround(pixels * axis().nsPerPixel())));
}

void TimelineView::fillLaneMenu(QMenu& menu)
{
    if (!m_model) {
        return;
    }
    for (const auto& lane : m_model->lanes()) {
        QAction* shown = menu.addAction(buttonText(lane->name()));
        shown->setCheckable(true);
        shown->setChecked(!lane->isHidden());
        connect(shown, &QAction::toggled, this, [this, id = lane->id()](bool on) {
            if (m_model) {
                m_model->setHidden(id, !on);
            }
        });
    }
    menu.addSeparator();
    const std::pair<QString, LaneSize> sizes[] = { { tr("All lanes small"), LaneSize::Small },
        { tr("All lanes medium"), LaneSize::Medium }, { tr("All lanes large"), LaneSize::Large } };
    for (const auto& [text, size] : sizes) {
        connect(menu.addAction(text), &QAction::triggered, this, [this, size = size] {
            if (m_model) {
                m_model->setAllSizes(size);
            }
        });
    }
}

QString TimelineView::describe() const
{
    QStringList parts;
    const std::string length = durationText(m_range.lengthNs(), niceStep(double(m_range.lengthNs()) / 100));
    parts << tr("Timeline of %1, %n lane(s).", nullptr, int(m_shown.size()))
                 .arg(QString::fromStdString(length));
    for (const TimelineGap& gap : m_model ? m_model->gaps() : std::vector<TimelineGap>()) {
        if (gap.range.overlaps(m_range)) {
            parts << tr("Data are missing: %1.").arg(gap.text);
        }
    }
    if (const Lane* lane = focusedLane()) {
        parts << lane->describe(m_range);
    }
    return parts.join(QLatin1Char(' '));
}

void TimelineView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    layOut();
}

void TimelineView::scrollContentsBy(int, int)
{
    viewport()->update();
}

void TimelineView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        viewport()->update();
    }
}

} // namespace prism::app
