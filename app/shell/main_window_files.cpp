// SPDX-License-Identifier: GPL-3.0-or-later
// Which run a stored file belongs to, and as what: the user's word on it.
#include "app/shell/main_window.h"

#include "app/panels/inspector/attached_view.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/selection/choice_dialog.h"
#include "app/shell/waiting_files_dialog.h"

#include <algorithm>

namespace prism::app {

void MainWindow::makeAttachedActions()
{
    m_actions.add(
        { QStringLiteral("runs.waiting"), tr("Runs"), tr("Files that wait for a run…"),
            tr("Give stored configuration, telemetry and timelines to the runs that they belong to."), {},
            {} },
        [this] { showWaitingFiles(); });
    AttachedView& attached = m_inspector->attached();
    connect(&attached, &AttachedView::roleRequested, this,
        [this](SourceId file, RunId run, const QString& role) { m_edits.attach({ file }, run, role); });
    connect(&attached, &AttachedView::otherRunRequested, this, [this](SourceId file, RunId run) {
        askRun(tr("Give the file to another run"), tr("Give to this run"),
            [this, file, run](RunId other) { m_edits.attach({ file }, other, {}, run); });
    });
    connect(&attached, &AttachedView::detachRequested, this,
        [this](SourceId file, RunId run) { m_edits.detach(file, run); });
    connect(&attached, &AttachedView::ownResultRequested, this,
        [this](SourceId file) { m_edits.makeOwnResult(file); });
}

void MainWindow::showWaitingFiles()
{
    auto* dialog = new WaitingFilesDialog(m_database, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &WaitingFilesDialog::give, this, [this](const std::vector<SourceId>& files) {
        askRun(tr("Give %n file(s) to a run", nullptr, int(files.size())), tr("Give to this run"),
            [this, files](RunId run) { m_edits.attach(files, run, {}); });
    });
    dialog->open();
}

void MainWindow::askRun(
    const QString& title, const QString& accept, std::function<void(RunId)> then, Selected selectedAre)
{
    const auto table = m_workspace.table();
    std::vector<RunId> runs = selectedRuns();
    const std::size_t selected = runs.size();
    for (Row row = 0; row < table->rows(); ++row) {
        if (std::find(runs.begin(), runs.end(), table->run(row)) == runs.end()) {
            runs.push_back(table->run(row));
        }
    }
    std::sort(runs.begin() + std::ptrdiff_t(selected), runs.end());
    if (selectedAre == Selected::Last) {
        std::rotate(runs.begin(), runs.begin() + std::ptrdiff_t(selected), runs.end());
    }
    if (runs.empty()) {
        say(tr("There is no run yet: import results first."));
        return;
    }
    const RunLabels labels(*table, runs);
    QStringList names;
    for (const RunId run : runs) {
        // The number tells runs apart that look the same.
        names << tr("%1 (run %2)").arg(labels.of(run), QString::number(run));
    }
    auto* dialog = new ChoiceDialog(title, accept, names, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ChoiceDialog::chosen, this,
        [runs, then = std::move(then)](int index) { then(runs[std::size_t(index)]); });
    dialog->open();
}

} // namespace prism::app
