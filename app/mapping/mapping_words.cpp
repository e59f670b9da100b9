// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_words.h"

#include "core/model/load_point.h"

#include <QCoreApplication>

#include <algorithm>

namespace prism::app {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("MappingWords", text);
}

QString qv(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

/// Costs follow from a dated price and are never read from a file.
bool canBeRead(const Metric& metric)
{
    return metric.unit != Unit::UsdPerMegatoken;
}

Choice fieldChoice(const RequestField& field)
{
    return { QStringLiteral("request:") + qv(field.name), qv(field.title), tr("Of a request"), {} };
}

} // namespace

QString attributeTitle(const std::string& name)
{
    static const std::pair<const char*, const char*> known[] = {
        { "tp", QT_TRANSLATE_NOOP("MappingWords", "Tensor parallel (TP)") },
        { "pp", QT_TRANSLATE_NOOP("MappingWords", "Pipeline parallel (PP)") },
        { "dp", QT_TRANSLATE_NOOP("MappingWords", "Data parallel (DP)") },
        { "ep", QT_TRANSLATE_NOOP("MappingWords", "Expert parallel (EP)") },
        { "isl_target", QT_TRANSLATE_NOOP("MappingWords", "Input length, as asked") },
        { "osl_target", QT_TRANSLATE_NOOP("MappingWords", "Output length, as asked") },
        { "request_rate", QT_TRANSLATE_NOOP("MappingWords", "Request rate, as asked (req/s)") },
        { "concurrency", QT_TRANSLATE_NOOP("MappingWords", "Concurrency, as asked") },
        { "kv_cache_dtype", QT_TRANSLATE_NOOP("MappingWords", "KV cache type") },
        { "spec_decoding", QT_TRANSLATE_NOOP("MappingWords", "Speculative decoding") },
    };
    for (const auto& [id, title] : known) {
        if (name == id) {
            return tr(title);
        }
    }
    QString title = qs(name).replace(QLatin1Char('_'), QLatin1Char(' '));
    title[0] = title.isEmpty() ? QChar() : title[0].toUpper();
    return title;
}

Choices targetChoices(Mapping::Row row, bool ofConstants)
{
    Choices out;
    if (!ofConstants) {
        out.push_back({ QString(), tr("Not used"), {},
            tr("Nothing is made of the column; its text is kept with each point.") });
    }
    if (row == Mapping::Row::Request && !ofConstants) {
        for (const RequestField& field : requestFields()) {
            out.push_back(fieldChoice(field));
        }
    }
    for (const std::string_view name : attributeNames()) {
        out.push_back({ QStringLiteral("attribute:") + qv(name), attributeTitle(std::string(name)),
            tr("What was run, and under which load"), {} });
    }
    if (row == Mapping::Row::Point || ofConstants) {
        for (const Metric& metric : allMetrics()) {
            if (canBeRead(metric)) {
                out.push_back({ QStringLiteral("measure:") + qs(metric.id), qs(metric.name), qs(metric.group),
                    qs(metric.summary) });
            }
        }
    }
    return out;
}

QString targetKey(const MappedValue& value)
{
    switch (value.target) {
    case MappedValue::Target::Measure:
        return QStringLiteral("measure:") + qs(value.name);
    case MappedValue::Target::Attribute:
        return QStringLiteral("attribute:") + qs(value.name);
    case MappedValue::Target::Request:
        return QStringLiteral("request:") + qs(value.name);
    }
    return {};
}

void setTarget(MappedValue& value, const QString& key)
{
    const QString kind = key.section(QLatin1Char(':'), 0, 0);
    value.target = kind == QLatin1String("measure") ? MappedValue::Target::Measure
        : kind == QLatin1String("request")          ? MappedValue::Target::Request
                                                    : MappedValue::Target::Attribute;
    value.name = key.section(QLatin1Char(':'), 1).toStdString();
    const Metric* metric = value.target == MappedValue::Target::Measure ? findMetric(value.name) : nullptr;
    const bool single = !metric || metric->shape == MetricShape::Single;
    if (single) {
        value.stat = Stat::value();
    }
    const auto unit = keptUnit(value);
    if (!unit || *unit == Unit::One || !sourceUnit(value.unit, *unit)) {
        value.unit.clear();
    }
}

QString targetText(const MappedValue& value)
{
    if (value.target == MappedValue::Target::Measure) {
        const Metric* metric = findMetric(value.name);
        return metric ? qs(metric->name) : qs(value.name);
    }
    if (value.target == MappedValue::Target::Request) {
        const RequestField* field = findRequestField(value.name);
        return field ? qv(field->title) : qs(value.name);
    }
    return attributeTitle(value.name);
}

Choices statChoices(const MappedValue& value)
{
    const Metric* metric = value.target == MappedValue::Target::Measure ? findMetric(value.name) : nullptr;
    if (!metric || metric->shape == MetricShape::Single) {
        return {};
    }
    std::vector<Stat> stats { Stat::mean(), Stat::percentile(50), Stat::percentile(90), Stat::percentile(95),
        Stat::percentile(99), Stat::percentile(99.9), Stat::min(), Stat::max(), Stat::std(), Stat::count() };
    const bool has = std::find(stats.begin(), stats.end(), value.stat) != stats.end();
    if (!has && value.stat != Stat::value()) {
        stats.push_back(value.stat);
    }
    Choices out;
    for (const Stat stat : stats) {
        out.push_back({ qs(stat.name()), qs(stat.name()), {}, {} });
    }
    return out;
}

Choices unitChoices(const MappedValue& value)
{
    Choices out;
    const auto unit = keptUnit(value);
    for (const std::string_view text : unit ? sourceUnits(*unit) : std::vector<std::string_view>()) {
        out.push_back({ qv(text), qv(text), {}, {} });
    }
    const bool has = std::any_of(
        out.begin(), out.end(), [&](const Choice& choice) { return choice.key == qs(value.unit); });
    if (!has && !out.isEmpty() && !value.unit.empty()) {
        out.push_back({ qs(value.unit), qs(value.unit), {}, {} });
    }
    return out;
}

QString sizeText(std::uint64_t bytes)
{
    return qs(formatNumber(double(bytes), Unit::Byte, NumberStyle::Reading));
}

QString countText(std::uint64_t count)
{
    return qs(formatNumber(double(count), Unit::One, NumberStyle::Column));
}

QString rowText(Mapping::Row row)
{
    return row == Mapping::Row::Request ? tr("a request") : tr("a load point");
}

QString sentence(const Error& error)
{
    const auto one = [](const std::string& part) {
        QString text = qs(part).trimmed();
        if (text.isEmpty()) {
            return text;
        }
        text[0] = text[0].toUpper();
        return text.endsWith(QLatin1Char('.')) ? text : text + QLatin1Char('.');
    };
    return (one(error.reason) + QLatin1Char(' ') + one(error.remedy)).trimmed();
}

} // namespace prism::app
