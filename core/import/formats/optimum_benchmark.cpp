// SPDX-License-Identifier: GPL-3.0-or-later
// optimum-benchmark of Hugging Face: one model in one process, measured in phases (load, prefill, decode).
// benchmark.json holds configuration and report, benchmark_report.json the report alone.
#include "core/import/distributions.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <algorithm>
#include <array>

namespace prism::formats {

namespace {

/// A report's phases stand at the root where there is no configuration.
const read::Node& reportOf(const read::Node& root)
{
    const read::Node* report = root.find("report");
    return report && report->isObject() ? *report : root;
}

bool isReport(const read::Node& report)
{
    for (const std::string_view phase : { "prefill", "decode", "per_token" }) {
        const read::Node* unit = report.at('/' + std::string(phase) + "/latency/unit");
        if (unit && unit->isString()) {
            return true;
        }
    }
    return false;
}

/// `stdev` is in the unit of the block, `stdev_` in percent of the mean.
std::optional<Stat> spelling(std::string_view key)
{
    return key == "stdev" ? std::optional(Stat::std()) : key == "stdev_" ? std::nullopt : plainStat(key);
}

/// The factor of a block's own unit; empty where it is none, and then nothing of the block is taken.
std::optional<SourceUnit> unitOf(const read::Node* block, Unit target)
{
    const read::Node* unit = block ? block->find("unit") : nullptr;
    return unit ? sourceUnit(unit->text(), target) : std::nullopt;
}

/// A scheme is a type ("awq") or the library that quantizes to a type that its configuration names.
void precision(PointWriter& out, const read::Node& config)
{
    const read::Node* scheme = config.at("/backend/quantization_scheme");
    if (!scheme || scheme->isNull() || scheme->text().empty()) {
        out.attribute("precision", config.at("/backend/torch_dtype"));
        return;
    }
    constexpr std::array<std::string_view, 4> libraries { "torchao", "bnb", "bitsandbytes", "quanto" };
    const read::Node* type = config.at("/backend/quantization_config/quant_type");
    if (type && type->isString()) {
        out.attribute("precision", type);
    } else if (std::find(libraries.begin(), libraries.end(), scheme->text()) == libraries.end()) {
        out.attribute("precision", scheme);
    }
}

void settings(PointWriter& out, const read::Node& config)
{
    out.attribute("model", config.at("/backend/model"));
    out.attribute("engine", config.at("/backend/name"));
    out.attribute("engine_version", config.at("/backend/version"));
    precision(out, config);
    out.attribute("batch_size", config.at("/scenario/input_shapes/batch_size"));
    out.attribute("isl_target", config.at("/scenario/input_shapes/sequence_length"));
    out.attribute("osl_target", config.at("/scenario/generate_kwargs/max_new_tokens"));
    out.attribute("load_mode", std::string("offline"));
    out.point().label = config.find("name") ? std::string(config.find("name")->text()) : std::string();
}

std::optional<double> number(const read::Node* root, std::string_view pointer)
{
    const read::Node* node = root ? root->at(pointer) : nullptr;
    return node ? node->lenientNumber() : std::nullopt;
}

/// Decoding of a batch takes one step a token behind the first.
void deriveTpot(PointWriter& out, const read::Node& report, const read::Node* config)
{
    const read::Node* latency = report.at("/decode/latency");
    const auto unit = unitOf(latency, Unit::Millisecond);
    const auto mean = number(latency, "/mean");
    const auto most = number(config, "/scenario/generate_kwargs/max_new_tokens"),
               least = number(config, "/scenario/generate_kwargs/min_new_tokens");
    // With fewer tokens allowed, a generation may have ended earlier.
    if (unit && mean && most && least && *most == *least && *most > 1) {
        out.derived("tpot", Stat::mean(), *mean * unit->factor / (*most - 1),
            "mean of decode.latency / (max_new_tokens - 1)");
    }
}

void memory(PointWriter& out, const read::Node& report)
{
    for (const std::string_view phase : { "decode", "prefill" }) {
        const read::Node* block = report.at('/' + std::string(phase) + "/memory");
        const read::Node* most = block ? block->find("max_process_vram") : nullptr;
        const auto unit = unitOf(block, Unit::Byte);
        if (unit && most && most->lenientNumber().value_or(0) > 0) {
            out.measure("gpu_memory", Stat::max(), most, *unit);
            return;
        }
    }
}

/// In kWh, of one repetition of prefill and decode; null unless it was asked for.
void energy(PointWriter& out, const read::Node& report)
{
    constexpr double joulesPerKilowattHour = 3.6e6;
    for (const std::string_view phase : { "prefill", "decode" }) {
        const read::Node* block = report.at('/' + std::string(phase) + "/energy");
        const read::Node* unit = block ? block->find("unit") : nullptr;
        if (!unit || unit->text() != "kWh") {
            return;
        }
    }
    const auto prefill = number(&report, "/prefill/energy/total"),
               decode = number(&report, "/decode/energy/total");
    if (prefill && decode) {
        out.derived("energy", Stat::value(), (*prefill + *decode) * joulesPerKilowattHour,
            "(prefill.energy.total + decode.energy.total) * 3600000", "one-repetition");
    }
}

/// The list of gaps is never emptied between repetitions: each adds all gaps of those before it, and the
/// time between two of them.
void warnOfTokens(PointWriter& out, const read::Node& report)
{
    const read::Node* latency = report.at("/per_token/latency");
    if (latency && latency->isObject()) {
        out.warn("per-token-accumulates",
            "per_token counts the gaps of earlier repetitions again and again, and the prefill between two "
            "of "
            "them as a gap; it is kept beside the point, not as ITL or TPOT.",
            latency->pointer());
    }
}

LoadPoint pointOf(const read::Node& root, std::uint32_t index)
{
    PointWriter out(index);
    const read::Node& report = reportOf(root);
    const read::Node* config = root.find("config");
    if (config && config->isObject()) {
        settings(out, *config);
    }
    const read::Node* prefill = report.at("/prefill/latency");
    if (const auto unit = unitOf(prefill, Unit::Millisecond)) {
        distribution(out, "ttft", prefill, *unit, spelling);
    } else if (prefill && prefill->isObject()) {
        out.warn("unit-unknown", "prefill.latency has no unit of time that Prism knows; it is left out.",
            prefill->pointer());
    }
    const read::Node* speed = report.at("/decode/throughput");
    if (const auto unit = unitOf(speed, Unit::TokenPerSecond)) {
        out.measure("output_throughput", Stat::value(), speed->find("value"), *unit, "decode-phase");
    }
    deriveTpot(out, report, config);
    memory(out, report);
    energy(out, report);
    warnOfTokens(out, report);
    claimSecrets(root);
    out.extras(root);
    return out.take();
}

class OptimumBenchmark : public Importer {
public:
    ImporterInfo info() const override { return { "optimum-benchmark", "Optimum-Benchmark", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = sample.document;
        if (!root || !root->isObject() || !isReport(reportOf(*root))) {
            return std::nullopt;
        }
        return Match { Match::Certain,
            root->has("/config/backend") ? "has config.backend and a report of prefill and decode"
                                         : "has prefill, decode and per_token with units" };
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            if (isReport(reportOf(root))) {
                sink.point(pointOf(root, points++));
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "the report has neither prefill nor decode of a text generation",
                "Run the scenario with the task text-generation" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<OptimumBenchmark> registered;

} // namespace

} // namespace prism::formats
