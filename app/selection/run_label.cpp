// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/workspace.h"

#include "core/import/importer.h"

#include <QStringList>

#include <algorithm>
#include <array>
#include <cmath>
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

/// A name stands in one line, whatever a file or a user wrote.
QString inOneLine(QString text)
{
    return text.replace(QLatin1Char('\n'), QLatin1Char(' ')).replace(QLatin1Char('\r'), QLatin1Char(' '));
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
    QString text = inOneLine(textOf(table, name, row));
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
    if (key == QLatin1String("kv_cache_dtype")) {
        return QStringLiteral("KV ") + text; // else it reads like a second precision
    }
    if (key == QLatin1String("isl_osl")) {
        return text + QStringLiteral(" tokens");
    }
    if (key == QLatin1String("producer")) {
        return toolName(text.toStdString());
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

QString ownLabel(
    const ColumnTable& table, RunId run, std::optional<Row> row, const std::vector<const char*>& differing)
{
    const RunRecord* record = table.runRecord(run);
    if (record && !record->name.empty()) {
        return inOneLine(QString::fromStdString(record->name));
    }
    QStringList parts;
    const auto add = [&](const char* name) {
        if (const QString text = row ? part(table, name, *row) : QString(); !text.isEmpty()) {
            parts << text;
        }
    };
    std::for_each(differing.begin(), differing.end(), add);
    for (const char* name : { "model", "engine", "producer" }) {
        if (parts.isEmpty()) {
            add(name);
        }
    }
    if (parts.isEmpty() && record) {
        parts << QString::fromStdString(record->label);
    }
    return parts.join(QStringLiteral(" · "));
}

/// What the folders of two paths have in common.
QString commonFolder(const QString& a, const QString& b)
{
    const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
    const qsizetype slash = a.lastIndexOf(QLatin1Char('/'), std::max<qsizetype>(same - 1, 0));
    return a.left(std::max<qsizetype>(slash, 0));
}

/// Where each of these runs comes from: its file, or the folder that all files of it stand in.
QHash<RunId, QString> places(const ColumnTable& table, const QSet<RunId>& runs)
{
    QHash<RunId, QString> found;
    const CategoryColumn* sources = runs.isEmpty() ? nullptr : table.category("source");
    QHash<RunId, Code> last;
    for (Row row = 0; sources && row < table.rows(); ++row) {
        const RunId run = table.run(row);
        const Code code = sources->codes[row];
        if (!runs.contains(run) || (last.contains(run) && last.value(run) == code)) {
            continue;
        }
        last.insert(run, code);
        const QString path = QString::fromStdString(sources->dictionary[code]);
        const auto known = found.find(run);
        if (known == found.end()) {
            found.insert(run, path);
        } else if (*known != path) {
            *known = commonFolder(path + QLatin1Char('/'), *known + QLatin1Char('/'));
        }
    }
    return found;
}

/// As much of the end of each run's place as differs, at most three steps; else numbers.
QStringList tellingApart(const std::vector<RunId>& runs, const QHash<RunId, QString>& places)
{
    for (int steps = 1; steps <= 3; ++steps) {
        QStringList ends;
        for (const RunId run : runs) {
            ends << places.value(run).section(QLatin1Char('/'), -steps);
        }
        if (QSet<QString>(ends.begin(), ends.end()).size() == ends.size() && !ends.contains(QString())) {
            return ends;
        }
    }
    QStringList numbers;
    for (std::size_t i = 1; i <= runs.size(); ++i) {
        numbers << QString::number(i);
    }
    return numbers;
}

} // namespace

RunLabels::RunLabels(const ColumnTable& table, const std::vector<RunId>& among)
{
    const QHash<RunId, Row> first = firstRows(table, among);
    std::vector<const char*> differing;
    for (const char* name : identity) {
        if (differs(table, name, first)) {
            differing.push_back(name);
        }
    }
    QHash<QString, std::vector<RunId>> alike;
    for (const RunId run : among) {
        if (!m_labels.contains(run)) {
            const auto row = first.find(run);
            m_labels.insert(run,
                ownLabel(table, run, row == first.end() ? std::nullopt : std::optional(*row), differing));
            alike[m_labels.value(run)].push_back(run);
        }
    }
    QSet<RunId> doubtful;
    for (const std::vector<RunId>& runs : alike) {
        if (runs.size() > 1) {
            doubtful.unite(QSet<RunId>(runs.begin(), runs.end()));
        }
    }
    const QHash<RunId, QString> placesOf = places(table, doubtful);
    for (const std::vector<RunId>& runs : alike) {
        const QStringList marks = runs.size() > 1 ? tellingApart(runs, placesOf) : QStringList();
        for (qsizetype i = 0; i < marks.size(); ++i) {
            QString& label = m_labels[runs[std::size_t(i)]];
            label += (label.isEmpty() ? QString() : QStringLiteral(" · ")) + marks[i];
        }
    }
}

QString runLabel(const ColumnTable& table, RunId run, const std::vector<RunId>& among)
{
    std::vector<RunId> all = among;
    all.push_back(run);
    return RunLabels(table, all).of(run);
}

QString toolName(std::string_view producer)
{
    const Importer* importer = findImporter(producer);
    const std::string_view name = importer ? importer->info().tool : producer;
    return QString::fromUtf8(name.data(), qsizetype(name.size()));
}

QString loadNumber(double number)
{
    return QString::number(number, 'g', number == std::floor(number) ? 10 : 4);
}

QString loadLabel(const ColumnTable& table, Row row)
{
    const auto worded = [&](const char* name, const QString& words) {
        bool isNumber = false;
        const QString text = textOf(table, name, row);
        const double number = text.toDouble(&isNumber);
        return text.isEmpty() ? QString() : words.arg(isNumber ? loadNumber(number) : text);
    };
    for (const auto& [name, words] : { std::pair("concurrency", QObject::tr("concurrency %1")),
             std::pair("request_rate", QObject::tr("rate %1 req/s")),
             std::pair("batch_size", QObject::tr("batch %1")) }) {
        if (QString text = worded(name, words); !text.isEmpty()) {
            return text;
        }
    }
    if (QString text = textOf(table, "load_mode", row); !text.isEmpty()) {
        return text;
    }
    return QObject::tr("point %1").arg(table.loadRank(row) + 1);
}

QString shortLoadLabel(const ColumnTable& table, Row row)
{
    const StatedLoad load = statedLoad(table, row);
    const QString number = loadNumber(load.number);
    switch (load.kind) {
    case StatedLoad::Kind::Concurrency:
        return QObject::tr("%1 conc.").arg(number);
    case StatedLoad::Kind::RequestRate:
        return QObject::tr("%1 req/s").arg(number);
    case StatedLoad::Kind::BatchSize:
        return QObject::tr("%1 batch").arg(number);
    case StatedLoad::Kind::None:
        break;
    }
    return textOf(table, "load_mode", row);
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
