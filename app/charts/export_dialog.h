// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QString>

#include <functional>

QT_BEGIN_NAMESPACE
class QFileDialog;
class QMenu;
class QPainter;
class QToolButton;
class QWidget;
QT_END_NAMESPACE

namespace prism::app {

/// Opens the dialog that asks where to write a picture or a table. It begins in the folder of the last file
/// dialog, proposes `name`, and gives a name without an ending that of the chosen kind. `write` gets the file
/// and returns an empty text, or why it failed, which is shown.
QFileDialog* askExportFile(QWidget* parent, const QString& title, const QString& name,
    const std::function<QString(const QString& file)>& write);

/// The forms in which a picture leaves the window; only the one that is asked for is made.
struct ExportForms {
    std::function<QImage()> picture;
    std::function<QByteArray()> svg;
    std::function<QString()> csv;
};

/// Writes the form that the file's ending names (.png, .svg, .csv), whole or not at all. An empty text, or
/// why not and what to do.
QString writeExport(const QString& file, const ExportForms& forms);

/// A drawing of this size, with words for those who cannot see it.
QByteArray svgOf(const QSize& size, const QString& title, const QString& description,
    const std::function<void(QPainter& painter)>& paint);

/// The button at the end of a panel's tools that opens the menu of its exports.
QToolButton* makeExportButton(QWidget* parent, const QString& toolTip, QMenu* menu);

} // namespace prism::app
