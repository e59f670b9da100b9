// SPDX-License-Identifier: GPL-3.0-or-later
// The CSV of Triton's perf_analyzer (-f FILE): a row a load level in the order of throughput, every time in
// microseconds. Its raw profile (JSON) is GenAI-Perf's and read there.
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>

namespace prism::formats {

namespace {

constexpr std::string_view byConcurrency = "Concurrency";
constexpr std::string_view byRate = "Request Rate";
constexpr std::string_view inferences = "Inferences/Second";

/// "p99 latency", "Avg latency": the time from sending a request to its last response.
std::optional<Stat> latencyStat(std::string_view title)
{
    constexpr std::string_view ending = " latency";
    if (!title.ends_with(ending)) {
        return std::nullopt;
    }
    const std::string_view word = title.substr(0, title.size() - ending.size());
    return word == "Avg"        ? std::optional(Stat::mean())
        : word.starts_with('p') ? Stat::parse(word)
                                : std::nullopt;
}

struct GpuColumn {
    std::string_view title;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
};
const GpuColumn gpuColumns[] = {
    { "Avg GPU Utilization", "gpu_utilization", Stat::mean(), source::ratio },
    { "Avg GPU Power Usage", "power", Stat::mean(), source::watts },
    { "Max GPU Memory Usage", "gpu_memory", Stat::max(), source::bytes },
};

/// The number of "GPU-uuid:value;" where one GPU was watched: there is no one number for several. One with a
/// comma is none: nothing tells what that means behind a name.
std::string_view onlyGpu(std::string_view cell)
{
    cell = read::trimmed(cell);
    while (!cell.empty() && cell.back() == ';') {
        cell.remove_suffix(1);
    }
    const std::size_t colon = cell.rfind(':');
    return cell.find_first_of(";,") == std::string_view::npos && colon != std::string_view::npos
        ? cell.substr(colon + 1)
        : std::string_view();
}

class Table {
public:
    explicit Table(Sink& sink)
        : m_sink(sink)
    {
    }

    void row(const read::CsvRow& cells)
    {
        if (cells.size() < 2) {
            return;
        }
        // Tables of several runs are appended to one file with their headers.
        if (isHeader(cells)) {
            m_titles.clear();
            for (const read::Cell& cell : cells) {
                m_titles.emplace_back(read::trimmed(cell.text));
            }
            return;
        }
        // A rate of "nan" takes nothing from the row's latencies.
        if (!m_titles.empty() && cells[0].value()) {
            send(cells);
        }
    }
    static bool isHeader(const read::CsvRow& cells)
    {
        return cells.size() > 1 && (cells[0].text == byConcurrency || cells[0].text == byRate)
            && cells[1].text == inferences;
    }
    std::uint32_t points() const { return m_points; }

private:
    void send(const read::CsvRow& cells)
    {
        PointWriter out(m_points++);
        // Rows may end in a comma, which makes a cell more than there are titles.
        for (std::size_t i = 0; i < std::min(cells.size(), m_titles.size()); ++i) {
            if (!read::trimmed(cells[i].text).empty()) {
                take(out, m_titles[i], cells[i]);
            }
        }
        const bool latencies = std::any_of(m_titles.begin(), m_titles.end(),
            [](const std::string& title) { return latencyStat(title).has_value(); });
        if (!latencies) {
            mark(out, "composing-model");
            out.warn("composing-model",
                "The table has no latencies: it tells of one model of an ensemble, whose rate perf_analyzer "
                "computes from the ensemble's.");
        }
        doubtBatches(out);
        m_sink.point(out.take());
    }

    static void take(PointWriter& out, const std::string& title, const read::Cell& cell)
    {
        const std::string place = cell.place.text();
        if (title == byConcurrency || title == byRate) {
            load(out, title, cell, place);
            return;
        }
        if (title == inferences) {
            out.measure("request_throughput", Stat::value(), cell, title, source::requestsPerSecond);
            return;
        }
        if (const auto stat = latencyStat(title)) {
            out.measure("e2e", *stat, cell, title, source::latencyMicroseconds);
            return;
        }
        if (title == "Server Queue") {
            out.measure("queue_time", Stat::mean(), cell, title, source::latencyMicroseconds);
            return;
        }
        for (const GpuColumn& known : gpuColumns) {
            if (const std::string_view value = onlyGpu(cell.text); known.title == title && !value.empty()) {
                out.measure(known.metric, known.stat, value, place, title, known.unit);
                return;
            }
        }
        out.extra(place, title + ": " + std::string(read::trimmed(cell.text)));
    }

    static void load(
        PointWriter& out, const std::string& title, const read::Cell& cell, const std::string& place)
    {
        const auto number = cell.value();
        if (!number || *number <= 0) {
            out.extra(place, title + ": " + std::string(read::trimmed(cell.text)));
        } else if (title == byConcurrency) {
            wholeAttribute(out, "concurrency", number, place);
            out.attribute("load_mode", std::string("concurrency"), {}, place);
        } else {
            out.attribute("request_rate", *number, {}, place);
            out.attribute("load_mode", std::string("rate"), {}, place);
        }
    }

    /// A request may carry a batch, and the table counts inferences. By Little's law concurrency is rate of
    /// requests times mean latency; where the rate is a multiple of that, it is not one of requests.
    static void doubtBatches(PointWriter& out)
    {
        const Attribute* asked = out.point().attribute("concurrency");
        const Measure* rate = out.point().measure("request_throughput", Stat::value());
        const Measure* latency = out.point().measure("e2e", Stat::mean());
        if (!latency || latency->status != Status::Ok) {
            latency = out.point().measure("e2e", Stat::percentile(50));
        }
        const auto concurrency = asked ? toNumber(asked->value) : std::nullopt;
        if (!concurrency || !rate || !latency || rate->status != Status::Ok
            || latency->status != Status::Ok) {
            return;
        }
        constexpr double surelyBatched = 1.5;
        if (rate->value * latency->value / 1e3 > surelyBatched * *concurrency) {
            mark(out, "per-inference");
            out.warn("batched-inferences",
                "The inferences per second are more than the concurrency and the latency allow for requests: "
                "each request carried a batch, whose size the table does not say.",
                rate->path);
        }
    }

    static void mark(PointWriter& out, const char* semantics)
    {
        for (Measure& m : out.point().measures) {
            if (m.metric->id == "request_throughput") {
                m.semantics = semantics;
            }
        }
    }

    Sink& m_sink;
    std::vector<std::string> m_titles;
    std::uint32_t m_points = 0;
};

class PerfAnalyzer : public Importer {
public:
    ImporterInfo info() const override { return { "perf-analyzer", "Triton perf_analyzer", 2, 10 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const bool found = std::any_of(sample.rows.begin(), sample.rows.end(), &Table::isHeader);
        return found ? std::optional(Match { Match::Certain,
                   "has the columns Concurrency or Request Rate and "
                   "Inferences/Second" })
                     : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Table table(sink);
        const auto report = input.csv([&](const read::CsvRow& cells) -> Result<void> {
            table.row(cells);
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (table.points() == 0) {
            return Error { input.name(), {}, "the table has a header and no rows",
                "Check whether the measurement became stable and ended" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<PerfAnalyzer> registered;

} // namespace

} // namespace prism::formats
