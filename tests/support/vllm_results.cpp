// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace prism::test {

namespace {

constexpr int requests = 4;
constexpr int outputTokens = 11;
constexpr int inputTokens = 100;

void latency(QJsonObject& json, const QString& name, double ms)
{
    for (const char* stat : { "mean", "median", "p99" }) {
        json[QString::fromLatin1(stat) + QLatin1Char('_') + name + QStringLiteral("_ms")] = ms;
    }
    json[QStringLiteral("std_") + name + QStringLiteral("_ms")] = 0.0;
}

QJsonArray repeated(const QJsonValue& value, int times)
{
    QJsonArray list;
    for (int i = 0; i < times; ++i) {
        list << value;
    }
    return list;
}

} // namespace

QByteArray vllmResult(const QString& model, int concurrency)
{
    const double ttft = 0.02 * concurrency;
    const double gap = 0.01 + 0.001 * concurrency;
    const double duration = requests * (ttft + (outputTokens - 1) * gap) / concurrency;
    QJsonObject json { { QStringLiteral("date"), QStringLiteral("20250101-120000") },
        { QStringLiteral("backend"), QStringLiteral("vllm") }, { QStringLiteral("model_id"), model },
        { QStringLiteral("num_prompts"), requests },
        { QStringLiteral("request_rate"), QStringLiteral("inf") },
        { QStringLiteral("max_concurrency"), concurrency }, { QStringLiteral("duration"), duration },
        { QStringLiteral("completed"), requests }, { QStringLiteral("failed"), 0 },
        { QStringLiteral("total_input_tokens"), requests * inputTokens },
        { QStringLiteral("total_output_tokens"), requests * outputTokens },
        { QStringLiteral("request_throughput"), requests / duration },
        { QStringLiteral("output_throughput"), requests * outputTokens / duration },
        { QStringLiteral("total_token_throughput"), requests * (inputTokens + outputTokens) / duration },
        { QStringLiteral("input_lens"), repeated(inputTokens, requests) },
        { QStringLiteral("output_lens"), repeated(outputTokens, requests) },
        { QStringLiteral("ttfts"), repeated(ttft, requests) },
        { QStringLiteral("itls"), repeated(repeated(gap, outputTokens - 1), requests) },
        { QStringLiteral("errors"), repeated(QString(), requests) } };
    latency(json, QStringLiteral("ttft"), ttft * 1e3);
    latency(json, QStringLiteral("tpot"), gap * 1e3);
    latency(json, QStringLiteral("itl"), gap * 1e3);
    return QJsonDocument(json).toJson();
}

int writeVllmResults(const QString& folder, const QString& model, const QList<int>& concurrencies)
{
    int written = 0;
    for (const int concurrency : concurrencies) {
        QFile file(QDir(folder).filePath(
            QStringLiteral("%1-%2.json").arg(model.section(QLatin1Char('/'), -1)).arg(concurrency)));
        if (file.open(QIODevice::WriteOnly) && file.write(vllmResult(model, concurrency)) > 0) {
            ++written;
        }
    }
    return written;
}

} // namespace prism::test
