// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/timeline_view.h"
#include "app/trace/trace_scene.h"

namespace prism::app {

/// Names in bars that have room for them, and the arrows of the chosen span, over the lanes of a timeline. It
/// is painted with each frame of the view and takes no mouse.
class TraceOverlay : public QWidget {
    Q_OBJECT
public:
    explicit TraceOverlay(TimelineView& view);

    void setScene(std::shared_ptr<const TraceScene> scene);
    void setChosen(std::optional<std::uint32_t> span);
    static QString laneId(std::uint32_t lane) { return QString::number(lane); }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void paintNames(QPainter& painter) const;
    void paintArrows(QPainter& painter) const;
    /// Where an instant of a lane is on the screen; empty where the lane is not in view.
    std::optional<QPointF> placeOf(std::uint32_t lane, std::int64_t ns) const;

    TimelineView& m_view;
    std::shared_ptr<const TraceScene> m_scene;
    std::optional<std::uint32_t> m_chosen;
};

} // namespace prism::app
