// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_spec.h"
#include "app/charts/chart_words.h"

#include <algorithm>
#include <array>
#include <set>

namespace prism::app {

namespace {

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

constexpr std::array<std::pair<ColourBy, const char*>, 4> colourNames { {
    { ColourBy::Run, "run" },
    { ColourBy::Model, "model" },
    { ColourBy::Accelerator, "accelerator" },
    { ColourBy::Engine, "engine" },
} };
constexpr std::array<std::pair<FrontierMode, const char*>, 3> frontierNames { {
    { FrontierMode::Off, "off" },
    { FrontierMode::Overall, "overall" },
    { FrontierMode::PerGroup, "group" },
} };

template <class Value, std::size_t n>
QString nameIn(const std::array<std::pair<Value, const char*>, n>& names, Value value)
{
    for (const auto& [v, text] : names) {
        if (v == value) {
            return QString::fromLatin1(text);
        }
    }
    return {};
}

template <class Value, std::size_t n>
std::optional<Value> valueIn(const std::array<std::pair<Value, const char*>, n>& names, const QString& text)
{
    for (const auto& [v, name] : names) {
        if (text == QLatin1String(name)) {
            return v;
        }
    }
    return std::nullopt;
}

QJsonObject axisJson(const ChartAxis& axis)
{
    QJsonObject json { { QStringLiteral("quantity"), QString::fromStdString(axis.quantity) },
        { QStringLiteral("stat"), QString::fromStdString(axis.stat.name()) },
        { QStringLiteral("scale"), axis.logarithmic ? QStringLiteral("log") : QStringLiteral("linear") } };
    if (axis.partner) {
        json.insert(QStringLiteral("partner"), QString::fromStdString(axis.partner->name()));
    }
    if (axis.perAccelerator) {
        json.insert(QStringLiteral("per_accelerator"), true);
    }
    if (axis.meaning) {
        json.insert(QStringLiteral("meaning"), QString::fromStdString(*axis.meaning));
    }
    if (axis.cap) {
        json.insert(QStringLiteral("cap"), *axis.cap);
    }
    return json;
}

std::optional<ChartAxis> axisFromJson(const QJsonObject& json)
{
    ChartAxis axis;
    axis.quantity = json.value(QStringLiteral("quantity")).toString().toStdString();
    const auto stat
        = Stat::parse(json.value(QStringLiteral("stat")).toString(QStringLiteral("value")).toStdString());
    if (!stat || (!axis.metric() && !isLoadQuantity(axis.quantity))) {
        return std::nullopt;
    }
    axis.stat = *stat;
    if (json.contains(QStringLiteral("partner"))) {
        axis.partner = Stat::parse(json.value(QStringLiteral("partner")).toString().toStdString());
        if (!axis.partner) {
            return std::nullopt;
        }
    }
    axis.perAccelerator = json.value(QStringLiteral("per_accelerator")).toBool();
    axis.logarithmic = json.value(QStringLiteral("scale")).toString() == QLatin1String("log");
    if (const QJsonValue meaning = json.value(QStringLiteral("meaning")); meaning.isString()) {
        axis.meaning = meaning.toString().toStdString();
    }
    if (const QJsonValue cap = json.value(QStringLiteral("cap")); cap.isDouble()) {
        axis.cap = cap.toDouble();
    }
    return axis;
}

/// What people asked for is a round number; the third digit of the style would only pretend to more.
QString withoutZeros(QString text)
{
    while (text.contains(QLatin1Char('.'))
        && (text.endsWith(QLatin1Char('0')) || text.endsWith(QLatin1Char('.')))) {
        text.chop(1);
    }
    return text;
}

QString unitText(const ChartAxis& axis)
{
    const Metric* metric = axis.metric();
    if (!metric) {
        return axis.quantity == "concurrency"      ? ChartWords::tr("requests in flight")
            : axis.quantity == "request_rate"      ? QStringLiteral("req/s")
            : axis.quantity.ends_with("sl_target") ? ChartWords::tr("tokens")
                                                   : QString();
    }
    const Unit unit = unitOf(*metric, axis.stat);
    return unit == Unit::One  ? QString()
        : unit == Unit::Ratio ? ChartWords::tr("share of 1")
                              : qs(symbol(unit));
}

} // namespace

std::span<const std::string_view> loadQuantities()
{
    static constexpr std::array<std::string_view, 6> names { "concurrency", "request_rate", "batch_size",
        "accelerator_count", "isl_target", "osl_target" };
    return names;
}

bool isLoadQuantity(std::string_view quantity)
{
    return std::ranges::find(loadQuantities(), quantity) != loadQuantities().end();
}

QJsonObject ChartSpec::toJson() const
{
    return { { QStringLiteral("x"), axisJson(x) }, { QStringLiteral("y"), axisJson(y) },
        { QStringLiteral("colour"), nameIn(colourNames, colour) },
        { QStringLiteral("frontier"), nameIn(frontierNames, frontier) }, { QStringLiteral("lines"), lines },
        { QStringLiteral("error_bars"), errorBars },
        { QStringLiteral("estimates_on_frontier"), estimatesOnFrontier } };
}

std::optional<ChartSpec> ChartSpec::fromJson(const QJsonObject& json)
{
    const auto x = axisFromJson(json.value(QStringLiteral("x")).toObject());
    const auto y = axisFromJson(json.value(QStringLiteral("y")).toObject());
    const auto colour
        = valueIn(colourNames, json.value(QStringLiteral("colour")).toString(QStringLiteral("run")));
    const auto frontier
        = valueIn(frontierNames, json.value(QStringLiteral("frontier")).toString(QStringLiteral("off")));
    if (!x || !y || !colour || !frontier) {
        return std::nullopt;
    }
    ChartSpec spec { *x, *y, *colour, *frontier };
    spec.lines = json.value(QStringLiteral("lines")).toBool(true);
    spec.errorBars = json.value(QStringLiteral("error_bars")).toBool();
    spec.estimatesOnFrontier = json.value(QStringLiteral("estimates_on_frontier")).toBool();
    return spec;
}

QString categoryOf(ColourBy colour)
{
    return nameIn(colourNames, colour);
}

QString quantityName(const ChartAxis& axis)
{
    if (const Metric* metric = axis.metric()) {
        return QString::fromStdString(metric->name);
    }
    return axis.quantity == "concurrency"      ? ChartWords::tr("Concurrency")
        : axis.quantity == "request_rate"      ? ChartWords::tr("Request rate")
        : axis.quantity == "batch_size"        ? ChartWords::tr("Batch size")
        : axis.quantity == "accelerator_count" ? ChartWords::tr("GPUs")
        : axis.quantity == "isl_target"        ? ChartWords::tr("Input length asked for")
        : axis.quantity == "osl_target"        ? ChartWords::tr("Output length asked for")
                                               : QString::fromStdString(axis.quantity);
}

QString statName(Stat stat)
{
    if (stat == Stat::percentile(50)) {
        return ChartWords::tr("median");
    }
    return stat.kind() == Stat::Kind::Value ? QString() : QString::fromStdString(stat.name());
}

QString measureName(const ChartAxis& axis, Stat stat)
{
    const Metric* metric = axis.metric();
    const QString name = metric ? QString::fromStdString(title(*metric, stat)) : quantityName(axis);
    return axis.perAccelerator ? ChartWords::tr("%1 per GPU").arg(name) : name;
}

QString axisUnit(const ChartAxis& axis)
{
    const QString unit = unitText(axis);
    return axis.perAccelerator ? (unit + QLatin1Char(' ') + ChartWords::tr("per GPU")).trimmed() : unit;
}

QString axisTitle(const ChartAxis& axis)
{
    const Metric* metric = axis.metric();
    QString text
        = metric && !axis.partner ? QString::fromStdString(title(*metric, axis.stat)) : quantityName(axis);
    if (const QString unit = axisUnit(axis); !unit.isEmpty()) {
        text += QStringLiteral(", ") + unit;
    }
    // Powers of two at equal distances say by themselves that a load axis is logarithmic.
    return axis.logarithmic && metric ? text + QLatin1Char(' ') + ChartWords::tr("(log)") : text;
}

QString chartTitle(const ChartSpec& spec)
{
    QString y = spec.y.partner
        ? ChartWords::tr("%1, %2 and %3")
              .arg(quantityName(spec.y), statName(spec.y.stat), statName(*spec.y.partner))
        : measureName(spec.y, spec.y.stat);
    if (!spec.x.metric()) {
        if (spec.y.partner) {
            y += QLatin1Char(',');
        }
        const QString x = quantityName(spec.x);
        return ChartWords::tr("%1 by %2").arg(y, spec.x.quantity == "accelerator_count" ? x : x.toLower());
    }
    return ChartWords::tr("%1 against %2").arg(y, measureName(spec.x, spec.x.stat));
}

QString valueText(const ChartAxis& axis, double value)
{
    const Metric* metric = axis.metric();
    if (!metric) {
        return plainValueText(axis, value);
    }
    const Unit unit = unitOf(*metric, axis.stat);
    const QString text = QString::fromStdString(formatNumber(value, unit, NumberStyle::Reading));
    return axis.perAccelerator && unit != Unit::One ? text + QStringLiteral("/GPU") : text;
}

QString plainValueText(const ChartAxis& axis, double value)
{
    const QString text = QString::fromStdString(formatNumber(value, Unit::One, NumberStyle::Reading));
    return axis.metric() ? text : withoutZeros(text);
}

QString limitText(const SloLimit& limit)
{
    const bool atLeast = limit.metric->direction == Direction::HigherIsBetter;
    const Unit unit = unitOf(*limit.metric, limit.stat);
    const QString value = QString::fromStdString(formatNumber(limit.limit, unit, NumberStyle::Reading));
    const qsizetype space = value.lastIndexOf(QChar(0x2009));
    const bool hasUnit = space > 0 && !value.back().isDigit();
    return QStringLiteral("%1 %2 %3%4")
        .arg(QString::fromStdString(title(*limit.metric, limit.stat)),
            atLeast ? QStringLiteral("≥") : QStringLiteral("≤"),
            withoutZeros(hasUnit ? value.first(space) : value), hasUnit ? value.sliced(space) : QString());
}

ChartSpec defaultSpec(const ColumnTable& table, const RowSet& passing)
{
    const auto axis = [](const char* quantity, Stat stat, bool log) {
        ChartAxis a;
        a.quantity = quantity;
        a.stat = stat;
        a.logarithmic = log;
        return a;
    };
    const auto available = [&table](const ChartAxis& a, const RowSet& rows) {
        std::vector<bool> has(table.rows());
        if (const Metric* metric = a.metric()) {
            const auto column = table.measures(*metric, a.stat);
            for (Row row = 0; row < table.rows(); ++row) {
                has[row] = rows.contains(row) && column->status[row] == Status::Ok;
            }
        } else if (const CategoryColumn* category = table.category(a.quantity)) {
            for (Row row = 0; row < table.rows(); ++row) {
                has[row] = rows.contains(row) && category->codes[row] != 0;
            }
        }
        return has;
    };
    const ChartAxis output = axis("output_throughput", Stat::value(), false);
    const ChartAxis total = axis("total_throughput", Stat::value(), false);
    const ChartAxis concurrency = axis("concurrency", Stat::value(), true);
    ChartAxis ttft = axis("ttft", Stat::percentile(50), true);
    ttft.partner = Stat::percentile(99);
    const std::array<std::pair<ChartAxis, ChartAxis>, 10> usual { {
        { axis("tpot", Stat::percentile(99), true), output },
        { axis("tpot", Stat::mean(), true), output },
        { axis("itl", Stat::mean(), true), output },
        { concurrency, output },
        { concurrency, ttft },
        { axis("e2e", Stat::mean(), true), output },
        { axis("request_rate", Stat::value(), true), output },
        { axis("batch_size", Stat::value(), true), output },
        { axis("output_throughput", Stat::value(), false), total },
        { axis("input_throughput", Stat::value(), false), output },
    } };
    std::size_t best = 0;
    Row most = 0;
    const Row shown = passing.size();
    for (std::size_t i = 0; i < usual.size(); ++i) {
        const auto x = available(usual[i].first, passing);
        const auto y = available(usual[i].second, passing);
        Row both = 0;
        for (Row row = 0; row < table.rows(); ++row) {
            both += x[row] && y[row];
        }
        if (both > most) {
            most = both;
            best = i;
        }
        if (2 * both > shown) {
            break;
        }
    }
    ChartSpec spec;
    spec.x = usual[best].first;
    spec.y = usual[best].second;
    spec.y.perAccelerator = spec.y.metric()->perAccelerator && table.category("accelerator_count") != nullptr
        && 2 * std::ranges::count(available(axis("accelerator_count", Stat::value(), false), passing), true)
            > shown;
    spec.frontier = spec.x.metric() ? FrontierMode::Overall : FrontierMode::Off;
    spec.colour = usualColouring(table, passing);
    return spec;
}

ColourBy usualColouring(const ColumnTable& table, const RowSet& passing)
{
    constexpr std::size_t mostColours = 10;
    const std::vector<Row> rows = passing.rows();
    const auto distinct = [&](const auto& valueOf) {
        std::set<std::int64_t> values;
        for (const Row row : rows) {
            values.insert(valueOf(row));
            if (values.size() > mostColours) {
                break;
            }
        }
        return values.size();
    };
    if (distinct([&](Row row) { return table.run(row); }) <= mostColours) {
        return ColourBy::Run;
    }
    for (const ColourBy by : { ColourBy::Model, ColourBy::Accelerator, ColourBy::Engine }) {
        const CategoryColumn* category = table.category(categoryOf(by).toStdString());
        const std::size_t values
            = category ? distinct([&](Row row) { return std::int64_t(category->codes[row]); }) : 0;
        const auto stated
            = category ? std::ranges::count_if(rows, [&](Row row) { return category->codes[row] != 0; }) : 0;
        // Colours that mostly say "not stated" tell nothing apart.
        if (values > 1 && values <= mostColours && 2 * std::size_t(stated) > rows.size()) {
            return by;
        }
    }
    return ColourBy::Run;
}

} // namespace prism::app
