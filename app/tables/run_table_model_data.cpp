// SPDX-License-Identifier: GPL-3.0-or-later
// What the table of runs says in its cells, in its head and as CSV.
#include "app/tables/run_table_model.h"

#include "app/theme/run_palette.h"
#include "app/theme/theme.h"
#include "core/export/points_csv.h"

#include <QApplication>
#include <QIcon>

#include <algorithm>
#include <cmath>

namespace prism::app {

QVariant RunTableModel::nameData(const TableRun& node, Row row, bool isRun, int role) const
{
    switch (role) {
    case Qt::ToolTipRole:
        if (isRun) {
            const auto& verdicts = m_workspace.verdicts();
            const bool none = m_runRow == RunRow::HighestHolding && row < verdicts.size()
                && verdicts[row] != SloVerdict::Holds;
            return (none
                    ? tr("%1\nNo point is known to hold every limit; this row shows %2, the highest output "
                         "throughput.")
                    : tr("%1\nThis row shows %2; open it for all points."))
                .arg(node.label, loadLabel(*m_table, row));
        }
        return loadLabel(*m_table, row);
    case Qt::DisplayRole:
        if (isRun) {
            return m_workspace.baseline() == node.run ? QStringLiteral("★ ") + node.label : node.label;
        }
        return loadLabel(*m_table, row);
    case Qt::DecorationRole:
        return isRun ? QVariant(QIcon(
                   markerPixmap(RunPalette::of(m_workspace).mark(node.run), 16, qApp->devicePixelRatio())))
                     : QVariant();
    case Qt::ForegroundRole:
        return isRun ? QVariant() : QVariant(Theme::current().tokens().muted);
    default:
        return {};
    }
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const
{
    const TableRun* node = runOf(index);
    if (!node) {
        return {};
    }
    const bool isRun = index.internalId() == 0;
    const Row row = *rowOf(index);
    if (role == PointRole) {
        return qlonglong(m_table->point(row));
    }
    if (role == RunRole) {
        return qlonglong(node->run);
    }
    if (index.column() == 0) {
        return nameData(*node, row, isRun, role);
    }
    const int at = index.column() - 1;
    switch (role) {
    case Qt::DisplayRole:
        return m_cells.text(at, row, isRun);
    case TrendRole: {
        const bool has = isRun && m_columns[at].kind == TableColumn::Kind::Trend;
        const auto trend = has ? m_cells.trend(at, *node) : std::nullopt;
        return trend ? QVariant::fromValue(*trend) : QVariant();
    }
    case SortRole:
        return m_cells.number(at, row, isRun);
    case Qt::ForegroundRole:
        return m_cells.colour(at, row, isRun);
    case Qt::TextAlignmentRole:
        return int((m_columns[at].isNumber()                              ? Qt::AlignRight
                           : m_columns[at].kind == TableColumn::Kind::Slo ? Qt::AlignHCenter
                                                                          : Qt::AlignLeft)
            | Qt::AlignVCenter);
    case Qt::ToolTipRole: {
        const QString text = m_cells.explanation(at, row, isRun);
        return text.isEmpty() ? QVariant() : QVariant(text);
    }
    default:
        return {};
    }
}

QString RunTableModel::header(int column, QChar between) const
{
    const QString unit = m_cells.unit(column);
    const QString title = m_columns[column].title();
    return unit.isEmpty()             ? title
        : between == QLatin1Char('(') ? title + QStringLiteral(" (") + unit + QLatin1Char(')')
                                      : title + between + unit;
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section > m_columns.size()) {
        return {};
    }
    if (section == 0) {
        if (role == Qt::DisplayRole) {
            return tr("Run") + QLatin1Char('\n') + tr("%n run(s)", nullptr, int(m_runs.size()))
                + QStringLiteral(", ") + tr("%n point(s)", nullptr, int(pointCount()));
        }
        return role == Qt::TextAlignmentRole ? QVariant(int(Qt::AlignLeft | Qt::AlignVCenter)) : QVariant();
    }
    switch (role) {
    case Qt::DisplayRole:
        return header(section - 1, QLatin1Char('\n'));
    case Qt::InitialSortOrderRole: {
        // The first click brings the best to the top.
        const Metric* metric = m_columns[section - 1].metric;
        return int(metric && metric->direction == Direction::HigherIsBetter ? Qt::DescendingOrder
                                                                            : Qt::AscendingOrder);
    }
    case Qt::ToolTipRole:
        return m_columns[section - 1].toolTip();
    case Qt::TextAlignmentRole:
        return int((m_columns[section - 1].isNumber() ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QString RunTableModel::csv(const QModelIndexList& rows) const
{
    const auto cell = [](const QString& s) { return QString::fromStdString(csvCell(s.toStdString())); };
    // Numbers of another meaning than their head's do not leave without saying so.
    const bool noted = std::any_of(rows.begin(), rows.end(),
        [this](const QModelIndex& index) { return !m_cells.otherMeanings(*rowOf(index)).isEmpty(); });
    QString out = tr("Run") + QLatin1Char(',') + tr("Point");
    const auto isText = [this](int column) { return m_columns[column].kind != TableColumn::Kind::Trend; };
    for (int column = 0; column < m_columns.size(); ++column) {
        out += isText(column) ? QLatin1Char(',') + cell(header(column, QLatin1Char('('))) : QString();
    }
    out += noted ? QLatin1Char(',') + tr("Measured otherwise") + QStringLiteral("\r\n")
                 : QStringLiteral("\r\n");
    for (const QModelIndex& index : rows) {
        const TableRun* node = runOf(index);
        const Row row = *rowOf(index);
        const bool isRun = index.internalId() == 0;
        out += cell(node->label) + QLatin1Char(',') + cell(loadLabel(*m_table, row));
        for (int column = 0; column < m_columns.size(); ++column) {
            if (!isText(column)) {
                continue;
            }
            const double number = m_cells.number(column, row, isRun);
            out += QLatin1Char(',');
            if (!std::isnan(number)) {
                out += QString::fromStdString(formatNumber(number, Unit::One, NumberStyle::Full));
            } else if (!m_columns[column].metric) {
                out += cell(m_cells.text(column, row, isRun));
            }
        }
        out += noted ? QLatin1Char(',') + cell(m_cells.otherMeanings(row).join(QStringLiteral("; ")))
                + QStringLiteral("\r\n")
                     : QStringLiteral("\r\n");
    }
    return out;
}

} // namespace prism::app
