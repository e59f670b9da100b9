// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/inference_perf_requests.h"
#include "core/import/importer.h"

#include <cmath>

namespace prism::formats {

namespace {

struct Latency {
    std::string_view key;
    std::string_view metric;
};
constexpr Latency latencies[] = {
    { "request_latency", "e2e" },
    { "normalized_time_per_output_token", "ntpot" },
    { "time_per_output_token", "tpot" },
    { "time_to_first_token", "ttft" },
    { "inter_token_latency", "itl" },
};

/// What Prometheus has of the server, in seconds too.
constexpr Latency serverLatencies[] = {
    { "request_latency", "e2e" },
    { "time_to_first_token", "ttft" },
    { "request_queue_time", "queue_time" },
    { "request_prefill_time", "prefill_time" },
};

std::optional<double> numberAt(const read::Node& node, std::string_view pointer)
{
    const read::Node* at = node.at(pointer);
    return at ? at->number() : std::nullopt;
}

bool hasLifecycle(const read::Node& root)
{
    return root.has("/load_summary") && root.has("/successes") && root.has("/failures");
}

/// Numbers that Prometheus has of the server: no list of latencies, and rates beside the lengths.
bool isPrometheus(const read::Node& root)
{
    return !root.has("/successes/latency") && !root.has("/load_summary/count")
        && (root.has("/successes/request_latency") || root.has("/successes/queue_len")
            || root.has("/successes/rate"));
}

bool isSessions(const read::Node& root)
{
    return root.has("/num_sessions")
        && (root.has("/sessions_per_second") || root.has("/session_duration_sec"));
}

/// A row of per_session_lifecycle_metrics.json.
bool isSession(const read::Node& row)
{
    return row.has("/session_id") && row.has("/num_events") && row.has("/num_events_completed");
}

bool isConfiguration(const read::Node& root)
{
    const bool load = root.has("/load/stages") || root.has("/load/type") || root.has("/load/sweep");
    return load && root.has("/data") && (root.has("/server") || root.has("/api") || root.has("/tokenizer"));
}

bool isValidation(const read::Node& root)
{
    const read::Node* reports = root.find("reports");
    return root.has("/global/warnings") && reports && reports->isObject() && reports->size() > 0
        && (*reports->begin()).key().ends_with("_lifecycle_metrics.json");
}

bool isRequests(const read::Node& root)
{
    const read::Node* first = root.isArray() ? root.at("/0") : nullptr;
    return first && first->has("/start_time") && first->has("/end_time")
        && (first->has("/info") || (first->has("/request") && first->has("/response")));
}

/// "stage_0" of "stage_0_lifecycle_metrics.json": the file does not name its stage itself.
std::string stageName(std::string name)
{
    for (const std::string_view ending : { "_lifecycle_metrics", "_prometheus_metrics" }) {
        if (const auto at = name.find(ending); at != std::string::npos) {
            name.erase(at);
            return name;
        }
    }
    return {};
}

void describeLoad(PointWriter& out, const read::Node& load)
{
    const auto concurrency = numberAt(load, "/concurrency");
    const read::Node* rate = load.find("requested_rate");
    const auto asked = rate ? rate->number() : std::nullopt;
    if (concurrency && *concurrency > 0) {
        // The rate beside it is meaningless then.
        out.attribute("concurrency", load.find("concurrency"));
        out.attribute("load_mode", std::string("concurrency"), {}, load.find("concurrency")->pointer());
    } else if (asked && *asked > 0) {
        out.attribute("request_rate", rate);
        out.attribute("load_mode", std::string("rate"), {}, rate->pointer());
    } else if (rate && rate->isObject()) {
        out.attribute("load_mode", std::string("rate"), {}, rate->pointer());
    }
}

/// Some servers send two chunks a token; the producer then divides by chunks, and its TPOT is too small.
bool perChunk(const read::Node& successes)
{
    const auto tpot = numberAt(successes, "/latency/time_per_output_token/mean");
    const auto e2e = numberAt(successes, "/latency/request_latency/mean");
    const auto ttft = numberAt(successes, "/latency/time_to_first_token/mean");
    const auto osl = numberAt(successes, "/output_len/mean");
    return tpot && e2e && ttft && osl && *osl > 2 && *tpot > 0 && *tpot < 0.75 * (*e2e - *ttft) / (*osl - 1);
}

void lengths(PointWriter& out, const read::Node& successes)
{
    const read::Node* prompts = successes.find("prompt_tokens");
    distribution(out, "isl", prompts, source::one);
    distribution(out, "isl", successes.find("prompt_len"), source::one);
    distribution(out, "osl", successes.find("output_len"), source::one);
    const read::Node* outputs = successes.find("output_tokens");
    if (!successes.has("/output_len")) {
        distribution(out, "osl", outputs, source::one);
    }
    if (outputs) {
        out.measure("output_tokens", Stat::value(), outputs->find("total"), source::one);
    }
    if (!prompts) {
        return;
    }
    out.measure("input_tokens", Stat::value(), prompts->find("total"), source::one);
    out.measure("cached_tokens", Stat::value(), prompts->find("cached"), source::one);
    const auto total = numberAt(*prompts, "/total");
    const auto cached = numberAt(*prompts, "/cached");
    // Of a server that reports no cached tokens the producer writes 0 as well.
    if (total && cached && *total > 0 && *cached > 0) {
        out.derived("prefix_cache_hit_rate", Stat::value(), *cached / *total, "cached_tokens / input_tokens");
    }
}

void throughputs(PointWriter& out, const read::Node* rates)
{
    if (!rates) {
        return;
    }
    out.measure(
        "input_throughput", Stat::value(), rates->find("input_tokens_per_sec"), source::tokensPerSecond);
    out.measure(
        "output_throughput", Stat::value(), rates->find("output_tokens_per_sec"), source::tokensPerSecond);
    out.measure(
        "total_throughput", Stat::value(), rates->find("total_tokens_per_sec"), source::tokensPerSecond);
    out.measure(
        "request_throughput", Stat::value(), rates->find("requests_per_sec"), source::requestsPerSecond);
}

void lifecycle(PointWriter& out, const read::Node& root)
{
    const read::Node& load = *root.find("load_summary");
    const read::Node& successes = *root.find("successes");
    describeLoad(out, load);
    out.measure("requests", Stat::value(), load.find("count"), source::one);
    out.measure("requests_ok", Stat::value(), successes.find("count"), source::one);
    out.measure("requests_failed", Stat::value(), root.at("/failures/count"), source::one);
    out.measure("duration", Stat::value(), root.find("benchmark_time_seconds"), source::seconds);
    const bool chunks = perChunk(successes);
    for (const Latency& latency : latencies) {
        const read::Node* block = successes.at("/latency/" + std::string(latency.key));
        const bool marked = chunks && latency.metric == "tpot";
        distribution(
            out, latency.metric, block, source::latencySeconds, plainStat, marked ? "per-chunk" : "");
        if (marked) {
            out.warn("tpot-per-chunk",
                "The time per output token is that per chunk: latency and length give about "
                    + formatNumber((*numberAt(successes, "/latency/request_latency/mean")
                                       - *numberAt(successes, "/latency/time_to_first_token/mean"))
                            / (*numberAt(successes, "/output_len/mean") - 1) * 1e3,
                        Unit::Millisecond, NumberStyle::Reading)
                    + ", the file states "
                    + formatNumber(*numberAt(*block, "/mean") * 1e3, Unit::Millisecond, NumberStyle::Reading)
                    + '.',
                block->pointer());
        }
    }
    throughputs(out, successes.find("throughput"));
    out.measure("request_goodput", Stat::value(), successes.at("/goodput_metrics/request_goodput"),
        source::requestsPerSecond);
    lengths(out, successes);
    if (!load.has("/requested_rate") && !load.has("/concurrency") && !load.has("/send_duration")) {
        out.warn("all-stages",
            "This is the summary of all stages of a run together; compare the files of the stages instead.",
            {}, Severity::Note);
    }
}

void prometheus(PointWriter& out, const read::Node& root)
{
    const read::Node& successes = *root.find("successes");
    out.measure("requests_ok", Stat::value(), successes.find("count"), source::one);
    out.measure("request_throughput", Stat::value(), successes.find("rate"), source::requestsPerSecond);
    out.measure("input_throughput", Stat::value(), successes.at("/prompt_len/rate"), source::tokensPerSecond);
    out.measure(
        "output_throughput", Stat::value(), successes.at("/output_len/rate"), source::tokensPerSecond);
    // The lengths there are no tokens a request, and the time per output token is a histogram of gaps.
    for (const Latency& latency : serverLatencies) {
        distribution(out, latency.metric, successes.find(latency.key), source::latencySeconds, plainStat,
            "server-side");
    }
    // 0 also where Prometheus knew of no queries.
    const read::Node* hits = successes.at("/prefix_cache_hit_percent/mean");
    if (hits && hits->number().value_or(0) > 0) {
        out.measure("prefix_cache_hit_rate", Stat::value(), hits, source::percent, "server-side");
    }
    out.warn("server-side",
        "These numbers come from the server's own metrics through Prometheus, not from the client.", {},
        Severity::Note);
}

std::uint64_t countOf(const read::Node* node)
{
    const auto whole = node ? node->integer() : std::nullopt;
    return whole && *whole > 0 ? static_cast<std::uint64_t>(*whole) : 0;
}

/// Reports of kubernetes-sigs/inference-perf: stages, summaries, numbers from Prometheus and single requests.
/// All times in them are seconds.
class InferencePerf : public Importer {
public:
    ImporterInfo info() const override { return { "inference-perf", "inference-perf", 4, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.document) {
            return std::nullopt;
        }
        const read::Node& root = *sample.document;
        if (hasLifecycle(root)
            && (isPrometheus(root) || root.has("/load_summary/count") || root.has("/successes/latency"))) {
            return Match { Match::Certain, "has load_summary, successes and failures" };
        }
        if (isRequests(root)) {
            return Match { Match::Likely, "its rows have start_time, end_time and info of a request" };
        }
        if (root.isArray() && root.has("/0") && isSession(*root.at("/0"))) {
            return Match { Match::Likely, "its rows have session_id and num_events" };
        }
        if (isSessions(root)) {
            return Match { Match::Likely, "has num_sessions and sessions_per_second" };
        }
        if (isValidation(root)) {
            return Match { Match::Likely, "is the validation of lifecycle reports" };
        }
        if (isConfiguration(root)) {
            return Match { Match::Likely, "is a configuration with load, data and server" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override;
};

/// Small documents, each of them a point or a sidecar.
class Documents : public read::DocumentHandler {
public:
    Documents(Sink& sink, std::string name)
        : m_sink(sink)
        , m_name(std::move(name))
    {
    }
    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (hasLifecycle(root)) {
            PointWriter out(m_points++);
            out.point().label = stageName(m_name);
            isPrometheus(root) ? prometheus(out, root) : lifecycle(out, root);
            out.extras(root);
            m_sink.point(out.take());
        } else {
            attach(root);
        }
        return {};
    }
    bool any() const { return m_points > 0 || m_attached; }

private:
    void attach(const read::Node& root)
    {
        std::map<std::string, std::uint64_t> counts;
        if (isSessions(root)) {
            counts["sessions"] = countOf(root.find("num_sessions"));
        } else if (isConfiguration(root)) {
            const read::Node* stages = root.at("/load/stages");
            counts["stages"] = stages ? stages->size() : 0;
        } else if (isValidation(root)) {
            counts["reports"] = root.find("reports")->size();
        } else {
            return;
        }
        m_sink.attach(std::move(counts));
        m_attached = true;
    }

    Sink& m_sink;
    std::string m_name;
    std::uint32_t m_points = 0;
    bool m_attached = false;
};

/// An array of requests, or of sessions, which are counted. Gives up at the first member of an object, which
/// is one of the other documents.
class RequestArray : public read::DocumentHandler {
public:
    explicit RequestArray(Sink& sink)
        : m_requests(sink, 0)
    {
    }
    Result<void> element(const read::Node& element) override
    {
        if (!element.parent() || !element.parent()->isArray()) {
            m_object = true;
            return Error { {}, {}, "no array of requests", {} };
        }
        if (isSession(element)) {
            ++m_sessions;
            return {};
        }
        m_any = true;
        m_requests.element(element);
        return {};
    }
    Result<void> document(const read::Node&, std::size_t) override { return {}; }
    bool foundObject() const { return m_object && !m_any; }
    bool any() const { return m_any; }
    std::uint64_t sessions() const { return m_sessions; }
    void finish() { m_requests.finish(); }

private:
    inference_perf::Requests m_requests;
    std::uint64_t m_sessions = 0;
    bool m_object = false;
    bool m_any = false;
};

Result<void> InferencePerf::read(Input& input, Sink& sink) const
{
    RequestArray requests(sink);
    auto report = input.documents(inference_perf::requestsPlan(), requests);
    Documents documents(sink, input.baseName());
    if (!report && requests.foundObject()) {
        report = input.documents({}, documents);
    }
    if (!report) {
        return report.error();
    }
    sink.report(*report);
    if (requests.any()) {
        requests.finish();
    } else if (requests.sessions() > 0) {
        sink.attach({ { "sessions", requests.sessions() } });
    } else if (!documents.any()) {
        return Error { input.name(), {}, "the file holds no report of inference-perf",
            "Import the stage_N_lifecycle_metrics.json files of the run" };
    }
    return {};
}

const RegisterImporter<InferencePerf> registered;

} // namespace

} // namespace prism::formats
