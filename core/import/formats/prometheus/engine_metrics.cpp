// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/prometheus/engine_metrics.h"

#include "core/import/point_writer.h"

#include <algorithm>

namespace prism::formats::prometheus {

namespace {

struct Term {
    std::string_view name; ///< behind the engine's prefix
    std::string_view metric;
    double factor = 1; ///< from the producer's unit to ours
    std::string_view unless = {}; ///< the newer name that this one gave way to
    std::string_view semantics = {}; ///< where the engine measures it otherwise
};

struct Engine {
    std::string_view prefix;
    std::string_view engine; ///< as the attribute has it
    std::vector<Term> histograms;
    std::vector<Term> counters;
    std::string_view semanticsOfInput = {}; ///< where input_tokens means something else
    std::vector<Term> gauges = {}; ///< of one moment
};

/// vLLM, whose names have another prefix where Ray collects them. Its old time_per_output_token observed the
/// gaps between tokens.
Engine vllm(std::string_view prefix)
{
    return { prefix, "vllm",
        { { "time_to_first_token_seconds", "ttft", 1000 },
            { "request_time_per_output_token_seconds", "tpot", 1000 },
            { "inter_token_latency_seconds", "itl", 1000 },
            { "time_per_output_token_seconds", "itl", 1000, "inter_token_latency_seconds" },
            { "e2e_request_latency_seconds", "e2e", 1000 },
            { "request_queue_time_seconds", "queue_time", 1000 },
            { "request_prefill_time_seconds", "prefill_time", 1000 }, { "request_prompt_tokens", "isl" },
            { "request_generation_tokens", "osl" } },
        { { "prompt_tokens_total", "input_tokens" }, { "generation_tokens_total", "output_tokens" },
            { "prompt_tokens_cached_total", "cached_tokens" } },
        {},
        { { "kv_cache_usage_perc", "kv_cache_usage" },
            { "gpu_cache_usage_perc", "kv_cache_usage", 1, "kv_cache_usage_perc" },
            { "gpu_prefix_cache_hit_rate", "prefix_cache_hit_rate" } } };
}

/// TensorRT-LLM, whose names have an underscore behind the prefix and, by some exporters, a colon.
Engine trtllm(std::string_view prefix)
{
    return { prefix, "trtllm",
        { { "time_to_first_token_seconds", "ttft", 1000 }, { "time_per_output_token_seconds", "tpot", 1000 },
            { "e2e_request_latency_seconds", "e2e", 1000 },
            { "request_queue_time_seconds", "queue_time", 1000 },
            { "request_prefill_time_seconds", "prefill_time", 1000 } },
        { { "prompt_tokens_total", "input_tokens" }, { "generation_tokens_total", "output_tokens" },
            { "prompt_cached_tokens_total", "cached_tokens" } },
        {},
        { { "kv_cache_utilization", "kv_cache_usage" }, { "kv_cache_hit_rate", "prefix_cache_hit_rate" } } };
}

/// By the producers' own help texts. SGLang's time_per_output_token is a running mean of each request at each
/// chunk: neither TPOT nor ITL, so it stays out. So do LMDeploy's, of one step and not of a request, and its
/// generation_tokens_total, to which some versions add each token twice.
const std::vector<Engine>& engines()
{
    static const std::vector<Engine> all {
        vllm("vllm:"),
        vllm("ray_vllm:"),
        vllm("ray_vllm_"),
        { "sglang:", "sglang",
            { { "time_to_first_token_seconds", "ttft", 1000 }, { "inter_token_latency_seconds", "itl", 1000 },
                { "e2e_request_latency_seconds", "e2e", 1000 }, { "queue_time_seconds", "queue_time", 1000 },
                { "prompt_tokens_histogram", "isl" }, { "generation_tokens_histogram", "osl" } },
            { { "prompt_tokens_total", "input_tokens" }, { "generation_tokens_total", "output_tokens" },
                { "cached_tokens_total", "cached_tokens" }, { "num_requests_total", "requests" } },
            {}, { { "token_usage", "kv_cache_usage" }, { "cache_hit_rate", "prefix_cache_hit_rate" } } },
        { "tgi_", "tgi",
            { { "request_duration", "e2e", 1000 }, { "request_queue_duration", "queue_time", 1000 },
                // The whole inference, prompt included, over the generated tokens.
                { "request_mean_time_per_token_duration", "ntpot", 1000, {}, "without-queue" },
                { "request_input_length", "isl" }, { "request_generated_tokens", "osl" } },
            { { "request_count", "requests" }, { "request_success", "requests_ok" },
                { "request_failure", "requests_failed" } } },
        { "llamacpp:", "llama.cpp", {},
            { { "prompt_tokens_total", "input_tokens" }, { "tokens_predicted_total", "output_tokens" },
                { "prompt_tokens_cached_total", "cached_tokens" } },
            "without-cached", { { "kv_cache_usage_ratio", "kv_cache_usage" } } },
        trtllm("trtllm_"),
        trtllm("trtllm:"),
        { "lmdeploy:", "lmdeploy",
            { { "time_to_first_token_seconds", "ttft", 1000 }, { "e2e_request_latency_seconds", "e2e", 1000 },
                { "request_queue_time_seconds", "queue_time", 1000 },
                { "request_prefill_time_seconds", "prefill_time", 1000 }, { "request_prompt_tokens", "isl" },
                { "request_generation_tokens", "osl" } },
            { { "prompt_tokens_total", "input_tokens" } }, {},
            { { "gpu_cache_usage_perc", "kv_cache_usage" } } },
        { "dynamo_frontend_", "dynamo",
            { { "time_to_first_token_seconds", "ttft", 1000 }, { "inter_token_latency_seconds", "itl", 1000 },
                { "request_duration_seconds", "e2e", 1000 }, { "input_sequence_tokens", "isl" },
                { "output_sequence_tokens", "osl" } },
            { { "requests_total", "requests" } } },
    };
    return all;
}

/// All series of one engine and one model.
class EnginePoint {
public:
    EnginePoint(const Growth& growth, const Engine& engine, std::string model, std::string_view semantics)
        : m_growth(growth)
        , m_engine(engine)
        , m_model(std::move(model))
        , m_semantics(semantics)
        , m_out(0)
    {
    }

    std::optional<LoadPoint> write()
    {
        for (const Term& term : m_engine.counters) {
            counter(term);
        }
        finished();
        hitRate();
        perToken();
        for (const Term& term : m_engine.gauges) {
            gauge(term);
        }
        for (const Term& term : m_engine.histograms) {
            histogram(term);
        }
        rates();
        if (!m_any) {
            return std::nullopt;
        }
        m_out.attribute("engine", std::string(m_engine.engine));
        if (!m_model.empty()) {
            m_out.attribute("model", m_model);
        }
        return m_out.take();
    }

private:
    std::optional<double> sum(const std::string& name, std::string_view reason = {}) const
    {
        std::optional<double> all;
        for (const auto& [key, counter] : m_growth.counters) {
            if (counter.name == name && counter.labels.model == m_model
                && (reason.empty() || counter.labels.reason == reason)) {
                all = all.value_or(0) + counter.value;
            }
        }
        return all;
    }
    std::string named(std::string_view name) const
    {
        return std::string(m_engine.prefix) + std::string(name);
    }

    void put(std::string_view metric, double value, const std::string& formula)
    {
        std::string meaning(m_semantics);
        if (metric == "input_tokens" && !m_engine.semanticsOfInput.empty()) {
            meaning += (meaning.empty() ? "" : ", ") + std::string(m_engine.semanticsOfInput);
        }
        m_out.derived(metric, Stat::value(), value, formula, meaning);
        m_any = m_any || value > 0;
        m_totals[std::string(metric)] = value;
    }

    void counter(const Term& term)
    {
        const std::string name = named(term.name);
        if (const auto all = sum(name)) {
            put(term.metric, *all, name + how());
        }
    }

    /// vLLM and TensorRT-LLM count the requests that ended by how they ended.
    void finished()
    {
        const std::string name = named("request_success_total");
        const auto stop = sum(name, "stop");
        const auto length = sum(name, "length");
        if (stop || length) {
            put("requests_ok", stop.value_or(0) + length.value_or(0),
                name + " of finished_reason stop and length" + how());
        }
        const auto aborted = sum(name, "abort");
        const auto cancelled = sum(name, "cancelled");
        if (aborted || cancelled) {
            put("requests_cancelled", aborted.value_or(0) + cancelled.value_or(0),
                name + " of finished_reason abort and cancelled" + how());
        }
        if (const auto failed = sum(name, "error")) {
            put("requests_failed", *failed, name + " of finished_reason error" + how());
        }
    }

    /// The first versions of vLLM's second engine said "gpu_" before the names of its counters.
    void hitRate()
    {
        for (const char* cache : { "prefix_cache", "gpu_prefix_cache" }) {
            const std::string hitsName = named(cache) + "_hits_total";
            const std::string queriesName = named(cache) + "_queries_total";
            const auto hits = sum(hitsName);
            const auto queries = sum(queriesName);
            if (queries && hits && *queries > 0) {
                m_out.derived("prefix_cache_hit_rate", Stat::value(), *hits / *queries,
                    hitsName + " / " + queriesName + how(), m_semantics);
                m_any = true;
                return;
            }
        }
    }

    /// llama.cpp has no histograms: what it generated and how long it took make a mean over all tokens.
    void perToken()
    {
        const auto seconds = sum(named("tokens_predicted_seconds_total"));
        const auto tokens = sum(named("tokens_predicted_total"));
        if (seconds && tokens && *seconds > 0 && *tokens > 0) {
            m_out.derived("tpot", Stat::mean(), *seconds * 1000 / *tokens,
                named("tokens_predicted_seconds_total") + " / " + named("tokens_predicted_total") + how(),
                m_semantics.empty() ? "over-n" : m_semantics + ", over-n");
            m_any = true;
        }
        if (const auto prompt = sum(named("prompt_seconds_total"))) {
            m_out.extra(named("prompt_seconds_total"),
                named("prompt_seconds_total") + " = " + formatNumber(*prompt, Unit::One, NumberStyle::Full)
                    + " s" + how());
        }
    }

    /// A reading of one moment, the last snapshot's. Of several caches there is no one number, and a gauge
    /// alone makes no point. Between snapshots it measures nothing: after a run the server is idle.
    void gauge(const Term& term)
    {
        const auto read = [this](std::string_view name) {
            std::vector<double> values;
            for (const auto& [key, gauge] : m_growth.gauges) {
                // vLLM says -1 where it has no such cache.
                if (gauge.name == named(name) && gauge.labels.model == m_model && gauge.value >= 0) {
                    values.push_back(gauge.value);
                }
            }
            return values;
        };
        const std::vector<double> values = read(term.name);
        if (values.size() == 1 && (term.unless.empty() || read(term.unless).empty())
            && !m_out.point().measure(term.metric, Stat::value())) {
            if (m_semantics.empty()) {
                m_out.extra(named(term.name),
                    named(term.name) + " = " + formatNumber(values.front(), Unit::One, NumberStyle::Full)
                        + " at the last snapshot");
                return;
            }
            m_out.derived(term.metric, Stat::value(), values.front() * term.factor,
                named(term.name) + " at the last snapshot", "at-one-moment");
        }
    }

    void histogram(const Term& term)
    {
        const auto collect = [this](const std::string& name) {
            std::optional<BucketHistogram> all;
            for (const auto& [key, shape] : m_growth.shapes) {
                const auto grown = m_growth.histograms.find(key);
                if (shape.name == name && shape.labels.model == m_model
                    && grown != m_growth.histograms.end()) {
                    all = all.value_or(BucketHistogram());
                    all->add(grown->second);
                }
            }
            return all;
        };
        const auto all = collect(named(term.name));
        if (all && all->count > 0 && (term.unless.empty() || !collect(named(term.unless)))) {
            std::string meaning(m_semantics);
            if (!term.semantics.empty()) {
                meaning += (meaning.empty() ? "" : ", ") + std::string(term.semantics);
            }
            writeHistogram(m_out, term.metric, *all, term.factor, named(term.name), meaning);
            m_any = true;
        }
    }

    void rates()
    {
        if (!m_growth.seconds || *m_growth.seconds <= 0) {
            return;
        }
        const double seconds = *m_growth.seconds;
        m_out.derived("duration", Stat::value(), seconds, "time of the last snapshot - time of the first");
        const auto rate = [&](std::string_view metric, const char* of) {
            if (const auto total = m_totals.find(of); total != m_totals.end()) {
                m_out.derived(
                    metric, Stat::value(), total->second / seconds, std::string(of) + " / duration");
            }
        };
        rate("request_throughput", m_totals.contains("requests_ok") ? "requests_ok" : "requests");
        if (m_engine.semanticsOfInput.empty()) {
            rate("input_throughput", "input_tokens");
        }
        rate("output_throughput", "output_tokens");
        const auto input = m_totals.find("input_tokens");
        const auto output = m_totals.find("output_tokens");
        if (input != m_totals.end() && output != m_totals.end() && m_engine.semanticsOfInput.empty()) {
            m_out.derived("total_throughput", Stat::value(), (input->second + output->second) / seconds,
                "(input_tokens + output_tokens) / duration");
        }
    }

    std::string how() const { return m_semantics.empty() ? ", later - earlier" : ""; }

    const Growth& m_growth;
    const Engine& m_engine;
    std::string m_model;
    std::string m_semantics;
    PointWriter m_out;
    std::map<std::string, double> m_totals;
    bool m_any = false;
};

} // namespace

std::vector<LoadPoint> enginePoints(const Growth& growth, std::string_view semantics)
{
    std::vector<LoadPoint> points;
    for (const Engine& engine : engines()) {
        std::vector<std::string> models;
        const auto note = [&](const std::string& name, const Labels& labels) {
            if (name.starts_with(engine.prefix)
                && std::find(models.begin(), models.end(), labels.model) == models.end()
                && models.size() < 1000) {
                models.push_back(labels.model);
            }
        };
        for (const auto& [key, counter] : growth.counters) {
            note(counter.name, counter.labels);
        }
        for (const auto& [key, histogram] : growth.shapes) {
            note(histogram.name, histogram.labels);
        }
        for (const std::string& model : models) {
            if (auto point = EnginePoint(growth, engine, model, semantics).write()) {
                point->index = static_cast<std::uint32_t>(points.size());
                points.push_back(std::move(*point));
            }
        }
    }
    return points;
}

} // namespace prism::formats::prometheus
