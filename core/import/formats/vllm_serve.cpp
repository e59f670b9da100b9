// SPDX-License-Identifier: GPL-3.0-or-later
// vLLM `bench serve` (before: benchmark_serving.py) and its copies: one JSON object a run, several in an
// appended file.
#include "core/import/formats/serving_fields.h"
#include "core/import/formats/serving_run.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"

namespace prism::formats {

namespace {

constexpr ServingNumber numbers[] = {
    { "num_prompts", "requests", source::one },
    { "completed", "requests_ok", source::one },
    { "failed", "requests_failed", source::one },
    { "duration", "duration", source::seconds },
    { "total_input_tokens", "input_tokens", source::one },
    { "total_output_tokens", "output_tokens", source::one },
    { "request_throughput", "request_throughput", source::requestsPerSecond },
    { "request_goodput", "request_goodput", source::requestsPerSecond },
    { "request_goodput:", "request_goodput", source::requestsPerSecond }, // older versions wrote the colon
    { "input_throughput", "input_throughput", source::tokensPerSecond },
    { "output_throughput", "output_throughput", source::tokensPerSecond },
    { "total_token_throughput", "total_throughput", source::tokensPerSecond },
    { "max_output_tokens_per_s", "peak_output_throughput", source::tokensPerSecond },
};

/// Parallelism and the like come from `--metadata KEY=VALUE` and from sweeps, merged into the object under
/// the user's own names.
struct Metadata {
    std::string_view key;
    std::string_view attribute;
};
constexpr Metadata metadata[] = {
    { "tensor_parallel_size", "tp" },
    { "pipeline_parallel_size", "pp" },
    { "data_parallel_size", "dp" },
    { "random_input_len", "isl_target" }, // sweeps merge the swept options
    { "random_output_len", "osl_target" },
};

bool isRun(const read::Node& root)
{
    return root.find("model_id") && root.find("date") && root.find("request_throughput");
}

/// Under a ramp the rate goes from one value to another, and "inf" is only what nobody asked for.
void load(const read::Node& root, PointWriter& point)
{
    const read::Node* cap = root.find("max_concurrency");
    const read::Node* ramp = root.find("ramp_up_strategy");
    if (!ramp || !ramp->isString()) {
        servingLoad(point, root.find("request_rate"), cap);
        return;
    }
    servingLoad(point, nullptr, cap);
    if (!cap || !cap->lenientNumber()) {
        point.attribute("load_mode", std::string("rate"), {}, ramp->pointer());
    }
}

/// A sweep's repetition. -1 is the run before the measured ones, which the sweep's summary leaves out.
void repetition(const read::Node& root, PointWriter& point)
{
    const read::Node* repeat = root.find("run_number");
    if (repeat && repeat->lenientNumber().value_or(0) < 0) {
        point.warn("warm-up",
            "This run is the warm-up of a sweep, which its own summary leaves out: take no result from it.",
            repeat->pointer());
    } else if (repeat) {
        point.attribute("repeat", repeat);
    }
}

/// What TensorRT-LLM's copy measures besides.
void ofTensorRt(const read::Node& root, PointWriter& point)
{
    point.measure("output_throughput_per_user", Stat::mean(), root.find("user_throughput"),
        source::tokensPerSecond, "includes-ttft");
    point.measure("energy", Stat::value(), root.at("/energy/total_energy_j"), source::joules);
    point.measure("power", Stat::mean(), root.at("/energy/total_gpu_power_w"), source::watts);
}

void map(const read::Node& root, PointWriter& point)
{
    mapNumbers(root, numbers, point);
    servingLatencies(point, root, source::latencySeconds);
    point.attribute("model", root.find("model_id"));
    for (const Metadata& m : metadata) {
        point.attribute(m.attribute, root.find(m.key));
    }
    load(root, point);
    if (const read::Node* label = root.find("label"); label && label->isString()) {
        point.point().label = label->text();
    }
    repetition(root, point);
    ofTensorRt(root, point);
}

} // namespace

const ServingDialect vllmDialect { isRun, map };

class VllmServe : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-serve", "vLLM bench serve", 4, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        // People gather runs in an array.
        const read::Node* root = sample.document;
        const read::Node* run = root && root->isArray() ? root->at("/0") : root;
        if (!run || !isRun(*run) || run->find("run_number")) {
            return std::nullopt;
        }
        for (const char* key :
            { "mean_ttft_ms", "median_ttft_ms", "input_sequence_throughput", "mean_e2el_ms", "completed" }) {
            if (run->find(key)) {
                return Match { Match::Certain,
                    std::string("has model_id, date, request_throughput and ") + key };
            }
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return readServingRuns(input, sink, vllmDialect);
    }
};

const RegisterImporter<VllmServe> registered;

} // namespace prism::formats
