// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_data.h"

#include <QAbstractTableModel>

namespace prism::app {

/// A chart's points as a table: run, load, what an axis shows, verdict, file. The CSV is its text, so the two
/// can never differ; the table shows rounded numbers, the CSV all digits.
class ChartTable : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit ChartTable(std::shared_ptr<const ChartData> data, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    /// RFC 4180 with a header line; numbers with full precision in plain ASCII, absent numbers empty.
    QString csv() const;

private:
    enum class Kind { Run, Load, X, Y, Partner, Deviation, Slo, Origin, UsersCount, Source };
    struct Column {
        Kind kind;
        QString head;
    };
    double number(std::uint32_t point, Kind kind) const; ///< NaN for texts
    QString textOf(std::uint32_t point, Kind kind) const;
    Unit unitOfAxis(Kind kind) const;

    std::shared_ptr<const ChartData> m_data;
    std::vector<Column> m_columns;
    std::vector<QString> m_runs; ///< label of each line
};

} // namespace prism::app
