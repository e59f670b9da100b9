// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mapping/mapping_draft.h"
#include "app/mapping/mapping_words.h"

#include <QAbstractTableModel>

namespace prism::app {

/// Which rows do not count, a filter a row. Edits go into the draft.
class FilterModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { FileColumn, Is, Value, Why, ColumnCount };

    explicit FilterModel(MappingDraft& draft, QObject* parent = nullptr);

    void add(); ///< of the first column
    void remove(int row);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void refresh();
    QVariant choices(int section) const;
    bool isGone(const RowFilter& filter) const;

    MappingDraft& m_draft;
    int m_rows = 0;
};

QString comparisonText(RowFilter::Is is);

/// Why a row of the look is left out, by its number and cells; empty when it counts.
QString leftOutBecause(const Mapping& mapping, const FileLook& look, std::size_t row);

} // namespace prism::app
