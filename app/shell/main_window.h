// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions/action_registry.h"
#include "app/intake/intake.h"
#include "app/jobs/job_model.h"
#include "app/selection/workspace.h"
#include "app/settings/view_file.h"
#include "app/settings/window_settings.h"
#include "app/shell/store_edits.h"
#include "app/shell/store_watch.h"

#include <QMainWindow>
#include <QTemporaryDir>

class QActionGroup;
class QComboBox;
class QDockWidget;
class QLabel;
class QSplitter;
class QStackedWidget;
class QTabWidget;
class QTimer;
class QToolButton;

namespace prism::app {

class ChartPanel;
class CommandPalette;
class DistributionPanel;
class DropOverlay;
class FacetPanel;
class HelpWindow;
class InspectorPanel;
class LivePerspective;
class JobsPane;
class MappingWindow;
struct MappableFile;
class MappingsDialog;
class RunTable;
class SeriesPanel;
class TracePerspective;

/// The window with its perspectives. It makes the panels, the actions and the jobs, and keeps its
/// layout and what it shows over restarts.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(const QString& database, QWidget* parent = nullptr);
    ~MainWindow() override;

    Workspace& workspace() { return m_workspace; }
    ActionRegistry& actionRegistry() { return m_actions; }
    JobModel& jobs() { return m_jobs; }
    StoreEdits& edits() { return m_edits; }
    ChartPanel& chart() { return *m_chart; }
    RunTable& table() { return *m_table; }
    FacetPanel& facets() { return *m_facets; }
    InspectorPanel& inspector() { return *m_inspector; }
    DistributionPanel& distribution() { return *m_distribution; }
    SeriesPanel& series() { return *m_series; }
    JobsPane& jobsPane() { return *m_jobsPane; }
    QTabWidget& tabs() { return *m_tabs; }
    LivePerspective& live() { return *m_live; }
    TracePerspective& trace() { return *m_trace; }
    CommandPalette& palettePopup() { return *m_palette; }

    /// Says where the session is that was recorded when the last window closed, once.
    void tellKeptRecording();

    enum class Perspective { Explore, Live, Trace };
    Perspective perspective() const { return m_perspective; }
    void setPerspective(Perspective perspective);

    /// Whether what belongs together is shown before it is stored: when the files hold something to decide,
    /// always, or never.
    enum class Ask { WhenItMatters, Always, Never };
    void import(const Intake& intake, Ask ask = Ask::WhenItMatters);
    /// Opens the window that says how a file is read: by the saved mapping of that name, or a new one.
    MappingWindow* mapColumns(const QString& file, const QString& mapping = {});
    /// Imports a file with a saved mapping, whatever else might recognise it.
    void importWith(const QString& file, const QString& mapping);
    View view() const;
    void applyView(const View& view);
    /// An empty text, or why not.
    QString openViewFile(const QString& file);
    QString saveViewFile(const QString& file);

Q_SIGNALS:
    void dataArrived(); ///< the workspace has a new table

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makePanels();
    void makeDocks();
    void makeActions();
    void makeFileActions();
    void makeEditActions();
    void makeViewActions();
    void makeRunActions();
    void makePointActions();
    void makeAttachedActions();
    void showWaitingFiles();
    /// Lets the user choose one of all runs; where he wants to leave the selected ones, they come last.
    enum class Selected { First, Last };
    void askRun(const QString& title, const QString& accept, std::function<void(RunId)> then,
        Selected selectedAre = Selected::First);
    void makeChartActions();
    void makeHelpActions();
    void makeLive();
    void makeLiveActions();
    void makeTrace();
    void makeSeries();
    void makeSeriesActions();
    void openTimeline(SourceId source);
    void makeTraceActions();
    void showTraceOf(const ImportJob& job);
    void makeMappingActions();
    void chooseFileToMap();
    void showMappings();
    void mapFile(const MappableFile& file);
    MappingWindow* makeMappingWindow();
    void focusNextOf(const std::vector<QWidget*>& panels);
    void showTitle();
    void makeMenus();
    void makeToolBar();
    QWidget* makeViewChooser(QWidget* parent);
    void showViews();
    void nameView(const QString& file);
    void makeStatusBar();
    void connectData();

    void chooseFiles();
    void chooseFolder();
    void chooseFolderToPreview();
    void importOrAsk(const ImportRequest& request, const QString& name, Ask ask);
    void paste();
    void showSamples();
    void chooseView();
    void chooseViewTarget();
    void openPalette();
    void removeSelected();
    void renameRun();
    void setEvidence(const QString& evidence);
    void editTags();
    void noteRuns();
    void mergeRuns();
    void hidePoints();
    void showHiddenPoints();
    void notePoints();
    void askAttribute();
    void askAttributeOfRuns();
    void setAttributeOf(const std::vector<PointId>& points, const QString& name, const QString& value);
    void movePoints();
    std::vector<PointId> pointsToEdit();
    void editMenu(const QPoint& at);
    std::vector<RunId> selectedRuns() const;
    void showShortcuts();
    void showAbout();

    void takeTable(std::shared_ptr<const ColumnTable> table);
    void jobChanged();
    void jobEnded(ImportJob* job);
    void showStatus();
    void say(const QString& text);
    void restoreWindow();
    void keepRecording();
    void fitPanels();
    void setInspectorTab(bool tab);
    void placeTableTools();
    void saveSoon();
    void saveWindow();
    void applyPendingView();

    QString m_database;
    WindowSettings m_settings;
    Workspace m_workspace;
    ActionRegistry m_actions;
    JobModel m_jobs;
    StoreEdits m_edits;
    StoreWatch m_watch;
    ChartPanel* m_chart = nullptr;
    RunTable* m_table = nullptr;
    DistributionPanel* m_distribution = nullptr;
    SeriesPanel* m_series = nullptr;
    JobsPane* m_jobsPane = nullptr;
    FacetPanel* m_facets = nullptr;
    InspectorPanel* m_inspector = nullptr;
    QTabWidget* m_tabs = nullptr;
    QSplitter* m_centre = nullptr;
    LivePerspective* m_live = nullptr;
    TracePerspective* m_trace = nullptr;
    QStackedWidget* m_pages = nullptr; ///< a page a perspective
    QActionGroup* m_perspectiveActions = nullptr;
    Perspective m_perspective = Perspective::Explore;
    QByteArray m_exploreLayout; ///< of the docks while another perspective hides them
    std::vector<QDockWidget*> m_hiddenDocks;
    QDockWidget* m_facetsDock = nullptr;
    QDockWidget* m_inspectorDock = nullptr;
    bool m_inspectorOpen = true; ///< while it is a tab: whether its dock was open
    enum class Width { Unknown, Narrow, Compact, Normal, Wide };
    Width m_width = Width::Unknown;
    QComboBox* m_viewChooser = nullptr;
    QAction* m_viewChooserItem = nullptr; ///< the chooser in the tool bar
    QToolButton* m_cancelJob = nullptr;
    QLabel* m_shownLabel = nullptr;
    QLabel* m_liveMemory = nullptr; ///< right in the status bar: what the session keeps
    QToolButton* m_jobState = nullptr; ///< what the running job has read, or what came of the last
    QLabel* m_databaseLabel = nullptr;
    QString m_databaseProblem; ///< why the database cannot be read, while it cannot
    CommandPalette* m_palette = nullptr;
    DropOverlay* m_overlay = nullptr;
    std::optional<View> m_pendingView; ///< waits for the data that it names
    QString m_viewFile;
    QTimer* m_saveLater = nullptr;
    HelpWindow* m_help = nullptr; ///< made when first asked for
    std::unique_ptr<QTemporaryDir> m_pastedFiles; ///< text of the clipboard that is being mapped
    MappingsDialog* m_mappings = nullptr; ///< the same; keeps what can be undone
};

} // namespace prism::app
