// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_frame.h"
#include "app/charts/chart_overlay.h"
#include "app/charts/layers.h"

#include <QChartView>
#include <QElapsedTimer>

namespace prism::app {

/// The plot: frame, layers, mouse and keys. It shows a ChartData and says what the user does with it; it
/// knows no workspace. Zoom is kept when new data come and forgotten for an axis that shows another quantity.
class ChartView : public QChartView {
    Q_OBJECT
public:
    explicit ChartView(QWidget* parent = nullptr);

    void setData(std::shared_ptr<const ChartData> data, std::vector<GroupPaint> groups);
    const ChartData* data() const { return m_data.get(); } ///< null before the first
    const PlotView& plotView() const { return m_state.points.view(); }
    /// The plot in pixels of the widget.
    QRectF plotRect() const { return m_plot; }
    QPointF place(std::uint32_t point, bool partner = false) const; ///< in pixels of the widget
    bool isVisible(std::uint32_t point) const; ///< inside the zoomed plot

    void setHovered(std::optional<PointRef> point);
    std::optional<std::uint32_t> hovered() const { return m_state.hovered; }
    void setLifted(std::optional<std::uint32_t> group);
    void setSelected(const std::vector<std::uint32_t>& points);
    void setLeaders(std::vector<QLineF> leaders);
    void clearBrush();
    bool hasBrush() const { return m_brushed.x.has_value(); }

    bool isZoomed() const { return m_zoomX || m_zoomY; }
    void zoomBy(double factor, QPointF at); ///< at in pixels of the widget; beside an axis only that axis
    void resetZoom();
    void fitSelection();
    void zoomBack();
    void zoomForward();

    std::optional<PointRef> nearest(QPointF place) const; ///< within 24 px, place in pixels of the widget
    /// How much of the data a card here would cover, to find an empty place for it.
    int inkUnder(const QRectF& rect) const;
    const std::vector<ChartLayer*>& layers() const { return m_layers; }
    QString describe() const;
    /// Drawing into a file: layers paint as vectors instead of from their cache.
    void setCached(bool cached);

Q_SIGNALS:
    void hoveredPoint(std::optional<prism::app::PointRef> point);
    void clickedPoint(prism::app::PointRef point);
    void clickedNothing();
    /// The right button or the menu key; the point there, or the one that the keyboard is at.
    void menuRequested(std::optional<prism::app::PointRef> point, const QPoint& globalPosition);
    void brushed(const std::vector<std::uint32_t>& points);
    void viewChanged(); ///< zoom, size or data
    void baselineKey();
    void limitsKey();
    void frontierKey();
    void tableKey();
    void escapeKey();

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    using Range = std::pair<double, double>; ///< unit coordinates
    struct Zoom {
        std::optional<Range> x, y;
        friend bool operator==(const Zoom&, const Zoom&) = default;
    };
    enum class Drag { None, Pressed, Brushing, Panning };

    Scale automatic(bool onX) const;
    void updateView();
    void updateOverlay();
    void applyTheme();
    void remember();
    void setZoom(const Zoom& zoom);
    Zoom zoom() const { return { m_zoomX, m_zoomY }; }
    void pan(QPointF pixels);
    void placeBrush();
    void finishBrush();
    void walk(int key);
    std::uint32_t neighbour(std::uint32_t point, int key) const;
    bool runKey(QKeyEvent* event);

    std::shared_ptr<const ChartData> m_data;
    PlotState m_state;
    ChartFrame m_frame;
    QGraphicsRectItem* m_clip;
    std::vector<ChartLayer*> m_layers;
    SloLayer* m_slo;
    PointLayer* m_points;
    FrontierLayer* m_frontier;
    HoverLayer* m_hover;
    BrushLayer* m_brush;
    ChartOverlay* m_overlay;
    QRectF m_plot;
    std::optional<Range> m_zoomX, m_zoomY;
    std::vector<Zoom> m_back, m_forward;
    QElapsedTimer m_sinceRemembered;
    Drag m_drag = Drag::None;
    QPointF m_pressed;
    Zoom m_brushed; ///< the values that the brush lies over
    QString m_brushText;
    bool m_focusFrame = false;
    std::vector<QLineF> m_leaders;
};

} // namespace prism::app
