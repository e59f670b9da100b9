// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/intake/intake.h"

#include "core/catalog/catalog.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMimeData>
#include <QUrl>

namespace prism::app {

namespace {

QString tr(const char* text, int n = -1)
{
    return QCoreApplication::translate("Intake", text, nullptr, n);
}

} // namespace

QString Intake::describe() const
{
    if (paths.isEmpty()) {
        return tr("pasted text");
    }
    int files = 0;
    int folders = 0;
    for (const QString& path : paths) {
        ++(QFileInfo(path).isDir() ? folders : files);
    }
    QStringList parts;
    if (files > 0) {
        parts << (files == 1 ? tr("1 file") : tr("%n files", files));
    }
    if (folders > 0) {
        parts << (folders == 1 ? tr("1 folder") : tr("%n folders", folders));
    }
    return parts.join(tr(" and "));
}

Intake intakeOf(const QMimeData& data)
{
    Intake intake;
    const QList<QUrl> urls = data.urls();
    for (const QUrl& url : urls) {
        if (url.isLocalFile()) {
            intake.paths << url.toLocalFile();
        }
    }
    if (intake.paths.isEmpty() && urls.isEmpty() && data.hasText()) {
        const QString text = data.text();
        // A path that was copied as text is a path.
        const QString path = text.trimmed();
        if (!path.contains(QLatin1Char('\n')) && path.startsWith(QLatin1Char('/'))
            && QFileInfo::exists(path)) {
            intake.paths << path;
        } else {
            intake.text = text;
        }
    }
    return intake;
}

QString samplesFolder()
{
    const QString folder = QString::fromStdString(resourceFolder()) + QStringLiteral("/samples");
    return QFileInfo(folder).isDir() ? folder : QString();
}

} // namespace prism::app
