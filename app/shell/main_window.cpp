// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/main_window.h"

#include "app/actions/command_palette.h"
#include "app/charts/chart_empty_state.h"
#include "app/charts/chart_panel.h"
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
#include "core/mapping/saved_mappings.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QFileInfo>
#include <QJsonDocument>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <cstdio>

namespace prism::app {

namespace {

constexpr int layoutVersion = 1;
constexpr int narrowBelow = 1180; ///< the inspector is a tab
constexpr int compactBelow = 1320; ///< the panels at the sides leave the chart's controls their room
constexpr int wideFrom = 1900;

} // namespace

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
    ImportRequest request;
    request.database = m_database.toStdString();
    request.mappings = appliedMappings();
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
        if (const std::string& file = m_live->session().status().recordingFile; !file.empty()) {
            std::printf("prism: the session is recorded in %s\n", file.c_str());
        }
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
