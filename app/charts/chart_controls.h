// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/axis_chooser.h"
#include "app/charts/chart_data.h"

#include <QToolButton>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QComboBox;
class QLabel;
QT_END_NAMESPACE

namespace prism::app {

class OverflowRow;
class SloEditor;
class Workspace;

/// The two rows above a chart, which never wrap: what it shows, and by what it is judged. Axes and colours
/// are the chart's own; baseline and limits are the workspace's.
class ChartControls : public QWidget {
    Q_OBJECT
public:
    ChartControls(Workspace& workspace, QWidget* parent = nullptr);

    void setSpec(const ChartSpec& spec);
    const ChartSpec& spec() const { return m_spec; }
    void setChart(const ChartData& chart); ///< runs to choose a baseline from, how many hold
    void cycleFrontier(); ///< off, overall, per group
    void toggleLimits();

Q_SIGNALS:
    void specEdited(const prism::app::ChartSpec& spec);
    void fitRequested();
    void tableRequested();
    void exportRequested(QToolButton* button);

private:
    void buildFirstRow(OverflowRow* row);
    void buildSecondRow(OverflowRow* row);
    void editAxes();
    void refreshSwitches();
    void refreshWorkspace();
    void fillBaselines(const ChartData& chart);
    void applyTheme();
    QToolButton* button(const QString& icon, const QString& name);

    Workspace& m_workspace;
    ChartSpec m_spec;
    AxisChooser* m_y = nullptr;
    AxisChooser* m_x = nullptr;
    QComboBox* m_colour = nullptr;
    QCheckBox* m_errorBars = nullptr;
    QComboBox* m_frontier = nullptr;
    QComboBox* m_baseline = nullptr;
    SloEditor* m_slo = nullptr;
    QLabel* m_holding = nullptr;
    std::vector<std::pair<QToolButton*, QString>> m_buttons;
};

} // namespace prism::app
