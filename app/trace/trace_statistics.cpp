// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_statistics.h"

#include "core/model/metric.h"

#include <algorithm>

namespace prism::app {

namespace {

QString numberText(double value, Unit unit, NumberStyle style)
{
    return QString::fromStdString(formatNumber(value, unit, style));
}

} // namespace

void TraceStatistics::show(
    std::shared_ptr<const TraceScene> scene, std::vector<TraceScene::Statistic> rows, std::int64_t stretchNs)
{
    beginResetModel();
    m_scene = std::move(scene);
    m_rows = std::move(rows);
    m_stretchNs = std::max<std::int64_t>(1, stretchNs);
    endResetModel();
    sort(m_sortColumn, m_sortOrder);
}

std::uint64_t TraceStatistics::count() const
{
    std::uint64_t all = 0;
    for (const TraceScene::Statistic& row : m_rows) {
        all += row.count;
    }
    return all;
}

int TraceStatistics::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int TraceStatistics::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

double TraceStatistics::number(const TraceScene::Statistic& row, int column) const
{
    switch (column) {
    case Count:
        return double(row.count);
    case Mean:
        return double(row.totalNs) / double(row.count);
    case Shortest:
        return double(row.leastNs);
    case Longest:
        return double(row.mostNs);
    default:
        return double(row.totalNs);
    }
}

QString TraceStatistics::text(const TraceScene::Statistic& row, int column) const
{
    const TraceSheet::Name& name = m_scene->sheet().names[row.name];
    switch (column) {
    case Name:
        return QString::fromStdString(name.text);
    case Category:
        return QString::fromStdString(m_scene->sheet().categories[name.category]);
    case Count:
        return numberText(double(row.count), Unit::One, NumberStyle::Column);
    case Share:
        return tr("%1 %").arg(double(row.totalNs) / double(m_stretchNs) * 100, 0, 'f', 1);
    default:
        return numberText(number(row, column) / 1e6, Unit::Millisecond, NumberStyle::Reading);
    }
}

QVariant TraceStatistics::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount()) {
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        return text(row(index.row()), index.column()).left(300);
    case Qt::ToolTipRole:
        return index.column() == Name ? text(row(index.row()), Name) : QVariant();
    case Qt::TextAlignmentRole:
        return int((index.column() <= Category ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant TraceStatistics::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return int((section <= Category ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole && section == Total) {
        return tr(
            "Time of these spans inside the stretch. Spans that run beside or within each other all count.");
    }
    if (role == Qt::ToolTipRole && section == Share) {
        return tr(
            "Total divided by the length of the stretch; spans that run side by side can exceed 100 %.");
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    const QStringList names { tr("Name"), tr("Category"), tr("Count"), tr("Total"), tr("Mean"), tr("Share"),
        tr("Shortest"), tr("Longest") };
    return names.value(section);
}

void TraceStatistics::sort(int column, Qt::SortOrder order)
{
    m_sortColumn = column;
    m_sortOrder = order;
    Q_EMIT layoutAboutToBeChanged();
    std::stable_sort(m_rows.begin(), m_rows.end(), [&](const auto& a, const auto& b) {
        const auto& first = order == Qt::AscendingOrder ? a : b;
        const auto& second = order == Qt::AscendingOrder ? b : a;
        return column <= Category ? text(first, column) < text(second, column)
                                  : number(first, column) < number(second, column);
    });
    Q_EMIT layoutChanged();
}

} // namespace prism::app
