// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_table.h"

#include "core/export/points_csv.h"

#include <cmath>

namespace prism::app {

namespace {

QString withUnit(const ChartAxis& axis, Stat stat)
{
    const Metric* metric = axis.metric();
    QString text = measureName(axis, stat);
    const Unit unit = metric ? unitOf(*metric, stat) : Unit::One;
    if (unit != Unit::One) {
        const std::string_view s = symbol(unit);
        text += QStringLiteral(" (%1)").arg(QString::fromUtf8(s.data(), static_cast<qsizetype>(s.size())));
    }
    return text;
}

QString quoted(const QString& text)
{
    return QString::fromStdString(csvCell(text.toStdString()));
}

} // namespace

ChartTable::ChartTable(std::shared_ptr<const ChartData> data, QObject* parent)
    : QAbstractTableModel(parent)
    , m_data(std::move(data))
{
    const ChartSpec& spec = m_data->spec;
    m_columns = { { Kind::Run, tr("Run") }, { Kind::Load, tr("Load") },
        { Kind::X, withUnit(spec.x, spec.x.stat) }, { Kind::Y, withUnit(spec.y, spec.y.stat) } };
    if (!m_data->partner.empty()) {
        m_columns.push_back({ Kind::Partner, withUnit(spec.y, *spec.y.partner) });
    }
    if (!m_data->deviation.empty()) {
        m_columns.push_back({ Kind::Deviation, withUnit(spec.y, Stat::std()) });
    }
    if (!m_data->limits.empty()) {
        m_columns.push_back({ Kind::Slo, tr("SLO") });
    }
    m_columns.push_back({ Kind::Origin, tr("Estimated") });
    if (m_data->usersCounts > 0) {
        m_columns.push_back({ Kind::UsersCount, tr("Number of GPUs set by you") });
    }
    m_columns.push_back({ Kind::Source, tr("Source") });
    for (const ChartLine& line : m_data->lines) {
        m_runs.push_back(m_data->labels.contains(line.run) ? m_data->labels.of(line.run)
                                                           : runLabel(*m_data->table, line.run, {}));
    }
}

int ChartTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_data->size());
}

int ChartTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

double ChartTable::number(std::uint32_t point, Kind kind) const
{
    switch (kind) {
    case Kind::X:
        return m_data->x[point];
    case Kind::Y:
        return m_data->y[point];
    case Kind::Partner:
        return m_data->partner[point];
    case Kind::Deviation:
        return m_data->deviation[point];
    default:
        return std::nan("");
    }
}

QString ChartTable::textOf(std::uint32_t point, Kind kind) const
{
    const std::uint8_t flags = m_data->flags[point];
    switch (kind) {
    case Kind::Run:
        return m_runs[m_data->lineOf[point]];
    case Kind::Load:
        return loadLabel(*m_data->table, m_data->rows[point]);
    case Kind::Slo:
        return flags & ChartData::Breaks ? tr("breaks")
            : flags & ChartData::Unknown ? tr("unknown")
                                         : tr("holds");
    case Kind::Origin:
        return flags & ChartData::Estimated ? tr("yes") : QString();
    case Kind::UsersCount:
        return flags & ChartData::UsersCount ? tr("yes") : QString();
    case Kind::Source: {
        const std::string_view text = m_data->table->text("source", m_data->rows[point]);
        return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
    }
    default:
        return {};
    }
}

Unit ChartTable::unitOfAxis(Kind kind) const
{
    const ChartAxis& axis = kind == Kind::X ? m_data->spec.x : m_data->spec.y;
    return axis.metric() ? unitOf(*axis.metric(), axis.stat) : Unit::One;
}

QVariant ChartTable::data(const QModelIndex& index, int role) const
{
    const auto point = static_cast<std::uint32_t>(index.row());
    const Kind kind = m_columns[static_cast<std::size_t>(index.column())].kind;
    const bool isNumber
        = kind == Kind::X || kind == Kind::Y || kind == Kind::Partner || kind == Kind::Deviation;
    if (role == Qt::TextAlignmentRole) {
        return int((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && (role != Qt::ToolTipRole || isNumber)) {
        return {};
    }
    if (!isNumber) {
        return textOf(point, kind);
    }
    const ChartAxis& axis = kind == Kind::X ? m_data->spec.x : m_data->spec.y;
    return axis.metric()
        ? QString::fromStdString(formatNumber(number(point, kind), unitOfAxis(kind), NumberStyle::Column))
        : valueText(axis, number(point, kind));
}

QVariant ChartTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole) {
        return {};
    }
    return orientation == Qt::Horizontal ? QVariant(m_columns[static_cast<std::size_t>(section)].head)
                                         : QVariant(section + 1);
}

QString ChartTable::csv() const
{
    QStringList head;
    for (const Column& column : m_columns) {
        head << quoted(column.head);
    }
    QString text = head.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    for (std::uint32_t point = 0; point < m_data->size(); ++point) {
        QStringList cells;
        for (const Column& column : m_columns) {
            const double value = number(point, column.kind);
            cells << (std::isfinite(value)
                    ? QString::fromStdString(formatNumber(value, unitOfAxis(column.kind), NumberStyle::Full))
                    : quoted(textOf(point, column.kind)));
        }
        text += cells.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    }
    return text;
}

} // namespace prism::app
