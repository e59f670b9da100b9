// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_cards.h"

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

/// From the card's edge to the point, not under the card.
QLineF leader(const QRectF& card, QPointF point)
{
    const QPointF edge(
        std::clamp(point.x(), card.left(), card.right()), std::clamp(point.y(), card.top(), card.bottom()));
    QLineF line(edge, point);
    if (line.length() > 8) {
        line.setLength(line.length() - 6);
        return line;
    }
    return {};
}

} // namespace

ChartCards::ChartCards(ChartView* view)
    : QObject(view)
    , m_view(view)
    , m_tooltip(new PointCard(false, view->viewport()))
{
    m_tooltip->hide();
    connect(view, &ChartView::viewChanged, this, &ChartCards::place);
}

int ChartCards::slotOf(std::uint32_t point) const
{
    return m_view->data()->groupOf(point).slot;
}

QPoint ChartCards::emptiestPlace(const PointCard& card, const PointRef& point, bool near) const
{
    const QPointF at = m_view->place(point.point, point.partner);
    const QSizeF size = card.size();
    const QRectF plot = m_view->plotRect();
    const bool fits = size.width() < plot.width() && size.height() < plot.height();
    const QRectF room = fits ? plot.adjusted(2, 2, -2, -2) : QRectF(m_view->viewport()->rect());
    const QSizeF play(
        std::max(0.0, room.width() - size.width()), std::max(0.0, room.height() - size.height()));
    constexpr qreal away = 16;
    std::vector<QPointF> corners { at + QPointF(away, away),
        at - QPointF(away + size.width(), away + size.height()), at + QPointF(away, -away - size.height()),
        at + QPointF(-away - size.width(), away) };
    // Few points leave gaps that are worth looking for; of many a look at each would hold up a zoom.
    const bool few = m_view->data()->size() <= 2'000;
    const int columns = few ? 12 : 4;
    const int rows = few ? 16 : 3;
    for (int column = 0; !near && column <= columns; ++column) {
        for (int row = 0; row <= rows; ++row) {
            corners.push_back(
                room.topLeft() + QPointF(play.width() * column / columns, play.height() * row / rows));
        }
    }
    QPointF best = corners[0];
    double least = HUGE_VAL;
    for (const QPointF& corner : corners) {
        QRectF rect(corner, size);
        rect.moveLeft(std::clamp(rect.left(), room.left(), room.left() + play.width()));
        rect.moveTop(std::clamp(rect.top(), room.top(), room.top() + play.height()));
        double cost = m_view->inkUnder(rect) + QLineF(rect.center(), at).length() / 150;
        cost += rect.adjusted(-8, -8, 8, 8).contains(at) ? 1e6 : 0;
        for (const PointCard* other : m_cards) {
            cost += other != &card && other->isVisible() && QRectF(other->geometry()).intersects(rect) ? 1e4
                                                                                                       : 0;
        }
        if (cost < least) {
            least = cost;
            best = rect.topLeft();
        }
    }
    return best.toPoint();
}

void ChartCards::showTooltip(const PointRef& point)
{
    const ChartData* data = m_view->data();
    const PointId id = data->table->point(data->rows[point.point]);
    const bool isPinned = std::ranges::any_of(
        m_cards, [id](const PointCard* card) { return card->point == id && card->isVisible(); });
    if (isPinned || !m_view->isVisible(point.point)) {
        return hideTooltip();
    }
    m_tooltip->point = id;
    m_tooltip->setText(cardText(*data, point.point, slotOf(point.point)));
    m_tooltip->move(emptiestPlace(*m_tooltip, point, true));
    m_tooltip->show();
    m_tooltip->raise();
}

void ChartCards::hideTooltip()
{
    m_tooltip->hide();
}

void ChartCards::togglePin(const PointRef& point)
{
    const ChartData* data = m_view->data();
    const PointId id = data->table->point(data->rows[point.point]);
    const auto known = std::ranges::find(m_cards, id, [](const PointCard* card) { return card->point; });
    if (known != m_cards.end()) {
        close(*known);
        return;
    }
    if (m_cards.size() == mostPinned) {
        close(m_cards.front());
    }
    pin(point);
    Q_EMIT pinsChanged();
}

void ChartCards::pin(const PointRef& point)
{
    const ChartData* data = m_view->data();
    auto* card = new PointCard(true, m_view->viewport());
    card->point = data->table->point(data->rows[point.point]);
    card->setText(cardText(*data, point.point, slotOf(point.point)));
    m_cards.push_back(card);
    connect(card, &PointCard::closed, this, [this, card] { close(card); });
    connect(card, &PointCard::dragged, this, &ChartCards::place);
    card->move(emptiestPlace(*card, point, false));
    card->show();
    hideTooltip();
    place();
}

void ChartCards::close(PointCard* card)
{
    std::erase(m_cards, card);
    card->hide();
    card->deleteLater();
    place();
    Q_EMIT pinsChanged();
}

bool ChartCards::closeLast()
{
    if (m_cards.empty()) {
        return false;
    }
    close(m_cards.back());
    return true;
}

std::vector<PointId> ChartCards::pinned() const
{
    std::vector<PointId> points;
    for (const PointCard* card : m_cards) {
        points.push_back(card->point);
    }
    return points;
}

void ChartCards::setPinned(const std::vector<PointId>& points)
{
    while (closeLast()) { }
    const ChartData* data = m_view->data();
    for (const PointId id : points) {
        const auto row = data ? data->table->rowOf(id) : std::nullopt;
        const auto point = row ? data->pointOf(*row) : std::nullopt;
        if (point && m_cards.size() < mostPinned) {
            pin({ *point, false, 0 });
        }
    }
    Q_EMIT pinsChanged();
}

void ChartCards::refresh()
{
    hideTooltip();
    const ChartData* data = m_view->data();
    for (PointCard* card : m_cards) {
        const auto row = data->table->rowOf(card->point);
        const auto point = row ? data->pointOf(*row) : std::nullopt;
        if (point) {
            card->setText(cardText(*data, *point, slotOf(*point)));
        }
    }
    place();
}

void ChartCards::place()
{
    const ChartData* data = m_view->data();
    std::vector<QLineF> leaders;
    for (PointCard* card : m_cards) {
        const auto row = data->table->rowOf(card->point);
        const auto point = row ? data->pointOf(*row) : std::nullopt;
        // A point that is filtered or zoomed away takes its card with it, and brings it back.
        card->setVisible(point && m_view->isVisible(*point));
        if (!point || !m_view->isVisible(*point)) {
            continue;
        }
        if (!card->moved()) {
            card->move(emptiestPlace(*card, { *point, false, 0 }, false));
        }
        const QLineF line = leader(card->geometry(), m_view->place(*point));
        if (!line.isNull()) {
            leaders.push_back(line);
        }
    }
    if (m_tooltip->isVisible()) {
        hideTooltip();
    }
    m_view->setLeaders(std::move(leaders));
}

} // namespace prism::app
