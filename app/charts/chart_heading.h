// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_data.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
QT_END_NAMESPACE

namespace prism::app {

/// The line over a chart: its title, and muted what all shown runs share, cut with an ellipsis where the
/// width ends.
class ChartHeading : public QWidget {
    Q_OBJECT
public:
    explicit ChartHeading(QWidget* parent = nullptr);
    void setChart(const ChartData& chart);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void elide();
    void applyTheme();

    QLabel* m_title;
    QLabel* m_common;
};

/// What must be known before points are compared: conditions that the runs do not share, meanings that differ
/// from the usual, estimates that are not counted. One line where the chart is low: the conditions' names,
/// their values in the tool tip.
class ChartNote : public QWidget {
    Q_OBJECT
public:
    explicit ChartNote(QWidget* parent = nullptr);
    void setChart(const ChartData& chart);
    void setBrief(bool brief);
    QString text() const;

private:
    void applyTheme();
    void showText();

    QLabel* m_label;
    QString m_full;
    QString m_short;
    bool m_brief = false;
};

} // namespace prism::app
