// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metric.h"

#include "core/model/shown_text.h"

#include <array>
#include <charconv>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace prism {

namespace {

constexpr auto higher = Direction::HigherIsBetter;
constexpr auto lower = Direction::LowerIsBetter;
constexpr auto neutral = Direction::Neutral;
constexpr auto single = MetricShape::Single;
constexpr auto distribution = MetricShape::Distribution;

const std::vector<Metric>& table()
{
    static const std::vector<Metric> metrics {
        { "output_throughput", "Output throughput", Unit::TokenPerSecond, higher, single, true, "Throughput",
            "Generated tokens of the whole system over the duration of the point." },
        { "input_throughput", "Input throughput", Unit::TokenPerSecond, higher, single, true, "Throughput",
            "Prompt tokens of the whole system over the duration of the point." },
        { "total_throughput", "Total throughput", Unit::TokenPerSecond, higher, single, true, "Throughput",
            "Input and output tokens over the duration of the point." },
        { "peak_output_throughput", "Peak output throughput", Unit::TokenPerSecond, higher, single, true,
            "Throughput", "Most output tokens in one second of the point." },
        { "output_throughput_per_user", "Output throughput per user", Unit::TokenPerSecond, higher,
            distribution, false, "Throughput", "1 / TPOT of a request." },
        { "request_throughput", "Request throughput", Unit::RequestPerSecond, higher, single, true,
            "Throughput", "Successful requests over the duration of the point." },
        { "request_goodput", "Goodput", Unit::RequestPerSecond, higher, single, true, "Throughput",
            "Requests that met the producer's limits, over the duration of the point." },
        { "ttft", "TTFT", Unit::Millisecond, lower, distribution, false, "Latency",
            "Time to first token: t1 - t0 of a request." },
        { "tpot", "TPOT", Unit::Millisecond, lower, distribution, false, "Latency",
            "Time per output token: (tn - t1) / (n - 1) of a request." },
        { "itl", "ITL", Unit::Millisecond, lower, distribution, false, "Latency",
            "Inter-token latency: raw gaps between streamed chunks, of all requests together." },
        { "ntpot", "NTPOT", Unit::Millisecond, lower, distribution, false, "Latency",
            "Normalised time per output token: (tn - t0) / n of a request, first token included." },
        { "e2e", "E2E latency", Unit::Millisecond, lower, distribution, false, "Latency",
            "From sending a request to its last token: tn - t0." },
        { "queue_time", "Queue time", Unit::Millisecond, lower, distribution, false, "Latency",
            "Wait of a request before the engine begins it." },
        { "prefill_time", "Prefill time", Unit::Millisecond, lower, distribution, false, "Latency",
            "Time that the engine spends on a request's prompt." },
        { "requests", "Requests", Unit::One, neutral, single, false, "Counts", "Requests of the point." },
        { "requests_ok", "Successful requests", Unit::One, neutral, single, false, "Counts",
            "Requests that ended without an error." },
        { "requests_failed", "Failed requests", Unit::One, lower, single, false, "Counts",
            "Requests that ended in an error." },
        { "requests_incomplete", "Incomplete requests", Unit::One, neutral, single, false, "Counts",
            "Requests still running when the point ended." },
        { "requests_cancelled", "Cancelled requests", Unit::One, neutral, single, false, "Counts",
            "Requests that the client gave up." },
        { "duration", "Duration", Unit::Second, neutral, single, false, "Counts",
            "Wall time of the measured part of the point." },
        { "input_tokens", "Input tokens", Unit::One, neutral, single, false, "Counts",
            "Prompt tokens of all requests." },
        { "output_tokens", "Output tokens", Unit::One, neutral, single, false, "Counts",
            "Generated tokens of all requests." },
        { "cached_tokens", "Cached tokens", Unit::One, neutral, single, false, "Counts",
            "Prompt tokens that the prefix cache served." },
        { "isl", "Input length", Unit::One, neutral, distribution, false, "Lengths",
            "Prompt tokens of a request, as measured." },
        { "osl", "Output length", Unit::One, neutral, distribution, false, "Lengths",
            "Generated tokens of a request, as measured." },
        { "prefix_cache_hit_rate", "Prefix cache hit rate", Unit::Ratio, higher, single, false, "Resources",
            "Prompt tokens served from the cache over all prompt tokens." },
        { "kv_cache_usage", "KV cache usage", Unit::Ratio, neutral, distribution, false, "Resources",
            "Used part of the KV cache." },
        { "gpu_utilization", "GPU utilisation", Unit::Ratio, neutral, distribution, false, "Resources",
            "Part of the time in which a kernel ran." },
        { "gpu_memory", "GPU memory", Unit::Byte, lower, distribution, false, "Resources", "Memory in use." },
        { "power", "Power", Unit::Watt, lower, distribution, true, "Resources", "Electrical power." },
        { "energy", "Energy", Unit::Joule, lower, single, true, "Resources",
            "Electrical energy over the point." },
        { "energy_per_output_token", "Energy per output token", Unit::JoulePerToken, lower, single, false,
            "Resources", "Energy over output tokens." },
        { "accuracy", "Accuracy", Unit::Ratio, higher, single, false, "Quality", "Score of a quality task." },
        { "cost_per_mtok_input", "Cost per million input tokens", Unit::UsdPerMegatoken, lower, single, false,
            "Cost", "Price of the accelerators per second over input tokens per second." },
        { "cost_per_mtok_output", "Cost per million output tokens", Unit::UsdPerMegatoken, lower, single,
            false, "Cost", "Price of the accelerators per second over output tokens per second." },
        { "cost_per_mtok_total", "Cost per million tokens", Unit::UsdPerMegatoken, lower, single, false,
            "Cost", "Price of the accelerators per second over total tokens per second." },
    };
    return metrics;
}

/// `accuracy:<task>` is an open family: each task becomes a metric when it is first asked for.
const Metric* accuracyOf(std::string_view id)
{
    static std::mutex mutex;
    static std::deque<Metric> tasks;
    const std::scoped_lock lock(mutex);
    for (const Metric& m : tasks) {
        if (m.id == id) {
            return &m;
        }
    }
    std::string task(id.substr(id.find(':') + 1));
    makeShown(task); // it may be a file's word
    tasks.push_back({ std::string(id), "Accuracy, " + task, Unit::Ratio, higher, single, false, "Quality",
        "Score of the quality task " + task + "." });
    return &tasks.back();
}

} // namespace

const Metric* findMetric(std::string_view id)
{
    static const auto index = [] {
        std::unordered_map<std::string_view, const Metric*> map;
        for (const Metric& m : table()) {
            map.emplace(m.id, &m);
        }
        return map;
    }();
    if (const auto it = index.find(id); it != index.end()) {
        return it->second;
    }
    constexpr std::string_view family = "accuracy:";
    return id.size() > family.size() && id.starts_with(family) ? accuracyOf(id) : nullptr;
}

std::span<const Metric> allMetrics()
{
    return table();
}

std::optional<Stat> Stat::parse(std::string_view name)
{
    static constexpr std::array<std::pair<std::string_view, Kind>, 6> words { {
        { "value", Kind::Value },
        { "count", Kind::Count },
        { "mean", Kind::Mean },
        { "std", Kind::Std },
        { "min", Kind::Min },
        { "max", Kind::Max },
    } };
    for (const auto& [word, kind] : words) {
        if (word == name) {
            return Stat(kind, 0);
        }
    }
    if (name.size() < 2 || name[0] != 'p') {
        return std::nullopt;
    }
    double p = 0;
    const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), p);
    if (error != std::errc() || end != name.data() + name.size() || !(p >= 0 && p <= 100)) {
        return std::nullopt;
    }
    return percentile(p);
}

std::string Stat::name() const
{
    switch (m_kind) {
    case Kind::Value:
        return "value";
    case Kind::Count:
        return "count";
    case Kind::Mean:
        return "mean";
    case Kind::Std:
        return "std";
    case Kind::Min:
        return "min";
    case Kind::Max:
        return "max";
    case Kind::Percentile:
        break;
    }
    std::array<char, 32> text {};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), m_percentile).ptr;
    return 'p' + std::string(text.data(), end);
}

Unit unitOf(const Metric& metric, Stat stat)
{
    return stat.kind() == Stat::Kind::Count ? Unit::One : metric.unit;
}

std::string title(const Metric& metric, Stat stat)
{
    return stat.kind() == Stat::Kind::Value ? metric.name : metric.name + ' ' + stat.name();
}

} // namespace prism
