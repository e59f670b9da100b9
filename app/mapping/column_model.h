// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mapping/mapping_draft.h"
#include "app/mapping/mapping_words.h"

#include <QAbstractTableModel>

#include <vector>

namespace prism::app {

/// The columns of the file, a row each, with what the mapping makes of them; columns that it names and the
/// file does not have stand first. Edits go into the draft.
class ColumnModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Values, Target, Statistic, UnitColumn, State, ColumnCount };
    enum Role { UsedRole = Qt::UserRole };

    explicit ColumnModel(MappingDraft& draft, QObject* parent = nullptr);

    const std::string& columnAt(int row) const { return m_columns[std::size_t(row)].name; }
    int rowOf(const std::string& column) const; ///< -1 when there is none

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct FileColumn {
        std::string name;
        bool gone = false; ///< the mapping names it, the file does not have it
        QString values; ///< the first ones
    };
    void refresh();
    std::vector<FileColumn> columnsNow() const;
    const Error* problemOf(const MappedValue* value) const;
    QString text(const FileColumn& column, const MappedValue* value, int section) const;
    QString stateText(const FileColumn& column, const MappedValue* value) const;
    QVariant toolTip(const FileColumn& column, const MappedValue* value, int section) const;
    QVariant colour(const FileColumn& column, const MappedValue* value, int section) const;
    QVariant choices(const MappedValue* value, int section) const;
    void change(const std::string& column, int section, const QString& text);

    MappingDraft& m_draft;
    std::vector<FileColumn> m_columns;
};

} // namespace prism::app
