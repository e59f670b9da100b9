// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/workspace.h"

#include "core/import/importer.h"

#include <QHash>
#include <QStringList>

#include <algorithm>
#include <array>
#include <set>

namespace prism::app {

namespace {

constexpr QChar timesSign(0x00D7);
constexpr std::array identity { "model", "engine", "engine_version", "accelerator", "precision", "tp", "pp",
    "dp", "ep", "pd", "isl_osl", "dataset", "serving_stack", "spec_decoding", "kv_cache_dtype", "nodes",
    "producer" };

QString textOf(const ColumnTable& table, std::string_view category, Row row)
{
    const std::string_view text = table.text(category, row);
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

/// First row of each run, in one pass.
QHash<RunId, Row> firstRows(const ColumnTable& table, const std::vector<RunId>& runs)
{
    const std::set<RunId> wanted(runs.begin(), runs.end());
    QHash<RunId, Row> first;
    for (Row row = 0; row < table.rows() && first.size() < qsizetype(wanted.size()); ++row) {
        if (wanted.contains(table.run(row)) && !first.contains(table.run(row))) {
            first.insert(table.run(row), row);
        }
    }
    return first;
}

/// What one property says of a run in a label: accelerators with their number, parallelism with its letters.
QString part(const ColumnTable& table, const char* name, Row row)
{
    const QString text = textOf(table, name, row);
    if (text.isEmpty()) {
        return {};
    }
    const QLatin1String key(name);
    if (key == QLatin1String("model")) {
        return text.section(QLatin1Char('/'), -1);
    }
    if (key == QLatin1String("accelerator")) {
        const QString count = textOf(table, "accelerator_count", row);
        return count.isEmpty() ? text : text + timesSign + count;
    }
    static constexpr std::array letters { "tp", "pp", "dp", "ep" };
    for (const char* l : letters) {
        if (key == QLatin1String(l)) {
            return QString::fromLatin1(l).toUpper() + text;
        }
    }
    if (key == QLatin1String("pd")) {
        return text + QStringLiteral(" P:D");
    }
    if (key == QLatin1String("isl_osl")) {
        return text + QStringLiteral(" tokens");
    }
    if (key == QLatin1String("producer")) {
        const Importer* importer = findImporter(text.toStdString());
        return importer
            ? QString::fromUtf8(importer->info().tool.data(), qsizetype(importer->info().tool.size()))
            : text;
    }
    return text;
}

bool differs(const ColumnTable& table, const char* name, const QHash<RunId, Row>& first)
{
    QString seen;
    bool any = false;
    for (const Row row : first) {
        const QString text = part(table, name, row);
        if (any && text != seen) {
            return true;
        }
        seen = text;
        any = true;
    }
    return false;
}

} // namespace

RunLabels::RunLabels(const ColumnTable& table, const std::vector<RunId>& among)
    : m_table(table)
    , m_first(firstRows(table, among))
{
    for (const char* name : identity) {
        if (differs(table, name, m_first)) {
            m_differing.push_back(name);
        }
    }
}

QString RunLabels::of(RunId run) const
{
    const RunRecord* record = m_table.runRecord(run);
    if (record && !record->name.empty()) {
        return QString::fromStdString(record->name);
    }
    if (!m_first.contains(run)) {
        return record ? QString::fromStdString(record->label) : QString();
    }
    QStringList parts;
    const auto add = [&](const char* name) {
        if (const QString text = part(m_table, name, m_first.value(run)); !text.isEmpty()) {
            parts << text;
        }
    };
    std::for_each(m_differing.begin(), m_differing.end(), add);
    for (const char* name : { "model", "engine", "producer" }) {
        if (parts.isEmpty()) {
            add(name);
        }
    }
    if (parts.isEmpty() && record && !record->label.empty()) {
        parts << QString::fromStdString(record->label);
    }
    return parts.join(QStringLiteral(" · "));
}

QString runLabel(const ColumnTable& table, RunId run, const std::vector<RunId>& among)
{
    return RunLabels(table, among).of(run);
}

QString loadLabel(const ColumnTable& table, Row row)
{
    if (const QString text = textOf(table, "concurrency", row); !text.isEmpty()) {
        return QObject::tr("concurrency %1").arg(text);
    }
    if (const QString text = textOf(table, "request_rate", row); !text.isEmpty()) {
        return QObject::tr("rate %1 req/s").arg(text);
    }
    if (const QString text = textOf(table, "batch_size", row); !text.isEmpty()) {
        return QObject::tr("batch %1").arg(text);
    }
    if (const QString text = textOf(table, "load_mode", row); !text.isEmpty()) {
        return text;
    }
    return QObject::tr("point %1").arg(table.loadRank(row) + 1);
}

QString commonLabel(const ColumnTable& table, const std::vector<RunId>& runs)
{
    const QHash<RunId, Row> first = firstRows(table, runs);
    if (first.isEmpty()) {
        return {};
    }
    QStringList parts;
    for (const char* name : identity) {
        if (!differs(table, name, first)) {
            const QString text = part(table, name, *first.begin());
            if (!text.isEmpty()) {
                parts << text;
            }
        }
    }
    return parts.join(QStringLiteral(" · "));
}

} // namespace prism::app
