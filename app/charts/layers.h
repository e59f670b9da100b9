// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_layer.h"

#include <QImage>
#include <QLineF>
#include <QPainterPath>

namespace prism::app {

/// Lines that join the points of a run in the order of load. Segments outside the plot are left out; over 20
/// 000 points only the baseline is joined, because the rest would be one grey area.
class LineLayer : public ChartLayer {
public:
    using ChartLayer::ChartLayer;
    void prepare() override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;
    QString describe() const override;
    bool isEmpty() const override { return m_runs.empty(); }
    std::size_t segments() const { return m_segments.size(); }
    /// The lines of one group again, a little wider, to lift it above the others.
    void paintLifted(QPainter* painter, std::uint32_t group) const;

private:
    struct Run {
        std::uint32_t line;
        bool partner;
        bool broken; ///< segments that end in a point that breaks the SLO
        std::size_t first, last; ///< of m_segments
    };
    void addRun(std::uint32_t line, bool partner, bool broken);
    void paintRun(QPainter* painter, const Run& run, qreal wider) const;

    std::vector<QLineF> m_segments;
    std::vector<Run> m_runs;
};

/// The points. Up to 2 000 as markers with a rim, up to 20 000 as stamps without, above that as an image of
/// how many points share a cell. Stamps and density are made in prepare().
class PointLayer : public ChartLayer {
public:
    using ChartLayer::ChartLayer;
    void prepare() override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;
    std::optional<PointRef> nearest(QPointF place, qreal within) const override;
    QString describe() const override;
    /// Points inside a rectangle of the plot, ascending.
    std::vector<std::uint32_t> inside(const QRectF& rect) const;
    /// The markers of one group again, above its lifted lines.
    void paintLifted(QPainter* painter, std::uint32_t group) const;

private:
    void paintOne(QPainter* painter, std::uint32_t point) const;
    void stamp();
    void drawDensity();

    QImage m_image;
    std::vector<std::uint32_t> m_counts;
};

/// The best points as a staircase, never interpolated, and rings around its members.
class FrontierLayer : public ChartLayer {
public:
    using ChartLayer::ChartLayer;
    void prepare() override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;
    QString describe() const override;
    /// Corners of the staircase of one frontier, in pixels of the plot.
    const QPolygonF& corners(std::size_t frontier) const { return m_stairs[frontier]; }
    bool isEmpty() const override { return m_stairs.empty(); }

private:
    std::vector<QPolygonF> m_stairs;
};

/// Limits of the SLO whose statistic an axis shows: the line and a tint over the bad side.
class SloLayer : public ChartLayer {
public:
    using ChartLayer::ChartLayer;
    void prepare() override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;
    QString describe() const override;

    struct Line {
        bool vertical;
        qreal at; ///< pixel
        QRectF bad;
        QString label;
    };
    const std::vector<Line>& lines() const { return m_lines; }
    bool isEmpty() const override { return m_lines.empty(); }

private:
    std::vector<Line> m_lines;
};

/// The load of each run's highest point that holds every limit, written at the point.
class HoldingLayer : public ChartLayer {
public:
    HoldingLayer(const PlotState& state, const SloLayer& limits)
        : ChartLayer(state)
        , m_limits(limits)
    {
    }
    void prepare() override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;
    QString describe() const override;
    bool isEmpty() const override { return m_labels.empty(); }

private:
    std::optional<QRectF> freePlace(PixelPoint p, const QSizeF& size, const std::vector<QRectF>& taken) const;

    const SloLayer& m_limits; ///< prepared before this layer
    std::vector<std::pair<std::uint32_t, QString>> m_labels; ///< point and text
};

/// ± one standard deviation around a mean.
class ErrorBarLayer : public ChartLayer {
public:
    using ChartLayer::ChartLayer;
    void prepare() override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;
    QString describe() const override;

    bool isEmpty() const override { return m_bars.empty(); }

private:
    struct Bar {
        QLineF line;
        std::uint32_t group;
    };
    std::vector<Bar> m_bars;
};

/// Rings around selected points, the lifted group, the grown hovered point with the loads along its run,
/// dotted lines to the axes: all that moves with the mouse, so that the layers below can stay in their
/// caches.
class HoverLayer : public ChartLayer {
public:
    HoverLayer(const PlotState& state, const LineLayer& lines, const PointLayer& points)
        : ChartLayer(state)
        , m_lines(lines)
        , m_points(points)
    {
    }
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;

private:
    void paintLoads(QPainter* painter, std::uint32_t hovered) const;

    const LineLayer& m_lines;
    const PointLayer& m_points;
};

/// The rectangle that is being dragged.
class BrushLayer : public ChartLayer {
public:
    using ChartLayer::ChartLayer;
    void setRect(const QRectF& rect);
    QRectF rect() const { return m_rect; }
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;

private:
    QRectF m_rect;
};

} // namespace prism::app
