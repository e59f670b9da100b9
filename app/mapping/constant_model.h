// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mapping/mapping_draft.h"
#include "app/mapping/mapping_words.h"

#include <QAbstractTableModel>

namespace prism::app {

/// What the file does not say and the user does: constants, a row each. Edits go into the draft.
class ConstantModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Target, Statistic, Value, UnitColumn, State, ColumnCount };

    explicit ConstantModel(MappingDraft& draft, QObject* parent = nullptr);

    void add();
    void remove(int row);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void refresh();
    QVariant choices(const MappedValue& value, int section) const;
    QString text(std::size_t number, int section) const;

    MappingDraft& m_draft;
    std::vector<std::size_t> m_numbers; ///< of the constants among the draft's values
};

} // namespace prism::app
