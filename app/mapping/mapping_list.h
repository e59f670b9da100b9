// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/saved_mappings.h"

#include <QAbstractTableModel>
#include <QUndoStack>

#include <functional>
#include <optional>

namespace prism::app {

/// The saved mappings, a row each. Renaming, deleting and taking in can be undone as long as this lives.
class MappingList : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, RowIs, Columns, State, ColumnCount };

    explicit MappingList(QObject* parent = nullptr);

    /// Reads the folder again: others write into it too.
    void refresh();
    const SavedMapping& at(int row) const { return m_all[std::size_t(row)]; }
    QString nameAt(int row) const;
    int rowOf(const QString& name) const;
    QUndoStack& undoStack() { return m_undo; }

    /// Each returns an empty text, or why not.
    QString rename(const QString& from, const QString& to);
    QString remove(const QString& name);
    /// Takes a file in under its own name; where that is taken, under the next free one.
    QString take(const QString& file, QString& name);
    QString write(const QString& name, const QString& file) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void failed(const QString& why); ///< of an undo

private:
    friend class FolderEdit;
    /// What stands under a name, byte for byte; none where there is nothing.
    struct Entry {
        QString name;
        std::optional<QByteArray> text;
    };
    static std::optional<QByteArray> textOf(const QString& name);
    static QString put(const Entry& entry);
    QString change(const QString& text, const std::vector<Entry>& after);

    std::vector<SavedMapping> m_all;
    QUndoStack m_undo;
};

} // namespace prism::app
