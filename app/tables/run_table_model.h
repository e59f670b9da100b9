// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/selection/workspace.h"
#include "app/tables/table_column.h"

#include <QAbstractItemModel>

#include <vector>

namespace prism::app {

/// Runs that pass the filter, each opening to its load levels. A run's row shows one of its points: which one
/// is the RunRow. Reads only columns in memory; rebuilt when the workspace changes, keeping the chosen sort
/// order. The baseline stays first.
class RunTableModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum class RunRow { HighestHolding, HighestThroughput, LowestTpot, HighestLoad };
    enum Role { PointRole = Qt::UserRole, RunRole, SortRole, DirectionRole };

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
    struct RunNode {
        RunId run = 0;
        Row shown = 0;
        QString label;
        std::vector<Row> points;
    };
    void rebuild();
    void loadColumns();
    void collectRuns();
    void sortRuns();
    Row pick(const RunNode& node) const;
    bool matches(const RunNode& node) const;
    const RunNode* nodeOf(const QModelIndex& index) const;
    std::optional<Row> rowOf(const QModelIndex& index) const;
    std::optional<Row> baselineRow(Row row, bool isRun) const;
    double value(const TableColumn& column, std::size_t at, Row row, bool isRun) const;
    QString display(const TableColumn& column, std::size_t at, Row row, bool isRun) const;
    QVariant nameData(const RunNode& node, Row row, bool isRun, int role) const;
    QVariant foreground(const TableColumn& column, std::size_t at, Row row, bool isRun) const;
    QString absence(const TableColumn& column, std::size_t at, Row row) const;

    Workspace& m_workspace;
    std::shared_ptr<const ColumnTable> m_table; ///< the one that the rows belong to
    QList<TableColumn> m_columns;
    std::vector<std::shared_ptr<const MeasureColumn>> m_measures; ///< by column, null for others
    std::vector<RunNode> m_runs;
    RunRow m_runRow = RunRow::HighestHolding;
    QString m_search;
    int m_sortColumn = -1;
    Qt::SortOrder m_sortOrder = Qt::DescendingOrder;
};

} // namespace prism::app
