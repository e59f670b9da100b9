// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mapping/mapping_list.h"

#include <QDialog>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QTableView;
QT_END_NAMESPACE

namespace prism::app {

/// The saved mappings: open, rename, delete, and share them as files. Kept as long as the main window, so
/// that what was deleted can be brought back.
class MappingsDialog : public QDialog {
    Q_OBJECT
public:
    explicit MappingsDialog(QWidget* parent = nullptr);

    MappingList& list() { return m_list; }
    QTableView& table() { return *m_table; }
    QPushButton& openButton() { return *m_open; }
    QPushButton& deleteButton() { return *m_delete; }
    QString message() const;
    void refresh(); ///< keeps the current one

Q_SIGNALS:
    void openRequested(const QString& mapping);

private:
    QString current() const;
    void follow();
    void say(const QString& problem, const QString& done = {});
    void rename();
    void takeIn();
    void writeOut();

    MappingList m_list;
    QTableView* m_table;
    QLabel* m_empty;
    QLabel* m_message;
    QPushButton* m_open;
    QPushButton* m_rename;
    QPushButton* m_delete;
    QPushButton* m_export;
};

} // namespace prism::app
