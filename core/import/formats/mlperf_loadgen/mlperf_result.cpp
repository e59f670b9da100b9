// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/mlperf_loadgen/mlperf_result.h"

#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace prism::formats {

namespace {

using Field = MlperfResult::Field;

/// "Min First Token latency (ns)" and "result_first_token_min_latency_ns" have the same words.
std::vector<std::string> wordsOf(std::string_view name)
{
    std::vector<std::string> words(1);
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '.') {
            words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    return words;
}

struct Latency {
    std::string_view metric;
    Stat stat = Stat::mean();
};

/// The latency that a name stands for. "90th percentile latency" repeats a number of the list, "Early
/// stopping … estimate" is none; latencies of a whole query hold several requests.
std::optional<Latency> latencyOf(std::string_view name)
{
    const std::vector<std::string> words = wordsOf(name);
    const auto has
        = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    if ((!has("ns") && !has("result")) || has("query")) {
        return std::nullopt;
    }
    Latency found;
    found.metric = has("first") && has("token") ? "ttft"
        : has("output") && has("token")         ? "tpot"
        : has("latency")                        ? "e2e"
                                                : "";
    if (found.metric.empty()) {
        return std::nullopt;
    }
    for (const std::string& word : words) {
        if (word == "min" || word == "max" || word == "mean") {
            found.stat = *Stat::parse(word);
            return found;
        }
        const auto percentile = has("percentile") ? read::parseDecimal(word) : std::nullopt;
        if (percentile && *percentile >= 0 && *percentile <= 100) {
            found.stat = Stat::percentile(*percentile);
            return found;
        }
    }
    return std::nullopt;
}

/// The achieved rates. "Scheduled samples per second" is the load that was planned; rates "with loadgen
/// overhead" are over the time of issuing, and result_token_throughput divides by nanoseconds.
struct Rate {
    std::string_view name;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array rates {
    Rate { "completed samples per second", "request_throughput", source::requestsPerSecond },
    Rate { "samples per second", "request_throughput", source::requestsPerSecond },
    Rate { "result_completed_samples_per_sec", "request_throughput", source::requestsPerSecond },
    Rate { "result_samples_per_second", "request_throughput", source::requestsPerSecond },
    Rate { "completed tokens per second", "output_throughput", source::tokensPerSecond },
    Rate { "tokens per second", "output_throughput", source::tokensPerSecond },
    Rate { "result_completed_tokens_per_second", "output_throughput", source::tokensPerSecond },
    Rate { "result_tokens_per_second", "output_throughput", source::tokensPerSecond },
};

/// False when the field is no number of ours and goes to the extras. A number that stands twice counts once.
bool takeMeasure(PointWriter& out, const Field& field, bool queriesHoldSeveral)
{
    const auto put = [&](std::string_view metric, Stat stat, SourceUnit unit) {
        if (!out.point().measure(metric, stat)) {
            out.measure(metric, stat, field.text, field.place, field.name, unit);
        }
        return true;
    };
    for (const Rate& rate : rates) {
        if (read::equalsIgnoringCase(field.name, rate.name)) {
            return put(rate.metric, Stat::value(), rate.unit);
        }
    }
    const auto latency = latencyOf(field.name);
    if (!latency || (latency->metric == "e2e" && queriesHoldSeveral)) {
        return false;
    }
    return put(latency->metric, latency->stat, source::latencyNanoseconds);
}

void describeLoad(PointWriter& out, const MlperfResult& result, const std::string& scenario)
{
    if (scenario == "Offline") {
        out.attribute("load_mode", std::string("offline"));
    } else if (scenario == "Server") {
        out.attribute("load_mode", std::string("rate"));
        for (const char* name : { "target_qps", "effective_target_qps" }) {
            const Field* field = result.find(name);
            const auto rate = field ? read::parseDecimal(field->text) : std::nullopt;
            if (rate && *rate > 0) {
                out.attribute("request_rate", *rate, {}, field->place);
                break;
            }
        }
    } else if (scenario == "SingleStream") {
        // The next query is issued when the last one has ended.
        out.attribute("load_mode", std::string("concurrency"), {}, {}, Origin::Derived);
        out.attribute("concurrency", std::int64_t(1), {}, {}, Origin::Derived);
    }
}

/// "…/results/<system>/<model>/<scenario>/<performance|accuracy>/…", as submissions are laid out.
void describeFolder(PointWriter& out, std::string_view path)
{
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    for (std::size_t i = 0; i + 4 < parts.size(); ++i) {
        if (parts[i] == "results" && (parts[i + 4] == "performance" || parts[i + 4] == "accuracy")) {
            out.attribute("model", std::string(parts[i + 2]), {}, {}, Origin::Derived);
            out.extra("folder", "system: " + std::string(parts[i + 1]));
            out.extra("folder", "scenario: " + std::string(parts[i + 3]));
            return;
        }
    }
}

void tellValidity(PointWriter& out, const MlperfResult& result)
{
    const std::string validity = result.text({ "result is", "result_validity" });
    if (!read::equalsIgnoringCase(validity, "invalid")) {
        return;
    }
    std::string why = result.text({ "result_invalid_reason" });
    for (const Field& field : result.fields) {
        const bool constraint = field.name.ends_with("satisfied");
        if (constraint && read::equalsIgnoringCase(field.text, "no")) {
            why += (why.empty() ? "" : "; ") + field.name + ": no";
        }
    }
    out.warn("invalid-run",
        "LoadGen calls this run INVALID" + (why.empty() ? std::string() : " (" + why + ')') + '.',
        result.find("result is") ? result.find("result is")->place : std::string());
}

} // namespace

const MlperfResult::Field* MlperfResult::find(std::string_view name) const
{
    const auto it = std::find_if(
        fields.begin(), fields.end(), [&](const Field& f) { return read::equalsIgnoringCase(f.name, name); });
    return it == fields.end() ? nullptr : &*it;
}

std::string MlperfResult::text(std::initializer_list<std::string_view> names) const
{
    for (const std::string_view name : names) {
        if (const Field* field = find(name)) {
            return field->text;
        }
    }
    return {};
}

LoadPoint mlperfPoint(std::uint32_t index, const MlperfResult& result, std::string_view path)
{
    PointWriter out(index);
    const std::string scenario = result.text({ "scenario", "effective_scenario" });
    describeLoad(out, result, scenario);
    describeFolder(out, path);
    if (const Field* started = result.find("test_datetime")) {
        out.attribute("started_at", started->text, {}, started->place);
    }
    for (const Field& field : result.fields) {
        if (!takeMeasure(out, field, scenario == "MultiStream")) {
            out.extra(field.place, field.name + ": " + field.text);
        }
    }
    tellValidity(out, result);
    return out.take();
}

} // namespace prism::formats
