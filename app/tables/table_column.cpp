// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/table_column.h"

#include <QCoreApplication>
#include <QHash>
#include <QStringList>

namespace prism::app {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("TableColumn", text);
}

QString text(const std::string& s)
{
    return QString::fromStdString(s);
}

QString unitText(Unit unit)
{
    const std::string_view s = symbol(unit);
    return unit == Unit::One ? QString() : QString::fromUtf8(s.data(), qsizetype(s.size()));
}

} // namespace

TableColumn TableColumn::measure(const char* metric, Stat stat)
{
    return { Kind::Measure, findMetric(metric), stat, {} };
}

TableColumn TableColumn::difference(const char* metric, Stat stat)
{
    return { Kind::Difference, findMetric(metric), stat, {} };
}

TableColumn TableColumn::trend(const char* metric, Stat stat)
{
    return { Kind::Trend, findMetric(metric), stat, {} };
}

QString TableColumn::id() const
{
    switch (kind) {
    case Kind::Load:
        return QStringLiteral("load");
    case Kind::Slo:
        return QStringLiteral("slo");
    case Kind::Attribute:
        return QStringLiteral("attribute ") + attribute;
    case Kind::Measure:
    case Kind::Difference:
    case Kind::Trend:
        break;
    }
    return (kind == Kind::Measure        ? QStringLiteral("measure ")
                   : kind == Kind::Trend ? QStringLiteral("trend ")
                                         : QStringLiteral("difference "))
        + text(metric->id) + QLatin1Char(' ') + text(stat.name());
}

std::optional<TableColumn> TableColumn::fromId(const QString& id)
{
    const QStringList parts = id.split(QLatin1Char(' '));
    if (id == QLatin1String("load")) {
        return TableColumn { Kind::Load, nullptr, Stat::value(), {} };
    }
    if (id == QLatin1String("slo")) {
        return TableColumn { Kind::Slo, nullptr, Stat::value(), {} };
    }
    if (parts.size() == 2 && parts[0] == QLatin1String("attribute")) {
        return TableColumn { Kind::Attribute, nullptr, Stat::value(), parts[1] };
    }
    static const QHash<QString, Kind> kinds { { QStringLiteral("measure"), Kind::Measure },
        { QStringLiteral("difference"), Kind::Difference }, { QStringLiteral("trend"), Kind::Trend } };
    const auto kind = kinds.find(parts[0]);
    if (parts.size() != 3 || kind == kinds.end()) {
        return std::nullopt;
    }
    const Metric* metric = findMetric(parts[1].toStdString());
    const auto stat = Stat::parse(parts[2].toStdString());
    if (!metric || !stat) {
        return std::nullopt;
    }
    return TableColumn { *kind, metric, *stat, {} };
}

QString TableColumn::title() const
{
    switch (kind) {
    case Kind::Load:
        return tr("Load");
    case Kind::Slo:
        return tr("SLO");
    case Kind::Difference:
        return tr("Difference");
    case Kind::Attribute:
        return text(std::string(attribute.toStdString())).replace(QLatin1Char('_'), QLatin1Char(' '));
    case Kind::Measure:
    case Kind::Trend:
        break;
    }
    return text(prism::title(*metric, stat));
}

QString TableColumn::unit() const
{
    switch (kind) {
    case Kind::Measure:
        return unitText(unitOf(*metric, stat));
    case Kind::Difference:
        return tr("to ★");
    case Kind::Trend:
        return tr("by load");
    default:
        return {};
    }
}

QString TableColumn::toolTip() const
{
    switch (kind) {
    case Kind::Load:
        return tr("Concurrency, request rate or batch size, as asked for.");
    case Kind::Slo:
        return tr("Whether the point holds every limit that is set.");
    case Kind::Difference:
        return tr(
            "Difference of %1 to the baseline: of a point at the same load, of a run's row between the two "
            "points shown. It stands in the table while there is a baseline.")
            .arg(text(prism::title(*metric, stat)));
    case Kind::Trend:
        return tr("%1 over the loads of the run, from zero; the dot is the point that the row shows.")
            .arg(title());
    case Kind::Attribute:
        return title();
    case Kind::Measure:
        break;
    }
    return text(metric->summary);
}

QList<TableColumn> defaultTableColumns()
{
    return { *TableColumn::fromId(QStringLiteral("load")), *TableColumn::fromId(QStringLiteral("slo")),
        TableColumn::measure("output_throughput", Stat::value()),
        TableColumn::difference("output_throughput", Stat::value()),
        TableColumn::measure("ttft", Stat::percentile(50)),
        TableColumn::measure("ttft", Stat::percentile(99)),
        TableColumn::measure("tpot", Stat::percentile(50)),
        TableColumn::measure("tpot", Stat::percentile(99)),
        TableColumn::measure("request_throughput", Stat::value()),
        TableColumn::trend("output_throughput", Stat::value()) };
}

} // namespace prism::app
