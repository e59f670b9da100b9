// SPDX-License-Identifier: GPL-3.0-or-later
// Hugging Face inference-benchmarker: results/*.json, a result a load level. Its inter-token latency is the
// sum of the gaps of a request over n - 1, our TPOT; `total_tokens` are the generated ones of the requests
// that succeeded, and `request_rate` is the achieved rate of these.
#include "core/import/distributions.h"
#include "core/import/importer.h"

namespace prism::formats {

namespace {

struct Number {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr Number numbers[] = { { "total_requests", "requests", source::one },
    { "successful_requests", "requests_ok", source::one },
    { "failed_requests", "requests_failed", source::one }, { "total_tokens", "output_tokens", source::one },
    { "total_tokens_sent", "input_tokens", source::one }, { "duration_ms", "duration", source::milliseconds },
    { "token_throughput_secs", "output_throughput", source::tokensPerSecond },
    { "request_rate", "request_throughput", source::requestsPerSecond } };

struct Latency {
    std::string_view key;
    std::string_view metric;
};
constexpr Latency latencies[] = { { "time_to_first_token_ms", "ttft" }, { "inter_token_latency_ms", "tpot" },
    { "e2e_latency_ms", "e2e" } };

std::optional<Stat> statOf(std::string_view key)
{
    return key == "avg" ? std::optional(Stat::mean()) : plainStat(key);
}

bool isResult(const read::Node& node)
{
    return node.find("executor_type") && node.find("token_throughput_secs");
}

/// A model before its commit is the name on the hub, with a length where the prompts are of one.
void mapConfig(const read::Node& root, PointWriter& out)
{
    const read::Node* config = root.find("config");
    if (!config) {
        return;
    }
    const read::Node* model = config->find("model_name");
    out.attribute("model", model && !model->isNull() ? model : config->find("tokenizer"));
    out.attribute("isl_target", config->at("/prompt_options/num_tokens"));
    out.attribute("osl_target", config->at("/decode_options/num_tokens"));
}

/// Users of ConstantVUs, or the rate of ConstantArrivalRate; the users that the latter may use are no cap
/// that was asked for.
void mapLoad(const read::Node& result, PointWriter& out)
{
    const read::Node* rate = result.at("/config/rate");
    const read::Node* users = result.at("/config/max_vus");
    const read::Node* kind = result.find("executor_type");
    if (rate && rate->number()) {
        out.attribute("request_rate", rate);
        out.attribute("load_mode", std::string("rate"), {}, kind->pointer());
    } else if (users && users->number()) {
        out.attribute("concurrency", users);
        out.attribute("load_mode", std::string("concurrency"), {}, kind->pointer());
    }
}

LoadPoint pointOf(const read::Node& root, const read::Node& result, std::uint32_t index)
{
    PointWriter out(index);
    const read::Node* id = result.find("id");
    out.point().label = id ? std::string(id->text()) : std::string();
    out.point().group = "inference-benchmarker";
    for (const Number& n : numbers) {
        const read::Node* value = result.find(n.key);
        // -1 where nothing answered.
        if (value && value->number().value_or(0) >= 0) {
            out.measure(n.metric, Stat::value(), value, n.unit);
        }
    }
    for (const Latency& latency : latencies) {
        distribution(out, latency.metric, result.find(latency.key), source::latencyMilliseconds, &statOf);
        // Before percentiles were objects: time_to_first_token_ms_avg, …_p90, …_p95.
        for (const read::Node& value : result) {
            const std::string_view key = value.key();
            const bool ours = key.size() > latency.key.size() + 1 && key.starts_with(latency.key)
                && key[latency.key.size()] == '_';
            const auto stat = ours ? statOf(key.substr(latency.key.size() + 1)) : std::nullopt;
            if (stat && value.isScalar()) {
                out.measure(latency.metric, *stat, &value, source::latencyMilliseconds);
            }
        }
    }
    mapLoad(result, out);
    mapConfig(root, out);
    const read::Node* started = root.find("start_time");
    if (const auto epoch = started ? epochOfUtcText(started->text()) : std::nullopt) {
        out.extra(started->pointer(), "the benchmark began " + utcText(*epoch));
    }
    out.extras(result);
    return out.take();
}

class InferenceBenchmarker : public Importer {
public:
    ImporterInfo info() const override
    {
        return { "inference-benchmarker", "Hugging Face inference-benchmarker", 1, 30 };
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* first = sample.document ? sample.document->at("/results/0") : nullptr;
        return first && isResult(*first) ? std::optional(
                   Match { Match::Certain, "has results with executor_type and token_throughput_secs" })
                                         : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            const read::Node* results = root.find("results");
            for (auto it = results ? results->begin() : read::Node::Iterator(nullptr);
                 it != read::Node::Iterator(nullptr); ++it) {
                const read::Node* id = it->find("id");
                if (isResult(*it) && !(id && id->text() == "warmup")) {
                    sink.point(pointOf(root, *it, points++));
                }
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "the file holds no result but the warm-up",
                "Check whether the benchmark ended" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<InferenceBenchmarker> registered;

} // namespace

} // namespace prism::formats
