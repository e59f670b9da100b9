// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

QT_BEGIN_NAMESPACE
class QFileDialog;
class QWidget;
QT_END_NAMESPACE

namespace prism::app {

/// Opens the dialog that asks where to write a picture or a table. It begins in the folder of the last file
/// dialog, proposes `name`, and gives a name without an ending that of the chosen kind. `write` gets the file
/// and returns an empty text, or why it failed, which is shown.
QFileDialog* askExportFile(QWidget* parent, const QString& title, const QString& name,
    const std::function<QString(const QString& file)>& write);

} // namespace prism::app
