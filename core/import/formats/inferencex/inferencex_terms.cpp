// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/inferencex/inferencex_terms.h"

#include "core/import/formats/serving_fields.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

namespace prism::formats {

namespace {

struct Term {
    std::string_view name;
    std::string_view metric;
};
constexpr std::array latencies {
    Term { "ttft", "ttft" },
    Term { "tpot", "tpot" },
    Term { "itl", "itl" },
    Term { "e2el", "e2e" },
    Term { "ttlt", "e2e" },
};
constexpr std::array lengths {
    Term { "input_tokens", "isl" },
    Term { "output_tokens_actual", "osl" },
};

bool isTrue(const read::Node* node)
{
    return node && node->boolean().value_or(false);
}

std::int64_t positive(const read::Node& row, std::string_view key, std::int64_t otherwise)
{
    const read::Node* node = row.find(key);
    const auto value = node ? node->integer() : std::nullopt;
    return value && *value > 0 ? *value : otherwise;
}

/// Hand-made rows write 0 where nothing was measured.
bool isMeasured(const read::Node& value)
{
    return value.isScalar() && value.lenientNumber() != 0.0;
}

/// "mean_ttft" of a flat row; empty when the key is not of this metric.
std::optional<Stat> statOf(std::string_view key, std::string_view name)
{
    const bool ours
        = key.size() > name.size() + 1 && key.ends_with(name) && key[key.size() - name.size() - 1] == '_';
    return ours ? servingStat(key.substr(0, key.size() - name.size() - 1)) : std::nullopt;
}

/// The rate that the users see. In rows of fixed lengths and in nested ones a percentile is 1 / the TPOT's of
/// that number, the slow side of the rates by the name of the fast one, so that only the mean (harmonic then)
/// and the median are what they say. Flat agentic rows hold the distribution of each request's rate.
void interactivity(
    PointWriter& out, const read::Node& value, Stat stat, const read::Node* tpot, double tolerance)
{
    const auto rate = value.lenientNumber();
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN(); // compares with nothing
    const double time = tpot ? tpot->lenientNumber().value_or(unknown) : unknown;
    const bool inverse = rate && std::abs(*rate * time - 1) < tolerance;
    const bool central = stat == Stat::mean() || stat == Stat::percentile(50);
    // Over a TPOT of 0, as answers of one token have, the producer divides by a billionth.
    if (isMeasured(value) && time != 0.0 && (!inverse || central)) {
        out.measure("output_throughput_per_user", stat, &value, source::tokensPerSecond,
            inverse && stat == Stat::mean() ? "harmonic" : "");
    }
}

void statistics(PointWriter& out, const read::Node* block, std::string_view metric, SourceUnit unit)
{
    if (!block) {
        return;
    }
    for (const read::Node& value : *block) {
        const auto stat = servingStat(value.key());
        if (stat && isMeasured(value)) {
            out.measure(metric, *stat, &value, unit);
        }
    }
}

/// "vllm/vllm-openai:v0.19.1" under framework vllm; other images name something else by their tag.
std::string versionOf(std::string_view image, std::string_view framework)
{
    const std::size_t colon = image.rfind(':');
    std::string repository(image.substr(0, colon));
    std::transform(repository.begin(), repository.end(), repository.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string_view engine = framework.find("trt") != std::string_view::npos ? "tensorrt-llm"
        : framework.find("sglang") != std::string_view::npos                        ? "sglang"
        : framework.find("vllm") != std::string_view::npos                          ? "vllm"
                                                                                    : "";
    if (colon == std::string_view::npos || engine.empty() || repository.find(engine) == std::string::npos) {
        return {};
    }
    const std::string_view tag = image.substr(colon + 1);
    const std::string_view digits = tag.substr(tag.starts_with('v') ? 1 : 0);
    return !digits.empty() && std::isdigit(static_cast<unsigned char>(digits[0])) ? std::string(tag)
                                                                                  : std::string();
}

void describeEngine(PointWriter& out, const read::Node& row)
{
    out.attribute("engine", row.find("framework"));
    const read::Node* image = row.find("image");
    const read::Node* framework = row.find("framework");
    if (image && framework) {
        if (std::string version = versionOf(image->text(), framework->text()); !version.empty()) {
            out.attribute("engine_version", std::move(version), std::string(image->text()), image->pointer());
            image->claim();
        }
    }
    out.attribute("spec_decoding", row.find("spec_decoding"));
    if (const read::Node* mtp = row.find("mtp"); mtp && mtp->text() == "on") {
        out.attribute("spec_decoding", std::string("mtp"), "on", mtp->pointer());
        mtp->claim();
    }
    out.attribute("dp_attention", row.find("dp_attention"));
    for (const char* key : { "kv_offloading", "offloading", "offload_mode" }) {
        out.attribute("kv_offloading", row.find(key));
    }
}

void describeLoad(PointWriter& out, const read::Node& row)
{
    out.attribute("concurrency", row.find("conc"));
    out.attribute("concurrency", row.find("users"));
    const read::Node* scenario = row.find("scenario_type");
    if (scenario && scenario->text().starts_with("agentic")) {
        out.attribute(
            "load_mode", std::string("agentic"), std::string(scenario->text()), scenario->pointer());
        out.attribute("dataset", row.at("/dataset/hf_dataset_name"));
    } else if (out.point().attribute("concurrency")) {
        // Rows of fixed lengths are made from a client under a cap without a rate.
        out.attribute("load_mode", std::string("concurrency"), {}, {}, Origin::Derived);
        out.attribute("isl_target", row.find("isl"));
        out.attribute("osl_target", row.find("osl"));
    }
}

/// Pools of prefill and decode. GPUs of both, 0 where the row does not tell.
std::int64_t describePools(PointWriter& out, const read::Node& row)
{
    for (const char* key : { "prefill_tp", "prefill_ep", "decode_tp", "decode_ep" }) {
        out.attribute(key, row.find(key));
    }
    out.attribute("prefill_instances", row.find("prefill_num_workers"));
    if (positive(row, "decode_num_workers", 0) > 0) {
        out.attribute("decode_instances", row.find("decode_num_workers"));
    }
    return positive(row, "num_prefill_gpu", 0) + positive(row, "num_decode_gpu", 0);
}

} // namespace

std::optional<std::int64_t> inferencexSystem(PointWriter& out, const read::Node& row)
{
    out.attribute("model", row.find("model"));
    out.attribute("accelerator", row.find("hw"));
    out.attribute("precision", row.find("precision"));
    describeEngine(out, row);
    describeLoad(out, row);
    const read::Node* framework = row.find("framework");
    const read::Node* serving = row.find("serving_config");
    // Of such rows `tp` is a sum over both pools.
    const bool pools = row.find("prefill_tp") || isTrue(row.find("disagg"))
        || isTrue(row.find("is_multinode")) || (framework && framework->text().starts_with("dynamo"))
        || (serving && serving->text() != "AGG");
    std::int64_t gpus = positive(row, "tp", 0);
    if (pools) {
        const std::int64_t both = describePools(out, row);
        gpus = both > 0 || row.find("prefill_tp") ? both : gpus;
    } else {
        for (const char* key : { "tp", "pp", "ep" }) {
            out.attribute(key, row.find(key));
        }
        gpus *= positive(row, "pp", 1) * positive(row, "pcp_size", 1);
    }
    if (gpus == 0) {
        return std::nullopt;
    }
    out.attribute("accelerator_count", gpus, {}, {}, Origin::Derived);
    return gpus;
}

void inferencexThroughputs(PointWriter& out, const InferencexPerGpu& rates)
{
    const double prefill = rates.prefill > 0 ? rates.prefill : rates.gpus;
    const double decode = rates.decode > 0 ? rates.decode : prefill;
    const double sum = rates.input * prefill + rates.output * decode;
    const double total = rates.total * rates.gpus;
    const bool split = rates.input > 0 && rates.output > 0;
    const bool addsUp = std::abs(sum - total) <= 0.01 * total;
    const auto derive = [&](std::string_view metric, double perGpu, std::string_view key, double count) {
        if (perGpu > 0) {
            out.derived(metric, Stat::value(), perGpu * count,
                std::string(key) + " * " + std::to_string(static_cast<std::int64_t>(count)) + " GPUs");
        }
    };
    if (!rates.inputIsZero) {
        derive("total_throughput", rates.total, "tput_per_gpu", rates.gpus);
    }
    if (!split || addsUp) {
        derive("input_throughput", rates.input, "input_tput_per_gpu", prefill);
        derive("output_throughput", rates.output, "output_tput_per_gpu", decode);
    }
}

void inferencexFlatLatencies(PointWriter& out, const read::Node& row, bool agentic)
{
    for (const read::Node& member : row) {
        for (const Term& term : latencies) {
            const auto stat = statOf(member.key(), term.name);
            if (stat && isMeasured(member) && !(agentic && term.metric == "itl")) {
                out.measure(term.metric, *stat, &member, source::latencySeconds);
            }
        }
        if (const auto stat = statOf(member.key(), "intvty")) {
            const std::string_view key = member.key();
            const std::string tpot
                = std::string(key.substr(0, key.size() - std::string_view("intvty").size())) + "tpot";
            interactivity(out, member, *stat, row.find(tpot), 1e-6);
        }
    }
}

void inferencexNestedLatencies(PointWriter& out, const read::Node& latency)
{
    for (const Term& term : latencies) {
        if (term.metric != "itl") {
            statistics(out, latency.find(term.name), term.metric, source::latencySeconds);
        }
    }
    const read::Node* rates = latency.find("intvty");
    const read::Node* tpot = latency.find("tpot");
    if (!rates) {
        return;
    }
    for (const read::Node& value : *rates) {
        const auto stat = servingStat(value.key());
        // The spread is that of the requests' rates; everything else is rounded to five decimals.
        const bool spread = stat == Stat::std();
        if (stat) {
            interactivity(out, value, *stat, spread || !tpot ? nullptr : tpot->find(value.key()), 0.02);
        }
    }
}

void inferencexFlatLengths(PointWriter& out, const read::Node& row)
{
    for (const read::Node& member : row) {
        for (const Term& term : lengths) {
            const auto stat = statOf(member.key(), term.name);
            if (stat && isMeasured(member)) {
                out.measure(term.metric, *stat, &member, source::one);
            }
        }
    }
}

void inferencexNestedLengths(PointWriter& out, const read::Node& tokens)
{
    statistics(out, tokens.find("input"), "isl", source::one);
    statistics(out, tokens.find("output_actual"), "osl", source::one);
}

} // namespace prism::formats
