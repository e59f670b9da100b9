// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/importer.h"

#include <algorithm>
#include <cmath>

namespace prism::formats {

namespace {

std::optional<double> numberAt(const read::Node& node, std::string_view pointer)
{
    const read::Node* at = node.at(pointer);
    return at ? at->number() : std::nullopt;
}

/// The first of these that holds a text or number worth showing.
const read::Node* firstOf(const read::Node& record, std::initializer_list<std::string_view> pointers)
{
    for (const std::string_view pointer : pointers) {
        const read::Node* node = record.at(pointer);
        if (node && node->isScalar() && !node->isNull() && !node->text().empty()
            && node->text() != "Unknown") {
            return node;
        }
    }
    return nullptr;
}

bool close(double a, double b)
{
    return std::abs(a - b) <= 0.02 * std::max(std::abs(a), std::abs(b));
}

bool isBenchmarkReport(const read::Node& record)
{
    const read::Node* type = record.at("/source_info/type");
    const read::Node* source = record.find("source");
    return (type && type->text() == "benchmark_report_v02")
        || (source && source->text().starts_with("brv02:"));
}

/// Made from a log of requests: there "tpot" is the whole duration over the output tokens.
bool isRequestLog(const read::Node& record)
{
    const read::Node* source = record.find("source");
    const read::Node* file = record.at("/source_info/file_identifier");
    return (source && source->text() == "lpg_request_log")
        || (file && file->text().ends_with("per_request_lifecycle_metrics.json"));
}

void describe(PointWriter& out, const read::Node& record)
{
    out.attribute("model", firstOf(record, { "/model_name", "/metadata/model_name", "/model" }));
    out.attribute("accelerator", firstOf(record, { "/hardware", "/metadata/hardware", "/accelerator_type" }));
    out.attribute(
        "accelerator_count", firstOf(record, { "/accelerator_count", "/metadata/accelerator_count" }));
    out.attribute("precision", firstOf(record, { "/precision", "/metadata/precision" }));
    // In records made from Benchmark Reports the name of the load generator stands here.
    if (!isBenchmarkReport(record)) {
        out.attribute("engine", firstOf(record, { "/backend", "/metadata/backend", "/model_server" }));
    }
    const read::Node* architecture = firstOf(record, { "/architecture", "/metadata/architecture" });
    if (architecture && architecture->text() == "disaggregated") {
        out.attribute(
            "prefill_instances", firstOf(record, { "/prefill_node_count", "/metadata/prefill_node_count" }));
        out.attribute(
            "decode_instances", firstOf(record, { "/decode_node_count", "/metadata/decode_node_count" }));
    }
    const auto prefill = numberAt(record, "/metadata/prefill_tp");
    if (prefill == numberAt(record, "/metadata/decode_tp")) {
        out.attribute("tp", firstOf(record, { "/metadata/tensor_parallelism", "/metadata/tp", "/tp" }));
    }
    const read::Node* concurrency = firstOf(record, { "/workload/concurrency" });
    const auto level = concurrency ? concurrency->number() : std::nullopt;
    if (level && *level > 0) {
        out.attribute("concurrency", concurrency);
    }
    // Where the file has no target, the exporter repeats the achieved rate.
    const auto target = numberAt(record, "/workload/target_qps");
    if (target && *target > 0 && target != numberAt(record, "/metrics/request_rate")) {
        out.attribute("request_rate", record.at("/workload/target_qps"));
    }
    for (const std::string_view pointer : { "/runLabel", "/configuration", "/metadata/configuration" }) {
        if (const read::Node* label = firstOf(record, { pointer }); label && out.point().label.empty()) {
            out.point().label = label->text();
        }
    }
    if (const read::Node* run = firstOf(record, { "/source_info/experiment_id", "/run_id" })) {
        out.point().group = run->text();
    }
}

/// The exporter writes 0 for a latency that it does not know.
void latency(PointWriter& out, std::string_view metric, Stat stat, const read::Node* node)
{
    if (!node || node->number() == 0.0 || out.point().measure(metric, stat)) {
        return;
    }
    out.measure(metric, stat, node, source::latencyMilliseconds);
}

/// Made from a profile of GKE Inference Quickstart, which has means only: the record's p50 repeats the mean,
/// its ITL the TPOT, and what the profile lacks is computed from the rest.
bool isQuickstart(const read::Node& record)
{
    const read::Node* type = record.at("/source_info/type");
    return type && type->text() == "giq";
}

void quickstartLatencies(PointWriter& out, const read::Node& record, const read::Node& metrics)
{
    const auto first = [&](std::initializer_list<const char*> keys) -> const read::Node* {
        for (const char* key : keys) {
            const read::Node* node = metrics.find(key);
            if (node && !node->isNull()) {
                return node->isObject() ? node->find("mean") : node;
            }
        }
        return nullptr;
    };
    const read::Node* e2e = first({ "latency", "e2e_latency" });
    const read::Node* ttft = first({ "ttft", "ttft_ms" });
    const read::Node* tpot = first({ "tpot", "tpot_ms", "time_per_output_token" });
    const read::Node* ntpot = first({ "ntpot", "ntpot_ms" });
    const auto value = [](const read::Node* node) { return node ? node->number().value_or(0) : 0; };
    const double osl = numberAt(record, "/workload/output_tokens").value_or(0);
    const auto put = [&](std::string_view metric, const read::Node* node, double computed, const char* how) {
        if (computed > 0 && std::abs(value(node) - computed) <= 1e-3 * computed) {
            out.derived(metric, Stat::mean(), value(node), how);
        } else {
            latency(out, metric, Stat::mean(), node);
        }
    };
    latency(out, "ttft", Stat::mean(), ttft);
    latency(out, "ntpot", Stat::mean(), ntpot);
    put("e2e", e2e, value(ntpot) * osl, "ntpot * output tokens, by the exporter");
    put("tpot", tpot, osl > 0 ? (value(e2e) - value(ttft)) / osl : 0,
        "(e2e - ttft) / output tokens, by the exporter");
    for (const char* pointer : { "/latency/p99", "/e2e_latency/p99" }) {
        latency(out, "e2e", Stat::percentile(99), metrics.at(pointer));
    }
}

void latencies(PointWriter& out, const read::Node& record, const read::Node& metrics)
{
    if (isQuickstart(record)) {
        quickstartLatencies(out, record, metrics);
        return;
    }
    const auto block = [&](std::string_view metric, std::string_view key) {
        const read::Node* node = metrics.find(key);
        if (node && node->isObject()) {
            for (const read::Node& value : *node) {
                if (const auto stat = plainStat(value.key())) {
                    latency(out, metric, *stat, &value);
                }
            }
        } else {
            latency(out, metric, Stat::mean(), node);
        }
    };
    block("e2e", "latency");
    block("e2e", "e2e_latency");
    block("ttft", "ttft");
    block("ttft", "ttft_ms");
    const std::string_view perToken = isRequestLog(record) ? "ntpot" : "tpot";
    block(perToken, "tpot");
    block(perToken, "tpot_ms");
    block(perToken, "time_per_output_token");
    latency(out, perToken, Stat::percentile(50), metrics.find("tpot_p50"));
    latency(out, perToken, Stat::percentile(99), metrics.find("tpot_p99"));
    if (!isBenchmarkReport(record)) {
        // Elsewhere a copy of TPOT.
        block("ntpot", "ntpot");
        block("ntpot", "ntpot_ms");
    }
    block("itl", "itl");
    block("itl", "itl_ms");
    latency(out, "itl", Stat::percentile(50), metrics.find("itl_p50"));
    latency(out, "itl", Stat::percentile(99), metrics.find("itl_p99"));
}

/// `throughput` is meant as the rate of output tokens, but some exports put that of all tokens there: the
/// lengths and the rate of requests tell which.
void ambiguousThroughput(PointWriter& out, const read::Node& record, const read::Node& metrics)
{
    const read::Node* node = metrics.find("throughput");
    const double value = node ? node->number().value_or(0) : 0;
    const auto rate = numberAt(metrics, "/request_rate");
    const auto isl = numberAt(record, "/workload/input_tokens");
    const auto osl = numberAt(record, "/workload/output_tokens");
    if (value <= 0) {
        return;
    }
    if (numberAt(metrics, "/output_tput") == value) {
        node->claim();
        return;
    }
    const bool total = rate && isl && osl && close(value, *rate * (*isl + *osl));
    const bool output = rate && osl && close(value, *rate * *osl);
    const std::string_view metric = total ? "total_throughput" : "output_throughput";
    if (out.point().measure(metric, Stat::value())) {
        return;
    }
    if (total == output) {
        out.warn("throughput-unclear",
            "The record does not say whether its throughput counts output tokens or all tokens; it is left "
            "out.",
            node->pointer());
        return;
    }
    out.measure(metric, Stat::value(), node, source::tokensPerSecond);
}

LoadPoint pointOf(const read::Node& record, std::uint32_t index)
{
    PointWriter out(index);
    describe(out, record);
    out.measure("requests", Stat::value(), record.at("/workload/request_count"), source::one);
    out.measure("isl", Stat::mean(), record.at("/workload/input_tokens"), source::one);
    out.measure("osl", Stat::mean(), record.at("/workload/output_tokens"), source::one);
    if (const read::Node* metrics = record.find("metrics")) {
        out.measure(
            "request_throughput", Stat::value(), metrics->find("request_rate"), source::requestsPerSecond);
        out.measure(
            "output_throughput", Stat::value(), metrics->find("output_tput"), source::tokensPerSecond);
        out.measure("input_throughput", Stat::value(), metrics->find("input_tput"), source::tokensPerSecond);
        out.measure("total_throughput", Stat::value(), metrics->find("total_tput"), source::tokensPerSecond);
        ambiguousThroughput(out, record, *metrics);
        latencies(out, record, *metrics);
        // 0 is the exporter's default, not a count.
        if (const read::Node* errors = metrics->find("error_count"); errors && errors->number() > 0.0) {
            out.measure("requests_failed", Stat::value(), errors, source::one);
        }
    }
    claimSecrets(record);
    out.extras(record);
    return out.take();
}

bool isRecord(const read::Node* node)
{
    return node && node->has("/source_info") && node->has("/workload") && node->has("/metrics");
}

/// Scores are {"model": {"arena_score_text": 1503}, …}.
bool isScores(const read::Node* node)
{
    if (!node || !node->isObject() || node->size() == 0) {
        return false;
    }
    return (*node->begin()).has("/arena_score_text");
}

/// Records of LLM-D Prism as its exports hold them, and its table of arena scores.
class PrismRecords : public Importer {
public:
    ImporterInfo info() const override { return { "prism", "LLM-D Prism", 2, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document && (isRecord(sample.document) || isRecord(sample.document->at("/0")))) {
            return Match { Match::Certain, "its records have source_info, workload and metrics" };
        }
        if (isScores(sample.document)) {
            return Match { Match::Certain, "holds an arena_score_text a model" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        class Records : public read::DocumentHandler {
        public:
            explicit Records(Sink& sink)
                : m_sink(sink)
            {
            }
            Result<void> document(const read::Node& root, std::size_t) override
            {
                if (isScores(&root)) {
                    m_sink.attach({ { "scores", root.size() } });
                    m_attached = true;
                } else if (isRecord(&root)) {
                    m_sink.point(pointOf(root, m_points++));
                } else if (root.isArray()) {
                    for (const read::Node& record : root) {
                        if (isRecord(&record)) {
                            m_sink.point(pointOf(record, m_points++));
                        }
                    }
                }
                return {};
            }
            bool any() const { return m_points > 0 || m_attached; }

        private:
            Sink& m_sink;
            std::uint32_t m_points = 0;
            bool m_attached = false;
        };
        Records records(sink);
        read::Plan plan;
        plan.skip = { "/*/rawReport", "/rawReport", "/*/_diagnostics", "/_diagnostics" };
        auto report = input.documents(std::move(plan), records);
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        return records.any()
            ? Result<void>()
            : Error { input.name(), {}, "the file holds no record of LLM-D Prism", "Export the runs again" };
    }
};

const RegisterImporter<PrismRecords> registered;

} // namespace

} // namespace prism::formats
