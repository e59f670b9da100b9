// SPDX-License-Identifier: GPL-3.0-or-later
// The actions of the main window: what stands in its menus and in the command palette.
#include "app/shell/main_window.h"

#include "app/charts/chart_panel.h"
#include "app/charts/chart_view.h"
#include "app/live/live_perspective.h"
#include "app/panels/distribution/distribution_panel.h"
#include "app/panels/facets/facet_panel.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/shell/help_window.h"
#include "app/tables/run_table.h"
#include "app/theme/button_text.h"
#include "app/trace/trace_perspective.h"

#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QLineEdit>
#include <QTabWidget>
#include <QTableView>
#include <QTreeView>

namespace prism::app {

void MainWindow::makeActions()
{
    makeFileActions();
    makeMappingActions();
    makeEditActions();
    makeViewActions();
    makeRunActions();
    makePointActions();
    makeAttachedActions();
    makeChartActions();
    makeLiveActions();
    makeTraceActions();
    makeSeriesActions();
    makeHelpActions();
}

void MainWindow::makeFileActions()
{
    const QString menu = tr("File");
    m_actions.add(
        { QStringLiteral("file.open"), menu, tr("Open files…"), tr("Import result files and archives."),
            QKeySequence::Open, QStringLiteral("document-open") },
        [this] { chooseFiles(); });
    m_actions.add({ QStringLiteral("file.openFolder"), menu, tr("Open a folder…"),
                      tr("Import every result below a folder."), QKeySequence(tr("Ctrl+Shift+O")),
                      QStringLiteral("folder-open") },
        [this] { chooseFolder(); });
    m_actions.add(
        { QStringLiteral("file.previewFolder"), menu, tr("Preview a folder…"),
            tr("Show which files of a folder become which runs, and why, before anything is stored."), {},
            QStringLiteral("folder-open") },
        [this] { chooseFolderToPreview(); });
    m_actions.add({ QStringLiteral("file.samples"), menu, tr("Show the bundled samples"),
                      tr("Import the results that come with Prism."), {}, {} },
        [this] { showSamples(); });
    m_actions.add({ QStringLiteral("file.openView"), menu, tr("Open a view…"),
                      tr("Show a saved filter, chart and table."), {}, {} },
        [this] { chooseView(); });
    m_actions.add({ QStringLiteral("file.saveView"), menu, tr("Save this view…"),
                      tr("Save filter, chart, limits and columns to a file."), QKeySequence::Save,
                      QStringLiteral("document-save") },
        [this] { chooseViewTarget(); });
    m_actions.add({ QStringLiteral("file.exportChart"), menu, tr("Export the chart…"),
                      tr("Save the chart as PNG, SVG or CSV."), QKeySequence(tr("Ctrl+E")),
                      QStringLiteral("document-export") },
        [this] { m_chart->chooseExport(); });
    m_actions.add(
        { QStringLiteral("file.quit"), menu, tr("Quit"), tr("Close the window; its layout is kept."),
            QKeySequence::Quit, QStringLiteral("application-exit") },
        [this] { close(); });
}

void MainWindow::makeEditActions()
{
    const QString menu = tr("Edit");
    QAction* undo = m_actions.add(
        { QStringLiteral("edit.undo"), menu, tr("Undo"), tr("Take the last change of the data back."),
            QKeySequence::Undo, QStringLiteral("edit-undo") },
        [this] { m_edits.undoStack().undo(); });
    QAction* redo = m_actions.add(
        { QStringLiteral("edit.redo"), menu, tr("Redo"), tr("Do the change again that was taken back."),
            QKeySequence::Redo, QStringLiteral("edit-redo") },
        [this] { m_edits.undoStack().redo(); });
    const auto follow = [this, undo, redo] {
        const QUndoStack& stack = m_edits.undoStack();
        undo->setEnabled(stack.canUndo());
        redo->setEnabled(stack.canRedo());
        undo->setText(stack.canUndo() ? tr("Undo: %1").arg(buttonText(stack.undoText())) : tr("Undo"));
        redo->setText(stack.canRedo() ? tr("Redo: %1").arg(buttonText(stack.redoText())) : tr("Redo"));
    };
    connect(&m_edits.undoStack(), &QUndoStack::indexChanged, this, follow);
    follow();
    m_actions.add(
        { QStringLiteral("edit.paste"), menu, tr("Paste"), tr("Import files or text from the clipboard."),
            QKeySequence::Paste, QStringLiteral("edit-paste") },
        [this] { paste(); });
    m_actions.add({ QStringLiteral("edit.copyTable"), menu, tr("Copy table as CSV"),
                      tr("Copy the selected rows, or all, with full precision."),
                      QKeySequence(tr("Ctrl+Shift+C")), QStringLiteral("edit-copy") },
        [this] { m_table->copyCsv(); });
    m_actions.add({ QStringLiteral("edit.find"), menu, tr("Find"),
                      tr("Show only runs that hold some words; in a timeline, its spans by name."),
                      QKeySequence::Find, QStringLiteral("edit-find") },
        [this] {
            if (m_perspective == Perspective::Trace) {
                m_trace->searchField().setFocus(Qt::ShortcutFocusReason);
                m_trace->searchField().selectAll();
                return;
            }
            m_tabs->setCurrentWidget(m_table);
            m_table->findField()->setFocus();
        });
    m_actions.add({ QStringLiteral("edit.commands"), menu, tr("Run a command…"),
                      tr("Find any command, run or recent file by name."), QKeySequence(tr("Ctrl+Shift+P")),
                      QStringLiteral("search") },
        [this] { openPalette(); });
}

void MainWindow::makeViewActions()
{
    const QString menu = tr("View");
    QAction* explore = m_actions.add(
        { QStringLiteral("view.explore"), menu, tr("Explore"), tr("Compare runs in a chart and a table."),
            QKeySequence(tr("Ctrl+1")), QStringLiteral("explore") },
        [this] {
            setPerspective(Perspective::Explore);
            m_chart->view()->setFocus();
        });
    explore->setCheckable(true);
    m_perspectiveActions = new QActionGroup(this); // one perspective is always on
    m_perspectiveActions->addAction(explore);
    explore->setChecked(true);
    m_actions.add({ QStringLiteral("view.clearFilter"), menu, tr("Clear all filters"),
                      tr("Show every run again."), {}, QStringLiteral("view-filter") },
        [this] { m_workspace.setFilter({}); });
    m_actions.add({ QStringLiteral("view.undoFilter"), menu, tr("Back to the filter before"),
                      tr("Take the last change of the filter back."), QKeySequence(tr("Alt+Left")), {} },
        [this] { m_workspace.undoFilter(); });
    const std::pair<const char*, Theme::Choice> themes[]
        = { { QT_TR_NOOP("Theme: system"), Theme::Choice::System },
              { QT_TR_NOOP("Theme: light"), Theme::Choice::Light },
              { QT_TR_NOOP("Theme: dark"), Theme::Choice::Dark },
              { QT_TR_NOOP("Theme: high contrast"), Theme::Choice::HighContrast } };
    for (const auto& [text, choice] : themes) {
        m_actions.add({ QStringLiteral("view.theme.") + Theme::name(choice), menu, tr(text),
                          tr("Choose the colours of the window."), {}, {} },
            [this, choice = choice] {
                Theme::current().apply(choice);
                m_settings.setTheme(choice);
            });
    }
    const std::pair<const char*, QWidget*> docks[]
        = { { QT_TR_NOOP("Facets"), m_facets }, { QT_TR_NOOP("Inspector"), m_inspector } };
    for (const auto& [text, panel] : docks) {
        auto* dock = qobject_cast<QDockWidget*>(panel->parentWidget());
        m_actions.add(
            { QStringLiteral("view.dock.") + dock->objectName(), menu, tr("Show or hide: %1").arg(tr(text)),
                tr("Show or hide this part of the window."), {}, {} },
            [this, dock, panel = panel] {
                if (m_tabs->indexOf(panel) >= 0) {
                    m_tabs->setCurrentWidget(panel);
                } else {
                    dock->setVisible(!dock->isVisible());
                }
            });
    }
    m_actions.add({ QStringLiteral("view.nextPanel"), menu, tr("Next panel"),
                      tr("Move the keyboard to the next part of the window."), QKeySequence(Qt::Key_F6), {} },
        [this] {
            if (m_perspective == Perspective::Live) {
                focusNextOf(m_live->focusParts());
                return;
            }
            if (m_perspective == Perspective::Trace) {
                focusNextOf(m_trace->focusParts());
                return;
            }
            const std::vector<QWidget*> panels { &m_facets->view(), m_chart->view(), &m_table->view(),
                &m_inspector->table() };
            std::size_t next = 0;
            for (std::size_t i = 0; i < panels.size(); ++i) {
                if (panels[i]->isAncestorOf(QApplication::focusWidget()) || panels[i]->hasFocus()) {
                    next = (i + 1) % panels.size();
                }
            }
            if (next == 3 && m_tabs->indexOf(m_inspector) >= 0) {
                m_tabs->setCurrentWidget(m_inspector);
            } else if (next == 2) {
                m_tabs->setCurrentWidget(m_table);
            }
            panels[next]->setFocus(Qt::ShortcutFocusReason);
        });
}

void MainWindow::makeChartActions()
{
    const QString menu = tr("Chart");
    m_actions.add({ QStringLiteral("chart.table"), menu, tr("Show the chart as a table"),
                      tr("The numbers that the chart draws."), {}, QStringLiteral("table") },
        [this] { m_chart->showTable(); });
    m_actions.add({ QStringLiteral("chart.copyImage"), menu, tr("Copy the chart as a picture"),
                      tr("Put the chart on the clipboard."), {}, {} },
        [this] { m_chart->copyImage(); });
    m_actions.add({ QStringLiteral("chart.copyCsv"), menu, tr("Copy the chart as CSV"),
                      tr("Put the chart's numbers on the clipboard."), {}, {} },
        [this] { m_chart->copyCsv(); });
    m_actions.add(
        { QStringLiteral("chart.resetZoom"), menu, tr("Reset the zoom"), tr("Show all points of the chart."),
            QKeySequence(tr("Ctrl+0")), QStringLiteral("zoom-fit-best") },
        [this] { m_chart->view()->resetZoom(); });
    m_actions.add({ QStringLiteral("chart.fitSelection"), menu, tr("Zoom to the selection"),
                      tr("Show the selected points as large as they fit."), {}, {} },
        [this] { m_chart->view()->fitSelection(); });
    const auto addSwitch
        = [&](const char* id, const QString& text, const QString& tip, bool ChartSpec::*what) {
              QAction* action = m_actions.add({ QLatin1String(id), menu, text, tip, {}, {} }, [this, what] {
                  ChartSpec spec = m_chart->spec();
                  spec.*what = !(spec.*what);
                  m_chart->setSpec(spec);
              });
              action->setCheckable(true);
              const auto follow = [this, action, what] { action->setChecked(m_chart->spec().*what); };
              connect(m_chart, &ChartPanel::specChanged, action, follow);
              follow();
          };
    addSwitch("chart.lines", tr("Join the loads of a run"), tr("Draw lines between the points of a run."),
        &ChartSpec::lines);
    addSwitch("chart.estimates", tr("Let estimates onto the frontier"),
        tr("Count points that are estimated, not measured, for the frontier."),
        &ChartSpec::estimatesOnFrontier);
    m_actions.add({ QStringLiteral("chart.distribution"), menu, tr("Show the distribution"),
                      tr("How the requests of the selected points spread."), QKeySequence(tr("Ctrl+D")), {} },
        [this] { m_tabs->setCurrentWidget(m_distribution); });
}

void MainWindow::makeHelpActions()
{
    const QString menu = tr("Help");
    const std::tuple<const char*, const char*, const char*, QKeySequence> pages[] = {
        { "reading-a-chart", QT_TR_NOOP("Reading a chart"),
            QT_TR_NOOP("What points, lines, stairs and signs mean."), QKeySequence::HelpContents },
        { "numbers", QT_TR_NOOP("Where numbers come from"),
            QT_TR_NOOP("Origins, words and checks of the numbers."), {} },
        { "editing", QT_TR_NOOP("Putting right what files say"),
            QT_TR_NOOP("Names, tags, attributes, hidden points and sweeps of your own."), {} },
        { "bundles", QT_TR_NOOP("What belongs together"),
            QT_TR_NOOP("How the files of a folder become runs, and how to change it."), {} },
        { "mapping", QT_TR_NOOP("Mapping columns"),
            QT_TR_NOOP("How a table or JSON of unknown make is read."), {} },
        { "timelines", QT_TR_NOOP("Timelines and time series"),
            QT_TR_NOOP("What profilers and logs recorded beside a run."), {} },
        { "live", QT_TR_NOOP("Watching a running server"),
            QT_TR_NOOP("What the lanes of the Live window show, what is kept, and what is not known."), {} },
        { "keyboard", QT_TR_NOOP("Keyboard"), QT_TR_NOOP("The keys of the window and of the chart."), {} }
    };
    for (const auto& [page, text, tip, keys] : pages) {
        m_actions.add({ QStringLiteral("help.") + QLatin1String(page), menu, tr(text), tr(tip), keys, {} },
            [this, page = QString::fromLatin1(page)] {
                if (!m_help) {
                    m_help = new HelpWindow(this);
                }
                m_help->showPage(page);
            });
    }
    m_actions.add({ QStringLiteral("help.shortcuts"), menu, tr("Shortcuts…"),
                      tr("See and change the keys of every command."), {}, {} },
        [this] { showShortcuts(); });
    m_actions.add(
        { QStringLiteral("help.about"), menu, tr("About Prism"), tr("Version and licence."), {}, {} },
        [this] { showAbout(); });
}

} // namespace prism::app
