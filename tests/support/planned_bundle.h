// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/collector.h"
#include "core/import/content_hash.h"
#include "core/import/distributions.h"
#include "core/import/run_key.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace prism::test {

inline constexpr double noon = 1'780'000'000; ///< seconds since 1970

struct Given {
    int concurrency = 4;
    double ttft = 50.123456;
    std::optional<double> started = {};
    double duration = 60;
    std::string model = "org/model";
    std::string group = {};
    std::string producer = "vllm-serve";
    std::optional<double> startedLocally = {}; ///< by a clock that names no zone
};

inline LoadPoint pointOf(const Given& given)
{
    LoadPoint point;
    point.group = given.group;
    point.attributes.push_back({ "model", given.model, {}, Origin::Reported, {} });
    point.attributes.push_back({ "concurrency", std::int64_t(given.concurrency), {}, Origin::Reported, {} });
    if (given.started) {
        point.attributes.push_back({ "started_at", utcText(*given.started), {}, Origin::Reported, {} });
    }
    if (given.startedLocally) {
        // As vLLM's client writes it: "20260503-063041", at its end.
        std::string date = utcText(*given.startedLocally + given.duration).substr(0, 19);
        std::erase_if(date, [](char c) { return c == '-' || c == ':'; });
        point.extras.push_back({ "/date", date.replace(8, 1, "-") });
    }
    const auto add = [&](std::string_view metric, Stat stat, double value) {
        Measure m;
        m.metric = findMetric(metric);
        m.stat = stat;
        m.value = value;
        m.path = "/a";
        point.measures.push_back(m);
    };
    add("duration", Stat::value(), given.duration);
    add("ttft", Stat::mean(), given.ttft);
    add("ttft", Stat::percentile(99), given.ttft * 1.912345);
    add("e2e", Stat::mean(), given.ttft * 73.12345);
    add("tpot", Stat::mean(), given.ttft * 0.0712345);
    add("output_throughput", Stat::value(), given.ttft * 5.712345);
    return point;
}

/// Files of a folder as their summaries tell them, and the plan that is made of these.
class PlannedBundle {
protected:
    void clear()
    {
        m_bundle = {};
        m_known.clear();
        m_decisions.clear();
    }
    void file(const std::string& path, const std::vector<LoadPoint>& points, const Given& given = {})
    {
        SummaryBuilder builder;
        RunKeys keys(given.producer, path);
        for (const LoadPoint& point : points) {
            builder.point(point, ContentHash::of(keys.of(point)));
        }
        FileSummary summary = builder.take();
        summary.path = path;
        summary.sha256 = ContentHash::of(path);
        summary.producer = given.producer;
        summary.outcome = Outcome::Imported;
        m_bundle.add(std::move(summary), builder.takePrints());
    }
    void result(const std::string& path, const Given& given) { file(path, { pointOf(given) }, given); }
    void attached(const std::string& path, SummaryBuilder builder)
    {
        FileSummary summary = builder.take();
        summary.path = path;
        summary.producer = "telemetry-csv";
        summary.outcome = Outcome::Attached;
        m_bundle.add(std::move(summary), {});
    }
    void telemetry(const std::string& path, std::optional<double> from, std::optional<double> to)
    {
        SummaryBuilder builder;
        builder.series(
            { "power", "W", {}, { from.value_or(0), to.value_or(60) }, { 1, 2 }, from.has_value() });
        attached(path, std::move(builder));
    }
    void localTelemetry(const std::string& path, double from, double to)
    {
        SummaryBuilder builder;
        builder.series({ "power", "W", {}, { 0, to - from }, { 1, 2 }, false, from });
        attached(path, std::move(builder));
    }
    void sidecar(const std::string& path) { attached(path, {}); }

    BundlePlan make() { return m_bundle.plan(m_known, m_decisions, "/r/"); }

    /// "a.json:result b.csv:twin | c.json:result // d.csv:alone"
    QString text(const BundlePlan& plan) const
    {
        const auto list = [&](const std::vector<BundlePlan::File>& files) {
            QStringList names;
            for (const BundlePlan::File& entry : files) {
                names << QString::fromStdString(m_bundle.files()[entry.file].name()) + QLatin1Char(':')
                        + QString::fromUtf8(name(entry.role).data());
            }
            return names.join(QLatin1Char(' '));
        };
        QStringList runs;
        for (const BundlePlan::Run& run : plan.runs) {
            runs << list(run.files);
        }
        const QString others = plan.others.empty() ? QString() : QStringLiteral("// ") + list(plan.others);
        return (runs.join(QStringLiteral(" | ")) + (runs.isEmpty() || others.isEmpty() ? "" : " ") + others);
    }

    BundleCollector m_bundle;
    std::vector<RunPlace> m_known;
    std::vector<Decision> m_decisions;
};

} // namespace prism::test
