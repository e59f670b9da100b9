// SPDX-License-Identifier: GPL-3.0-or-later
// AIPerf: the summary (metric objects at the root of one document) and the export of one line a request. What
// AIPerf calls inter-token latency is (tn - t1) / (n - 1) of a request, our TPOT; its inter-chunk latency is
// our ITL.
#include "core/import/formats/aiperf/aiperf_table.h"
#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/import/importer.h"
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

/// The configuration has been laid out in two ways; the newer one lists phases and datasets.
void mapConfig(const read::Node& root, PointWriter& point)
{
    const read::Node* config = root.find("input_config");
    if (!config) {
        return;
    }
    point.attribute("model", firstOf(*config, { "/endpoint/model_names/0", "/models/items/0/name" }));
    const read::Node* concurrency = firstOf(*config, { "/loadgen/concurrency", "/phases/0/concurrency" });
    const read::Node* rate
        = firstOf(*config, { "/loadgen/request_rate", "/phases/0/rate", "/phases/0/request_rate" });
    const bool capped = concurrency && concurrency->number();
    const bool paced = rate && rate->number();
    if (capped) {
        point.attribute("concurrency", concurrency);
    }
    if (paced) {
        point.attribute("request_rate", rate);
    }
    if (paced != capped) {
        point.attribute("load_mode", std::string(capped ? "concurrency" : "rate"));
    }
    const bool prompted = firstOf(*config, { "/input/public_dataset", "/input/file" }) != nullptr;
    const read::Node* kind = config->at("/datasets/0/type");
    if (!prompted && (!kind || kind->text() == "synthetic")) {
        point.attribute("isl_target",
            firstOf(*config, { "/input/prompt/input_tokens/mean", "/datasets/0/prompts/isl/mean" }));
        point.attribute("osl_target",
            firstOf(*config, { "/input/prompt/output_tokens/mean", "/datasets/0/prompts/osl/mean" }));
    }
}

/// Name of the monitored GPUs when they are all of one kind; how many were monitored says nothing of how many
/// served.
void mapTelemetry(const read::Node& root, PointWriter& point)
{
    const read::Node* endpoints = root.at("/telemetry_data/endpoints");
    const read::Node* found = nullptr;
    for (const read::Node& endpoint : endpoints ? *endpoints : root) {
        const read::Node* gpus = endpoints ? endpoint.find("gpus") : nullptr;
        if (!gpus) {
            continue;
        }
        for (const read::Node& gpu : *gpus) {
            const read::Node* name = gpu.find("gpu_name");
            if (!name || (found && found->text() != name->text())) {
                return;
            }
            found = name;
        }
    }
    point.attribute("accelerator", found);
}

void sendSummary(const read::Node& root, std::uint32_t index, Sink& sink)
{
    PointWriter point(index);
    aiperfDocument(point, root);
    mapConfig(root, point);
    mapTelemetry(root, point);
    point.attribute("started_at", root.find("start_time"));
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
        return node ? node->integer() : std::nullopt;
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
            row.isl = static_cast<std::int64_t>(*length);
        }
        if (!row.ok) {
            return;
        }
        if (const auto length = value(*metrics, "output_sequence_length", Unit::One)) {
            row.osl = static_cast<std::int64_t>(*length);
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

/// What several runs of one set-up give together. A percentile of several runs is the mean of theirs and says
/// so.
class Aggregates {
public:
    explicit Aggregates(Sink& sink)
        : m_sink(sink)
    {
    }

    static bool recognises(const read::Node& root)
    {
        return kindOf(root) == "confidence" ? root.find("metrics") != nullptr
            : kindOf(root) == "sweep"       ? root.find("per_combination_metrics") != nullptr
                                            : false;
    }

    void document(const read::Node& root)
    {
        if (kindOf(root) == "sweep") {
            for (const read::Node& combination : *root.find("per_combination_metrics")) {
                sweep(root, combination);
            }
        } else {
            confidence(root);
        }
    }
    std::uint32_t points() const { return m_points; }

private:
    static std::string_view kindOf(const read::Node& root)
    {
        const read::Node* kind = root.at("/metadata/aggregation_type");
        return kind ? kind->text() : std::string_view();
    }

    static bool isAverage(const read::Node* runs) { return !runs || runs->integer().value_or(2) > 1; }

    /// "time_to_first_token_p99": {"mean": …, "std": …} over the runs.
    void confidence(const read::Node& root)
    {
        PointWriter point(m_points++);
        const bool several = isAverage(root.at("/metadata/num_successful_runs"));
        for (const read::Node& object : *root.find("metrics")) {
            const std::size_t last = object.key().rfind('_');
            if (object.isObject() && last != std::string_view::npos) {
                aiperfAggregate(point, object.key().substr(0, last), object.key().substr(last + 1), object,
                    object.find("mean"), several ? object.find("std") : nullptr,
                    several ? "mean-of-runs" : "");
            }
        }
        point.attribute("model", root.at("/metadata/model"));
        parameters(root.at("/metadata/variation_values"), point);
        finish(root, point);
    }

    /// "time_to_first_token": {"mean": …, "p99": …} of each combination; `std` is that over the runs.
    void sweep(const read::Node& root, const read::Node& combination)
    {
        const read::Node* metrics = combination.find("metrics");
        if (!metrics) {
            return;
        }
        PointWriter point(m_points++);
        const bool several = isAverage(root.at("/metadata/num_trials_per_value"));
        for (const read::Node& object : *metrics) {
            if (!object.isObject()) {
                continue;
            }
            for (const read::Node& stat : object) {
                if (stat.key() != "std" && stat.key() != "mean") {
                    aiperfAggregate(point, object.key(), stat.key(), object, &stat,
                        several ? object.find("std") : nullptr, several ? "mean-of-runs" : "");
                }
            }
        }
        parameters(combination.find("parameters"), point);
        finish(combination, point);
    }

    /// "concurrency" or, spelled out, "phases.profiling.concurrency".
    static void parameters(const read::Node* values, PointWriter& point)
    {
        if (!values) {
            return;
        }
        for (const read::Node& value : *values) {
            const std::string_view name = value.key().substr(value.key().rfind('.') + 1);
            if (name == "concurrency") {
                point.attribute("concurrency", &value);
                point.attribute("load_mode", std::string("concurrency"));
            } else if (name == "request_rate" || name == "rate") {
                point.attribute("request_rate", &value);
                point.attribute("load_mode", std::string("rate"));
            }
        }
    }

    void finish(const read::Node& node, PointWriter& point)
    {
        point.extras(node);
        m_sink.point(point.take());
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
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
std::optional<std::string_view> sidecar(const read::Node& root)
{
    if (root.find("timeslices") && root.find("input_config")) {
        return "timeslices";
    }
    if (root.has("/summary/endpoints_configured")) {
        return "metrics";
    }
    if (root.find("telemetry_data") && root.find("gpu_index")) {
        return "samples";
    }
    if (root.has("/data/0/session_id") && root.has("/data/0/payloads")) {
        return "data"; // inputs.json: the prompts
    }
    if (root.find("benchmark_id") && root.find("cfg") && root.find("artifact_dir")) {
        return "rows"; // run_config.json
    }
    if (root.find("request_headers") && root.find("responses") && root.has("/metadata/request_start_ns")) {
        return "rows"; // profile_export_raw.jsonl: bodies
    }
    return std::nullopt;
}

/// Tables that repeat a document of the same folder: time slices, aggregates over runs, the server's metrics.
bool isSidecarTable(const Sample& sample)
{
    constexpr std::string_view headers[]
        = { "Timeslice,", "metric,mean,std,min,max,cv,se,ci_low,ci_high", "# AIPerf Server Metrics Export" };
    const bool sweep = sample.textContains("_mean,") && sample.textContains("request_latency_")
        && sample.textContains("_cv");
    return sweep || std::any_of(std::begin(headers), std::end(headers), [&](std::string_view header) {
        return sample.head.starts_with(header);
    });
}

} // namespace

class Aiperf : public Importer {
public:
    ImporterInfo info() const override { return { "aiperf", "AIPerf", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.document && isSidecarTable(sample)) {
            return Match { Match::Certain,
                "has the columns of a table that AIPerf writes beside its result" };
        }
        if (!sample.document) {
            return aiperfTableOf(sample) == AiperfTable::Aiperf
                ? std::optional(Match { Match::Certain, "has AIPerf's columns Metric, avg, …, std" })
                : aiperfConsoleOf(sample) == AiperfConsole::Aiperf
                ? std::optional(Match { Match::Certain, "has tables under NVIDIA AIPerf" })
                : std::nullopt;
        }
        if (Aggregates::recognises(*sample.document)) {
            return Match { Match::Certain, "has metadata.aggregation_type and metrics" };
        }
        if (const auto what = sidecar(*sample.document)) {
            return Match { Match::Certain, "holds AIPerf's " + std::string(*what) };
        }
        if (isSummary(*sample.document)) {
            return Match { Match::Certain, "has input_config and was_cancelled" };
        }
        if (isRequest(*sample.document)) {
            return Match { Match::Certain, "has metadata.request_start_ns and metrics" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Csv || input.family() == Family::Text) {
            return readText(input, sink);
        }
        Requests requests(sink);
        Aggregates aggregates(sink);
        std::uint32_t summaries = 0;
        std::map<std::string, std::uint64_t> attached;
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            if (const auto what = sidecar(root)) {
                const read::Node* list = root.find(*what);
                attached[std::string(*what)] += list ? list->size() : 1;
            } else if (Aggregates::recognises(root)) {
                aggregates.document(root);
            } else if (isSummary(root)) {
                sendSummary(root, summaries++, sink);
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
        } else if (summaries + aggregates.points() == 0 && !attached.empty()) {
            sink.attach(attached);
        } else if (summaries + aggregates.points() == 0) {
            return Error { input.name(), {}, "the file holds no request of the profiling phase",
                "Check whether the benchmark ended" };
        }
        sink.report(*report);
        return {};
    }

private:
    static Result<void> readText(Input& input, Sink& sink)
    {
        std::uint64_t rows = 0;
        bool sidecar = false;
        const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            Sample first;
            first.head = line.text;
            sidecar = sidecar || (rows == 0 && isSidecarTable(first));
            ++rows;
            // The rest of the table is not looked at: what it says stands in a document beside it.
            return sidecar || rows == 1 ? Result<void>() : Error { {}, {}, "enough", {} };
        });
        if (sidecar) {
            if (!report) {
                return report.error();
            }
            sink.report(*report);
            sink.attach({ { "rows", rows } });
            return {};
        }
        if (input.family() == Family::Csv) {
            if (auto table = readAiperfTable(input, sink); table) {
                return table;
            }
        }
        return readAiperfConsole(input, sink);
    }
};

const RegisterImporter<Aiperf> registered;

} // namespace prism::formats
