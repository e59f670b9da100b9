// SPDX-License-Identifier: GPL-3.0-or-later
// The Trace perspective in the window, and what an imported timeline does.
#include "app/shell/main_window.h"

#include "app/trace/trace_perspective.h"

#include <QActionGroup>
#include <QLineEdit>
#include <QStackedWidget>

#include <algorithm>

namespace prism::app {

void MainWindow::makeTrace()
{
    m_trace = new TracePerspective(m_database, this);
    m_pages->addWidget(m_trace);
    connect(m_trace, &TracePerspective::said, this, &MainWindow::say);
    connect(m_trace, &TracePerspective::titleChanged, this, &MainWindow::showTitle);
    connect(this, &MainWindow::dataArrived, m_trace, [this] {
        if (m_trace->isVisible()) {
            m_trace->refresh();
        }
    });
}

void MainWindow::makeTraceActions()
{
    QAction* perspective
        = m_actions.add({ QStringLiteral("view.trace"), tr("View"), tr("Trace"),
                            tr("Look into the timelines of profilers: lanes by process, thread and stream."),
                            QKeySequence(tr("Ctrl+6")), QStringLiteral("trace") },
            [this] { setPerspective(Perspective::Trace); });
    perspective->setCheckable(true);
    m_perspectiveActions->addAction(perspective);
    const QString menu = tr("View");
    m_actions.add(
        { QStringLiteral("trace.find"), menu, tr("Find spans by name"),
            tr("Search the timeline; Enter goes from one to the next."), {}, QStringLiteral("search") },
        [this] {
            setPerspective(Perspective::Trace);
            m_trace->searchField().setFocus(Qt::ShortcutFocusReason);
        });
}

/// A timeline that was imported alone is what the user wants to see.
void MainWindow::showTraceOf(const ImportJob& job)
{
    const std::vector<FileResult>& results = job.results();
    const auto isTimeline = [](const FileResult& result) {
        return result.outcome == Outcome::Attached && result.counts.contains("spans");
    };
    if (job.state() != ImportJob::State::Done || results.empty() || job.summary().sources.empty()
        || !std::all_of(results.begin(), results.end(), isTimeline)) {
        return;
    }
    setPerspective(Perspective::Trace);
    m_trace->open(job.summary().sources.back());
    m_trace->refresh();
}

/// The timeline that a file holds, in the perspective of traces.
void MainWindow::openTimeline(SourceId source)
{
    setPerspective(Perspective::Trace);
    m_trace->open(source);
    m_trace->refresh();
}

} // namespace prism::app
