// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_spec.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QComboBox;
class QLabel;
QT_END_NAMESPACE

namespace prism::app {

class TextComboBox;

/// The controls of one axis: quantity, statistic, per GPU, scale. Offers only what some point of the table
/// has.
class AxisChooser : public QWidget {
    Q_OBJECT
public:
    /// Only y offers pairs of percentiles, only x numbers of the load.
    AxisChooser(bool isX, QWidget* parent);

    void setTable(const ColumnTable& table);
    void setAxis(const ChartAxis& axis);
    const ChartAxis& axis() const { return m_axis; }

Q_SIGNALS:
    void edited(); ///< by the user

private:
    void fillQuantities();
    void fillStats();
    void chooseQuantity(int index);
    void chooseStat(int index);
    void editCap();

    bool m_isX;
    ChartAxis m_axis;
    std::vector<std::pair<const Metric*, Stat>> m_available;
    std::vector<std::string> m_loads;
    QLabel* m_label;
    TextComboBox* m_quantity;
    TextComboBox* m_stat;
    QCheckBox* m_perAccelerator;
    TextComboBox* m_scale;
};

/// The statistic that people look at first: p99, else p50, mean, else what there is.
Stat usualStat(const Metric& metric, const std::vector<std::pair<const Metric*, Stat>>& available);

/// Fills a combo box with metrics under headings; data is the metric's id.
void addMetrics(QComboBox* box, const std::vector<std::pair<const Metric*, Stat>>& available);

} // namespace prism::app
