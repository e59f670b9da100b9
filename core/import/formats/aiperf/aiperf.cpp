// SPDX-License-Identifier: GPL-3.0-or-later
// AIPerf: the summary (metric objects at the root of one document), what it makes of several runs, the export
// of one line a request, and the files beside them.
#include "core/import/distributions.h"
#include "core/import/formats/aiperf/aiperf_aggregate.h"
#include "core/import/formats/aiperf/aiperf_table.h"
#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/import/importer.h"
#include "core/import/nearest_whole.h"
#include "core/import/point_writer.h"
#include "core/import/request_statistics.h"

#include <algorithm>
#include <map>

namespace prism::formats {

namespace {

const read::Node* firstOf(const read::Node& root, std::initializer_list<std::string_view> pointers)
{
    for (const std::string_view pointer : pointers) {
        const read::Node* node = root.at(pointer);
        if (node && !node->isNull()) {
            return node;
        }
    }
    return nullptr;
}

/// The phase that was measured. A list of phases may begin with a warm-up; of several measured ones the
/// numbers of a summary are of all together.
const read::Node* measuredPhase(const read::Node& config)
{
    const read::Node* phases = config.find("phases");
    if (!phases) {
        return nullptr;
    }
    const read::Node* measured = nullptr;
    for (const read::Node& phase : *phases) {
        const read::Node* name = phase.find("name");
        const read::Node* excluded = phase.find("exclude_from_results");
        if ((name && name->text() == "warmup") || (excluded && excluded->boolean() == true)) {
            continue;
        }
        if (measured) {
            return nullptr;
        }
        measured = &phase;
    }
    return measured;
}

void mapLoad(const read::Node& config, PointWriter& point)
{
    const read::Node* phase = measuredPhase(config);
    const auto either = [&](std::string_view loadgen, std::initializer_list<std::string_view> ofPhase) {
        const read::Node* node = firstOf(config, { loadgen });
        return node || !phase ? node : firstOf(*phase, ofPhase);
    };
    const read::Node* concurrency = either("/loadgen/concurrency", { "/concurrency" });
    const read::Node* rate = either("/loadgen/request_rate", { "/rate", "/request_rate" });
    const bool capped = concurrency && concurrency->number();
    const bool paced = rate && rate->number();
    if (capped) {
        point.attribute("concurrency", concurrency);
    }
    if (paced) {
        point.attribute("request_rate", rate);
    }
    const read::Node* type = phase ? phase->find("type") : nullptr;
    const read::Node* schedule = config.at("/input/fixed_schedule");
    if ((type && type->text() == "fixed_schedule") || (schedule && schedule->boolean() == true)) {
        point.attribute("load_mode", std::string("trace"));
    } else if (paced != capped) {
        point.attribute("load_mode", std::string(capped ? "concurrency" : "rate"));
    }
}

/// The configuration has been laid out in two ways; the newer one lists phases and datasets.
void mapConfig(const read::Node& root, PointWriter& point)
{
    const read::Node* config = root.find("input_config");
    if (!config) {
        return;
    }
    point.attribute("model", firstOf(*config, { "/endpoint/model_names/0", "/models/items/0/name" }));
    mapLoad(*config, point);
    const read::Node* prompts = firstOf(
        *config, { "/input/public_dataset", "/input/file", "/datasets/0/dataset", "/datasets/0/path" });
    const read::Node* kind = config->at("/datasets/0/type");
    if (prompts) {
        point.attribute("dataset", prompts);
    } else if (!kind || kind->text() == "synthetic") {
        point.attribute("isl_target",
            firstOf(*config, { "/input/prompt/input_tokens/mean", "/datasets/0/prompts/isl/mean" }));
        point.attribute("osl_target",
            firstOf(*config, { "/input/prompt/output_tokens/mean", "/datasets/0/prompts/osl/mean" }));
    }
}

/// The GPUs that were watched: their name when they are all of one kind (how many were watched says nothing
/// of how many served), and what a single one did.
void mapTelemetry(const read::Node& root, PointWriter& point)
{
    std::vector<const read::Node*> gpus;
    if (const read::Node* endpoints = root.at("/telemetry_data/endpoints")) {
        for (const read::Node& endpoint : *endpoints) {
            const read::Node* of = endpoint.find("gpus");
            for (auto gpu = of ? of->begin() : read::Node::Iterator(nullptr);
                 gpu != read::Node::Iterator(nullptr); ++gpu) {
                gpus.push_back(&*gpu);
            }
        }
    }
    const read::Node* name = gpus.empty() ? nullptr : gpus.front()->find("gpu_name");
    const bool same = std::all_of(gpus.begin(), gpus.end(), [name](const read::Node* gpu) {
        const read::Node* other = gpu->find("gpu_name");
        return name && other && other->text() == name->text();
    });
    if (same) {
        point.attribute("accelerator", name);
    }
    const read::Node* metrics = gpus.size() == 1 ? gpus.front()->find("metrics") : nullptr;
    if (metrics) {
        for (const read::Node& metric : *metrics) {
            aiperf::takeGpuObject(point, metric.key(), metric, metric.find("unit"));
        }
    }
}

/// The metric objects stand at the root; until October 2025 they stood in `records`.
const read::Node& metricsOf(const read::Node& root)
{
    const read::Node* records = root.find("records");
    return records && records->isObject() ? *records : root;
}

/// `start_time` is a local time that names no zone; the first request's time of older versions is one since
/// 1970.
void mapStart(const read::Node& root, PointWriter& point)
{
    const read::Node* text = root.find("start_time");
    const read::Node* first = metricsOf(root).at("/min_request_timestamp/avg");
    const read::Node* unit = metricsOf(root).at("/min_request_timestamp/unit");
    auto epoch = text ? epochOfUtcText(text->text()) : std::nullopt;
    const read::Node* from = text;
    if (!epoch && first && unit && unit->text() == "ns") {
        from = first;
        epoch = first->number() ? std::optional(*first->number() * 1e-9) : std::nullopt;
    }
    if (const std::string utc = epoch ? utcText(*epoch) : std::string(); !utc.empty()) {
        point.attribute("started_at", utc, std::string(from->text()), from->pointer());
    }
}

void sendSummary(const read::Node& root, std::uint32_t index, Sink& sink)
{
    PointWriter point(index);
    aiperf::takeObjects(point, metricsOf(root));
    mapConfig(root, point);
    mapTelemetry(root, point);
    mapStart(root, point);
    if (const read::Node* cancelled = root.find("was_cancelled"); cancelled && cancelled->boolean() == true) {
        point.warn("cancelled", "The benchmark was cancelled: its numbers are of the part that ran.",
            cancelled->pointer());
    }
    point.extras(root);
    sink.point(point.take());
}

/// Requests of profile_export.jsonl, a document a line. Warm-up is left out.
class Requests {
public:
    explicit Requests(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::Node& root)
    {
        const read::Node* meta = root.find("metadata");
        const read::Node* phase = meta ? firstOf(*meta, { "/benchmark_phase", "/credit_phase" }) : nullptr;
        if (phase && phase->text() != "profiling") {
            ++m_warmUp;
            return;
        }
        RequestRow row;
        row.index = m_count++;
        const auto start = nanoseconds(meta, { "/request_start_ns", "/timestamp_ns" });
        if (start) {
            m_first = m_first.value_or(*start);
            row.start = sinceFirst(*start);
        }
        const read::Node* error = root.find("error");
        const read::Node* cancelled = meta ? meta->find("was_cancelled") : nullptr;
        row.ok = (!error || error->isNull()) && !(cancelled && cancelled->boolean() == true);
        if (error && error->isObject()) {
            const read::Node* text = firstOf(*error, { "/message", "/type" });
            row.error = text ? std::string(text->text().substr(0, 500)) : "error";
        } else if (!row.ok) {
            row.error = "cancelled";
        }
        if (const read::Node* id = meta ? meta->find("x_request_id") : nullptr; id && id->isString()) {
            row.id = id->text(); // sent as X-Request-ID
        }
        metrics(root, row);
        const auto end = nanoseconds(meta, { "/request_end_ns" });
        m_statistics.add(row, row.start ? std::optional(row.start->value) : std::nullopt,
            end && start ? std::optional(sinceFirst(*end).value) : std::nullopt);
        m_sink.request(0, std::move(row));
    }

    void finish()
    {
        PointWriter point(0);
        m_statistics.write(point);
        if (m_warmUp > 0) {
            point.warn(
                "warm-up", std::to_string(m_warmUp) + " warm-up requests are left out.", {}, Severity::Note);
        }
        m_sink.point(point.take());
    }
    std::uint32_t count() const { return m_count; }

private:
    static std::optional<std::int64_t> nanoseconds(
        const read::Node* meta, std::initializer_list<std::string_view> pointers)
    {
        const read::Node* node = meta ? firstOf(*meta, pointers) : nullptr;
        const auto ns = node ? node->integer() : std::nullopt;
        return ns && *ns >= -farthestTraceNs && *ns <= farthestTraceNs ? ns : std::nullopt;
    }

    Seconds sinceFirst(std::int64_t ns) const { return toSeconds(Nanoseconds { ns - *m_first }); }

    static std::optional<double> value(const read::Node& metrics, std::string_view tag, Unit target)
    {
        const read::Node* object = metrics.find(tag);
        const read::Node* number = object ? object->find("value") : nullptr;
        const read::Node* unit = object ? object->find("unit") : nullptr;
        const auto factor = unit ? sourceUnit(unit->text(), target) : std::nullopt;
        const auto given = number ? number->number() : std::nullopt;
        return factor && given ? std::optional(*given * factor->factor) : std::nullopt;
    }

    static void metrics(const read::Node& root, RequestRow& row)
    {
        const read::Node* metrics = root.find("metrics");
        if (!metrics) {
            return;
        }
        if (const auto length = value(*metrics, "input_sequence_length", Unit::One)) {
            row.isl = nearestWhole(*length);
        }
        if (!row.ok) {
            return;
        }
        if (const auto length = value(*metrics, "output_sequence_length", Unit::One)) {
            row.osl = nearestWhole(*length);
        }
        if (const auto ms = value(*metrics, "time_to_first_token", Unit::Millisecond)) {
            row.ttft = Milliseconds { *ms };
        }
        if (const auto ms = value(*metrics, "request_latency", Unit::Millisecond)) {
            row.e2e = Milliseconds { *ms };
        }
        const read::Node* gaps = metrics->at("/inter_chunk_latency/value");
        const read::Node* unit = metrics->at("/inter_chunk_latency/unit");
        if (const auto factor = gaps && unit ? sourceUnit(unit->text(), Unit::Millisecond) : std::nullopt) {
            for (const double gap : gaps->numbers()) {
                row.gapsMs.push_back(gap * factor->factor);
            }
        }
    }

    Sink& m_sink;
    std::uint32_t m_count = 0;
    std::uint32_t m_warmUp = 0;
    std::optional<std::int64_t> m_first;
    RequestStatistics m_statistics;
};

bool isSummary(const read::Node& root)
{
    return root.find("input_config") && (root.find("aiperf_version") || root.find("was_cancelled"))
        && !root.find("timeslices");
}

bool isRequest(const read::Node& root)
{
    return root.find("metrics") && root.find("metadata")
        && (root.has("/metadata/request_start_ns") || root.has("/metadata/timestamp_ns"));
}

/// Files of the same run that are no result of their own, by what they hold.
struct Sidecar {
    std::string_view counted; ///< the word of the counts
    std::uint64_t number = 1;
};

std::optional<Sidecar> sidecar(const read::Node& root)
{
    const auto sized = [](std::string_view word, const read::Node* list) {
        return Sidecar { word, list ? list->size() : 1 };
    };
    if (root.find("timeslices") && root.find("input_config")) {
        return sized("timeslices", root.find("timeslices"));
    }
    if (root.has("/summary/endpoints_configured") && root.find("metrics")) {
        return sized("metrics", root.find("metrics"));
    }
    const bool telemetry = root.find("telemetry_data") && root.find("gpu_index");
    const bool scrape = root.find("endpoint_url") && root.find("timestamp_ns") && root.find("metrics");
    if (telemetry || scrape) {
        return Sidecar { "samples" };
    }
    // The bodies of requests as they were sent ("inputs.json"), their answers, how one run of several was
    // configured, and which loads a search has tried.
    const bool bodies = root.has("/data/0/session_id") && root.has("/data/0/payloads");
    if (bodies || (root.has("/data/0/session_num") && root.has("/data/0/response_text"))) {
        return sized("rows", root.find("data"));
    }
    if (root.has("/config/search_space") && root.find("best_trials")) {
        return sized("rows", root.find("iterations"));
    }
    const bool answers = root.has("/metadata/request_start_ns") && root.find("responses");
    const bool configuration = root.find("benchmark_id") && root.find("cfg");
    if (answers || configuration) {
        return Sidecar { "rows" };
    }
    return std::nullopt;
}

std::optional<Match> recogniseDocument(const read::Node& root)
{
    if (const auto what = sidecar(root)) {
        return Match { Match::Certain, "holds AIPerf's " + std::string(what->counted) };
    }
    if (const auto kind = aiperfAggregate(root)) {
        return Match { Match::Certain, "has AIPerf's aggregation_type " + std::string(*kind) };
    }
    if (isSummary(root)) {
        return Match { Match::Certain, "has input_config and was_cancelled" };
    }
    if (isRequest(root)) {
        return Match { Match::Certain, "has metadata.request_start_ns and metrics" };
    }
    return std::nullopt;
}

Result<void> readDocuments(Input& input, Sink& sink)
{
    Requests requests(sink);
    std::uint32_t points = 0;
    std::map<std::string, std::uint64_t> attached;
    const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
        if (const auto what = sidecar(root)) {
            attached[std::string(what->counted)] += what->number;
        } else if (aiperfAggregate(root)) {
            points = readAiperfAggregate(root, points, sink);
        } else if (isSummary(root)) {
            sendSummary(root, points++, sink);
        } else if (isRequest(root)) {
            requests.line(root);
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (requests.count() > 0) {
        requests.finish();
    } else if (points == 0 && !attached.empty()) {
        sink.attach(attached);
    } else if (points == 0) {
        return Error { input.name(), {}, "the file holds no request of the profiling phase",
            "Check whether the benchmark ended" };
    }
    sink.report(*report);
    return {};
}

} // namespace

constexpr Habit habits[] = { { "rate-disagrees",
    "AIPerf takes its rates over the whole run and its duration over the requests." } };

class Aiperf : public Importer {
public:
    ImporterInfo info() const override { return { "aiperf", "AIPerf", 5, 30, habits }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            if (auto match = recogniseDocument(*sample.document)) {
                return match;
            }
        } else if (auto why = aiperfTable(sample)) {
            return Match { Match::Certain, *why };
        }
        if (aiperfConsoleOf(sample) == AiperfConsole::Aiperf) {
            return Match { Match::Likely, "holds tables under \"NVIDIA AIPerf\"" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        // What cannot be read in one shape sends nothing and is tried in the other.
        const bool text = input.family() == Family::Text;
        const auto first = text             ? readAiperfConsole(input, sink)
            : input.family() == Family::Csv ? readAiperfTables(input, sink)
                                            : readDocuments(input, sink);
        if (first) {
            return first;
        }
        const auto second = text ? readAiperfTables(input, sink) : readAiperfConsole(input, sink);
        return second ? second : first;
    }
};

const RegisterImporter<Aiperf> registered;

} // namespace prism::formats
