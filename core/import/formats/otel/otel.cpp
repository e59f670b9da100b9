// SPDX-License-Identifier: GPL-3.0-or-later
// OpenTelemetry in JSON: traces and metrics as the collector's file exporter and the SDKs write them.
#include "core/import/formats/otel/otel_metrics.h"
#include "core/import/formats/otel/otel_spans.h"
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

/// Whether the first document holds metrics; the reading of it ends there.
class FirstDocument : public read::DocumentHandler {
public:
    Result<void> document(const read::Node& root, std::size_t) override
    {
        const bool isList = root.kind() == read::Kind::Array && root.begin() != root.end();
        hasMetrics = (isList ? *root.begin() : root).has("/resourceMetrics");
        return Error { {}, {}, "enough", {} };
    }
    bool hasMetrics = false;
};

class OpenTelemetry : public Importer {
public:
    ImporterInfo info() const override { return { "otel", "OpenTelemetry", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = firstExport(sample);
        if (!root || !root->isObject()) {
            return std::nullopt;
        }
        if (root->has("/resourceSpans") || root->has("/resource_spans")) {
            return Match { Match::Certain, "has resourceSpans" };
        }
        if (root->has("/resourceMetrics")) {
            return Match { Match::Certain, "has resourceMetrics" };
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
        FirstDocument first;
        read::Plan plan;
        plan.sampleElements = 1;
        plan.skip = { "/*/*/*/*" };
        (void)input.documents(plan, first);
        return first.hasMetrics ? otel::readMetrics(input, sink) : otel::readSpans(input, sink);
    }
};

const RegisterImporter<OpenTelemetry> registered;

} // namespace

} // namespace prism::formats
