// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/serving_fields.h"

#include <array>
#include <charconv>
#include <string>

namespace prism::formats {

namespace {

struct Latency {
    std::string_view word;
    std::string_view metric;
    std::string_view semantics = {};
};

/// Longer words first: "e2e_latency" ends in no other.
constexpr std::array latencies {
    Latency { "e2e_latency", "e2e" }, Latency { "e2el", "e2e" }, Latency { "ttft", "ttft" },
    Latency { "tpot", "tpot" }, Latency { "itl", "itl" },
    Latency { "client_queue_time", "queue_time", "client-side" }, // before a request is sent
};

} // namespace

std::optional<Stat> servingStat(std::string_view word)
{
    if (word == "mean" || word == "Mean" || word == "avg") {
        return Stat::mean();
    }
    if (word == "median" || word == "Median") {
        return Stat::percentile(50);
    }
    if (word == "std" || word == "Std") {
        return Stat::std();
    }
    if (word == "min" || word == "Min") {
        return Stat::min();
    }
    if (word == "max" || word == "Max") {
        return Stat::max();
    }
    if (word.size() < 2 || (word[0] != 'p' && word[0] != 'P')) {
        return std::nullopt;
    }
    double p = 0;
    const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), p);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    return whole && p >= 0 && p <= 100 ? std::optional(Stat::percentile(p)) : std::nullopt;
}

std::optional<ServingLatency> servingLatency(std::string_view key)
{
    key.remove_suffix(key.ends_with("_ms") ? 3 : 0);
    for (const Latency& known : latencies) {
        const std::size_t head = key.size() > known.word.size() + 1 ? key.size() - known.word.size() - 1 : 0;
        if (head == 0 || !key.ends_with(known.word) || key[head] != '_') {
            continue;
        }
        const auto stat = servingStat(key.substr(0, head));
        return stat ? std::optional(ServingLatency { known.metric, *stat, known.semantics }) : std::nullopt;
    }
    return std::nullopt;
}

void servingLatencies(PointWriter& point, const read::Node& object, SourceUnit latency)
{
    for (const read::Node& member : object) {
        const auto known = member.isScalar() ? servingLatency(member.key()) : std::nullopt;
        if (!known) {
            continue;
        }
        const auto& [metric, stat, semantics] = *known;
        const std::string_view key = member.key();
        const bool doubled = stat == Stat::percentile(50) && key[0] != 'm'
            && object.find("median_" + std::string(key.substr(key.find('_') + 1)));
        if (!doubled) {
            point.measure(metric, stat, &member, key.ends_with("_ms") ? source::latencyMilliseconds : latency,
                semantics);
        }
    }
}

void derivedLengths(PointWriter& point)
{
    const auto number = [&](const char* metric) {
        const Measure* m = point.point().measure(metric, Stat::value());
        return m && m->status == Status::Ok ? m->value : 0;
    };
    const double requests = number("requests_ok");
    for (const auto& [total, length] : { std::pair { "input_tokens", "isl" }, { "output_tokens", "osl" } }) {
        const double tokens = number(total);
        if (requests > 0 && tokens > 0 && !point.point().measure(length, Stat::mean())) {
            point.derived(length, Stat::mean(), tokens / requests, std::string(total) + " / requests_ok");
        }
    }
}

void warnWhenAllFailed(PointWriter& point)
{
    const Measure* completed = point.point().measure("requests_ok", Stat::value());
    if (completed && completed->status == Status::Ok && completed->value == 0) {
        point.warn("all-failed", "No request succeeded: latencies are missing, not zero.", completed->path);
    }
}

void dropUncountedInput(PointWriter& point)
{
    const Measure* completed = point.point().measure("requests_ok", Stat::value());
    const Measure* input = point.point().measure("input_tokens", Stat::value());
    if (!completed || completed->status != Status::Ok || completed->value <= 0 || !input
        || input->status != Status::Ok || input->value != 0) {
        return;
    }
    const std::string path = input->path;
    for (Measure& m : point.point().measures) {
        if (m.metric->id == "input_tokens" || m.metric->id == "input_throughput"
            || m.metric->id == "total_throughput") {
            m.status = Status::Missing;
            m.value = 0;
        }
    }
    point.warn("input-not-counted",
        "The benchmark counted no input tokens, as with conversations of several turns: the input and the "
        "rates that hold it are missing, not zero.",
        path);
}

void servingLoad(PointWriter& point, const read::Node* rate, const read::Node* cap)
{
    const bool infinite = rate && (rate->status() == Status::Infinite || rate->text() == "inf");
    const bool finite = rate && !infinite && rate->lenientNumber().has_value();
    const bool capped = cap && cap->lenientNumber().has_value();
    if (finite) {
        point.attribute("request_rate", AttributeValue(*rate->lenientNumber()),
            rate->isString() ? std::string(rate->text()) : "", rate->pointer());
        rate->claim();
        // A finite rate under a cap is left open: both are shown.
        if (!capped) {
            point.attribute("load_mode", std::string("rate"));
        }
    } else if (infinite) {
        rate->claim();
        point.attribute("load_mode", std::string(capped ? "concurrency" : "burst"), {}, rate->pointer());
    } else if (rate && rate->text() == "trace") {
        rate->claim();
        point.attribute("load_mode", std::string("trace"), {}, rate->pointer());
    }
    if (capped) {
        point.attribute("concurrency", cap);
    }
}

} // namespace prism::formats
