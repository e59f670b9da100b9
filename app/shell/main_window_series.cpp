// SPDX-License-Identifier: GPL-3.0-or-later
// What was recorded over the time of a point, in a tab beside its table.
#include "app/shell/main_window.h"

#include "app/jobs/jobs_pane.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/panels/series/series_panel.h"

#include <QTabWidget>

namespace prism::app {

void MainWindow::makeSeries()
{
    m_series = new SeriesPanel(&m_workspace, this);
    m_series->setObjectName(QStringLiteral("series"));
    m_tabs->insertTab(m_tabs->indexOf(m_jobsPane), m_series, tr("Time series"));
    connect(
        m_inspector, &InspectorPanel::seriesRequested, this, [this](SourceId source, const QString& name) {
            m_tabs->setCurrentWidget(m_series);
            m_series->reveal(source, name);
        });
}

void MainWindow::makeSeriesActions()
{
    m_actions.add(
        { QStringLiteral("chart.series"), tr("Chart"), tr("Show the time series"),
            tr("What was recorded over the time of the inspected point: GPUs, power, memory."), {}, {} },
        [this] {
            setPerspective(Perspective::Explore);
            m_tabs->setCurrentWidget(m_series);
        });
}

} // namespace prism::app
