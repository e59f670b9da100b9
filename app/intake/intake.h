// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

class QMimeData;

namespace prism::app {

/// What a drop, a paste or a dialog brings: files and folders, or text that is a result itself.
struct Intake {
    QStringList paths;
    QString text;

    bool isEmpty() const { return paths.isEmpty() && text.isEmpty(); }
    /// "3 files and 1 folder", "pasted text".
    QString describe() const;
};

Intake intakeOf(const QMimeData& data);

/// Folder of the bundled results, empty when they are not installed.
QString samplesFolder();

} // namespace prism::app
