// SPDX-License-Identifier: GPL-3.0-or-later
// What a folder becomes is shown before it is stored.
#include "app/shell/main_window.h"

#include "app/bundles/bundle_dialog.h"

#include <QFileDialog>
#include <QFileInfo>

#include <algorithm>

namespace prism::app {

namespace {

/// One plain file is what it is; a folder, an archive or several files may hold what belongs together.
bool mayHoldSeveral(const ImportRequest& request)
{
    static const QStringList archives { QStringLiteral(".zip"), QStringLiteral(".tar"),
        QStringLiteral(".tgz"), QStringLiteral(".tar.gz"), QStringLiteral(".tar.xz"),
        QStringLiteral(".tar.zst"), QStringLiteral(".tar.bz2"), QStringLiteral(".7z") };
    if (request.paths.size() != 1) {
        return request.paths.size() > 1;
    }
    const QString path = QString::fromStdString(request.paths.front());
    return QFileInfo(path).isDir()
        || std::any_of(archives.begin(), archives.end(),
            [&](const QString& ending) { return path.endsWith(ending, Qt::CaseInsensitive); });
}

} // namespace

void MainWindow::importOrAsk(const ImportRequest& request, const QString& name, Ask ask)
{
    const bool always = ask == Ask::Always;
    if (ask == Ask::Never || (!always && !mayHoldSeveral(request))) {
        m_jobs.add(request, name);
        jobChanged();
        return;
    }
    auto* dialog = new BundleDialog(request, always, this);
    connect(dialog, &BundleDialog::chosen, this, [this, name](const ImportRequest& chosen) {
        m_jobs.add(chosen, name);
        jobChanged();
    });
    dialog->start();
}

void MainWindow::chooseFolderToPreview()
{
    auto* dialog = new QFileDialog(this, tr("Preview a folder of results"), m_settings.folder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
        m_settings.setFolder(folder);
        import({ { folder }, {} }, Ask::Always);
    });
    dialog->open();
}

} // namespace prism::app
