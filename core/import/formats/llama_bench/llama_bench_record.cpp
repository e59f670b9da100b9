// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/llama_bench/llama_bench_record.h"

#include <cctype>

namespace prism::formats {

namespace {

/// What follows the size in a class such as "qwen3moe 30B.A3B Q4_K - Medium"; empty when no size stands in
/// it.
std::string quantisation(std::string_view type)
{
    for (std::size_t at = type.find("B "); at != std::string_view::npos; at = type.find("B ", at + 1)) {
        const std::size_t word = type.rfind(' ', at) == std::string_view::npos ? 0 : type.rfind(' ', at) + 1;
        const bool size = std::isdigit(static_cast<unsigned char>(type[word])) || type[word] == '?';
        if (size) {
            std::string_view rest = type.substr(at + 2);
            rest.remove_prefix(rest.starts_with("mostly ") ? 7 : 0);
            return std::string(rest);
        }
    }
    return {};
}

void measure(PointWriter& point, std::string_view metric, Stat stat, const LlamaBenchRecord& record,
    std::string_view name)
{
    const LlamaBenchRecord::Field* field = record.find(name);
    if (!field) {
        return;
    }
    if (field->node) {
        point.measure(metric, stat, field->node, source::tokensPerSecond);
    } else {
        point.measure(
            metric, stat, field->value.number, field->value.place, field->name, source::tokensPerSecond);
    }
}

void length(
    PointWriter& point, std::string_view attribute, const LlamaBenchRecord& record, std::string_view name)
{
    const LlamaBenchRecord::Field* field = record.find(name);
    if (const double tokens = record.number(name); field && tokens > 0) {
        point.attribute(attribute, static_cast<std::int64_t>(tokens), {}, field->value.place);
    }
}

/// Which rate a test gives: prompts alone, generation alone, or both phases together.
std::string_view rateOf(double prompt, double generated)
{
    return generated == 0 ? "input_throughput" : prompt == 0 ? "output_throughput" : "total_throughput";
}

} // namespace

void mapLlamaBenchRates(PointWriter& point, const LlamaBenchRecord& record, LlamaBenchRate names)
{
    const double prompt = record.isBehindPrompt() ? 0 : record.number("n_prompt");
    const std::string_view metric = rateOf(prompt, record.number("n_gen"));
    measure(point, metric, Stat::value(), record, names.value);
    if (record.number(names.deviation) > 0) { // one repetition has no deviation, and prints 0
        measure(point, metric, Stat::std(), record, names.deviation);
    }
    const double speed = record.number(names.value);
    if (metric == "output_throughput" && speed > 0) {
        point.derived("tpot", Stat::mean(), 1000 / speed,
            "1000 / " + std::string(names.value) + ", one sequence at a time");
    }
}

void mapLlamaBenchPrecision(PointWriter& point, const LlamaBenchRecord& record, std::string_view name)
{
    const LlamaBenchRecord::Field* type = record.find(name);
    const std::string precision = quantisation(record.text(name));
    if (type && !precision.empty()) {
        point.attribute("precision", precision, type->value.text, type->value.place);
    }
}

void mapLlamaBenchText(
    PointWriter& point, std::string_view attribute, const LlamaBenchRecord& record, std::string_view name)
{
    const LlamaBenchRecord::Field* field = record.find(name);
    if (field && !field->value.text.empty()) {
        point.attribute(attribute, field->value.text, {}, field->value.place);
    }
}

void mapLlamaBenchLengths(PointWriter& point, const LlamaBenchRecord& record)
{
    length(point, record.isBehindPrompt() ? "context_depth" : "isl_target", record, "n_prompt");
    length(point, "osl_target", record, "n_gen");
    length(point, "context_depth", record, "n_depth");
}

void mapLlamaBenchCache(PointWriter& point, const LlamaBenchRecord& record)
{
    const std::string k = record.text("type_k");
    const std::string v = record.text("type_v");
    if (!k.empty() && (k == v || !v.empty())) {
        point.attribute("kv_cache_dtype", k == v ? k : k + '/' + v, {}, record.find("type_k")->value.place);
    }
}

void mapLlamaBenchRecord(PointWriter& point, const LlamaBenchRecord& record)
{
    mapLlamaBenchRates(point, record, { "avg_ts", "stddev_ts" });
    mapLlamaBenchText(point, "model", record, "model_filename");
    mapLlamaBenchPrecision(point, record, "model_type");
    mapLlamaBenchText(
        point, "accelerator", record, record.text("gpu_info").empty() ? "cpu_info" : "gpu_info");
    point.attribute("engine", std::string("llama.cpp"));
    if (const std::string build = record.text("build_number"); !build.empty()) {
        point.attribute("engine_version", 'b' + build + " (" + record.text("build_commit") + ')', build,
            record.find("build_number")->value.place);
    }
    mapLlamaBenchCache(point, record);
    mapLlamaBenchLengths(point, record);
    mapLlamaBenchText(point, "started_at", record, "test_time");
    // The tests of one build and model are one run, whatever their lengths.
    point.point().group = record.text("model_filename") + ' ' + record.text("build_commit");
}

} // namespace prism::formats
