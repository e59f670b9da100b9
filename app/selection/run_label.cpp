// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/workspace.h"

#include "core/export/run_labels.h"
#include "core/import/importer.h"

#include <cmath>

namespace prism::app {

namespace {

QString textOf(const ColumnTable& table, std::string_view category, Row row)
{
    const std::string_view text = table.text(category, row);
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

} // namespace

RunLabels::RunLabels(const ColumnTable& table, const std::vector<RunId>& among)
{
    const prism::RunLabels labels(table, among);
    for (const auto& [run, label] : labels.all()) {
        m_labels.insert(run, QString::fromStdString(label));
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
    return QString::fromStdString(prism::toolName(producer));
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
    return QString::fromStdString(prism::sharedLabel(table, runs));
}

} // namespace prism::app
