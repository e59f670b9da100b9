// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/timeline_layout.h"
#include "app/timeline/timeline_model.h"

#include <QAbstractScrollArea>
#include <QPointer>

class QMenu;

namespace prism::app {

/// Lanes over one time axis: an overview and a ruler that stay, lanes that scroll, names and values at the
/// left, scales at the right. The data of all lanes are painted into one image, row by row and column by
/// column, anew for each frame; texts come on top.
///
/// Mouse: the wheel zooms at the pointer (Shift pans, over the names it scrolls), a drag pans, Shift+drag or
/// a drag on the ruler selects a stretch (Alt: without snapping to edges), a click chooses a span. Keys: see
/// keyPressEvent().
class TimelineView : public QAbstractScrollArea {
    Q_OBJECT
public:
    static constexpr int namesWidth = 168;
    static constexpr int gutterWidth = 42;
    static constexpr int overviewHeight = 26;
    static constexpr int rulerHeight = 20;

    explicit TimelineView(QWidget* parent = nullptr);

    /// Outlives the view; null shows nothing.
    void setModel(TimelineModel* model);
    TimelineModel* model() const { return m_model; }

    const TimeRange& range() const { return m_range; }
    void setRange(const TimeRange& range); ///< by program: rangeMoved() stays silent
    TimeAxis axis() const; ///< in logical pixels from the left edge of the plot
    /// Where the ruler counts from, and what it says there ("now").
    void setZero(std::int64_t ns, const QString& text);
    /// Text of an instant at the cursor ("10:42:19.140"); the distance to the zero without.
    using InstantText = std::function<QString(std::int64_t)>;
    void setInstantText(InstantText text) { m_instantText = std::move(text); }
    /// What a tooltip says of a span.
    using SpanText = std::function<QString(const Lane&, const LaneSpan&)>;
    void setSpanText(SpanText text) { m_spanText = std::move(text); }

    std::optional<std::int64_t> instant() const { return m_instant; }
    void setInstant(std::optional<std::int64_t> ns);
    /// Readings without an instant are those at the right edge, not the newest: the view does not follow.
    void setReadsEdge(bool edge);
    /// What the readings at the left are of; empty: the newest.
    std::optional<std::int64_t> readingInstant() const;
    std::optional<TimeRange> selectedRange() const { return m_selected; }
    void selectRange(std::optional<TimeRange> range);
    void setMarked(std::vector<LaneMark> marked);
    void setLeastRange(std::int64_t ns) { m_leastNs = ns; }
    void zoomBy(double factor, std::int64_t aboutNs);
    void panBy(double pixels);
    /// Scrolls a row of a lane into view.
    void showRow(const QString& lane, int row);

    /// Check boxes for lanes, and their heights. The menu belongs to `parent`.
    void fillLaneMenu(QMenu& menu);
    QString describe() const;
    QRect plotRect() const; ///< of the lanes, in the viewport
    QRect laneRect(const QString& id) const; ///< in the viewport, empty when not shown
    /// The whole frame, as it would be shown. For pictures and benchmarks.
    void renderFrame(QPainter& painter);
    Lane* focusedLane() const;

Q_SIGNALS:
    void rangeMoved(const prism::app::TimeRange& range); ///< by the user
    void resetRequested(); ///< double click on nothing, or the key 0
    void instantMoved();
    void spanChosen(const QString& lane, const prism::app::LaneSpan& span);
    void spanActivated(const QString& lane, const prism::app::LaneSpan& span);
    void nothingChosen();
    void rangeSelected();
    void noteRequested(const prism::app::TimeRange& range);
    void noteActivated(std::uint64_t id);
    void painted(); ///< a frame is on its way to the screen

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    bool viewportEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Place {
        Lane* lane = nullptr;
        int top = 0; ///< in the viewport
        int height = 0;
    };
    enum class Drag { None, Pan, Select, Overview };

    void layOut();
    std::vector<Place> places() const;
    const Place* placeAt(const std::vector<Place>& places, int y) const;
    void moveTo(const TimeRange& range);
    void remember();
    void step(bool forwards);
    void focusLane(int by);
    void moveInHistory(int by);
    bool zoomKey(int key);
    void choose(const Place& place, const LaneSpan& span);
    std::optional<LaneSpan> spanAt(const Place& place, const QPoint& at) const;
    std::int64_t timeAt(int x) const;
    std::int64_t snapped(const QPoint& at, bool snap) const;
    void dragOverview(int x);
    void showSpanTip(const QPoint& at, const QPoint& global);

    // timeline_view_paint.cpp
    void paintLanes(
        Raster& raster, const std::vector<Place>& places, const TimeAxis& axis, double ratio) const;
    void paintOverview(Raster& raster, double ratio) const;
    void paintNames(QPainter& painter, const std::vector<Place>& places) const;
    void paintReadings(QPainter& painter, const Place& place) const;
    void paintGutter(QPainter& painter, const std::vector<Place>& places) const;
    void paintRuler(QPainter& painter) const;
    void paintHead(QPainter& painter) const;
    void paintOverlays(QPainter& painter, const std::vector<Place>& places) const;
    void paintDetailFrom(QPainter& painter, int bottom) const;

    QPointer<TimelineModel> m_model;
    TimeRange m_range { 0, 1'000'000'000 };
    std::vector<LanePlace> m_layout;
    std::vector<Lane*> m_shown;
    int m_contentHeight = 0;
    std::int64_t m_zero = 0;
    QString m_zeroText;
    InstantText m_instantText;
    SpanText m_spanText;
    std::optional<std::int64_t> m_instant;
    bool m_readsEdge = false;
    std::optional<int> m_hoverX; ///< where the pointer is over the plot
    std::optional<TimeRange> m_selected;
    std::vector<LaneMark> m_marked;
    std::int64_t m_leastNs = 1000;
    int m_focused = 0;
    QImage m_image;
    std::vector<TimeRange> m_history;
    std::size_t m_inHistory = 0;

    Drag m_drag = Drag::None;
    bool m_dragged = false; ///< beyond the distance that makes a press a drag
    QPoint m_pressed;
    TimeRange m_pressedRange;
    std::int64_t m_anchor = 0;
};

} // namespace prism::app
