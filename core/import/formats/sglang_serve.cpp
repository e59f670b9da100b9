// SPDX-License-Identifier: GPL-3.0-or-later
// SGLang bench_serving: JSON lines, a run a line, with the server's arguments where the server told them.
#include "core/import/formats/serving_fields.h"
#include "core/import/formats/serving_run.h"
#include "core/import/importer.h"

#include <set>

namespace prism::formats {

namespace {

constexpr ServingNumber numbers[] = {
    { "completed", "requests_ok", source::one },
    { "duration", "duration", source::seconds },
    { "total_input_tokens", "input_tokens", source::one },
    { "total_output_tokens", "output_tokens", source::one },
    { "request_throughput", "request_throughput", source::requestsPerSecond },
    { "input_throughput", "input_throughput", source::tokensPerSecond },
    { "output_throughput", "output_throughput", source::tokensPerSecond },
    { "total_throughput", "total_throughput", source::tokensPerSecond },
    { "max_output_tokens_per_s", "peak_output_throughput", source::tokensPerSecond },
};

struct Argument {
    std::string_view key;
    std::string_view attribute;
};
constexpr Argument arguments[] = { { "tp_size", "tp" }, { "pp_size", "pp" }, { "dp_size", "dp" },
    { "ep_size", "ep" }, { "quantization", "precision" }, { "version", "engine_version" },
    { "speculative_algorithm", "spec_decoding" } };

/// The first versions wrote no data set.
bool isRun(const read::Node& root)
{
    return root.find("output_throughput")
        && (root.find("dataset_name") || root.find("total_output_tokens_retokenized"))
        && !root.find("model_id") && (root.find("mean_e2e_latency_ms") || root.find("median_ttft_ms"));
}

/// Servers of a disaggregated set-up: their names agree or there is no one name for all of them.
void ofAllServers(
    const read::Node& info, std::string_view key, std::string_view attribute, PointWriter& point)
{
    std::set<std::string> values;
    const read::Node* one = nullptr;
    for (const char* role : { "prefill", "decode" }) {
        const read::Node* servers = info.find(role);
        if (!servers) {
            continue;
        }
        for (const read::Node& server : *servers) {
            if (const read::Node* value = server.find(key); value && value->isScalar()) {
                values.insert(std::string(value->text()));
                one = value;
            }
        }
    }
    if (values.size() == 1) {
        point.attribute(attribute, one);
    }
}

void mapServer(const read::Node& root, PointWriter& point)
{
    const read::Node* info = root.find("server_info");
    if (!info || !info->isObject()) {
        return;
    }
    if (info->find("prefill") || info->find("decode")) {
        ofAllServers(*info, "model_path", "model", point);
        ofAllServers(*info, "version", "engine_version", point);
        for (const auto& [role, attribute] :
            { std::pair { "prefill", "prefill_instances" }, { "decode", "decode_instances" } }) {
            if (const read::Node* servers = info->find(role); servers && servers->isArray()) {
                point.attribute(attribute, AttributeValue(static_cast<std::int64_t>(servers->size())), {},
                    servers->pointer());
            }
        }
        return;
    }
    point.attribute("model", info->find("model_path"));
    for (const Argument& a : arguments) {
        point.attribute(a.attribute, info->find(a.key));
    }
    if (const read::Node* kv = info->find("kv_cache_dtype"); kv && kv->text() != "auto") {
        point.attribute("kv_cache_dtype", kv);
    }
}

/// The client sends the requests of a mooncake trace to SGLang's own endpoint at the trace's times, whatever
/// rate was asked for.
void mapLoad(const read::Node& root, PointWriter& point)
{
    const read::Node* dataset = root.find("dataset_name");
    const read::Node* backend = root.find("backend");
    const read::Node* rate = root.find("request_rate");
    if (dataset && dataset->text() == "mooncake" && backend && backend->text() == "sglang") {
        point.attribute("load_mode", std::string("trace"), {}, dataset->pointer());
        rate = nullptr;
    }
    servingLoad(point, rate, root.find("max_concurrency"));
}

/// With --cache-report: what the server told of its prefix cache.
void mapCache(const read::Node& root, PointWriter& point)
{
    point.measure("cached_tokens", Stat::value(), root.at("/cache_report/total_cached_tokens"), source::one);
    point.measure(
        "prefix_cache_hit_rate", Stat::value(), root.at("/cache_report/cache_hit_rate_pct"), source::percent);
}

void map(const read::Node& root, PointWriter& point)
{
    mapNumbers(root, numbers, point);
    mapCache(root, point);
    servingLatencies(point, root, source::latencyMilliseconds);
    if (const read::Node* backend = root.find("backend"); backend && backend->text().starts_with("sglang")) {
        point.attribute("engine", std::string("sglang"), std::string(backend->text()), backend->pointer());
    }
    mapServer(root, point);
    point.attribute("dataset", root.find("dataset_name"));
    mapLoad(root, point);
    const read::Node* dataset = root.find("dataset_name");
    if (dataset && dataset->text().starts_with("random")) {
        point.attribute("isl_target", root.find("random_input_len"));
        point.attribute("osl_target", root.find("random_output_len"));
    }
    if (const read::Node* tag = root.find("tag"); tag && tag->isString()) {
        point.point().label = tag->text();
    }
}

constexpr ServingDialect dialect { isRun, map };

} // namespace

class SglangServe : public Importer {
public:
    ImporterInfo info() const override { return { "sglang-serve", "SGLang bench_serving", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        // People gather lines in an array.
        const read::Node* root = sample.document;
        const read::Node* run = root && root->isArray() ? root->at("/0") : root;
        if (!run || !isRun(*run)) {
            return std::nullopt;
        }
        return run->find("total_output_tokens_retokenized")
            ? Match { Match::Certain, "has total_output_tokens_retokenized and end-to-end latencies" }
            : Match { Match::Likely, "has output_throughput, dataset_name and latencies, and no model" };
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return readServingRuns(input, sink, dialect);
    }
};

const RegisterImporter<SglangServe> registered;

} // namespace prism::formats
