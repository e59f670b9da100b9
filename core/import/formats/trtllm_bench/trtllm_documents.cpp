// SPDX-License-Identifier: GPL-3.0-or-later
// trtllm-bench --report_json (times in milliseconds, names with units but for the percentiles of streaming),
// --request_json (nanoseconds of a monotonic clock) and --iteration_log.
#include "core/import/formats/trtllm_bench/trtllm_terms.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"

namespace prism::formats::trtllm {

namespace {

struct Number {
    std::string_view pointer;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
};
const Number numbers[] = {
    { "/request_info/num_requests", "requests", Stat::value(), source::one },
    { "/request_info/avg_input_length", "isl", Stat::mean(), source::one },
    { "/request_info/avg_output_length", "osl", Stat::mean(), source::one },
    { "/performance/total_latency_ms", "duration", Stat::value(), source::milliseconds },
    { "/performance/request_throughput_req_s", "request_throughput", Stat::value(),
        source::requestsPerSecond },
    { "/performance/system_output_throughput_tok_s", "output_throughput", Stat::value(),
        source::tokensPerSecond },
    { "/performance/system_total_throughput_tok_s", "total_throughput", Stat::value(),
        source::tokensPerSecond },
    { "/performance/avg_request_latency_ms", "e2e", Stat::mean(), source::latencyMilliseconds },
    { "/streaming_metrics/avg_ttft_ms", "ttft", Stat::mean(), source::latencyMilliseconds },
    { "/streaming_metrics/avg_tpot_ms", "tpot", Stat::mean(), source::latencyMilliseconds },
    // Of all GPUs over the run. Whether average_gpu_power is of one GPU or of all is not told: an extra.
    { "/energy/total_energy_j", "energy", Stat::value(), source::joules },
};

struct Percentiles {
    std::string_view pointer;
    std::string_view metric;
    SourceUnit unit;
    double otherwise;
    std::string_view average; ///< what the document says of it elsewhere
};
constexpr Percentiles percentiles[] = {
    { "/performance/request_latency_percentiles_ms", "e2e", source::latencyMilliseconds, 1e-6,
        "/performance/avg_request_latency_ms" },
    { "/streaming_metrics/ttft_percentiles", "ttft", source::latencyMilliseconds, 1e-6,
        "/streaming_metrics/avg_ttft_ms" },
    { "/streaming_metrics/tpot_percentiles", "tpot", source::latencyMilliseconds, 1e-6,
        "/streaming_metrics/avg_tpot_ms" },
    { "/streaming_metrics/gen_tps_percentiles", "output_throughput_per_user", source::tokensPerSecond, 1e9,
        "/streaming_metrics/token_output_speed_tok_s" },
};

struct Word {
    std::string_view pointer;
    std::string_view attribute;
};
constexpr Word words[] = { { "/engine/model", "model" }, { "/engine/version", "engine_version" },
    { "/engine/kv_cache_dtype", "kv_cache_dtype" }, { "/world_info/tp_size", "tp" },
    { "/world_info/pp_size", "pp" }, { "/world_info/ep_size", "ep" }, { "/machine/name", "accelerator" },
    { "/world_info/world_size", "accelerator_count" }, { "/decoding_stats/mode", "spec_decoding" } };

void breakdown(PointWriter& out, const read::Node& root, const Percentiles& known)
{
    const read::Node* object = root.at(known.pointer);
    if (!object || !object->isObject()) {
        return;
    }
    const read::Node* average = root.at(known.average);
    Breakdown b { known.metric, known.unit, known.otherwise, {},
        average ? average->lenientNumber() : std::nullopt };
    for (const read::Node& value : *object) {
        const auto stat = statOf(value.key());
        const auto number = value.lenientNumber();
        if (stat && number) {
            b.items.push_back({ *stat, *number, value.pointer(), std::string(value.key()), &value });
        }
    }
    b.write(out);
}

LoadPoint reportPoint(const read::Node& root, std::uint32_t index)
{
    PointWriter out(index);
    for (const Number& n : numbers) {
        out.measure(n.metric, n.stat, root.at(n.pointer), n.unit);
    }
    for (const Percentiles& p : percentiles) {
        breakdown(out, root, p);
    }
    for (const Word& w : words) {
        out.attribute(w.attribute, root.at(w.pointer));
    }
    // Weights that nothing quantised are in the data type of the model.
    out.attribute("precision", root.at("/engine/quantization"));
    if (!out.point().attribute("precision")) {
        out.attribute("precision", root.at("/engine/dtype"));
    }
    out.extras(root);
    return out.take();
}

class Reader : public read::DocumentHandler {
public:
    explicit Reader(Sink& sink)
        : m_sink(sink)
        , m_rows(sink, 0)
    {
    }

    Result<void> element(const read::Node& request) override
    {
        // Nanoseconds: their differences are exact, those of seconds since 1970 in a double are not.
        const auto at = [&](std::string_view key) {
            const read::Node* node = request.find(key);
            const auto value = node ? node->integer() : std::nullopt;
            return value && *value > 0 ? value : std::nullopt;
        };
        const auto milliseconds = [](std::int64_t from, std::int64_t to) {
            return Milliseconds { static_cast<double>(to - from) / 1e6 };
        };
        const auto start = at("start_timestamp");
        const auto end = at("end_timestamp");
        if (!start || !end) {
            return {};
        }
        RequestRow row;
        row.e2e = milliseconds(*start, *end);
        if (const auto first = at("first_token_timestamp"); first && *first < *end) {
            row.ttft = milliseconds(*start, *first);
        }
        row.isl = count(request, { "num_input_tokens" });
        row.osl = count(request, { "num_total_output_tokens", "num_output_tokens", "output_tokens" });
        const auto errors = count(request, { "error_tokens" });
        row.ok = !errors || *errors == 0;
        row.error = row.ok ? "" : "answers with errors";
        const double begun = static_cast<double>(*start) / 1e9;
        m_statistics.add(row, begun, static_cast<double>(*end) / 1e9);
        m_rows.add(std::move(row), begun, std::nullopt);
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (isReport(root)) {
            m_sink.point(reportPoint(root, m_points++));
        } else if (isIteration(root)) {
            ++m_iterations;
        }
        return {};
    }

    /// False when there was nothing of ours.
    bool finish()
    {
        m_rows.finish();
        if (m_points == 0 && m_rows.count() > 0) {
            PointWriter out(0);
            m_statistics.write(out);
            m_sink.point(out.take());
        } else if (m_points == 0 && m_iterations > 0) {
            m_sink.attach({ { "rows", m_iterations } });
        }
        return m_points > 0 || m_rows.count() > 0 || m_iterations > 0;
    }

private:
    static std::optional<std::int64_t> count(
        const read::Node& request, std::initializer_list<std::string_view> keys)
    {
        for (const std::string_view key : keys) {
            const read::Node* node = request.find(key);
            const auto value = node ? node->integer() : std::nullopt;
            if (value && *value >= 0) {
                return value;
            }
        }
        return std::nullopt;
    }

    Sink& m_sink;
    RequestRows m_rows;
    RequestStatistics m_statistics;
    std::uint32_t m_points = 0;
    std::uint64_t m_iterations = 0;
};

/// Whether the first document is a list, whose elements then come one by one.
class Look : public read::DocumentHandler {
public:
    Result<void> document(const read::Node& root, std::size_t) override
    {
        list = root.isArray();
        return Error { {}, {}, "enough", {} };
    }
    bool list = false;
};

class TrtllmBench : public Importer {
public:
    ImporterInfo info() const override { return { "trtllm-bench", "trtllm-bench", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            if (isReport(*sample.document)) {
                return Match { Match::Certain, "has engine, performance and request_info" };
            }
            if (isRequestList(*sample.document)) {
                return Match { Match::Certain, "has requests with start, first token and end" };
            }
            return isIteration(*sample.document)
                ? std::optional(Match { Match::Likely, "has iterLatencyMS and numActiveRequests" })
                : std::nullopt;
        }
        const bool ours = sample.textContains("= PERFORMANCE OVERVIEW")
            || (sample.textContains("= STATISTICS") && sample.textContains("Token Throughput (tokens/sec):"));
        if (ours) {
            return Match { Match::Certain, "holds the section PERFORMANCE OVERVIEW" };
        }
        return sample.textContains("= THROUGHPUT OVERVIEW") && sample.textContains("= LATENCY OVERVIEW")
            ? std::optional(Match { Match::Certain, "holds the sections of a latency benchmark" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return input.family() == Family::Json ? readDocuments(input, sink) : readText(input, sink);
    }
};

const RegisterImporter<TrtllmBench> registered;

} // namespace

bool isReport(const read::Node& root)
{
    return root.find("engine") && root.find("request_info")
        && (root.has("/performance/total_latency_ms") || root.has("/performance/request_throughput_req_s"));
}

bool isRequestList(const read::Node& root)
{
    return root.isArray() && root.has("/0/start_timestamp") && root.has("/0/end_timestamp")
        && root.has("/0/first_token_timestamp") && root.has("/0/num_input_tokens");
}

bool isIteration(const read::Node& root)
{
    return root.find("iterLatencyMS") && root.find("numActiveRequests");
}

Result<void> readDocuments(Input& input, Sink& sink)
{
    Look look;
    read::Plan first;
    first.sampleElements = 1;
    first.acceptIncomplete = true;
    (void)input.documents(first, look);
    read::Plan plan;
    if (look.list) {
        plan.stream = { "" };
        plan.skip = { "/*/output", "/*/tokens" };
    }
    Reader reader(sink);
    const auto report = input.documents(plan, reader);
    if (!report) {
        return report.error();
    }
    if (!reader.finish()) {
        return Error { input.name(), {}, "the documents hold no report of trtllm-bench",
            "Check whether the benchmark ended" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats::trtllm
