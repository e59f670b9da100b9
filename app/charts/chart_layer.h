// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_data.h"
#include "app/charts/scale.h"
#include "app/theme/tokens.h"

#include <QGraphicsItem>

#include <cmath>
#include <memory>
#include <optional>
#include <vector>

namespace prism::app {

/// Where values are on the screen. Layers paint in pixels of the plot: (0, 0) is its upper left corner.
struct PlotView {
    Scale x; ///< pixels 0 … width
    Scale y; ///< pixels height … 0
    QSizeF size;
    qreal devicePixelRatio = 1;

    QPointF pixel(double valueX, double valueY) const { return { x.toPixel(valueX), y.toPixel(valueY) }; }
    friend bool operator==(const PlotView&, const PlotView&) = default;
};

struct PixelPoint {
    float x; ///< NaN for a point that has no place
    float y;
};

/// The points of a chart in pixels, made once for every view and shared by the layers. Not more than one
/// multiplication and addition a coordinate: logarithms are taken when the data come.
class PlotPoints {
public:
    void setData(std::shared_ptr<const ChartData> data, const Scale& x, const Scale& y);
    void project(const PlotView& view);

    const ChartData& data() const { return *m_data; }
    bool empty() const { return !m_data || m_data->rows.empty(); }
    std::size_t size() const { return m_pixels.size(); }
    const PlotView& view() const { return m_view; }
    PixelPoint main(std::size_t point) const { return m_pixels[point]; }
    bool hasPartners() const { return !m_partnerPixels.empty(); }
    PixelPoint partner(std::size_t point) const { return m_partnerPixels[point]; }
    bool inside(PixelPoint p, qreal margin = 0) const
    {
        return p.x >= -margin && p.x <= m_view.size.width() + margin && p.y >= -margin
            && p.y <= m_view.size.height() + margin;
    }

private:
    std::shared_ptr<const ChartData> m_data;
    Scale::Kind m_kindX = Scale::Kind::Linear;
    Scale::Kind m_kindY = Scale::Kind::Linear;
    std::vector<double> m_unitX, m_unitY, m_unitPartner;
    std::vector<PixelPoint> m_pixels, m_partnerPixels;
    PlotView m_view;
};

/// How a group of a chart is painted.
struct GroupPaint {
    QColor colour;
    int slot = -1;
};

/// What the layers have in common besides the points: set by the chart's view, on the GUI thread.
struct PlotState {
    PlotPoints points;
    const Tokens* tokens = nullptr;
    std::vector<GroupPaint> groups;
    std::optional<std::uint32_t> hovered; ///< point
    bool hoveredPartner = false; ///< its second percentile
    std::optional<std::uint32_t> lifted; ///< group under the mouse in the legend
    std::vector<std::uint32_t> selected; ///< points, ascending

    bool dense() const { return points.size() > 20'000; }
    bool crowded() const { return points.size() > 2'000; }
    /// Group that is drawn above the others: the lifted one, else that of the hovered point.
    std::optional<std::uint32_t> topGroup() const;
};

/// A point that is near a place of the plot.
struct PointRef {
    std::uint32_t point = 0;
    bool partner = false;
    qreal distance = 0;
    friend bool operator==(const PointRef&, const PointRef&) = default;
};

/// One kind of drawing inside a plot. It reads the shared state and paints; prepare() does what a change of
/// view or data needs, so that painting allocates nothing.
class ChartLayer : public QGraphicsItem {
public:
    explicit ChartLayer(const PlotState& state)
        : m_state(state)
    {
    }
    QRectF boundingRect() const override;
    virtual void prepare() { }
    virtual std::optional<PointRef> nearest(QPointF, qreal /*within*/) const { return std::nullopt; }
    virtual bool isEmpty() const
    {
        return false;
    } ///< after prepare(): nothing to paint, so not worth a cache
    /// One sentence on what the layer shows, empty when it shows nothing.
    virtual QString describe() const { return {}; }

    /// Tells the scene of a new size and a repaint.
    void changed();

protected:
    const PlotState& m_state;

private:
    QSizeF m_size;
};

} // namespace prism::app
