// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings/view_file.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <cmath>

namespace prism::app {

namespace {

constexpr int version = 1;

QString text(const std::string& s)
{
    return QString::fromStdString(s);
}

/// JSON has no infinity: an open end is left out.
QJsonObject rangeToJson(const Filter::Range& range)
{
    QJsonObject json { { QStringLiteral("metric"), text(range.metric) },
        { QStringLiteral("stat"), text(range.stat.name()) } };
    if (std::isfinite(range.low)) {
        json[QStringLiteral("low")] = range.low;
    }
    if (std::isfinite(range.high)) {
        json[QStringLiteral("high")] = range.high;
    }
    return json;
}

QJsonObject filterToJson(const Filter& filter)
{
    QJsonObject facets;
    for (const auto& [name, values] : filter.facets) {
        QJsonArray list;
        for (const std::string& value : values) {
            list << text(value);
        }
        facets[text(name)] = list;
    }
    QJsonArray ranges;
    for (const Filter::Range& range : filter.ranges) {
        ranges << rangeToJson(range);
    }
    return { { QStringLiteral("facets"), facets }, { QStringLiteral("ranges"), ranges },
        { QStringLiteral("text"), text(filter.text) } };
}

Filter filterFromJson(const QJsonObject& json)
{
    Filter filter;
    const QJsonObject facets = json[QStringLiteral("facets")].toObject();
    for (auto it = facets.begin(); it != facets.end(); ++it) {
        const QJsonArray values = it.value().toArray();
        for (const QJsonValue& value : values) {
            filter.facets[it.key().toStdString()].insert(value.toString().toStdString());
        }
    }
    const QJsonArray ranges = json[QStringLiteral("ranges")].toArray();
    for (const QJsonValue& value : ranges) {
        const QJsonObject range = value.toObject();
        const auto stat = Stat::parse(range[QStringLiteral("stat")].toString().toStdString());
        if (stat) {
            filter.ranges.push_back({ range[QStringLiteral("metric")].toString().toStdString(), *stat,
                range[QStringLiteral("low")].toDouble(-HUGE_VAL),
                range[QStringLiteral("high")].toDouble(HUGE_VAL) });
        }
    }
    filter.text = json[QStringLiteral("text")].toString().toStdString();
    return filter;
}

} // namespace

QJsonObject View::toJson() const
{
    QJsonArray slo;
    for (const SloLimit& limit : limits) {
        slo << QJsonObject { { QStringLiteral("metric"), text(limit.metric->id) },
            { QStringLiteral("stat"), text(limit.stat.name()) }, { QStringLiteral("limit"), limit.limit } };
    }
    return { { QStringLiteral("prismview"), version }, { QStringLiteral("filter"), filterToJson(filter) },
        { QStringLiteral("chart"), chart }, { QStringLiteral("limits"), slo },
        { QStringLiteral("limitsOn"), limitsOn }, { QStringLiteral("baseline"), baselineUid },
        { QStringLiteral("columns"), QJsonArray::fromStringList(columns) } };
}

std::optional<View> View::fromJson(const QJsonObject& json)
{
    if (json[QStringLiteral("prismview")].toInt() != version) {
        return std::nullopt;
    }
    View view;
    view.filter = filterFromJson(json[QStringLiteral("filter")].toObject());
    view.chart = json[QStringLiteral("chart")].toObject();
    view.limitsOn = json[QStringLiteral("limitsOn")].toBool();
    view.baselineUid = json[QStringLiteral("baseline")].toString();
    const QJsonArray slo = json[QStringLiteral("limits")].toArray();
    for (const QJsonValue& value : slo) {
        const QJsonObject limit = value.toObject();
        const Metric* metric = findMetric(limit[QStringLiteral("metric")].toString().toStdString());
        const auto stat = Stat::parse(limit[QStringLiteral("stat")].toString().toStdString());
        if (!metric || !stat) {
            return std::nullopt;
        }
        view.limits.push_back({ metric, *stat, limit[QStringLiteral("limit")].toDouble() });
    }
    const QJsonArray columns = json[QStringLiteral("columns")].toArray();
    for (const QJsonValue& value : columns) {
        view.columns << value.toString();
    }
    return view;
}

QString saveView(const View& view, const QString& file)
{
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly)) {
        return out.errorString();
    }
    out.write(QJsonDocument(view.toJson()).toJson());
    return out.commit() ? QString() : out.errorString();
}

std::optional<View> openView(const QString& file, QString& problem)
{
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly)) {
        problem = in.errorString();
        return std::nullopt;
    }
    auto view = View::fromJson(QJsonDocument::fromJson(in.read(8 << 20)).object());
    if (!view) {
        problem = QCoreApplication::translate("View", "This is no view of Prism, or one of a later version.");
    }
    return view;
}

} // namespace prism::app
