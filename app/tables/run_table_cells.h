// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/selection/workspace.h"
#include "app/tables/table_column.h"
#include "core/analysis/compare.h"

#include <QPolygonF>
#include <QVariant>

#include <optional>
#include <utility>
#include <vector>

namespace prism::app {

/// A run of the table: its points by falling load, and the one that its own row shows.
struct TableRun {
    RunId run = 0;
    Row shown = 0;
    QString label;
    std::vector<Row> points;
};

/// A measure over the loads of a run: from left to right by load, upwards from zero, both 0 … 1.
struct Trend {
    QPolygonF line;
    qsizetype at = 0; ///< the point that the run's row shows
};

/// What the cells of the run table say: number, text, colour, explanation. A snapshot of the workspace, made
/// anew when that changes.
class RunTableCells {
public:
    RunTableCells() = default;
    /// `baseline` is whole, whatever filter or search hide of it.
    RunTableCells(const Workspace& workspace, const QList<TableColumn>& columns,
        const std::vector<TableRun>& runs, std::optional<TableRun> baseline);

    /// NaN where there is none.
    double number(int column, Row row, bool isRun) const;
    QString text(int column, Row row, bool isRun) const;
    QVariant colour(int column, Row row, bool isRun) const;
    QString explanation(int column, Row row, bool isRun) const;
    /// Empty for less than two points of the load and meaning that the shown one has.
    std::optional<Trend> trend(int column, const TableRun& run) const;
    /// Of a row's shown measures those that the producer means otherwise: "TPOT p99: token-weighted".
    QStringList otherMeanings(Row row) const;
    /// Second line of a column's header. A load has a unit only when all rows state the same kind of it.
    QString unit(int column) const;

private:
    bool isUsersCount(int column, Row row) const;
    std::optional<Row> baselineRow(Row row, bool isRun) const;
    std::optional<Difference> differenceOf(int column, Row row, bool isRun) const;
    std::optional<SloVerdict> verdict(Row row) const;
    QStringList otherLimits(Row row) const;
    QString meaning(const MeasureColumn& measures, Row row) const;
    QString loadText(Row row) const;
    QString valueText(int column, Row row) const;
    QString differenceExplanation(int column, Row row, bool isRun) const;

    std::shared_ptr<const ColumnTable> m_table;
    QList<TableColumn> m_columns;
    std::vector<std::shared_ptr<const MeasureColumn>> m_measures; ///< by column, null for others
    std::vector<SloVerdict> m_verdicts;
    std::vector<std::pair<const Metric*, Stat>> m_limits;
    std::optional<TableRun> m_baseline;
    std::optional<StatedLoad::Kind> m_loadKind; ///< of all rows; empty when they differ
};

} // namespace prism::app

Q_DECLARE_METATYPE(prism::app::Trend)
