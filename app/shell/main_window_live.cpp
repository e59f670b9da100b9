// SPDX-License-Identifier: GPL-3.0-or-later
// How the window changes between its perspectives, and the actions of the Live one.
#include "app/jobs/import_request.h"
#include "app/live/live_perspective.h"
#include "app/live/session_bar.h"
#include "app/shell/main_window.h"
#include "app/trace/trace_perspective.h"

#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QFileInfo>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolButton>

#include <cstdio>

namespace prism::app {

void MainWindow::makeLive()
{
    m_live = new LivePerspective(m_workspace, this);
    m_pages = new QStackedWidget(this);
    m_pages->addWidget(m_centre);
    m_pages->addWidget(m_live);
    makeTrace();
    setCentralWidget(m_pages);
    connect(m_live, &LivePerspective::said, this, &MainWindow::say);
    connect(m_live, &LivePerspective::arranged, this, &MainWindow::saveSoon);
    connect(m_live, &LivePerspective::titleChanged, this, &MainWindow::showTitle);
    connect(m_live, &LivePerspective::runWritten, this, [this](const QString& file) {
        ImportRequest request = importInto(m_database);
        request.paths.push_back(file.toStdString());
        m_jobs.add(request, QFileInfo(file).fileName());
        say(tr("The session is being saved as a run; it shows in Explore."));
    });
}

/// Nobody reads the status bar of a window that closes: the next one says where the session is.
void MainWindow::keepRecording()
{
    const live::Status& status = m_live->session().status();
    if (status.recordingFile.empty() || !status.recordingProblem.empty()) {
        return;
    }
    const QString file = QFileInfo(QString::fromStdString(status.recordingFile)).absoluteFilePath();
    m_settings.setLeftRecording(file);
    m_settings.addRecent(file);
    std::printf("prism: the session is recorded in %s\n", qPrintable(file));
}

void MainWindow::tellKeptRecording()
{
    const QString file = m_settings.leftRecording();
    if (!file.isEmpty()) {
        m_settings.setLeftRecording({});
        say(tr("The session before is recorded in %1.").arg(file));
    }
}

void MainWindow::setPerspective(Perspective perspective)
{
    if (perspective == m_perspective) {
        return;
    }
    const bool live = perspective == Perspective::Live;
    const bool explore = perspective == Perspective::Explore;
    if (!explore && m_perspective == Perspective::Explore) {
        m_exploreLayout = saveState(1);
        m_hiddenDocks.clear();
        for (QDockWidget* dock : { m_facetsDock, m_inspectorDock }) {
            if (!dock->isHidden()) {
                m_hiddenDocks.push_back(dock);
                dock->hide();
            }
        }
    }
    m_perspective = perspective;
    m_pages->setCurrentWidget(live ? static_cast<QWidget*>(m_live)
            : explore              ? static_cast<QWidget*>(m_centre)
                                   : m_trace);
    if (explore) {
        for (QDockWidget* dock : m_hiddenDocks) {
            dock->show();
        }
        m_hiddenDocks.clear();
        m_exploreLayout.clear();
        fitPanels();
    }
    // The bar hides its parts while it shows a message; those that come meanwhile would lie over it.
    const QString message = statusBar()->currentMessage();
    statusBar()->clearMessage();
    m_shownLabel->setVisible(explore);
    m_live->statusWidget().setVisible(live);
    m_liveMemory->setVisible(live);
    if (!message.isEmpty()) {
        say(message);
    }
    m_viewChooserItem->setVisible(explore);
    for (QAction* action : m_actions.actions()) {
        if (m_actions.idOf(action).startsWith(QLatin1String("view.dock."))) {
            action->setEnabled(explore); // they are parts of Explore
        }
    }
    m_actions
        .action(live      ? QStringLiteral("view.live")
                : explore ? QStringLiteral("view.explore")
                          : QStringLiteral("view.trace"))
        ->setChecked(true);
    showTitle();
}

void MainWindow::showTitle()
{
    if (m_perspective == Perspective::Live) {
        setWindowTitle(m_live->windowTitle());
    } else if (m_perspective == Perspective::Trace) {
        setWindowTitle(m_trace->windowTitle());
    } else {
        setWindowTitle(
            m_viewFile.isEmpty() ? tr("Prism") : tr("%1 — Prism").arg(QFileInfo(m_viewFile).fileName()));
    }
}

void MainWindow::focusNextOf(const std::vector<QWidget*>& panels)
{
    std::size_t next = 0;
    for (std::size_t i = 0; i < panels.size(); ++i) {
        if (panels[i]->hasFocus() || panels[i]->isAncestorOf(QApplication::focusWidget())) {
            next = (i + 1) % panels.size();
        }
    }
    panels[next]->setFocus(Qt::ShortcutFocusReason);
}

void MainWindow::makeLiveActions()
{
    QAction* perspective = m_actions.add(
        { QStringLiteral("view.live"), tr("View"), tr("Live"), tr("Watch the requests of a running server."),
            QKeySequence(tr("Ctrl+4")), QStringLiteral("live") },
        [this] { setPerspective(Perspective::Live); });
    perspective->setCheckable(true);
    m_perspectiveActions->addAction(perspective);

    const QString menu = tr("Live");
    m_actions.add({ QStringLiteral("live.attach"), menu, tr("Attach…"),
                      tr("Watch a running inference server; it is not restarted or changed."),
                      QKeySequence(tr("Ctrl+Shift+A")), QStringLiteral("attach") },
        [this] {
            setPerspective(Perspective::Live);
            m_live->openAttachDialog();
        });
    m_actions.add({ QStringLiteral("live.openRecording"), menu, tr("Open a recording…"),
                      tr("Replay a session that was recorded."), {}, QStringLiteral("document-open") },
        [this] {
            setPerspective(Perspective::Live);
            m_live->chooseRecording();
        });
    const auto add = [&](const char* id, const QString& text, const QString& tip, const QString& icon,
                         const std::function<void()>& run, const QKeySequence& keys = {}) {
        QAction* action = m_actions.add({ QLatin1String(id), menu, text, tip, keys, icon }, run);
        if (!keys.isEmpty()) {
            // The perspective takes these itself, where they are no text; others, that a user sets, work
            // everywhere.
            const auto context = [action, keys] {
                action->setShortcutContext(
                    action->shortcut() == keys ? Qt::WidgetShortcut : Qt::WindowShortcut);
            };
            connect(action, &QAction::changed, this, context);
            context();
        }
        const auto follow = [this, action, id = std::string_view(id)] {
            const LiveSession& session = m_live->session();
            const bool has = id == "live.record" ? !session.status().replay
                : id == "live.detach"            ? session.isAttached() && !session.isDetaching()
                                                 : true;
            action->setEnabled(session.isOpen() && has);
        };
        connect(&m_live->session(), &LiveSession::opened, action, follow);
        connect(&m_live->session(), &LiveSession::closed, action, follow);
        connect(&m_live->session(), &LiveSession::statusChanged, action, follow);
        follow();
    };
    add(
        "live.follow", tr("Follow or hold the view"), tr("Keep the newest second in view, or stay (Space)."),
        QStringLiteral("media-playback-pause"), [this] { m_live->setFollowing(!m_live->isFollowing()); },
        Qt::Key_Space);
    add(
        "live.nextBroken", tr("Next request that broke a limit"),
        tr("The next one in time after the selected one."), {}, [this] { m_live->nextBroken(); }, Qt::Key_N);
    add("live.note", tr("Write a note…"), tr("A note at the cursor or on the selected stretch (M)."), {},
        [this] {
            const TimelineView& view = m_live->timeline();
            const std::int64_t at = view.instant().value_or(view.range().toNs);
            m_live->addNote(view.selectedRange().value_or(TimeRange { at, at }));
        });
    add("live.record", tr("Record to a file…"), tr("Write what memory holds and all that follows."),
        QStringLiteral("media-record"), [this] { m_live->chooseRecordingTarget(); });
    add("live.saveRun", tr("Save as run"), tr("Put what was measured into the database."),
        QStringLiteral("export"), [this] { m_live->saveRun(); });
    add("live.detach", tr("Detach"), tr("Take every probe off the server; what was seen stays."),
        QStringLiteral("network-disconnect"), [this] { m_live->session().detach(); });
    m_actions.add({ QStringLiteral("live.limits"), menu, tr("Limits…"),
                      tr("Set the limits that requests are judged by."), {}, QStringLiteral("slo") },
        [this] { m_live->editLimits(); });
}

} // namespace prism::app
