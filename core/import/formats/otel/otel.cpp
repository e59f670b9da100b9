// SPDX-License-Identifier: GPL-3.0-or-later
// OpenTelemetry in JSON: traces and metrics as the collector's file exporter and the SDKs write them, also
// into one file.
#include "core/import/formats/otel/otel_part.h"
#include "core/import/importer.h"

namespace prism::formats {

namespace {

/// The document, or its first element where it is an array of exports.
const read::Node* firstExport(const Sample& sample)
{
    const read::Node* root = sample.document;
    const bool isList = root && root->kind() == read::Kind::Array && root->begin() != root->end();
    return isList ? &*root->begin() : root;
}

bool isFlatSpan(const read::Node& node)
{
    return node.has("/name") && node.has("/start_time") && node.has("/end_time")
        && (node.has("/span_id") || node.has("/context/span_id"));
}

read::Plan planOf()
{
    read::Plan plan;
    for (const char* root : { "", "/*" }) {
        const std::string at(root);
        for (const char* elements :
            { "/resourceSpans/*/scopeSpans/*/spans", "/resourceSpans/*/instrumentationLibrarySpans/*/spans",
                "/resource_spans/*/scope_spans/*/spans", "/spans",
                "/resourceMetrics/*/scopeMetrics/*/metrics",
                "/resourceMetrics/*/instrumentationLibraryMetrics/*/metrics",
                "/resource_metrics/*/scope_metrics/*/metrics" }) {
            plan.stream.push_back(at + elements);
        }
        for (const char* text : { "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.output.text",
                 "gen_ai.prompt", "gen_ai.completion", "gen_ai.system_instructions" }) {
            plan.skip.push_back(at + "/spans/*/attributes/" + text);
        }
        plan.skip.push_back(at + "/resourceLogs/*/*");
    }
    return plan;
}

class Exports : public read::DocumentHandler {
public:
    explicit Exports(Sink& sink)
        : m_sink(sink)
        , m_spans(otel::spansInto(sink))
        , m_metrics(otel::metricsInto(sink))
    {
    }

    Result<void> element(const read::Node& node) override
    {
        const read::Node* list = node.parent();
        (list && list->key() == "metrics" ? m_metrics : m_spans)->element(node);
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        m_logs += root.isObject() && root.has("/resourceLogs") ? 1 : 0;
        m_spans->document(root);
        return {};
    }

    void finish()
    {
        std::map<std::string, std::uint64_t> counts;
        const bool metrics = m_metrics->count() > 0;
        if (m_spans->count() > 0 || !metrics) {
            m_spans->finish(0);
            counts["spans"] = m_spans->count();
        }
        m_metrics->finish(m_spans->points());
        if (metrics) {
            counts["samples"] = m_metrics->count();
        }
        if (m_logs > 0) {
            m_sink.warn({ "log-records", "Log records are not read: " + std::to_string(m_logs) + " exports.",
                {}, Severity::Note });
        }
        if (m_spans->points() > 0) {
            m_sink.holds(std::move(counts));
        } else {
            m_sink.attach(std::move(counts));
        }
    }

private:
    Sink& m_sink;
    std::unique_ptr<otel::Part> m_spans;
    std::unique_ptr<otel::Part> m_metrics;
    std::uint64_t m_logs = 0; ///< exports of log records
};

class OpenTelemetry : public Importer {
public:
    ImporterInfo info() const override { return { "otel", "OpenTelemetry", 4, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = firstExport(sample);
        if (!root || !root->isObject()) {
            return std::nullopt;
        }
        if (root->has("/resourceSpans") || root->has("/resource_spans")) {
            return Match { Match::Certain, "has resourceSpans" };
        }
        if (root->has("/resourceMetrics") || root->has("/resource_metrics")) {
            return Match { Match::Certain, "has resourceMetrics" };
        }
        if (root->has("/resourceLogs")
            && (sample.textContains("\"resourceSpans\"") || sample.textContains("\"resourceMetrics\""))) {
            return Match { Match::Certain, "has exports of spans or metrics behind some of log records" };
        }
        if (root->has("/trace_id") && root->has("/spans")) {
            return Match { Match::Certain, "has trace_id and spans" };
        }
        if (isFlatSpan(*root)) {
            return Match { Match::Certain, "has name, span_id, start_time and end_time" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Exports exports(sink);
        const auto report = input.documents(planOf(), exports);
        if (!report) {
            return report.error();
        }
        exports.finish();
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<OpenTelemetry> registered;

} // namespace

} // namespace prism::formats
