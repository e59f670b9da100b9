// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/load_point.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prism {

namespace {
constexpr std::array<std::string_view, 27> names { "model", "precision", "engine", "engine_version",
    "accelerator", "accelerator_count", "nodes", "tp", "pp", "dp", "ep", "prefill_instances",
    "decode_instances", "serving_stack", "dataset", "isl_target", "osl_target", "load_mode", "concurrency",
    "request_rate", "batch_size", "kv_cache_dtype", "spec_decoding", "prefix_caching", "context_depth",
    "repeat", "started_at" };
constexpr std::array<std::string_view, 6> loadNames { "concurrency", "request_rate", "batch_size",
    "started_at", "repeat", "load_mode" };
} // namespace

std::string toText(const AttributeValue& value)
{
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "true" : "false";
    }
    const double number = std::get<double>(value);
    if (std::abs(number) < 1e15 && number == std::floor(number)) {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    return formatNumber(number, Unit::One, NumberStyle::Full);
}

std::optional<double> toNumber(const AttributeValue& value)
{
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return static_cast<double>(*number);
    }
    const auto* number = std::get_if<double>(&value);
    return number ? std::optional(*number) : std::nullopt;
}

std::span<const std::string_view> attributeNames()
{
    return names;
}

bool isLoadAttribute(std::string_view name)
{
    return std::find(loadNames.begin(), loadNames.end(), name) != loadNames.end();
}

const Attribute* LoadPoint::attribute(std::string_view name) const
{
    const auto it = std::find_if(
        attributes.begin(), attributes.end(), [name](const Attribute& a) { return a.name == name; });
    return it == attributes.end() ? nullptr : &*it;
}

const Measure* LoadPoint::measure(std::string_view metric, Stat stat) const
{
    const Metric* const wanted = findMetric(metric);
    const auto it = std::find_if(measures.begin(), measures.end(),
        [&](const Measure& m) { return m.metric && m.metric == wanted && m.stat == stat; });
    return it == measures.end() ? nullptr : &*it;
}

} // namespace prism
