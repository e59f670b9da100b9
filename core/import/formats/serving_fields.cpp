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
};

/// Longer words first: "e2e_latency" ends in no other.
constexpr std::array latencies {
    Latency { "e2e_latency", "e2e" },
    Latency { "e2el", "e2e" },
    Latency { "ttft", "ttft" },
    Latency { "tpot", "tpot" },
    Latency { "itl", "itl" },
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

std::optional<std::pair<std::string_view, Stat>> servingLatency(std::string_view key)
{
    key.remove_suffix(key.ends_with("_ms") ? 3 : 0);
    for (const Latency& known : latencies) {
        const std::size_t head = key.size() > known.word.size() + 1 ? key.size() - known.word.size() - 1 : 0;
        if (head == 0 || !key.ends_with(known.word) || key[head] != '_') {
            continue;
        }
        const auto stat = servingStat(key.substr(0, head));
        return stat ? std::optional(std::pair(known.metric, *stat)) : std::nullopt;
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
        const auto& [metric, stat] = *known;
        const std::string_view key = member.key();
        const bool doubled = stat == Stat::percentile(50) && key[0] != 'm'
            && object.find("median_" + std::string(key.substr(key.find('_') + 1)));
        if (!doubled) {
            point.measure(
                metric, stat, &member, key.ends_with("_ms") ? source::latencyMilliseconds : latency);
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
    }
    if (capped) {
        point.attribute("concurrency", cap);
    }
}

} // namespace prism::formats
