// SPDX-License-Identifier: GPL-3.0-or-later
// `vllm bench sweep`: run=N.json (a run and its number), summary.json (an array of them), and the flat tables
// that people make of the same keys.
#include "core/import/formats/serving_fields.h"
#include "core/import/formats/serving_run.h"
#include "core/import/importer.h"
#include "core/import/nearest_whole.h"
#include "core/import/secrets.h"

#include <algorithm>
#include <array>
#include <map>

namespace prism::formats {

namespace {

struct Column {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array columns {
    Column { "num_prompts", "requests", source::one },
    Column { "completed", "requests_ok", source::one },
    Column { "failed", "requests_failed", source::one },
    Column { "duration", "duration", source::seconds },
    Column { "total_input_tokens", "input_tokens", source::one },
    Column { "total_output_tokens", "output_tokens", source::one },
    Column { "request_throughput", "request_throughput", source::requestsPerSecond },
    Column { "request_goodput", "request_goodput", source::requestsPerSecond },
    Column { "request_goodput:", "request_goodput", source::requestsPerSecond },
    Column { "input_throughput", "input_throughput", source::tokensPerSecond },
    Column { "output_throughput", "output_throughput", source::tokensPerSecond },
    Column { "total_token_throughput", "total_throughput", source::tokensPerSecond },
    Column { "total_throughput", "total_throughput", source::tokensPerSecond }, // of SGLang
    Column { "max_output_tokens_per_s", "peak_output_throughput", source::tokensPerSecond },
};
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> latencies {
    { { "_e2e_latency_ms", "e2e" }, { "_e2el_ms", "e2e" }, { "_ttft_ms", "ttft" }, { "_tpot_ms", "tpot" },
        { "_itl_ms", "itl" }, { "_latency_ms", "e2e" } }
};
/// Columns of whole numbers that describe the run.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> settings { {
    { "random_input_len", "isl_target" },
    { "random_output_len", "osl_target" },
    { "tensor_parallel_size", "tp" },
    { "pipeline_parallel_size", "pp" },
    { "data_parallel_size", "dp" },
    { "run_number", "repeat" },
} };

class Table {
public:
    explicit Table(Sink& sink)
        : m_sink(sink)
    {
    }

    Result<void> row(const read::CsvRow& cells)
    {
        if (cells.empty()) {
            return {};
        }
        if (m_names.empty()) {
            for (const read::Cell& cell : cells) {
                m_names.emplace_back(cell.text);
            }
            return {};
        }
        PointWriter point(m_points);
        for (std::size_t i = 0; i < std::min(cells.size(), m_names.size()); ++i) {
            take(point, m_names[i], cells[i]);
        }
        load(point, cells);
        describe(point, cells);
        warnWhenAllFailed(point);
        doubtShiftedTail(point, cells);
        m_sink.point(point.take());
        ++m_points;
        return {};
    }
    std::uint32_t points() const { return m_points; }

private:
    static void take(PointWriter& point, const std::string& name, const read::Cell& cell)
    {
        if (cell.text.empty() || name.empty()) {
            return;
        }
        for (const Column& column : columns) {
            if (column.key == name) {
                point.measure(column.metric, Stat::value(), cell, name, column.unit);
                return;
            }
        }
        for (const auto& [ending, metric] : latencies) {
            const auto stat = name.ends_with(ending)
                ? servingStat(name.substr(0, name.size() - ending.size()))
                : std::nullopt;
            if (stat) {
                point.measure(metric, *stat, cell, name, source::latencyMilliseconds);
                return;
            }
        }
        if (name == "model_id" || name == "model") {
            point.attribute("model", std::string(cell.text), {}, cell.place.text());
        } else if (name == "gpu" || name == "GPU") {
            point.attribute("accelerator", std::string(cell.text), {}, cell.place.text());
        } else if (name == "dataset_name") {
            point.attribute("dataset", std::string(cell.text), {}, cell.place.text());
        }
        point.extra(cell.place.text(), name + " = " + std::string(cell.text));
    }

    const read::Cell* cell(const read::CsvRow& cells, std::string_view name) const
    {
        const auto at = std::find(m_names.begin(), m_names.end(), name);
        const std::size_t i = static_cast<std::size_t>(at - m_names.begin());
        return i < cells.size() && !cells[i].text.empty() ? &cells[i] : nullptr;
    }

    void load(PointWriter& point, const read::CsvRow& cells) const
    {
        const read::Cell* rate = cell(cells, "request_rate");
        const read::Cell* cap = cell(cells, "max_concurrency");
        const auto finite = rate ? rate->value() : std::nullopt;
        const auto capped = cap ? cap->value() : std::nullopt;
        const bool ramp
            = cell(cells, "ramp_up_strategy") != nullptr; // the rate is only what nobody asked for
        if (finite) {
            point.attribute("request_rate", *finite, {}, rate->place.text());
        }
        if (const auto whole = capped ? nearestWhole(*capped) : std::nullopt) {
            point.attribute("concurrency", *whole, {}, cap->place.text());
        }
        if (rate && rate->text == "trace") {
            point.attribute("load_mode", std::string("trace"), {}, rate->place.text());
        } else if ((finite || ramp) && !capped) {
            point.attribute("load_mode", std::string("rate"));
        } else if (rate && !finite && !ramp) {
            point.attribute(
                "load_mode", std::string(capped ? "concurrency" : "burst"), {}, rate->place.text());
        }
    }

    void describe(PointWriter& point, const read::CsvRow& cells) const
    {
        for (const auto& [name, attribute] : settings) {
            const read::Cell* at = cell(cells, name);
            const auto number = at ? at->value() : std::nullopt;
            // Run -1 is a warm-up.
            if (const auto whole = number && *number >= 0 ? nearestWhole(*number) : std::nullopt) {
                point.attribute(attribute, *whole, {}, at->place.text());
            }
        }
    }

    /// Rows of hand-made tables were seen whose last columns are shifted. The achieved concurrency tells: it
    /// is rate times mean latency. Where it is far off, what stands beside it is not believed.
    void doubtShiftedTail(PointWriter& point, const read::CsvRow& cells) const
    {
        const read::Cell* stated = cell(cells, "concurrency");
        const Measure* rate = point.point().measure("request_throughput", Stat::value());
        const Measure* latency = point.point().measure("e2e", Stat::mean());
        const auto achieved = stated ? stated->value() : std::nullopt;
        if (!achieved || !rate || !latency || rate->status != Status::Ok || latency->status != Status::Ok) {
            return;
        }
        const double expected = rate->value * latency->value / 1e3;
        if (*achieved > expected / 1.5 && *achieved < expected * 1.5) {
            return;
        }
        std::erase_if(point.point().measures, [](const Measure& m) {
            return m.metric->id == "itl" && (m.stat == Stat::std() || m.stat == Stat::percentile(99));
        });
        point.warn("shifted-columns",
            "The stated concurrency contradicts rate × latency: the row's last columns look shifted, so ITL "
            "std and p99 are left out.",
            stated->place.text());
    }

    Sink& m_sink;
    std::vector<std::string> m_names;
    std::uint32_t m_points = 0;
};

bool hasLatencyColumn(const read::CsvRow& header)
{
    return std::any_of(
        header.begin(), header.end(), [](const read::Cell& cell) { return cell.text.ends_with("_ttft_ms"); });
}

/// What a run leaves behind instead of its result: run=N.failure.json.
bool isFailure(const read::Node& root)
{
    return root.find("error_type") && root.find("error") && root.find("serve_overrides");
}

std::string failureOf(Input& input)
{
    std::string failure;
    // What breaks off was met by the reading of its runs.
    (void)input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
        if (failure.empty() && isFailure(root)) {
            const std::string error(root.find("error")->text().substr(0, 500));
            failure = std::string(root.find("error_type")->text()) + ", " + withoutSecrets(error);
        }
        return {};
    });
    return failure;
}

} // namespace

class VllmSweep : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-sweep", "vLLM bench sweep", 3, 25 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document && (sample.has("/run_number") || sample.has("/0/run_number"))
            && (sample.has("/request_throughput") || sample.has("/0/request_throughput"))) {
            return Match { Match::Certain, "has run_number and request_throughput" };
        }
        if (sample.document && isFailure(*sample.document)) {
            return Match { Match::Certain, "has error_type, error and serve_overrides" };
        }
        if (sample.family == Family::Csv && !sample.rows.empty() && hasLatencyColumn(sample.rows.front())
            && std::any_of(sample.rows.front().begin(), sample.rows.front().end(),
                [](const read::Cell& cell) { return cell.text == "request_throughput"; })) {
            return Match { Match::Likely, "has the columns request_throughput and …_ttft_ms" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() != Family::Csv) {
            const auto runs = readServingRuns(input, sink, vllmDialect);
            const std::string failure = runs ? std::string() : failureOf(input);
            if (!failure.empty()) {
                return Error { input.name(), {}, "the run failed: " + failure,
                    "Nothing was measured: run it again" };
            }
            return runs;
        }
        Table table(sink);
        const auto report = input.csv([&](const read::CsvRow& cells) { return table.row(cells); });
        if (!report) {
            return report.error();
        }
        if (table.points() == 0) {
            return Error { input.name(), {}, "the table has a header and no rows",
                "Check whether the benchmark ended" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<VllmSweep> registered;

} // namespace prism::formats
