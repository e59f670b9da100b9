// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tables/run_table_cells.h"

#include <QAbstractItemModel>

namespace prism::app {

/// Runs that pass the filter, each opening to its load levels. A run's row shows one of its points: which one
/// is the RunRow. Reads only columns in memory; rebuilt when the workspace changes, keeping the chosen sort
/// order. The baseline stays first.
class RunTableModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum class RunRow { HighestHolding, HighestThroughput, LowestTpot, HighestLoad };
    enum Role { PointRole = Qt::UserRole, RunRole, SortRole, TrendRole };

    explicit RunTableModel(Workspace& workspace, QObject* parent = nullptr);

    const QList<TableColumn>& columns() const { return m_columns; }
    void setColumns(const QList<TableColumn>& columns);
    RunRow runRow() const { return m_runRow; }
    void setRunRow(RunRow which);
    /// Only runs in which every word occurs, in the label or in an attribute.
    void setSearch(const QString& text);

    std::size_t runCount() const { return m_runs.size(); }
    std::size_t pointCount() const;
    QModelIndex indexOf(PointId point) const;
    QModelIndex indexOfRun(RunId run) const;
    /// Point of a row; of a run's row the point that it shows.
    std::optional<PointId> pointAt(const QModelIndex& index) const;
    /// All points of a run's row, the one point of a point's row.
    std::vector<PointId> pointsAt(const QModelIndex& index) const;
    /// The rows as CSV with full precision, the header first.
    QString csv(const QModelIndexList& rows) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

Q_SIGNALS:
    void aboutToRebuild(); ///< views remember what is open and selected by id
    void rebuilt();

private:
    void rebuild();
    std::vector<TableRun> collectRuns() const;
    RunLabels labelsOf(const std::vector<TableRun>& runs) const;
    std::optional<TableRun> baselineRun(const std::vector<TableRun>& runs) const;
    void sortRuns();
    Row pick(const TableRun& run) const;
    std::vector<Row> highestHolding(const TableRun& run) const;
    bool matches(const TableRun& run) const;
    const TableRun* runOf(const QModelIndex& index) const;
    std::optional<Row> rowOf(const QModelIndex& index) const;
    QVariant nameData(const TableRun& run, Row row, bool isRun, int role) const;
    QString header(int column, QChar between) const;

    Workspace& m_workspace;
    std::shared_ptr<const ColumnTable> m_table; ///< the one that the rows belong to
    QList<TableColumn> m_columns;
    RunTableCells m_cells;
    std::vector<TableRun> m_runs;
    RunRow m_runRow = RunRow::HighestHolding;
    QString m_search;
    int m_sortColumn = -1;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
};

} // namespace prism::app
