// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_view.h"
#include "app/charts/point_card.h"

#include <QObject>

#include <vector>

namespace prism::app {

/// The tooltip and the pinned cards of a view: where they lie, and the lines that lead to their points.
/// Pinned cards stay with their points through new data and zoom.
class ChartCards : public QObject {
    Q_OBJECT
public:
    static constexpr int mostPinned = 6;

    explicit ChartCards(ChartView* view);

    void showTooltip(const PointRef& point);
    void hideTooltip();
    const PointCard* tooltip() const { return m_tooltip; }
    /// A pinned point's card is closed instead; the seventh replaces the first.
    void togglePin(const PointRef& point);
    std::vector<PointId> pinned() const;
    void setPinned(const std::vector<PointId>& points);
    const std::vector<PointCard*>& cards() const { return m_cards; }
    bool closeLast(); ///< false when none was open
    void refresh(); ///< new data: texts, and whether the points are still there
    void place(); ///< new zoom or size

Q_SIGNALS:
    void pinsChanged();

private:
    void pin(const PointRef& point);
    void close(PointCard* card);
    /// Where the card covers least; a tooltip stays `near` its point.
    QPoint emptiestPlace(const PointCard& card, const PointRef& point, bool near) const;
    int slotOf(std::uint32_t point) const;

    ChartView* m_view;
    PointCard* m_tooltip;
    std::vector<PointCard*> m_cards;
};

} // namespace prism::app
