// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/distribution/distribution_plot.h"

#include "app/theme/run_style.h"
#include "app/theme/theme.h"
#include "core/export/points_csv.h"

#include <QAbstractAxis>
#include <QChart>
#include <QEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

QString text(const std::string& s)
{
    return QString::fromStdString(s);
}

QString knotName(double percentile)
{
    return text((percentile <= 0 ? Stat::min()
            : percentile >= 100  ? Stat::max()
                                 : Stat::percentile(percentile))
                    .name());
}

} // namespace

/// Paints the series in pixels of the plot; nothing is smoothed and nothing is drawn between stated
/// percentiles.
class DistributionLayer : public QGraphicsItem {
public:
    using QGraphicsItem::QGraphicsItem;

    void show(const DistributionPlot& plot)
    {
        prepareGeometryChange();
        m_plot = &plot;
        update();
    }
    void setCursor(std::optional<qreal> x)
    {
        m_cursor = x;
        update();
    }
    QRectF boundingRect() const override { return m_plot ? QRectF({}, m_plot->plotView().size) : QRectF(); }
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override
    {
        if (!m_plot) {
            return;
        }
        painter->setClipRect(boundingRect());
        const double row = boundingRect().height() / (double(m_plot->series().size()) + 1);
        double height = 0;
        for (const DistributionSeries& series : m_plot->series()) {
            height += row;
            if (!series.fromRequests()) {
                paintKnots(painter, series, height);
            } else if (m_plot->kind() == DistributionPlot::Kind::Cdf) {
                paintSteps(painter, series);
            } else {
                paintBars(painter, series);
            }
        }
        if (m_cursor) {
            painter->setPen(QPen(Theme::current().tokens().axis, 1, Qt::DotLine));
            painter->drawLine(QPointF(*m_cursor, 0), QPointF(*m_cursor, boundingRect().height()));
        }
    }

private:
    QPen penOf(const DistributionSeries& series) const
    {
        const RunStyle style = runStyle(series.of.slot);
        QPen pen(style.colour, 1.5);
        if (!style.dash.isEmpty()) {
            QList<qreal> pattern;
            for (const qreal length : style.dash) {
                pattern << length / 1.5;
            }
            pen.setDashPattern(pattern);
        }
        return pen;
    }

    void paintSteps(QPainter* painter, const DistributionSeries& series) const
    {
        const PlotView& view = m_plot->plotView();
        QList<QLineF> lines;
        lines.reserve(qsizetype(series.steps.size()) * 2);
        QPointF at;
        for (const CdfStep& step : series.steps) {
            const QPointF next = view.pixel(step.value, step.part);
            if (std::isnan(next.x())) {
                continue;
            }
            if (lines.isEmpty()) {
                at = QPointF(next.x(), view.size.height());
            }
            lines << QLineF(at, QPointF(next.x(), at.y())) << QLineF(QPointF(next.x(), at.y()), next);
            at = next;
        }
        painter->setRenderHint(QPainter::Antialiasing, false);
        painter->setPen(penOf(series));
        painter->drawLines(lines); // segments: a wide polyline costs twenty times as much
    }

    void paintBars(QPainter* painter, const DistributionSeries& series) const
    {
        const PlotView& view = m_plot->plotView();
        const RunStyle style = runStyle(series.of.slot);
        QColor fill = style.colour;
        fill.setAlpha(m_plot->series().size() > 1 ? 60 : 120);
        painter->setRenderHint(QPainter::Antialiasing, false);
        painter->setPen(QPen(style.colour, 1));
        painter->setBrush(fill);
        const Histogram& h = series.histogram;
        for (std::size_t i = 0; i < h.counts.size(); ++i) {
            if (h.counts[i] > 0) {
                painter->drawRect(
                    QRectF(view.pixel(h.edges[i], double(h.counts[i])), view.pixel(h.edges[i + 1], 0))
                        .toRect());
            }
        }
    }

    /// Percentiles as the file states them: at their height on a distribution function, else as whiskers, one
    /// line a point.
    void paintKnots(QPainter* painter, const DistributionSeries& series, double height) const
    {
        const PlotView& view = m_plot->plotView();
        const RunStyle style = runStyle(series.of.slot);
        painter->setRenderHint(QPainter::Antialiasing, true);
        const bool isCdf = m_plot->kind() == DistributionPlot::Kind::Cdf;
        QList<QPointF> places;
        for (const auto& knot : series.knots) {
            const double x = view.x.toPixel(knot.value);
            places << QPointF(x, isCdf ? view.y.toPixel(knot.percentile / 100) : height);
        }
        painter->setPen(QPen(style.colour, 1.5));
        for (qsizetype i = 1; !isCdf && i < places.size(); ++i) {
            if (!std::isnan(places[i - 1].x())) {
                painter->drawLine(places[i - 1], places[i]);
            }
        }
        painter->setFont(Theme::secondary(painter->font()));
        qreal free = -HUGE_VAL;
        for (qsizetype i = 0; i < places.size(); ++i) {
            if (std::isnan(places[i].x())) {
                continue;
            }
            paintMarker(painter, style.marker, places[i], 4, style.colour, Theme::current().tokens().base);
            const QString name = knotName(series.knots[std::size_t(i)].percentile);
            if (!isCdf && places[i].x() > free) {
                painter->setPen(Theme::current().tokens().muted);
                painter->drawText(places[i] + QPointF(-8, -8), name);
                free = places[i].x() + painter->fontMetrics().horizontalAdvance(name) + 4;
            }
        }
    }

    const DistributionPlot* m_plot = nullptr;
    std::optional<qreal> m_cursor;
};

DistributionPlot::DistributionPlot(QWidget* parent)
    : QChartView(parent)
    , m_frame(chart())
    , m_layer(new DistributionLayer(chart()))
{
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Distribution"));
    applyTheme();
}

void DistributionPlot::setContent(
    std::vector<DistributionSeries> series, const Metric* metric, Kind kind, bool logarithmic)
{
    m_series = std::move(series);
    m_metric = metric;
    m_kind = kind;
    m_logarithmic = logarithmic;
    layOut();
    setAccessibleDescription(describe());
}

std::pair<double, double> DistributionPlot::rangeX() const
{
    double low = std::nan("");
    double high = std::nan("");
    const auto include = [&](double value) {
        if (m_logarithmic && !(value > 0)) {
            return;
        }
        low = std::isnan(low) ? value : std::min(low, value);
        high = std::isnan(high) ? value : std::max(high, value);
    };
    for (const DistributionSeries& s : m_series) {
        if (s.fromRequests()) {
            for (const CdfStep& step : s.steps) {
                include(step.value);
            }
        } else {
            for (const auto& knot : s.knots) {
                include(knot.value);
            }
        }
    }
    return std::isnan(low) ? std::pair { m_logarithmic ? 1.0 : 0.0, 10.0 } : std::pair { low, high };
}

double DistributionPlot::highestY() const
{
    double highest = 1;
    if (m_kind == Kind::Histogram) {
        for (const DistributionSeries& s : m_series) {
            for (const std::uint32_t count : s.histogram.counts) {
                highest = std::max(highest, double(count));
            }
        }
    }
    return highest;
}

void DistributionPlot::layOut()
{
    if (!m_metric || size().isEmpty()) {
        return;
    }
    const auto [low, high] = rangeX();
    const Scale x = Scale::fitting(m_logarithmic ? Scale::Kind::Log : Scale::Kind::Linear, low, high);
    const Scale y = m_kind == Kind::Cdf ? Scale(Scale::Kind::Linear, -0.02, 1.05, 0, 1)
                                        : Scale::fitting(Scale::Kind::Linear, 0, highestY());
    chart()->resize(size());
    m_plot = m_frame.plotArea(size(), y, false);
    m_view = { x.withPixels(0, m_plot.width()), y.withPixels(m_plot.height(), 0), m_plot.size(),
        devicePixelRatio() };
    const QString unit = m_metric->unit == Unit::One
        ? QString()
        : QStringLiteral(", ") + QString::fromUtf8(symbol(m_metric->unit).data());
    // Percentiles that a file states stand on no count: then the height means nothing.
    const bool counted = m_kind == Kind::Cdf
        || std::any_of(m_series.begin(), m_series.end(), [](const auto& s) { return s.fromRequests(); });
    m_frame.show(m_plot, m_view, text(m_metric->name) + unit + (m_logarithmic ? tr(" (log)") : QString()),
        !counted                    ? QString()
            : m_kind == Kind::Cdf   ? tr("Share at or below")
            : m_metric->id == "itl" ? tr("Gaps")
                                    : tr("Requests"));
    for (QAbstractAxis* axis : chart()->axes(Qt::Vertical)) {
        axis->setLabelsVisible(counted);
        axis->setGridLineVisible(counted);
    }
    m_layer->setPos(m_plot.topLeft());
    m_layer->show(*this);
}

void DistributionPlot::applyTheme()
{
    setBackgroundBrush(Theme::current().tokens().base);
    m_frame.applyTheme(Theme::current().tokens(), font());
}

void DistributionPlot::resizeEvent(QResizeEvent* event)
{
    QChartView::resizeEvent(event);
    layOut();
}

void DistributionPlot::changeEvent(QEvent* event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        applyTheme();
        layOut();
    }
}

void DistributionPlot::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF at = event->position() - m_plot.topLeft();
    const bool inside = m_metric && QRectF({}, m_plot.size()).contains(at);
    m_layer->setCursor(inside ? std::optional(at.x()) : std::nullopt);
    if (!inside) {
        setToolTip({});
        return;
    }
    const double value = m_view.x.toValue(at.x());
    QStringList lines { text(formatNumber(value, m_metric->unit, NumberStyle::Reading)) };
    for (const DistributionSeries& s : m_series) {
        if (!s.fromRequests()) {
            QStringList knots;
            for (const auto& knot : s.knots) {
                knots << knotName(knot.percentile) + QLatin1Char(' ')
                        + text(formatNumber(knot.value, m_metric->unit, NumberStyle::Reading));
            }
            lines << tr("%1: %2, as the file states them").arg(s.of.label, knots.join(QStringLiteral(", ")));
            continue;
        }
        const auto step = std::upper_bound(
            s.steps.begin(), s.steps.end(), value, [](double v, const CdfStep& c) { return v < c.value; });
        const double part = step == s.steps.begin() ? 0 : std::prev(step)->part;
        lines << tr("%1: %2 at or below")
                     .arg(s.of.label, text(formatNumber(part, Unit::Ratio, NumberStyle::Reading)));
    }
    setToolTip(lines.join(QLatin1Char('\n')));
}

void DistributionPlot::leaveEvent(QEvent* event)
{
    QChartView::leaveEvent(event);
    m_layer->setCursor(std::nullopt);
}

QList<QStringList> DistributionPlot::rows() const
{
    const auto number = [](double v) { return text(formatNumber(v, Unit::One, NumberStyle::Full)); };
    const bool isCdf = m_kind == Kind::Cdf;
    QList<QStringList> rows { isCdf
            ? QStringList { QStringLiteral("point"), QStringLiteral("value"), QStringLiteral("part") }
            : QStringList { QStringLiteral("point"), QStringLiteral("from"), QStringLiteral("to"),
                QStringLiteral("count") } };
    for (const DistributionSeries& s : m_series) {
        for (const auto& knot : s.fromRequests() ? std::vector<DistributionSeries::Knot>() : s.knots) {
            rows << (isCdf ? QStringList { s.of.label, number(knot.value), number(knot.percentile / 100) }
                           : QStringList { s.of.label, number(knot.value), number(knot.value),
                               knotName(knot.percentile) });
        }
        for (std::size_t i = 0; isCdf && i < s.steps.size(); ++i) {
            rows << QStringList { s.of.label, number(s.steps[i].value), number(s.steps[i].part) };
        }
        for (std::size_t i = 0; !isCdf && i < s.histogram.counts.size(); ++i) {
            rows << QStringList { s.of.label, number(s.histogram.edges[i]), number(s.histogram.edges[i + 1]),
                QString::number(s.histogram.counts[i]) };
        }
    }
    return rows;
}

QString DistributionPlot::csv() const
{
    QString out;
    for (const QStringList& row : rows()) {
        QStringList cells;
        for (const QString& cell : row) {
            const bool isNumber = !cells.isEmpty(); // behind the name of the point
            cells << QString::fromStdString(csvCell(cell.toStdString(), isNumber));
        }
        out += cells.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    }
    return out;
}

QString DistributionPlot::describe() const
{
    if (!m_metric) {
        return {};
    }
    std::size_t samples = 0;
    for (const DistributionSeries& s : m_series) {
        samples += s.samples;
    }
    return tr("Distribution of %1 at %n point(s), from %2 samples.", nullptr, int(m_series.size()))
        .arg(text(m_metric->name), text(formatNumber(double(samples), Unit::One, NumberStyle::Column)));
}

} // namespace prism::app
