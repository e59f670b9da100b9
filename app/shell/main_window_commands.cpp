// SPDX-License-Identifier: GPL-3.0-or-later
// What the main window's actions do.
#include "app/shell/main_window.h"

#include "app/actions/command_palette.h"
#include "app/actions/shortcut_page.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>

#include <set>
#include <string_view>

namespace prism::app {

void MainWindow::chooseFiles()
{
    auto* dialog = new QFileDialog(this, tr("Open results"), m_settings.folder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& files) {
        m_settings.setFolder(QFileInfo(files.value(0)).absolutePath());
        import({ files, {} });
    });
    dialog->open();
}

void MainWindow::chooseFolder()
{
    auto* dialog = new QFileDialog(this, tr("Open a folder of results"), m_settings.folder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
        m_settings.setFolder(folder);
        import({ { folder }, {} });
    });
    dialog->open();
}

void MainWindow::paste()
{
    import(intakeOf(*QApplication::clipboard()->mimeData()));
}

void MainWindow::showSamples()
{
    const QString folder = samplesFolder();
    if (folder.isEmpty()) {
        say(tr("The bundled samples are not installed."));
        return;
    }
    import({ { folder }, {} }, Ask::Never); // ours: nothing of them is to be decided
}

void MainWindow::chooseView()
{
    auto* dialog = new QFileDialog(this, tr("Open a view"), m_settings.folder(), tr("Views (*.prismview)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        if (const QString problem = openViewFile(file); !problem.isEmpty()) {
            say(problem);
        }
    });
    dialog->open();
}

void MainWindow::chooseViewTarget()
{
    auto* dialog
        = new QFileDialog(this, tr("Save this view"), m_settings.folder(), tr("Views (*.prismview)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("prismview"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        const QString problem = saveViewFile(file);
        say(problem.isEmpty() ? tr("Saved %1").arg(file) : problem);
    });
    dialog->open();
}

QString MainWindow::openViewFile(const QString& file)
{
    QString problem;
    if (auto view = openView(file, problem)) {
        applyView(*view);
        nameView(file);
        return {};
    }
    return file + QStringLiteral(": ") + problem;
}

QString MainWindow::saveViewFile(const QString& file)
{
    const QString problem = saveView(view(), file);
    if (problem.isEmpty()) {
        nameView(file);
    }
    return problem;
}

void MainWindow::openPalette()
{
    std::vector<Command> commands;
    for (QAction* action : m_actions.actions()) {
        if (action->isEnabled() && m_actions.idOf(action) != QLatin1String("edit.commands")) {
            commands.push_back({ m_actions.menuOf(action) + QStringLiteral(": ")
                    + action->text().replace(QLatin1String("&&"), QLatin1String("&")),
                action->shortcut().toString(QKeySequence::NativeText), [action] { action->trigger(); } });
        }
    }
    const auto table = m_workspace.table();
    std::set<RunId> runs;
    for (Row row = 0; row < table->rows() && runs.size() < 500; ++row) {
        runs.insert(table->run(row));
    }
    const std::vector<RunId> among(runs.begin(), runs.end());
    const RunLabels labels(*table, among);
    for (const RunId run : among) {
        commands.push_back({ labels.of(run), tr("run"), [this, run] {
                                std::vector<PointId> points;
                                const auto now = m_workspace.table();
                                for (Row row = 0; row < now->rows(); ++row) {
                                    if (now->run(row) == run) {
                                        points.push_back(now->point(row));
                                    }
                                }
                                if (!points.empty()) {
                                    m_workspace.inspect(points.front());
                                }
                                m_workspace.selectPoints(std::move(points));
                            } });
    }
    const QStringList recent = m_settings.recent();
    for (const QString& path : recent) {
        commands.push_back({ path, tr("import again"), [this, path] { import({ { path }, {} }); } });
    }
    m_palette->open(std::move(commands));
}

void MainWindow::showShortcuts()
{
    auto* page = new ShortcutPage(m_actions, this);
    page->setAttribute(Qt::WA_DeleteOnClose);
    connect(&m_actions, &ActionRegistry::keysChanged, page, [this] {
        for (QAction* action : m_actions.actions()) {
            m_settings.setKeys(m_actions.idOf(action), action->shortcut(), m_actions.defaultKeys(action));
        }
    });
    page->open();
}

void MainWindow::showAbout()
{
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("About Prism"),
        tr("Prism %1\n\nA workbench for the performance of LLM inference.\nFree software under the GNU GPL, "
           "version 3 or later.")
            .arg(QApplication::applicationVersion()),
        QMessageBox::Ok, this);
    box->setTextFormat(Qt::PlainText);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

} // namespace prism::app
