// SPDX-License-Identifier: GPL-3.0-or-later
// Mappings in the window: files of unknown make, and how the user says that they are read.
#include "app/jobs/import_request.h"
#include "app/jobs/mappable_files.h"
#include "app/mapping/mapping_window.h"
#include "app/mapping/mappings_dialog.h"
#include "app/shell/main_window.h"
#include "core/mapping/mapping_importer.h"
#include "core/mapping/saved_mappings.h"

#include <QFile>
#include <QFileDialog>
#include <QFileInfo>

namespace prism::app {

void MainWindow::makeMappingActions()
{
    m_actions.add({ QStringLiteral("file.importMapped"), tr("File"), tr("Import with a mapping…"),
                      tr("Say what the columns of a table or of JSON are, and import it."),
                      QKeySequence(tr("Ctrl+Shift+M")), {} },
        [this] { chooseFileToMap(); });
    m_actions.add({ QStringLiteral("file.mappings"), tr("File"), tr("Mappings…"),
                      tr("Open, rename, delete and share the saved mappings."), {}, {} },
        [this] { showMappings(); });
}

void MainWindow::showMappings()
{
    if (!m_mappings) {
        m_mappings = new MappingsDialog(this);
        connect(m_mappings, &MappingsDialog::openRequested, this,
            [this](const QString& mapping) { mapColumns(m_settings.fileOfMapping(mapping), mapping); });
    }
    m_mappings->refresh();
    m_mappings->show();
    m_mappings->raise();
    m_mappings->activateWindow();
}

void MainWindow::chooseFileToMap()
{
    auto* dialog = new QFileDialog(this, tr("Choose a table or JSON"), m_settings.folder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_settings.setFolder(QFileInfo(file).absolutePath());
        mapColumns(file);
    });
    dialog->open();
}

/// Text of the clipboard becomes a file first: it is read again for every preview, and by the import.
void MainWindow::mapFile(const MappableFile& file)
{
    if (file.pasted.isEmpty()) {
        mapColumns(file.file, file.mapping);
        return;
    }
    if (!m_pastedFiles) {
        m_pastedFiles = std::make_unique<QTemporaryDir>();
    }
    QTemporaryDir folder(m_pastedFiles->filePath(QStringLiteral("XXXXXX")));
    folder.setAutoRemove(false); // goes with the folder that it is in
    QFile out(folder.filePath(QFileInfo(file.file).fileName()));
    const QByteArray text = file.pasted.toUtf8();
    if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size()) {
        say(tr("%1 cannot be written: %2").arg(out.fileName(), out.errorString()));
        return;
    }
    out.close();
    mapColumns(out.fileName(), file.mapping);
}

MappingWindow* MainWindow::makeMappingWindow()
{
    auto* window = new MappingWindow(this);
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->setRemembered(m_settings.mapping());
    connect(
        window, &QDialog::finished, this, [this, window] { m_settings.setMapping(window->remembered()); });
    connect(window, &MappingWindow::importRequested, this, &MainWindow::importWith);
    connect(window, &MappingWindow::saved, this, [this, window](const QString& name) {
        m_settings.setFileOfMapping(name, window->file());
        say(tr("Saved the mapping %1").arg(name));
        if (m_mappings) {
            m_mappings->refresh();
        }
    });
    return window;
}

MappingWindow* MainWindow::mapColumns(const QString& file, const QString& mapping)
{
    MappingWindow* window = makeMappingWindow();
    const QString there = QFileInfo(file).isFile() ? file : QString();
    if (there.isEmpty() && !file.isEmpty()) {
        say(tr("The file %1 is not there any more.").arg(file));
    }
    const auto saved = mapping.isEmpty() ? Result<Mapping>(Error {}) : loadMapping(mapping.toStdString());
    if (saved) {
        window->openMapping(*saved, there);
    } else {
        if (!mapping.isEmpty()) {
            say(tr("The mapping %1 is not saved here any more; this is a new one.").arg(mapping));
        }
        window->openFile(file);
    }
    window->show();
    return window;
}

void MainWindow::importWith(const QString& file, const QString& mapping)
{
    ImportRequest request = importInto(m_database);
    request.forcedImporter = mappingImporterId(mapping.toStdString());
    request.paths = { file.toStdString() };
    m_settings.addRecent(file);
    m_jobs.add(request, QFileInfo(file).fileName());
    jobChanged();
}

} // namespace prism::app
