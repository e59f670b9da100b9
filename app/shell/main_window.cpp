// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/main_window.h"

#include "app/actions/command_palette.h"
#include "app/charts/chart_empty_state.h"
#include "app/charts/chart_panel.h"
#include "app/jobs/import_request.h"
#include "app/jobs/jobs_pane.h"
#include "app/live/live_perspective.h"
#include "app/panels/distribution/distribution_panel.h"
#include "app/panels/facets/facet_panel.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/panels/series/series_panel.h"
#include "app/shell/drop_overlay.h"
#include "app/tables/run_table.h"
#include "app/theme/button_text.h"
#include "app/theme/run_palette.h"

#include <QDockWidget>
#include <QDropEvent>
#include <QFileInfo>
#include <QLabel>
#include <QMimeData>
#include <QSplitter>
#include <QTabWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace prism::app {

MainWindow::MainWindow(const QString& database, QWidget* parent)
    : QMainWindow(parent)
    , m_database(database)
    , m_actions(this)
    , m_edits(database)
    , m_watch(database)
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Prism"));
    setAcceptDrops(true);
    setDockOptions(AnimatedDocks | AllowTabbedDocks);
    resize(1440, 900);
    m_workspace.setDatabase(database);
    makePanels();
    makeDocks();
    makeSeries();
    m_palette = new CommandPalette(this);
    m_overlay = new DropOverlay(this);
    makeActions();
    makeMenus();
    makeToolBar();
    makeStatusBar();
    connectData();
    restoreWindow();
    showStatus();
    // Drops are the window's wherever they fall: a chart's scene would take them and know nothing to do with
    // them, a text field would write a file's name.
    for (QWidget* child : findChildren<QWidget*>()) {
        child->setAcceptDrops(false);
    }
}

MainWindow::~MainWindow()
{
    m_jobs.cancelAll();
}

void MainWindow::makePanels()
{
    m_chart = new ChartPanel(m_workspace, this);
    m_table = new RunTable(&m_workspace, this);
    m_distribution = new DistributionPanel(&m_workspace, this);
    m_jobsPane = new JobsPane(m_jobs, this);
    m_tabs = new QTabWidget(this);
    m_tabs->setDocumentMode(true);
    m_table->setObjectName(QStringLiteral("table"));
    m_distribution->setObjectName(QStringLiteral("distribution"));
    m_jobsPane->setObjectName(QStringLiteral("jobs"));
    m_tabs->addTab(m_table, tr("Table"));
    m_tabs->addTab(m_distribution, tr("Distribution"));
    m_tabs->addTab(m_jobsPane, tr("Jobs"));
    m_tabs->setCornerWidget(m_table->tools());
    connect(m_tabs, &QTabWidget::currentChanged, this, &MainWindow::placeTableTools);
    m_tabs->installEventFilter(this);
    m_centre = new QSplitter(Qt::Vertical, this);
    m_centre->setHandleWidth(4);
    m_centre->setChildrenCollapsible(false);
    m_centre->addWidget(m_chart);
    m_centre->addWidget(m_tabs);
    m_chart->setMinimumSize(420, 260);
    m_centre->setStretchFactor(0, 64);
    m_centre->setStretchFactor(1, 36);
    m_centre->setSizes({ 640, 360 });
    makeLive();
}

void MainWindow::makeDocks()
{
    const auto dock
        = [this](const QString& title, const QString& name, QWidget* panel, Qt::DockWidgetArea area) {
              auto* d = new QDockWidget(title, this);
              d->setObjectName(name);
              d->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
              d->setWidget(panel);
              QFont body = panel->font();
              body.setWeight(body.weight()); // its own, else the dock's would hold
              d->setFont(Theme::title(font())); // its title alone is bold
              panel->setFont(body);
              addDockWidget(area, d);
              return d;
          };
    m_facets = new FacetPanel(&m_workspace, this);
    m_facets->setMinimumWidth(180);
    m_inspector = new InspectorPanel(&m_workspace, this);
    m_inspector->setMinimumWidth(300);
    m_facetsDock = dock(tr("Facets"), QStringLiteral("facets"), m_facets, Qt::LeftDockWidgetArea);
    m_inspectorDock
        = dock(tr("Inspector"), QStringLiteral("inspector"), m_inspector, Qt::RightDockWidgetArea);
    resizeDocks({ m_facetsDock, m_inspectorDock }, { 226, 376 }, Qt::Horizontal);
}

void MainWindow::connectData()
{
    connect(&m_watch, &StoreWatch::tableChanged, this, &MainWindow::takeTable);
    connect(&m_watch, &StoreWatch::failed, this, [this](const QString& why) {
        m_databaseProblem = why;
        showStatus();
        say(why);
    });
    connect(&m_watch, &StoreWatch::recovered, this, [this] {
        m_databaseProblem.clear();
        showStatus();
    });
    connect(&m_edits, &StoreEdits::done, &m_watch, &StoreWatch::lookNow);
    connect(&m_edits, &StoreEdits::failed, this, &MainWindow::say);
    connect(&m_edits, &StoreEdits::waiting, this,
        [this](const QString& writer) { say(tr("The change waits for another writer: %1").arg(writer)); });
    connect(&m_jobs, &JobModel::jobChanged, this, &MainWindow::jobChanged);
    connect(&m_jobs, &JobModel::jobEnded, this, &MainWindow::jobEnded);
    connect(&m_workspace, &Workspace::filterChanged, this, &MainWindow::showStatus);
    connect(m_chart, &ChartPanel::openFiles, this, &MainWindow::chooseFiles);
    connect(m_chart, &ChartPanel::openFolder, this, &MainWindow::chooseFolder);
    connect(m_chart, &ChartPanel::paste, this, &MainWindow::paste);
    connect(m_chart, &ChartPanel::showSamples, this, &MainWindow::showSamples);
    m_saveLater = new QTimer(this);
    m_saveLater->setSingleShot(true);
    m_saveLater->setInterval(1500);
    connect(m_saveLater, &QTimer::timeout, this, &MainWindow::saveWindow);
    for (const auto signal :
        { &Workspace::filterChanged, &Workspace::sloChanged, &Workspace::baselineChanged }) {
        connect(&m_workspace, signal, this, &MainWindow::saveSoon);
    }
    connect(m_chart, &ChartPanel::specChanged, this, &MainWindow::saveSoon);
    connect(m_table, &RunTable::columnsChanged, this, &MainWindow::saveSoon);
    m_chart->emptyState()->setSamplesAvailable(!samplesFolder().isEmpty());
    // A run keeps its colour: the slot that it got is stored with it, beside the undo stack.
    connect(&RunPalette::of(m_workspace), &RunPalette::assigned, &m_edits, &StoreEdits::keepColour);
    connect(m_table, &RunTable::contextMenuRequested, this, &MainWindow::editMenu);
    connect(m_chart, &ChartPanel::menuRequested, this, &MainWindow::editMenu);
    connect(m_chart, &ChartPanel::hiddenRequested, this, &MainWindow::showHiddenPoints);
    connect(m_inspector, &InspectorPanel::attributeEdited, this,
        [this](PointId point, const QString& name, const QString& value) {
            setAttributeOf({ point }, name, value);
        });
    connect(m_jobsPane, &JobsPane::retryRequested, this,
        [this](const ImportRequest& request, const QString& name) { m_jobs.add(request, name); });
    connect(m_jobsPane, &JobsPane::mappingRequested, this, &MainWindow::mapFile);
    connect(m_inspector, &InspectorPanel::mappingRequested, this, &MainWindow::mapColumns);
    connect(m_inspector, &InspectorPanel::timelineRequested, this, &MainWindow::openTimeline);
}

void MainWindow::takeTable(std::shared_ptr<const ColumnTable> table)
{
    m_workspace.setTable(std::move(table));
    applyPendingView();
    showStatus();
    Q_EMIT dataArrived();
}

void MainWindow::import(const Intake& intake, Ask ask)
{
    if (intake.isEmpty()) {
        say(tr("There is nothing to import here. Prism reads files, folders and text."));
        return;
    }
    ImportRequest request = importInto(m_database);
    for (const QString& path : intake.paths) {
        if (path.endsWith(QLatin1String(".prismview"))) {
            if (const QString problem = openViewFile(path); !problem.isEmpty()) {
                say(problem);
            }
            continue;
        }
        if (path.endsWith(QLatin1String(".prismlive"))) {
            setPerspective(Perspective::Live);
            m_live->openRecording(path);
            continue;
        }
        request.paths.push_back(path.toStdString());
        m_settings.addRecent(path);
    }
    request.pastedText = intake.text.toStdString();
    request.pastedName = intake.text.isEmpty() ? std::string() : tr("pasted text").toStdString();
    if (request.paths.empty() && request.pastedText.empty()) {
        return;
    }
    const QString name
        = intake.paths.size() == 1 ? QFileInfo(intake.paths.first()).fileName() : intake.describe();
    importOrAsk(request, name, ask);
}

void MainWindow::jobChanged()
{
    const int running = m_jobs.running();
    m_tabs->setTabText(m_tabs->indexOf(m_jobsPane), running > 0 ? tr("Jobs (%1)").arg(running) : tr("Jobs"));
    const ImportJob* job = m_jobs.jobAt(0);
    for (int row = 0; row < m_jobs.rowCount() && running > 0; ++row) {
        if (m_jobs.jobAt(row)->state() == ImportJob::State::Running) {
            job = m_jobs.jobAt(row);
            break;
        }
    }
    m_cancelJob->setVisible(running > 0);
    const QString state = !job ? QString()
        : running > 0          ? job->name() + QStringLiteral(": ") + JobModel::progressText(*job)
                               : JobModel::outcomeText(*job);
    m_jobState->setVisible(job != nullptr);
    // A sentence must not keep the window from being made small.
    m_jobState->setText(
        buttonText(m_jobState->fontMetrics().elidedText(state, Qt::ElideMiddle, std::max(280, width() / 2))));
    m_jobState->setToolTip(tr("%1\nShow the jobs").arg(state));
    m_jobState->setAccessibleName(state);
}

void MainWindow::jobEnded(ImportJob* job)
{
    jobChanged();
    m_watch.lookNow();
    m_edits.imported(job->summary().sources, job->name());
    m_edits.remembered(job->summary().remembered);
    const bool bad = job->state() == ImportJob::State::Failed || job->summary().refused > 0;
    if (bad && job->summary().imported == 0) {
        m_tabs->setCurrentWidget(m_jobsPane); // nothing else would show what happened
    }
    showTraceOf(*job);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    const Intake intake = intakeOf(*event->mimeData());
    if (intake.isEmpty()) {
        m_overlay->showText(tr("Prism reads files, folders and text"), false);
        event->ignore();
        return;
    }
    m_overlay->showText(tr("Drop to import %1").arg(intake.describe()), true);
    event->setDropAction(Qt::CopyAction);
    event->accept();
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*)
{
    m_overlay->hide();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    m_overlay->hide();
    const Intake intake = intakeOf(*event->mimeData());
    if (!intake.isEmpty()) {
        event->setDropAction(Qt::CopyAction);
        event->accept();
        import(intake);
    }
}

} // namespace prism::app
