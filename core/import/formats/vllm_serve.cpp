// SPDX-License-Identifier: GPL-3.0-or-later
// vLLM `bench serve` (before: benchmark_serving.py) and its copies: one JSON object a run, several in an
// appended file.
#include "core/import/formats/serving_fields.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <algorithm>
#include <cmath>

namespace prism::formats {

namespace {

struct Number {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};

constexpr Number numbers[] = {
    { "num_prompts", "requests", source::one },
    { "completed", "requests_ok", source::one },
    { "failed", "requests_failed", source::one },
    { "duration", "duration", source::seconds },
    { "total_input_tokens", "input_tokens", source::one },
    { "total_output_tokens", "output_tokens", source::one },
    { "request_throughput", "request_throughput", source::requestsPerSecond },
    { "request_goodput", "request_goodput", source::requestsPerSecond },
    { "request_goodput:", "request_goodput", source::requestsPerSecond }, // older versions wrote the colon
    { "input_throughput", "input_throughput", source::tokensPerSecond },
    { "output_throughput", "output_throughput", source::tokensPerSecond },
    { "total_token_throughput", "total_throughput", source::tokensPerSecond },
    { "max_output_tokens_per_s", "peak_output_throughput", source::tokensPerSecond },
};

/// Parallelism and the like come from `--metadata KEY=VALUE`, merged into the object under the user's own
/// names.
struct Metadata {
    std::string_view key;
    std::string_view attribute;
};
constexpr Metadata metadata[] = {
    { "tensor_parallel_size", "tp" },
    { "pipeline_parallel_size", "pp" },
    { "data_parallel_size", "dp" },
};

double at(const read::Node* column, std::size_t index)
{
    return column && index < column->numbers().size() ? column->numbers()[index] : std::nan("");
}

class Reader : public read::DocumentHandler {
public:
    explicit Reader(Sink& sink)
        : m_sink(sink)
    {
    }

    /// itls: one array of gaps in seconds a request, in the order of submission. They go out as they come.
    Result<void> element(const read::Node& request) override
    {
        m_gapsMs.assign(request.numbers().begin(), request.numbers().end());
        double sum = 0;
        for (double& gap : m_gapsMs) {
            gap *= 1e3;
            sum += gap;
        }
        m_sums.push_back(sum);
        m_sink.gaps(m_point, static_cast<std::uint32_t>(m_sums.size() - 1), m_gapsMs);
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (!isRun(root)) {
            m_sums.clear();
            return {};
        }
        PointWriter point(m_point);
        for (const Number& number : numbers) {
            if (!(number.metric == "request_goodput"
                    && point.point().measure("request_goodput", Stat::value()))) {
                point.measure(number.metric, Stat::value(), root.find(number.key), number.unit);
            }
        }
        servingLatencies(point, root, source::latencySeconds);
        point.attribute("model", root.find("model_id"));
        for (const Metadata& m : metadata) {
            point.attribute(m.attribute, root.find(m.key));
        }
        servingLoad(point, root.find("request_rate"), root.find("max_concurrency"));
        if (const read::Node* label = root.find("label"); label && label->isString()) {
            point.point().label = label->text();
        }
        requests(root);
        nothingMeasured(root, point);
        point.extras(root);
        m_sink.point(point.take());
        ++m_point;
        m_sums.clear();
        return {};
    }

    static bool isRun(const read::Node& root)
    {
        return root.find("model_id") && root.find("date") && root.find("request_throughput");
    }
    std::uint32_t points() const { return m_point; }

private:
    /// With no request completed every number is 0, which is no measurement.
    static void nothingMeasured(const read::Node& root, PointWriter& point)
    {
        const read::Node* completed = root.find("completed");
        if (!completed || completed->number() != 0.0) {
            return;
        }
        point.warn("all-failed", "No request succeeded: latencies and rates are missing, not zero.",
            completed->pointer());
    }

    void requests(const read::Node& root)
    {
        const read::Node* inputs = root.find("input_lens");
        const read::Node* outputs = root.find("output_lens");
        const read::Node* ttfts = root.find("ttfts");
        const read::Node* starts = root.find("start_times");
        const read::Node* latencies = root.find("latencies");
        const read::Node* errors = root.find("errors");
        std::size_t count = m_sums.size();
        for (const read::Node* column : { inputs, outputs, ttfts, errors }) {
            if (column) {
                count = std::max(count, column->size());
                column->claim();
            }
        }
        for (const char* name : { "itls", "start_times", "latencies", "queue_times" }) {
            if (const read::Node* column = root.find(name)) {
                column->claim();
            }
        }
        const double first = starts && !starts->numbers().empty()
            ? *std::min_element(starts->numbers().begin(), starts->numbers().end())
            : 0;
        auto nextError = errors ? errors->begin() : read::Node::Iterator(nullptr);
        for (std::size_t i = 0; i < count; ++i) {
            RequestRow row;
            row.index = static_cast<std::uint32_t>(i);
            if (errors && nextError != errors->end()) {
                row.error = std::string(nextError->text().substr(0, 500));
                ++nextError;
            }
            fill(row, at(inputs, i), at(outputs, i), at(ttfts, i), at(latencies, i), i);
            if (const double start = at(starts, i); !std::isnan(start)) {
                row.start = Seconds { start - first };
            }
            m_sink.request(m_point, std::move(row));
        }
    }

    void fill(RequestRow& row, double input, double output, double ttft, double latency, std::size_t i) const
    {
        if (!std::isnan(input)) {
            row.isl = static_cast<std::int64_t>(input);
        }
        if (!std::isnan(output)) {
            row.osl = static_cast<std::int64_t>(output);
        }
        // A failed request stands in the columns with zeros.
        row.ok = row.error.empty() && !(ttft == 0 && output == 0);
        if (!row.ok || std::isnan(ttft)) {
            return;
        }
        row.ttft = toMilliseconds(Seconds { ttft });
        if (!std::isnan(latency)) {
            row.e2e = toMilliseconds(Seconds { latency });
        } else if (i < m_sums.size()) {
            row.e2e = *row.ttft + Milliseconds { m_sums[i] };
        }
    }

    Sink& m_sink;
    std::uint32_t m_point = 0;
    std::vector<double> m_gapsMs;
    std::vector<double> m_sums; ///< of the gaps of each request of the document, ms
};

} // namespace

class VllmServe : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-serve", "vLLM bench serve", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.document || !sample.has("/model_id") || !sample.has("/date")
            || !sample.has("/request_throughput") || sample.has("/run_number")) {
            return std::nullopt;
        }
        for (const char* key : { "/mean_ttft_ms", "/median_ttft_ms", "/input_sequence_throughput",
                 "/mean_e2el_ms", "/completed" }) {
            if (sample.has(key)) {
                return Match { Match::Certain,
                    std::string("has model_id, date, request_throughput and ") + (key + 1) };
            }
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        read::Plan plan;
        plan.stream = { "/itls" };
        plan.skip = { "/generated_texts" };
        Reader reader(sink);
        const auto report = input.documents(plan, reader);
        if (!report) {
            return report.error();
        }
        if (reader.points() == 0) {
            return Error { input.name(), {}, "no document of the file is a result of vLLM bench serve",
                "Check the file" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<VllmServe> registered;

} // namespace prism::formats
