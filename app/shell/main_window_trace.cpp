// SPDX-License-Identifier: GPL-3.0-or-later
// The Trace perspective in the window, and what an imported timeline does.
#include "app/shell/main_window.h"

#include "app/jobs/caught.h"
#include "app/trace/trace_perspective.h"
#include "core/store/store.h"

#include <QActionGroup>
#include <QLineEdit>
#include <QStackedWidget>
#include <QtConcurrentRun>

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

namespace {

/// The last of these files when each of them is stored as a timeline; nothing else.
Result<std::optional<SourceId>> lastTimeline(
    const std::string& database, const std::vector<std::string>& hashes)
{
    auto reader = StoreReader::open(database);
    const auto sources = reader ? (*reader)->sources() : reader.error();
    if (!sources) {
        return sources.error();
    }
    std::optional<SourceId> last;
    for (const std::string& hash : hashes) {
        const auto source = std::find_if(
            sources->begin(), sources->end(), [&](const SourceRecord& one) { return one.sha256 == hash; });
        if (source == sources->end() || !source->counts.contains("spans")) {
            return std::optional<SourceId>();
        }
        last = source->id;
    }
    return last;
}

} // namespace

/// A timeline that was given alone is what the user wants to see, be it stored now or before.
void MainWindow::showTraceOf(const ImportJob& job)
{
    std::vector<std::string> hashes;
    for (const FileResult& result : job.results()) {
        const bool fresh = result.outcome == Outcome::Attached && result.counts.contains("spans");
        if (!fresh && result.outcome != Outcome::Unchanged) {
            return;
        }
        hashes.push_back(result.sha256);
    }
    if (job.state() != ImportJob::State::Done || hashes.empty()) {
        return;
    }
    QtConcurrent::run([database = m_database.toStdString(), hashes] {
        return caught([&] { return lastTimeline(database, hashes); });
    }).then(this, [this](const Result<std::optional<SourceId>>& source) {
        if (!source) {
            say(QString::fromStdString(source.error().text()));
        } else if (*source) {
            openTimeline(**source);
        }
    });
}

/// The timeline that a file holds, in the perspective of traces.
void MainWindow::openTimeline(SourceId source)
{
    setPerspective(Perspective::Trace);
    m_trace->open(source);
    m_trace->refresh();
}

} // namespace prism::app
