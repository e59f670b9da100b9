// SPDX-License-Identifier: GPL-3.0-or-later
// What the user says of runs and points: its actions, and what they do.
#include "app/shell/main_window.h"

#include "app/shell/edit_dialogs.h"
#include "app/shell/text_prompt.h"
#include "app/tables/run_table.h"
#include "app/theme/button_text.h"
#include "core/analysis/merge.h"

#include <QMenu>
#include <QMessageBox>
#include <QPushButton>

#include <algorithm>
#include <set>
#include <string_view>

namespace prism::app {

void MainWindow::makeRunActions()
{
    const QString menu = tr("Runs");
    m_actions.add({ QStringLiteral("runs.baseline"), menu, tr("Use as baseline"),
                      tr("Compare the others with the selected run."), {}, QStringLiteral("baseline") },
        [this] {
            const auto runs = selectedRuns();
            m_workspace.setBaseline(runs.empty() || m_workspace.baseline() == runs.front()
                    ? std::nullopt
                    : std::optional(runs.front()));
        });
    m_actions.add({ QStringLiteral("runs.rename"), menu, tr("Rename…"),
                      tr("Give the selected run a name of your own."), QKeySequence(Qt::Key_F2), {} },
        [this] { renameRun(); });
    m_actions.add({ QStringLiteral("runs.tags"), menu, tr("Tags…"),
                      tr("Set words to find the selected runs by."), {}, {} },
        [this] { editTags(); });
    m_actions.add({ QStringLiteral("runs.note"), menu, tr("Note on runs…"),
                      tr("Write something about the selected runs that stays with them."), {}, {} },
        [this] { noteRuns(); });
    m_actions.add({ QStringLiteral("runs.set"), menu, tr("Set an attribute of runs…"),
                      tr("Say what the files do not, or correct it, for all points of the selected runs, "
                         "those too that come to them later."),
                      {}, {} },
        [this] { askAttributeOfRuns(); });
    m_actions.add(
        { QStringLiteral("runs.merge"), menu, tr("Merge into one sweep"),
            tr("Make the load points of the selected runs those of the first; nothing is averaged."), {},
            {} },
        [this] { mergeRuns(); });
    const std::pair<const char*, const char*> evidence[] = { { "measured-here",
                                                                 QT_TR_NOOP("Evidence: measured here") },
        { "reproduced", QT_TR_NOOP("Evidence: reproduced") },
        { "third-party", QT_TR_NOOP("Evidence: third party") },
        { "vendor-claim", QT_TR_NOOP("Evidence: vendor claim") },
        { "simulated", QT_TR_NOOP("Evidence: simulated") }, { "", QT_TR_NOOP("Evidence: not stated") } };
    for (const auto& [value, text] : evidence) {
        m_actions.add({ QStringLiteral("runs.evidence.") + QString::fromLatin1(value), menu, tr(text),
                          tr("Say how far the selected runs can be trusted."), {}, {} },
            [this, value = QString::fromLatin1(value)] { setEvidence(value); });
    }
    m_actions.add({ QStringLiteral("runs.remove"), menu, tr("Remove the files of these runs"),
                      tr("Remove the whole files that the selected runs stand in; undo brings them back."),
                      QKeySequence(tr("Ctrl+Del")), QStringLiteral("edit-delete") },
        [this] { removeSelected(); });
    m_actions.add({ QStringLiteral("runs.expand"), menu, tr("Expand all runs"),
                      tr("Show every load level in the table."), {}, {} },
        [this] { m_table->expandAll(); });
    m_actions.add({ QStringLiteral("runs.collapse"), menu, tr("Collapse all runs"),
                      tr("Show a row a run in the table."), {}, {} },
        [this] { m_table->collapseAll(); });
}

void MainWindow::makePointActions()
{
    const QString menu = tr("Points");
    m_actions.add(
        { QStringLiteral("points.set"), menu, tr("Set an attribute…"),
            tr("Say what the file does not, or correct it; the file's value stays beside yours."), {}, {} },
        [this] { askAttribute(); });
    m_actions.add({ QStringLiteral("points.note"), menu, tr("Note on points…"),
                      tr("Write something about the selected points that stays with them."), {}, {} },
        [this] { notePoints(); });
    m_actions.add({ QStringLiteral("points.hide"), menu, tr("Hide points…"),
                      tr("Take the selected points out of every table, chart and frontier, with a reason."),
                      QKeySequence(Qt::Key_Delete), {} },
        [this] { hidePoints(); });
    QAction* hidden = m_actions.add({ QStringLiteral("points.hidden"), menu, tr("Hidden points…"),
                                        tr("See what you hid and why, and show it again."), {}, {} },
        [this] { showHiddenPoints(); });
    connect(&m_workspace, &Workspace::tableChanged, hidden, [this, hidden] {
        const std::size_t count = m_workspace.table()->hidden().size();
        hidden->setText(count == 0 ? tr("Hidden points…") : tr("Hidden points (%1)…").arg(count));
    });
    m_actions.add({ QStringLiteral("points.move"), menu, tr("Move to another run…"),
                      tr("Make the selected points load points of another run."), {}, {} },
        [this] { movePoints(); });
    m_actions.add({ QStringLiteral("points.apart"), menu, tr("Make a run of these points"),
                      tr("Take the selected points out of their runs into one of their own."), {}, {} },
        [this] {
            if (const auto points = pointsToEdit(); !points.empty()) {
                m_edits.regroup(points, std::nullopt);
            }
        });
    m_actions.add(
        { QStringLiteral("points.asFiled"), menu, tr("Back to the runs of their files"),
            tr("Undo what moved the selected points from the runs that their files put them in."), {}, {} },
        [this] {
            if (const auto points = pointsToEdit(); !points.empty()) {
                m_edits.regroupAsFiled(points);
            }
        });
}

std::vector<RunId> MainWindow::selectedRuns() const
{
    const auto table = m_workspace.table();
    std::vector<RunId> runs;
    for (const PointId point : m_workspace.selectedPoints()) {
        const auto row = table->rowOf(point);
        if (row && std::find(runs.begin(), runs.end(), table->run(*row)) == runs.end()) {
            runs.push_back(table->run(*row));
        }
    }
    return runs;
}

void MainWindow::removeSelected()
{
    const auto runs = selectedRuns();
    if (runs.empty()) {
        say(tr("Select runs in the table or points in the chart first."));
        return;
    }
    const auto table = m_workspace.table();
    std::set<std::string_view> files;
    for (Row row = 0; row < table->rows(); ++row) {
        if (std::find(runs.begin(), runs.end(), table->run(row)) != runs.end()) {
            files.insert(table->text("source", row));
        }
    }
    m_edits.removeRuns(runs);
    say(tr("Removing %n whole file(s), with every run in it. Undo brings them back.", nullptr,
        int(files.size())));
}

void MainWindow::renameRun()
{
    const auto runs = selectedRuns();
    if (runs.size() != 1) {
        say(tr("Select one run first."));
        return;
    }
    const RunRecord* record = m_workspace.table()->runRecord(runs.front());
    askText(this, tr("Rename the run"), tr("Name; empty brings the label back that says what differs:"),
        record ? QString::fromStdString(record->name) : QString(), [this, runs](const QString& name) {
            m_edits.setRunField(runs, QStringLiteral("name"), name, tr("Rename a run"));
        });
}

void MainWindow::editTags()
{
    const auto runs = selectedRuns();
    if (runs.empty()) {
        say(tr("Select runs in the table or points in the chart first."));
        return;
    }
    // Shown are those that all of them have; the others of a run stay.
    QStringList common;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const RunRecord* record = m_workspace.table()->runRecord(runs[i]);
        QStringList tags;
        for (const std::string& tag : record ? record->tags : std::vector<std::string>()) {
            tags << QString::fromStdString(tag);
        }
        if (i == 0) {
            common = tags;
        } else {
            common.removeIf([&](const QString& tag) { return !tags.contains(tag); });
        }
    }
    askText(this, tr("Tags"),
        runs.size() == 1 ? tr("Words, separated by commas:")
                         : tr("Words that all of these runs have, separated by commas:"),
        common.join(QStringLiteral(", ")), [this, runs, common](const QString& text) {
            QStringList words;
            const QStringList parts = text.split(QLatin1Char(','), Qt::SkipEmptyParts);
            for (const QString& part : parts) {
                if (const QString word = part.simplified(); !word.isEmpty() && !words.contains(word)) {
                    words << word;
                }
            }
            QStringList add = words;
            add.removeIf([&](const QString& tag) { return common.contains(tag); });
            QStringList remove = common;
            remove.removeIf([&](const QString& tag) { return words.contains(tag); });
            if (!add.isEmpty() || !remove.isEmpty()) {
                m_edits.changeTags(runs, add, remove);
            }
        });
}

void MainWindow::noteRuns()
{
    const auto runs = selectedRuns();
    if (runs.empty()) {
        say(tr("Select runs in the table or points in the chart first."));
        return;
    }
    const RunRecord* record = runs.size() == 1 ? m_workspace.table()->runRecord(runs.front()) : nullptr;
    askText(this, tr("Note on the run(s)", nullptr, int(runs.size())), tr("Note; empty takes it back:"),
        record ? QString::fromStdString(record->note) : QString(), [this, runs](const QString& note) {
            m_edits.setRunField(
                runs, QStringLiteral("note"), note, tr("Note on %n run(s)", nullptr, int(runs.size())));
        });
}

void MainWindow::setEvidence(const QString& evidence)
{
    const auto runs = selectedRuns();
    if (runs.empty()) {
        say(tr("Select runs in the table or points in the chart first."));
        return;
    }
    m_edits.setRunField(runs, QStringLiteral("evidence"), evidence,
        tr("Set the evidence of %n run(s)", nullptr, int(runs.size())));
}

void MainWindow::editMenu(const QPoint& at)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    for (const QString& title : { tr("Points"), tr("Runs") }) {
        menu->addSection(title);
        for (QAction* action : m_actions.actions()) {
            if (m_actions.menuOf(action) == title) {
                menu->addAction(action);
            }
        }
    }
    menu->addSeparator();
    menu->addAction(m_actions.action(QStringLiteral("edit.copyTable")));
    menu->popup(at);
}

/// The selected points; without any says what to do first.
std::vector<PointId> MainWindow::pointsToEdit()
{
    std::vector<PointId> points = m_workspace.selectedPoints();
    if (points.empty()) {
        say(tr("Select rows in the table or points in the chart first."));
    }
    return points;
}

void MainWindow::hidePoints()
{
    const auto points = pointsToEdit();
    if (points.empty()) {
        return;
    }
    const int count = int(points.size());
    askText(this, tr("Hide %n point(s)", nullptr, count),
        tr("Why? The reason is kept with the %n point(s), which leave every table, chart and frontier.",
            nullptr, count),
        {}, [this, points, count](const QString& reason) {
            if (reason.simplified().isEmpty()) {
                say(tr("Nothing was hidden: a hidden point needs a reason."));
                return;
            }
            m_edits.setPointWord(points, QStringLiteral("hidden"), reason.simplified(),
                tr("Hide %n point(s)", nullptr, count));
        });
}

void MainWindow::showHiddenPoints()
{
    std::vector<PointId> points;
    for (const HiddenPoint& hidden : m_workspace.table()->hidden()) {
        points.push_back(hidden.point);
    }
    if (points.empty()) {
        say(tr("No point is hidden."));
        return;
    }
    auto* dialog = new HiddenPointsDialog(m_database, points, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(
        dialog, &HiddenPointsDialog::inspect, this, [this](PointId point) { m_workspace.inspect(point); });
    connect(dialog, &HiddenPointsDialog::showAgain, this, [this](const std::vector<PointId>& again) {
        m_edits.setPointWord(
            again, QStringLiteral("hidden"), {}, tr("Show %n point(s) again", nullptr, int(again.size())));
    });
    dialog->open();
}

void MainWindow::notePoints()
{
    const auto points = pointsToEdit();
    if (points.empty()) {
        return;
    }
    const int count = int(points.size());
    askText(this, tr("Note on %n point(s)", nullptr, count), tr("Note; empty takes it back:"), {},
        [this, points, count](const QString& note) {
            m_edits.setPointWord(
                points, QStringLiteral("note"), note, tr("Note on %n point(s)", nullptr, count));
        });
}

void MainWindow::askAttribute()
{
    const auto points = pointsToEdit();
    if (points.empty()) {
        return;
    }
    auto* dialog = new AttributeDialog(m_workspace.table(), points, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &AttributeDialog::chosen, this,
        [this, points](const QString& name, const QString& value) { setAttributeOf(points, name, value); });
    dialog->open();
}

void MainWindow::askAttributeOfRuns()
{
    const auto runs = selectedRuns();
    if (runs.empty()) {
        say(tr("Select runs in the table or points in the chart first."));
        return;
    }
    const auto table = m_workspace.table();
    std::vector<PointId> points;
    for (Row row = 0; row < table->rows(); ++row) {
        if (std::find(runs.begin(), runs.end(), table->run(row)) != runs.end()) {
            points.push_back(table->point(row));
        }
    }
    auto* dialog = new AttributeDialog(table, points, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->sayOfRuns(int(runs.size()));
    connect(dialog, &AttributeDialog::chosen, this, [this, runs](const QString& name, const QString& value) {
        const QString shown = QString(name).replace(QLatin1Char('_'), QLatin1Char(' '));
        m_edits.setRunField(runs, QStringLiteral("attribute:") + name, value,
            value.isEmpty() ? tr("Take back the %1 of %n run(s)", nullptr, int(runs.size())).arg(shown)
                            : tr("Set the %1 of %n run(s)", nullptr, int(runs.size())).arg(shown));
    });
    dialog->open();
}

void MainWindow::setAttributeOf(const std::vector<PointId>& points, const QString& name, const QString& value)
{
    const QString shown = QString(name).replace(QLatin1Char('_'), QLatin1Char(' '));
    m_edits.setPointWord(points, QStringLiteral("attribute:") + name, value,
        value.isEmpty() ? tr("Take back the %1 of %n point(s)", nullptr, int(points.size())).arg(shown)
                        : tr("Set the %1 of %n point(s)", nullptr, int(points.size())).arg(shown));
}

void MainWindow::movePoints()
{
    const auto points = pointsToEdit();
    if (points.empty()) {
        return;
    }
    askRun(
        tr("Move %n point(s) to another run", nullptr, int(points.size())), tr("Move to this run"),
        [this, points](RunId run) { m_edits.regroup(points, run); }, Selected::Last);
}

void MainWindow::mergeRuns()
{
    const auto runs = selectedRuns();
    if (runs.size() < 2) {
        say(tr("Select the runs first that are to become one sweep."));
        return;
    }
    const auto doubts = mergeDoubts(*m_workspace.table(), runs);
    if (doubts.empty()) {
        m_edits.merge(runs);
        return;
    }
    QStringList texts;
    for (MergeDoubt doubt : doubts) {
        std::replace(doubt.category.begin(), doubt.category.end(), '_', ' ');
        for (std::string& value : doubt.values) {
            value = shortened(QString::fromStdString(value)).toStdString();
        }
        texts << QStringLiteral("• ") + QString::fromStdString(doubt.text());
    }
    auto* ask = new QMessageBox(QMessageBox::Warning, tr("Merge %n run(s)", nullptr, int(runs.size())),
        tr("These runs differ in more than their load:") + QStringLiteral("\n\n")
            + texts.join(QLatin1Char('\n')) + QStringLiteral("\n\n")
            + tr("As one run they would be drawn as one sweep of one system."),
        QMessageBox::Cancel, this);
    ask->setObjectName(QStringLiteral("mergeDoubts"));
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setTextFormat(Qt::PlainText);
    QPushButton* anyway = ask->addButton(tr("Merge anyway"), QMessageBox::AcceptRole);
    ask->setDefaultButton(QMessageBox::Cancel);
    connect(anyway, &QAbstractButton::clicked, this, [this, runs] { m_edits.merge(runs); });
    ask->open();
}

} // namespace prism::app
