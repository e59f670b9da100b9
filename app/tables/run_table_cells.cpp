// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/run_table_cells.h"

#include "app/theme/theme.h"
#include "core/analysis/compare.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("RunTableCells", text);
}

QString qs(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

/// Empty when two rows state different kinds.
std::optional<StatedLoad::Kind> commonKind(const ColumnTable& table, const std::vector<TableRun>& runs)
{
    std::optional<StatedLoad::Kind> common;
    const StatedLoads loads(table);
    for (const TableRun& run : runs) {
        for (const Row row : run.points) {
            const StatedLoad::Kind kind = loads.of(row).kind;
            if (kind == StatedLoad::Kind::None) {
                continue;
            }
            if (common && *common != kind) {
                return std::nullopt;
            }
            common = kind;
        }
    }
    return common.value_or(StatedLoad::Kind::None);
}

} // namespace

RunTableCells::RunTableCells(const Workspace& workspace, const QList<TableColumn>& columns,
    const std::vector<TableRun>& runs, std::optional<TableRun> baseline)
    : m_table(workspace.table())
    , m_columns(columns)
    , m_verdicts(workspace.verdicts())
    , m_baseline(std::move(baseline))
    , m_loadKind(commonKind(*m_table, runs))
{
    for (const TableColumn& column : columns) {
        m_measures.push_back(column.metric ? m_table->measures(*column.metric, column.stat) : nullptr);
    }
    for (const SloLimit& limit : m_verdicts.empty() ? std::vector<SloLimit>() : workspace.sloLimits()) {
        m_limits.emplace_back(limit.metric, limit.stat);
    }
}

/// Empty for the contract's meaning.
QString RunTableCells::meaning(const MeasureColumn& measures, Row row) const
{
    return qs(prism::otherMeaning(*m_table, measures, row));
}

/// What the limits judge a row by though the producer means it otherwise.
QStringList RunTableCells::otherLimits(Row row) const
{
    QStringList others;
    for (const OtherMeaning& other : judgedOtherwise(*m_table, m_limits, row)) {
        others << qs(other.text());
    }
    return others;
}

QStringList RunTableCells::otherMeanings(Row row) const
{
    QStringList others;
    for (qsizetype column = 0; column < m_columns.size(); ++column) {
        if (m_columns[column].kind != TableColumn::Kind::Measure) {
            continue;
        }
        const QString text = meaning(*m_measures[std::size_t(column)], row);
        if (!text.isEmpty()) {
            others << m_columns[column].title() + QStringLiteral(": ") + text;
        }
    }
    return others;
}

std::optional<Row> RunTableCells::baselineRow(Row row, bool isRun) const
{
    if (!m_baseline || m_table->run(row) == m_baseline->run) {
        return std::nullopt;
    }
    return isRun ? std::optional(m_baseline->shown) : atSameLoad(*m_table, m_baseline->points, row);
}

std::optional<Difference> RunTableCells::differenceOf(int column, Row row, bool isRun) const
{
    const auto other = baselineRow(row, isRun);
    const MeasureColumn& measures = *m_measures[std::size_t(column)];
    if (!other || measures.semantics[row] != measures.semantics[*other]) {
        return std::nullopt;
    }
    return difference(measures.values[row], measures.values[*other], m_columns[column].metric->direction);
}

std::optional<SloVerdict> RunTableCells::verdict(Row row) const
{
    return row < m_verdicts.size() ? std::optional(m_verdicts[row]) : std::nullopt;
}

double RunTableCells::number(int column, Row row, bool isRun) const
{
    switch (m_columns[column].kind) {
    case TableColumn::Kind::Load:
        return statedLoad(*m_table, row).number;
    case TableColumn::Kind::Measure:
        return m_measures[std::size_t(column)]->values[row];
    case TableColumn::Kind::Difference: {
        const auto d = differenceOf(column, row, isRun);
        return d ? d->ratio : std::nan("");
    }
    default:
        return std::nan("");
    }
}

std::optional<Trend> RunTableCells::trend(int column, const TableRun& run) const
{
    const MeasureColumn& measures = *m_measures[std::size_t(column)];
    const StatedLoads loads(*m_table);
    const StatedLoad::Kind kind = loads.of(run.shown).kind;
    std::vector<Row> rows;
    double most = 0;
    for (const Row row : run.points) {
        if (measures.status[row] == Status::Ok && loads.of(row).kind == kind
            && measures.semantics[row] == measures.semantics[run.shown]) {
            rows.push_back(row);
            most = std::max(most, measures.values[row]);
        }
    }
    const auto shown = std::find(rows.begin(), rows.end(), run.shown);
    if (kind == StatedLoad::Kind::None || rows.size() < 2 || shown == rows.end() || most <= 0) {
        return std::nullopt;
    }
    std::sort(rows.begin(), rows.end(),
        [this](Row a, Row b) { return m_table->loadRank(a) < m_table->loadRank(b); });
    Trend trend;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        trend.line << QPointF(double(i) / double(rows.size() - 1), measures.values[rows[i]] / most);
    }
    trend.at = std::find(rows.begin(), rows.end(), run.shown) - rows.begin();
    return trend;
}

QString RunTableCells::loadText(Row row) const
{
    const StatedLoad load = statedLoad(*m_table, row);
    return m_loadKind && load.kind != StatedLoad::Kind::None ? loadNumber(load.number)
                                                             : shortLoadLabel(*m_table, row);
}

QString RunTableCells::valueText(int column, Row row) const
{
    const MeasureColumn& measures = *m_measures[std::size_t(column)];
    if (measures.status[row] == Status::Ok) {
        const TableColumn& c = m_columns[column];
        return QString::fromStdString(
            formatNumber(measures.values[row], unitOf(*c.metric, c.stat), NumberStyle::Column));
    }
    return measures.status[row] == Status::Failed ? QStringLiteral("✗") : QStringLiteral("—");
}

QString RunTableCells::text(int column, Row row, bool isRun) const
{
    switch (m_columns[column].kind) {
    case TableColumn::Kind::Load:
        return loadText(row);
    case TableColumn::Kind::Attribute: {
        const QString value = qs(m_table->text(m_columns[column].attribute.toStdString(), row));
        return isUsersCount(column, row) ? value + QStringLiteral(" ✎") : value;
    }
    case TableColumn::Kind::Slo: {
        const auto v = verdict(row);
        const QString sign = !v        ? QString()
            : *v == SloVerdict::Holds  ? QStringLiteral("✓")
            : *v == SloVerdict::Breaks ? QStringLiteral("✗")
                                       : QStringLiteral("?");
        return otherLimits(row).isEmpty() ? sign : sign + QStringLiteral(" †");
    }
    case TableColumn::Kind::Difference: {
        if (m_baseline && m_baseline->run == m_table->run(row)) {
            return isRun ? tr("★ baseline") : QString();
        }
        const auto d = differenceOf(column, row, isRun);
        return d ? QString::fromStdString(prism::text(*d)) : QStringLiteral("—");
    }
    case TableColumn::Kind::Trend:
        return {};
    case TableColumn::Kind::Measure:
        break;
    }
    // Before the number: the decimal points stay below each other.
    return meaning(*m_measures[std::size_t(column)], row).isEmpty()
        ? valueText(column, row)
        : QStringLiteral("† ") + valueText(column, row);
}

QVariant RunTableCells::colour(int column, Row row, bool isRun) const
{
    const Tokens& tokens = Theme::current().tokens();
    if (m_columns[column].kind == TableColumn::Kind::Slo) {
        const auto v = verdict(row);
        return v == SloVerdict::Holds ? tokens.good : v == SloVerdict::Breaks ? tokens.bad : tokens.muted;
    }
    if (m_columns[column].kind == TableColumn::Kind::Difference) {
        const auto d = differenceOf(column, row, isRun);
        return d && d->standing == Standing::Better ? tokens.good
            : d && d->standing == Standing::Worse   ? tokens.bad
                                                    : tokens.muted;
    }
    return m_columns[column].kind == TableColumn::Kind::Measure && std::isnan(number(column, row, isRun))
        ? QVariant(tokens.muted)
        : QVariant();
}

QString RunTableCells::differenceExplanation(int column, Row row, bool isRun) const
{
    if (!m_baseline || m_table->run(row) == m_baseline->run) {
        return {};
    }
    const auto other = baselineRow(row, isRun);
    if (!other) {
        return tr("The baseline has no single point at this load.");
    }
    const MeasureColumn& measures = *m_measures[std::size_t(column)];
    if (measures.semantics[row] != measures.semantics[*other]) {
        return tr("Not compared: the two tools measure it differently.");
    }
    const QString unit = m_columns[column].metric
        ? qs(symbol(unitOf(*m_columns[column].metric, m_columns[column].stat)))
        : QString();
    return tr("%1 %2 at %3, against %4 %2 at %5 of ★ %6")
        .arg(valueText(column, row), unit, loadLabel(*m_table, row), valueText(column, *other),
            loadLabel(*m_table, *other), m_baseline->label);
}

QString RunTableCells::explanation(int column, Row row, bool isRun) const
{
    switch (m_columns[column].kind) {
    case TableColumn::Kind::Difference:
        return differenceExplanation(column, row, isRun);
    case TableColumn::Kind::Measure: {
        const QString other = meaning(*m_measures[std::size_t(column)], row);
        return other.isEmpty() ? QString() : tr("† The producer's number is %1.").arg(other);
    }
    case TableColumn::Kind::Slo: {
        const QStringList others = otherLimits(row);
        return !others.isEmpty()
            ? tr("† Judged by numbers of another meaning. %1.").arg(others.join(QStringLiteral("; ")))
            : verdict(row) == SloVerdict::Unknown ? tr("A number that a limit is about is missing.")
                                                  : QString();
    }
    case TableColumn::Kind::Load:
        return loadLabel(*m_table, row);
    case TableColumn::Kind::Attribute:
        return isUsersCount(column, row)
            ? tr("✎ This number of GPUs is your word, or your mapping's; numbers per GPU are divided by it.")
            : QString();
    case TableColumn::Kind::Trend:
        break;
    }
    return {};
}

bool RunTableCells::isUsersCount(int column, Row row) const
{
    return m_columns[column].attribute == QLatin1String("accelerator_count") && m_table->isUsersCount(row);
}

QString RunTableCells::unit(int column) const
{
    if (m_columns[column].kind != TableColumn::Kind::Load) {
        return m_columns[column].unit();
    }
    switch (m_loadKind.value_or(StatedLoad::Kind::None)) {
    case StatedLoad::Kind::Concurrency:
        return tr("concurrency");
    case StatedLoad::Kind::RequestRate:
        return tr("req/s");
    case StatedLoad::Kind::BatchSize:
        return tr("batch size");
    case StatedLoad::Kind::None:
        break;
    }
    return {};
}

} // namespace prism::app
