// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/server_metrics.h"

#include "core/read/prometheus.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace prism::live {

namespace {

using Metric = wire::SampleMetric;

struct Name {
    std::string_view engine;
    std::string_view name;
    Metric metric;
};
/// The names that each server gives its metrics. Of several for one metric the first that is there counts:
/// later ones are those of older versions.
constexpr std::array names {
    Name { "vllm", "vllm:num_requests_running", Metric::EngineRunning },
    Name { "vllm", "vllm:num_requests_waiting", Metric::EngineWaiting },
    Name { "vllm", "vllm:kv_cache_usage_perc", Metric::EngineKvUsage },
    Name { "vllm", "vllm:gpu_cache_usage_perc", Metric::EngineKvUsage },
    Name { "vllm", "vllm:prompt_tokens_total", Metric::EnginePromptTokens },
    Name { "vllm", "vllm:generation_tokens_total", Metric::EngineGenerationTokens },
    Name { "vllm", "vllm:request_success_total", Metric::EngineRequestsDone },
    Name { "vllm", "vllm:num_preemptions_total", Metric::EnginePreemptions },
    Name { "vllm", "vllm:prefix_cache_queries_total", Metric::EnginePrefixQueries },
    Name { "vllm", "vllm:gpu_prefix_cache_queries_total", Metric::EnginePrefixQueries },
    Name { "vllm", "vllm:prefix_cache_hits_total", Metric::EnginePrefixHits },
    Name { "vllm", "vllm:gpu_prefix_cache_hits_total", Metric::EnginePrefixHits },
    Name { "vllm", "vllm:gpu_prefix_cache_hit_rate", Metric::EnginePrefixHitRate },
    Name { "sglang", "sglang:num_running_reqs", Metric::EngineRunning },
    Name { "sglang", "sglang:num_queue_reqs", Metric::EngineWaiting },
    Name { "sglang", "sglang:token_usage", Metric::EngineKvUsage },
    Name { "sglang", "sglang:prompt_tokens_total", Metric::EnginePromptTokens },
    Name { "sglang", "sglang:generation_tokens_total", Metric::EngineGenerationTokens },
    Name { "sglang", "sglang:num_requests_total", Metric::EngineRequestsDone },
    Name { "sglang", "sglang:cache_hit_rate", Metric::EnginePrefixHitRate },
    Name { "tgi", "tgi_batch_current_size", Metric::EngineRunning },
    Name { "tgi", "tgi_queue_size", Metric::EngineWaiting },
    Name { "tgi", "tgi_request_input_length_sum", Metric::EnginePromptTokens },
    Name { "tgi", "tgi_request_generated_tokens_sum", Metric::EngineGenerationTokens },
    Name { "tgi", "tgi_request_success", Metric::EngineRequestsDone },
    Name { "llama.cpp", "llamacpp:requests_processing", Metric::EngineRunning },
    Name { "llama.cpp", "llamacpp:requests_deferred", Metric::EngineWaiting },
    Name { "llama.cpp", "llamacpp:kv_cache_usage_ratio", Metric::EngineKvUsage },
    Name { "llama.cpp", "llamacpp:prompt_tokens_total", Metric::EnginePromptTokens },
    Name { "llama.cpp", "llamacpp:tokens_predicted_total", Metric::EngineGenerationTokens },
    Name { "llama.cpp", "llamacpp:prompt_tokens_cached_total", Metric::EnginePrefixHits },
};

bool isShare(Metric metric)
{
    return metric == Metric::EngineKvUsage || metric == Metric::EnginePrefixHitRate;
}

class Collector : public read::PrometheusHandler {
public:
    Result<void> sample(const read::PrometheusSample& sample) override
    {
        const auto known = std::find_if(
            names.begin(), names.end(), [&](const Name& name) { return name.name == sample.name; });
        const double value = sample.number.value;
        if (known == names.end() || !std::isfinite(value) || value < 0
            || (isShare(known->metric) && value > 1)) {
            return {};
        }
        const auto [it, fresh] = m_values.try_emplace(known, value);
        if (!fresh) {
            it->second = isShare(known->metric) ? std::max(it->second, value) : it->second + value;
        }
        return {};
    }
    ServerMetrics found() const
    {
        ServerMetrics out;
        std::map<Metric, double> chosen;
        for (const auto& [name, value] : m_values) {
            // Another engine's names may stand beside: a router passes them on. The first engine counts.
            if (out.engine.empty() || out.engine == name->engine) {
                out.engine = name->engine;
                chosen.try_emplace(name->metric, value);
            }
        }
        const auto hits = chosen.find(Metric::EnginePrefixHits);
        const auto prompt = chosen.find(Metric::EnginePromptTokens);
        if (out.engine == "llama.cpp" && hits != chosen.end() && prompt != chosen.end()) {
            chosen[Metric::EnginePrefixQueries] = hits->second + prompt->second;
        }
        for (const auto& [metric, value] : chosen) {
            out.samples.push_back({ metric, value });
        }
        return out;
    }

private:
    std::map<const Name*, double> m_values; ///< in the order of the table
};

bool isAsked(std::string_view engine)
{
    return std::any_of(names.begin(), names.end(), [&](const Name& name) { return name.engine == engine; });
}

} // namespace

Result<ServerMetrics> readServerMetrics(std::string text)
{
    read::Budgets budgets;
    budgets.lineBytes = 64u << 10;
    budgets.treeBytes = 4u << 20;
    Collector collector;
    const auto source = read::memorySource(std::move(text));
    if (const auto report = read::readPrometheus(*source, budgets, collector); !report) {
        return report.error();
    }
    ServerMetrics found = collector.found();
    if (found.samples.empty()) {
        return Error { {}, {}, "it names nothing of an engine that Prism knows", {} };
    }
    return found;
}

std::string MetricsAddress::url() const
{
    const bool v6 = host.find(':') != std::string::npos;
    return "http://" + (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port) + "/metrics";
}

Result<MetricsAddress> metricsAddressOf(const FoundServer& server, bool here)
{
    if (!isAsked(server.engine)) {
        return Error { {}, {}, "Prism reads /metrics of vLLM, SGLang, TGI and llama.cpp", {} };
    }
    if (!here) {
        return Error { {}, {}, "the server runs on another machine, and /metrics is read from this one only",
            {} };
    }
    return addressOf(server);
}

Result<MetricsAddress> addressOf(const FoundServer& server)
{
    if (server.ports.empty()) {
        return Error { {}, {}, "no port of the server is known", {} };
    }
    MetricsAddress address;
    const auto network = ForeignNetwork::relation(server.pid);
    // That port may be another server's here.
    if (network == ForeignNetwork::Relation::Foreign
        || (network == ForeignNetwork::Relation::Unknown && !server.container.empty())) {
        auto opened = ForeignNetwork::open(server.pid, server.startTicks);
        if (!opened) {
            return opened.error();
        }
        address.network = std::move(*opened);
    }
    address.port = server.ports.front();
    address.engine = server.engine;
    const std::string listening = server.addresses.empty() ? std::string() : server.addresses.front();
    address.host = listening.empty() || listening == "0.0.0.0" || listening == "*" ? "127.0.0.1"
        : listening == "::"                                                        ? "::1"
                                                                                   : listening;
    return address;
}

std::string refusedMetrics(int status, std::string_view engine)
{
    if (status == 401 || status == 403) {
        return "The server wants a key for /metrics, and Prism has none.";
    }
    const bool off = status == 404 || status == 405 || status == 501;
    if (off && engine == "llama.cpp") {
        return "The server has no /metrics: start it with --metrics.";
    }
    if (off && engine == "sglang") {
        return "The server has no /metrics: start it with --enable-metrics.";
    }
    return off ? "The server has no /metrics."
               : "The server answers /metrics with status " + std::to_string(status) + '.';
}

} // namespace prism::live
