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
/// stopping … estimate" is none; a name that says query is about several requests.
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
    std::string_view semantics = {};
};
/// Samples times a constant of the settings: no token was counted.
constexpr std::string_view inferred = "inferred";
constexpr std::array rates {
    Rate { "completed samples per second", "request_throughput", source::requestsPerSecond },
    Rate { "samples per second", "request_throughput", source::requestsPerSecond },
    Rate { "result_completed_samples_per_sec", "request_throughput", source::requestsPerSecond },
    Rate { "result_samples_per_second", "request_throughput", source::requestsPerSecond },
    Rate { "completed tokens per second", "output_throughput", source::tokensPerSecond },
    Rate { "tokens per second", "output_throughput", source::tokensPerSecond },
    Rate { "result_completed_tokens_per_second", "output_throughput", source::tokensPerSecond },
    Rate { "result_tokens_per_second", "output_throughput", source::tokensPerSecond },
    Rate { "completed tokens per second (inferred)", "output_throughput", source::tokensPerSecond, inferred },
    Rate { "tokens per second (inferred)", "output_throughput", source::tokensPerSecond, inferred },
    Rate { "result_inferred_completed_tokens_per_second", "output_throughput", source::tokensPerSecond,
        inferred },
    Rate { "result_inferred_tokens_per_second", "output_throughput", source::tokensPerSecond, inferred },
};

/// One word since 2021, two before.
bool isSingleStream(std::string_view scenario)
{
    return scenario == "SingleStream" || scenario == "Single Stream";
}

/// Takes the numbers of a result in the order of the file.
class Measures {
public:
    explicit Measures(PointWriter& out)
        : m_out(out)
    {
    }

    /// False when the field goes to the extras: it is no number of ours, or stands there already, as a
    /// counted rate does before an inferred one.
    bool take(const Field& field)
    {
        for (const Rate& rate : rates) {
            if (read::equalsIgnoringCase(field.name, rate.name)) {
                return put(field, rate.metric, Stat::value(), rate.unit, rate.semantics);
            }
        }
        if (field.name.starts_with("Per-query latency")) {
            m_list = {};
        } else if (field.name.starts_with("Per-sample latency")) {
            m_list = "e2e";
        }
        const auto latency = latencyOf(field.name);
        if (!latency) {
            return false;
        }
        if (latency->stat.kind() != Stat::Kind::Percentile && (latency->metric != "e2e" || !m_list.empty())) {
            m_list = latency->metric;
        }
        const std::string_view metric = latency->metric == "e2e" ? m_list : latency->metric;
        return !metric.empty() && put(field, metric, latency->stat, source::latencyNanoseconds);
    }

private:
    bool put(const Field& field, std::string_view metric, Stat stat, SourceUnit unit,
        std::string_view semantics = {})
    {
        if (m_out.point().measure(metric, stat)) {
            return false;
        }
        m_out.measure(metric, stat, field.text, field.place, field.name, unit, semantics);
        return true;
    }

    PointWriter& m_out;
    /// Whose the list is in which a bare "50.00 percentile latency" stands: the first versions with tokens
    /// print those of the first token so, and MultiStream those of whole queries, for which there is none.
    std::string_view m_list = "e2e";
};

/// Rates are printed with few digits, and as 0 where the system told no tokens: a 0 is no measured rate. When
/// no sample ended, the rates are quotients of an underflow.
void dropEmptyRates(PointWriter& out)
{
    const Measure* longest = out.point().measure("e2e", Stat::max());
    const bool nothing = longest && longest->status == Status::Ok && longest->value == 0;
    for (Measure& m : out.point().measures) {
        const bool rate = m.metric->id == "request_throughput" || m.metric->id == "output_throughput";
        if (rate && m.status == Status::Ok && (nothing || m.value == 0)) {
            m.status = Status::Missing;
            m.value = 0;
        }
    }
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
    } else if (isSingleStream(scenario)) {
        // The next query is issued when the last one has ended.
        out.attribute("load_mode", std::string("concurrency"), {}, {}, Origin::Derived);
        out.attribute("concurrency", std::int64_t(1), {}, {}, Origin::Derived);
    }
}

/// A query is one sample in these only.
void countRequests(PointWriter& out, const MlperfResult& result, const std::string& scenario)
{
    const Field* queries = result.find("result_query_count");
    if (queries && (scenario == "Server" || isSingleStream(scenario))) {
        out.measure("requests", Stat::value(), queries->text, queries->place, queries->name, source::one);
    }
}

void tellValidity(PointWriter& out, const MlperfResult& result)
{
    const std::string validity = result.text({ "result is", "result_validity" });
    if (validity.empty()) {
        out.warn(
            "no-verdict", "The log does not say whether LoadGen calls this run valid.", {}, Severity::Note);
    }
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
    const Field* verdict = result.find("result is");
    verdict = verdict ? verdict : result.find("result_validity");
    out.warn("invalid-run",
        "LoadGen calls this run INVALID" + (why.empty() ? std::string() : " (" + why + ')') + '.',
        verdict->place);
}

void tellProblems(PointWriter& out, const MlperfResult& result)
{
    const auto tell = [&](const MlperfResult::Problems& problems, const char* code, const char* verb,
                          const char* noun, Severity severity) {
        if (problems.count > 0) {
            out.warn(code,
                std::string("LoadGen ") + verb + ' ' + std::to_string(problems.count) + ' ' + noun
                    + (problems.count == 1 ? "" : "s") + " during this run"
                    + (problems.first.empty() ? "; its detail log names them."
                                              : ", the first of them: " + problems.first),
                problems.place, severity);
        }
    };
    tell(result.errors, "tool-errors", "logged", "error", Severity::Warning);
    tell(result.warnings, "tool-warnings", "gave", "warning", Severity::Note);
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

/// Audits (TEST01 and the like) run under changed conditions and are told by their label.
void describeFolder(PointWriter& out, std::string_view path)
{
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find_first_of("/!"), path.size());
        if (end > 0) {
            parts.push_back(path.substr(0, end));
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    for (std::size_t i = 0; i + 5 < parts.size(); ++i) {
        const std::string_view kind = parts[i + 4];
        const bool audit = kind.starts_with("TEST");
        if ((parts[i] == "results" || parts[i] == "compliance")
            && (audit || kind == "performance" || kind == "accuracy")) {
            out.attribute("model", std::string(parts[i + 2]), {}, {}, Origin::Derived);
            out.extra("folder", "system: " + std::string(parts[i + 1]));
            out.extra("folder", "scenario: " + std::string(parts[i + 3]));
            out.point().label = std::string(parts[i + 3]) + (audit ? ' ' + std::string(kind) : std::string());
            return;
        }
    }
}

LoadPoint mlperfPoint(std::uint32_t index, const MlperfResult& result, std::string_view path)
{
    PointWriter out(index);
    const std::string scenario = result.text({ "scenario", "effective_scenario" });
    describeLoad(out, result, scenario);
    out.point().label = scenario;
    describeFolder(out, path);
    if (const Field* started = result.find("test_datetime")) {
        out.attribute("started_at", started->text, {}, started->place);
    }
    Measures measures(out);
    for (const Field& field : result.fields) {
        if (!measures.take(field) && !field.text.empty()) {
            out.extra(field.place, field.name + ": " + field.text);
        }
    }
    dropEmptyRates(out);
    countRequests(out, result, scenario);
    tellValidity(out, result);
    tellProblems(out, result);
    return out.take();
}

} // namespace prism::formats
