// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

QT_BEGIN_NAMESPACE
class QAbstractItemModel;
class QLabel;
class QTableView;
class QWidget;
QT_END_NAMESPACE

namespace prism::app {

/// A table of the mapping window that is edited: a click on what has a list opens it.
QTableView* makeEditTable(QAbstractItemModel* model, const QString& name, QWidget* parent);
/// One that shows what comes of the mapping.
QTableView* makePreviewTable(QAbstractItemModel* model, const QString& name, QWidget* parent);
/// The name of a field, beside it.
QLabel* buddyLabel(const QString& text, QWidget* buddy, QWidget* parent);
/// Sentences, which may hold what a file says.
QLabel* plainLabel(QWidget* parent);

} // namespace prism::app
