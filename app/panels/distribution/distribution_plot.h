// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_frame.h"
#include "app/panels/distribution/distribution_data.h"

#include <QChartView>

namespace prism::app {

class DistributionLayer;

/// Histograms or distribution functions of some points over one axis. Lines and bars come from requests;
/// where a file states percentiles only, these stand as marks joined by nothing.
class DistributionPlot : public QChartView {
    Q_OBJECT
public:
    enum class Kind { Cdf, Histogram };

    explicit DistributionPlot(QWidget* parent = nullptr);

    void setContent(
        std::vector<DistributionSeries> series, const Metric* metric, Kind kind, bool logarithmic);
    const std::vector<DistributionSeries>& series() const { return m_series; }
    const PlotView& plotView() const { return m_view; }
    Kind kind() const { return m_kind; }
    /// The numbers that are drawn, a row a corner: point, value, part or count.
    QString csv() const;
    /// The same as cells, the header first.
    QList<QStringList> rows() const;
    QString describe() const;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void layOut();
    void applyTheme();
    std::pair<double, double> rangeX() const;
    double highestY() const;

    ChartFrame m_frame;
    DistributionLayer* m_layer; ///< owned by the chart
    std::vector<DistributionSeries> m_series;
    const Metric* m_metric = nullptr;
    Kind m_kind = Kind::Cdf;
    bool m_logarithmic = false;
    PlotView m_view;
    QRectF m_plot;
};

} // namespace prism::app
