// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/store.h"

#include <QDialog>

#include <vector>

class QLabel;
class QTreeWidget;

namespace prism::app {

/// Stored files that belong to no run: what they hold and when it was recorded, to be given to one.
class WaitingFilesDialog : public QDialog {
    Q_OBJECT
public:
    explicit WaitingFilesDialog(const QString& database, QWidget* parent = nullptr);

    QTreeWidget& list() { return *m_list; }

Q_SIGNALS:
    void give(const std::vector<prism::SourceId>& files);
    void loaded();

private:
    struct Files {
        QString problem;
        std::vector<LinkRecord> waiting;
    };
    static Files read(const QString& database);
    void show(const Files& files);
    std::vector<SourceId> selected() const;

    QLabel* m_hint;
    QTreeWidget* m_list;
};

} // namespace prism::app
