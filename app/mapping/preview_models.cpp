// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/preview_models.h"

#include "app/mapping/filter_model.h"
#include "app/mapping/mapping_words.h"
#include "app/theme/theme.h"

#include <QFont>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

const QString missing = QStringLiteral("—");

QString number(double value, Unit unit)
{
    return qs(formatNumber(value, unit, NumberStyle::Column));
}

QVariant rightAligned()
{
    return int(Qt::AlignRight | Qt::AlignVCenter);
}

/// Name above, unit below.
QString heading(const QString& name, const QString& unit)
{
    return unit.isEmpty() ? name : name + QLatin1Char('\n') + unit;
}

} // namespace

RowModel::RowModel(const MappingDraft& draft, QObject* parent)
    : QAbstractTableModel(parent)
    , m_draft(draft)
{
    connect(&draft, &MappingDraft::changed, this, &RowModel::refresh);
    refresh();
}

void RowModel::refresh()
{
    QStringList leftOut;
    const FileLook* look = m_draft.look();
    for (std::size_t row = 0; look && row < look->rows.size(); ++row) {
        leftOut << leftOutBecause(m_draft.mapping(), *look, row);
    }
    const int columns = look ? int(look->columns.size()) : 0;
    if (leftOut.size() != m_leftOut.size() || columns != m_columns) {
        beginResetModel();
        m_leftOut = std::move(leftOut);
        m_columns = columns;
        endResetModel();
        return;
    }
    m_leftOut = std::move(leftOut);
    if (m_columns > 0 && !m_leftOut.isEmpty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, m_columns - 1));
        Q_EMIT headerDataChanged(Qt::Horizontal, 0, m_columns - 1);
    }
}

int RowModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_leftOut.size());
}

int RowModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_columns;
}

QVariant RowModel::data(const QModelIndex& index, int role) const
{
    const FileLook* look = m_draft.look();
    if (!index.isValid() || !look) {
        return {};
    }
    const QString text = qs(look->rows[std::size_t(index.row())][std::size_t(index.column())]);
    const QString& why = m_leftOut[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return text.simplified();
    case Qt::ToolTipRole:
        return why.isEmpty() ? text : tr("%1 (left out: %2)").arg(text, why);
    case Qt::AccessibleTextRole:
        return why.isEmpty() ? text : tr("%1, left out: %2").arg(text, why);
    case Qt::ForegroundRole:
        return why.isEmpty() ? QVariant() : QVariant(Theme::current().tokens().muted);
    case Qt::FontRole: {
        QFont struck;
        struck.setStrikeOut(true);
        return why.isEmpty() ? QVariant() : QVariant(struck);
    }
    default:
        return {};
    }
}

QVariant RowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    const FileLook* look = m_draft.look();
    if (!look || (role != Qt::DisplayRole && role != Qt::ToolTipRole)) {
        return {};
    }
    if (orientation == Qt::Vertical) {
        return section + 1;
    }
    const std::string& column = look->columns[std::size_t(section)];
    const MappedValue* value = m_draft.valueOf(column);
    const QString becomes = value ? QStringLiteral("→ ") + targetText(*value) : QString();
    return heading(qs(column), becomes);
}

void PointModel::setPoints(std::vector<LoadPoint> points)
{
    beginResetModel();
    m_points = std::move(points);
    m_columns.clear();
    std::vector<Column> measures;
    for (const LoadPoint& point : m_points) {
        for (const Attribute& a : point.attributes) {
            const auto same = [&](const Column& c) { return c.attribute == a.name; };
            if (std::none_of(m_columns.begin(), m_columns.end(), same)) {
                m_columns.push_back({ a.name, nullptr, Stat::value() });
            }
        }
        for (const Measure& m : point.measures) {
            const auto same = [&](const Column& c) { return c.metric == m.metric && c.stat == m.stat; };
            if (std::none_of(measures.begin(), measures.end(), same)) {
                measures.push_back({ {}, m.metric, m.stat });
            }
        }
    }
    m_columns.insert(m_columns.end(), measures.begin(), measures.end());
    endResetModel();
}

int PointModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_points.size());
}

int PointModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_columns.size());
}

QVariant PointModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    const LoadPoint& point = m_points[std::size_t(index.row())];
    const Column& column = m_columns[std::size_t(index.column())];
    if (!column.metric) {
        const Attribute* a = point.attribute(column.attribute);
        if (role == Qt::ToolTipRole && a) {
            return a->origin == Origin::User ? tr("Your word, for every point")
                                             : tr("From the file, at %1").arg(qs(a->path));
        }
        return role == Qt::DisplayRole ? QVariant(a ? qs(toText(a->value)) : missing) : QVariant();
    }
    const Measure* m = point.measure(column.metric->id, column.stat);
    switch (role) {
    case Qt::DisplayRole:
        return !m || m->status == Status::Missing ? missing
            : m->status != Status::Ok             ? QStringLiteral("✗")
                                                  : number(m->value, unitOf(*column.metric, column.stat));
    case Qt::TextAlignmentRole:
        return rightAligned();
    case Qt::ToolTipRole:
        return !m                          ? tr("The row has nothing in this column.")
            : m->status != Status::Ok      ? tr("There is no number at %1.").arg(qs(m->path))
            : m->origin == Origin::User    ? tr("Your word, for every point")
            : m->origin == Origin::Derived ? tr("Derived from the requests: %1").arg(qs(m->formula))
                                           : tr("From the file, at %1").arg(qs(m->path));
    default:
        return {};
    }
}

QVariant PointModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal) {
        return m_columns[std::size_t(section)].metric ? rightAligned() : QVariant();
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    if (orientation == Qt::Vertical) {
        return section + 1;
    }
    const Column& column = m_columns[std::size_t(section)];
    if (!column.metric) {
        return heading(attributeTitle(column.attribute), {});
    }
    const Unit unit = unitOf(*column.metric, column.stat);
    const std::string_view text = unit == Unit::One ? std::string_view() : symbol(unit);
    return heading(
        qs(title(*column.metric, column.stat)), QString::fromUtf8(text.data(), qsizetype(text.size())));
}

void RequestModel::setRequests(std::vector<RequestRow> requests)
{
    beginResetModel();
    m_requests = std::move(requests);
    endResetModel();
}

int RequestModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_requests.size());
}

int RequestModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : 6;
}

QVariant RequestModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    if (role == Qt::TextAlignmentRole && index.column() < 5) {
        return rightAligned();
    }
    const RequestRow& row = m_requests[std::size_t(index.row())];
    if (role == Qt::ForegroundRole) {
        return index.column() == 5 && !row.ok ? QVariant(Theme::current().tokens().bad) : QVariant();
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole) {
        return {};
    }
    switch (index.column()) {
    case 0:
        return row.start ? number(row.start->value, Unit::Second) : missing;
    case 1:
        return row.ttft ? number(row.ttft->value, Unit::Millisecond) : missing;
    case 2:
        return row.e2e ? number(row.e2e->value, Unit::Millisecond) : missing;
    case 3:
        return row.isl ? number(double(*row.isl), Unit::One) : missing;
    case 4:
        return row.osl ? number(double(*row.osl), Unit::One) : missing;
    default:
        return row.ok ? tr("succeeded") : tr("✗ %1").arg(qs(row.error.empty() ? "failed" : row.error));
    }
}

QVariant RequestModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal) {
        return section < 5 ? rightAligned() : QVariant();
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    if (orientation == Qt::Vertical) {
        return section + 1;
    }
    const QString headings[] = { heading(tr("Start"), QStringLiteral("s")),
        heading(tr("TTFT"), QStringLiteral("ms")), heading(tr("E2E latency"), QStringLiteral("ms")),
        heading(tr("Input tokens"), {}), heading(tr("Output tokens"), {}), heading(tr("Outcome"), {}) };
    return headings[section];
}

} // namespace prism::app
