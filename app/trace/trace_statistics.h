// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/trace/trace_scene.h"

#include <QAbstractTableModel>

namespace prism::app {

/// Sums by name over a stretch of a timeline: count, total, mean, share of the stretch, shortest and longest.
class TraceStatistics : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Category, Count, Total, Mean, Share, Shortest, Longest, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;

    void show(std::shared_ptr<const TraceScene> scene, std::vector<TraceScene::Statistic> rows,
        std::int64_t stretchNs);
    const TraceScene::Statistic& row(int row) const { return m_rows[std::size_t(row)]; }
    /// Of all rows.
    std::uint64_t count() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

private:
    QString text(const TraceScene::Statistic& row, int column) const;
    double number(const TraceScene::Statistic& row, int column) const;

    std::shared_ptr<const TraceScene> m_scene;
    std::vector<TraceScene::Statistic> m_rows;
    std::int64_t m_stretchNs = 1;
    int m_sortColumn = Total;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
};

} // namespace prism::app
