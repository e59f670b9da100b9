// SPDX-License-Identifier: GPL-3.0-or-later
// How the window is kept and found again, and how it fits its panels and closes.
#include "app/shell/main_window.h"

#include "app/charts/chart_panel.h"
#include "app/jobs/jobs_pane.h"
#include "app/live/live_perspective.h"
#include "app/panels/distribution/distribution_panel.h"
#include "app/panels/facets/facet_panel.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/panels/series/series_panel.h"
#include "app/tables/run_table.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QFileInfo>
#include <QJsonDocument>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>

namespace prism::app {

namespace {

constexpr int layoutVersion = 1;
constexpr int narrowBelow = 1180; ///< the inspector is a tab
constexpr int compactBelow = 1320; ///< the panels at the sides leave the chart's controls their room
constexpr int wideFrom = 1900;

} // namespace

View MainWindow::view() const
{
    View view;
    view.filter = m_workspace.filter();
    view.chart = m_chart->state();
    view.limits = m_workspace.sloLimits();
    view.limitsOn = m_workspace.sloEnabled();
    view.columns = m_table->columnIds();
    if (const auto baseline = m_workspace.baseline()) {
        const RunRecord* record = m_workspace.table()->runRecord(*baseline);
        view.baselineUid = record ? QString::fromStdString(record->uid) : QString();
    }
    return view;
}

void MainWindow::applyView(const View& view)
{
    m_pendingView = view;
    if (m_workspace.table()->rows() > 0) {
        applyPendingView();
    }
}

void MainWindow::applyPendingView()
{
    if (!m_pendingView || m_workspace.table()->rows() == 0) {
        return;
    }
    const View view = std::exchange(m_pendingView, std::nullopt).value();
    m_workspace.setFilter(view.filter);
    m_workspace.setSlo(view.limits, view.limitsOn);
    if (!view.chart.isEmpty()) {
        m_chart->restore(view.chart);
    }
    if (!view.columns.isEmpty()) {
        m_table->setColumnIds(view.columns);
    }
    std::optional<RunId> baseline;
    const auto table = m_workspace.table();
    for (Row row = 0; row < table->rows() && !view.baselineUid.isEmpty() && !baseline; ++row) {
        const RunRecord* record = table->runRecord(table->run(row));
        if (record && record->uid == view.baselineUid.toStdString()) {
            baseline = record->id;
        }
    }
    m_workspace.setBaseline(baseline);
}

void MainWindow::restoreWindow()
{
    restoreGeometry(m_settings.geometry());
    restoreState(m_settings.layout(), layoutVersion);
    m_centre->restoreState(m_settings.centre());
    m_live->restore(m_settings.live());
    if (auto view = View::fromJson(QJsonDocument::fromJson(m_settings.session()).object())) {
        m_pendingView = std::move(view);
    }
    if (const QString file = m_settings.view(); QFileInfo::exists(file)) {
        nameView(file);
    }
    // Jobs are of the last start: there are none to show yet.
    for (QWidget* tab : { static_cast<QWidget*>(m_table), static_cast<QWidget*>(m_distribution),
             static_cast<QWidget*>(m_series) }) {
        if (tab->objectName() == m_settings.tab()) {
            m_tabs->setCurrentWidget(tab);
        }
    }
    for (QAction* action : m_actions.actions()) {
        const QKeySequence fallback = m_actions.defaultKeys(action);
        const QKeySequence keys = m_settings.keys(m_actions.idOf(action), fallback);
        if (keys != fallback) {
            m_actions.setKeys(action, keys);
        }
    }
}

/// A window that is killed loses no more than the last moments.
void MainWindow::saveSoon()
{
    if (!m_pendingView) {
        m_saveLater->start();
    }
}

void MainWindow::saveWindow()
{
    m_saveLater->stop();
    const bool tab = m_tabs->indexOf(m_inspector) >= 0;
    if (tab) {
        m_inspectorDock->setVisible(m_inspectorOpen); // a wider window starts with it
    }
    m_settings.setLayout(saveGeometry(),
        m_exploreLayout.isEmpty() ? saveState(layoutVersion) : m_exploreLayout, m_centre->saveState());
    if (tab) {
        m_inspectorDock->hide();
    }
    m_settings.setTab(m_tabs->currentWidget()->objectName());
    m_settings.setView(m_viewFile);
    m_settings.setLive(m_live->state());
    m_settings.setInLive(m_perspective == Perspective::Live);
    if (m_workspace.table()->rows() > 0 && !m_pendingView) {
        m_settings.setSession(QJsonDocument(view().toJson()).toJson(QJsonDocument::Compact));
    }
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    fitPanels();
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_tabs && event->type() == QEvent::Resize) {
        placeTableTools();
    }
    return QMainWindow::eventFilter(watched, event);
}

/// Panel widths follow the window's, but only where it crosses a limit: what the user set stays.
void MainWindow::fitPanels()
{
    if (m_perspective != Perspective::Explore) {
        return; // its panels are hidden; they are fitted when they come back
    }
    const Width now = width() < narrowBelow ? Width::Narrow
        : width() < compactBelow            ? Width::Compact
        : width() < wideFrom                ? Width::Normal
                                            : Width::Wide;
    if (now == m_width) {
        return;
    }
    const bool restored = m_width == Width::Unknown && !m_settings.layout().isEmpty();
    m_width = now;
    setInspectorTab(now == Width::Narrow);
    if (!restored) {
        const int facets = now == Width::Wide ? 260 : now == Width::Normal ? 226 : 200;
        resizeDocks({ m_facetsDock }, { facets }, Qt::Horizontal);
        if (now != Width::Narrow) {
            resizeDocks({ m_inspectorDock },
                { now == Width::Compact        ? 310
                        : now == Width::Normal ? 376
                                               : 640 },
                Qt::Horizontal);
        }
    }
}

void MainWindow::setInspectorTab(bool tab)
{
    if (tab == (m_tabs->indexOf(m_inspector) >= 0)) {
        return;
    }
    if (tab) {
        m_inspectorOpen = !m_inspectorDock->isHidden();
        m_tabs->insertTab(m_tabs->indexOf(m_jobsPane), m_inspector, tr("Inspector"));
        m_inspectorDock->hide();
        return;
    }
    m_tabs->removeTab(m_tabs->indexOf(m_inspector));
    m_inspectorDock->setWidget(m_inspector);
    m_inspector->setVisible(true);
    m_inspectorDock->setVisible(m_inspectorOpen);
}

/// In the corner beside the tabs' names where both fit, else over the table.
void MainWindow::placeTableTools()
{
    QWidget* tools = m_table->tools();
    const int room = m_tabs->width() - m_tabs->tabBar()->sizeHint().width() - 16;
    const bool corner = tools->sizeHint().width() <= room;
    if (corner != (m_tabs->cornerWidget() == tools)) {
        m_tabs->setCornerWidget(corner ? tools : nullptr);
        m_table->showToolsAbove(!corner);
    }
    tools->setVisible(m_tabs->currentWidget() == m_table);
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    saveWindow();
    if (m_live->asksBeforeEnd()) {
        m_live->endThen(tr("Detach and close"), [this] {
            m_live->session().close();
            close();
        });
        event->ignore();
        return;
    }
    if (m_jobs.running() == 0) {
        keepRecording();
        event->accept();
        return;
    }
    auto* ask = new QMessageBox(QMessageBox::Question, tr("Import is running"),
        tr("An import is still running. Files that are complete stay; the rest is left out."),
        QMessageBox::NoButton, this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setTextFormat(Qt::PlainText);
    ask->addButton(tr("Keep importing"), QMessageBox::RejectRole);
    QPushButton* stop = ask->addButton(tr("Stop and close"), QMessageBox::AcceptRole);
    connect(stop, &QAbstractButton::clicked, this, [this] {
        const auto closeWhenIdle = [this] {
            if (m_jobs.running() == 0) {
                close();
            }
        };
        connect(&m_jobs, &JobModel::jobEnded, this, closeWhenIdle);
        m_jobs.cancelAll();
        closeWhenIdle(); // the job may have ended while the question stood
    });
    ask->open();
    event->ignore();
}

} // namespace prism::app
