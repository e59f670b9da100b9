// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/lmdeploy/lmdeploy_profile.h"
#include "core/import/formats/console_log.h"

#include "core/import/formats/console_arguments.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>

namespace prism::formats::lmdeploy {

namespace {

struct Term {
    std::string_view name;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
};
constexpr std::array columnTerms {
    Term { "num_prompts", "requests", Stat::value(), source::one },
    Term { "completed", "requests_ok", Stat::value(), source::one },
    Term { "total_input_tokens", "input_tokens", Stat::value(), source::one },
    Term { "total_output_tokens", "output_tokens", Stat::value(), source::one },
    Term { "duration", "duration", Stat::value(), source::seconds },
    Term { "request_throughput", "request_throughput", Stat::value(), source::requestsPerSecond },
    Term { "input_throughput", "input_throughput", Stat::value(), source::tokensPerSecond },
    Term { "output_throughput", "output_throughput", Stat::value(), source::tokensPerSecond },
    Term { "mean_e2e_latency_ms", "e2e", Stat::mean(), source::latencyMilliseconds },
    Term { "mean_ttft_ms", "ttft", Stat::mean(), source::latencyMilliseconds },
    Term { "mean_tpot_ms", "tpot", Stat::mean(), source::latencyMilliseconds },
    Term { "mean_itl_ms", "itl", Stat::mean(), source::latencyMilliseconds },
};
constexpr std::array consoleTerms {
    Term { "Benchmark duration", "duration", Stat::value(), source::seconds },
    Term { "Total requests", "requests", Stat::value(), source::one },
    Term { "Successful requests", "requests_ok", Stat::value(), source::one },
    Term { "Total input tokens", "input_tokens", Stat::value(), source::one },
    Term { "Total generated tokens", "output_tokens", Stat::value(), source::one },
    Term { "Input throughput (tok/s)", "input_throughput", Stat::value(), source::tokensPerSecond },
    Term { "Output throughput (tok/s)", "output_throughput", Stat::value(), source::tokensPerSecond },
    Term { "Request throughput (req/s)", "request_throughput", Stat::value(), source::requestsPerSecond },
};
/// The scripts up to 0.6. Their percentiles are of the gaps between tokens of all requests, without the first
/// token, and "num_promts" is their spelling.
constexpr std::array oldTerms {
    Term { "num_promts", "requests", Stat::value(), source::one },
    Term { "num_prompts", "requests", Stat::value(), source::one },
    Term { "RPS", "request_throughput", Stat::value(), source::requestsPerSecond },
    Term { "FTL(ave)(s)", "ttft", Stat::mean(), source::latencySeconds },
    Term { "FTL(min)(s)", "ttft", Stat::min(), source::latencySeconds },
    Term { "FTL(max)(s)", "ttft", Stat::max(), source::latencySeconds },
    Term { "50%(s)", "itl", Stat::percentile(50), source::latencySeconds },
    Term { "75%(s)", "itl", Stat::percentile(75), source::latencySeconds },
    Term { "95%(s)", "itl", Stat::percentile(95), source::latencySeconds },
    Term { "99%(s)", "itl", Stat::percentile(99), source::latencySeconds },
    Term { "throughput(out tok/s)", "output_throughput", Stat::value(), source::tokensPerSecond },
    Term { "throughput(total tok/s)", "total_throughput", Stat::value(), source::tokensPerSecond },
};
/// Rows of the table below them, in seconds whatever the heading says nothing of.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> consoleLatencies { {
    { "end-to-end latency", "e2e" }, // "End-to-end", and "End-to-End" in copies
    { "time to first token (ttft)", "ttft" },
    { "time per output token (tpot)", "tpot" },
    { "inter-token latency (itl)", "itl" },
} };

void concurrency(PointWriter& out, std::string_view text, const std::string& place)
{
    if (const auto users = read::consoleNumber(text); users && *users > 0) {
        wholeAttribute(out, "concurrency", users, place);
        out.attribute("load_mode", std::string("concurrency"));
    }
}

/// A row of the CSV: what was set, under free names, and what was measured.
class TableRow {
public:
    TableRow(const std::vector<std::string>& columns, const read::CsvRow& cells)
        : m_columns(columns)
        , m_cells(cells)
    {
    }

    LoadPoint point(std::uint32_t index) const
    {
        PointWriter out(index);
        if (cell("throughput(out tok/s)")) {
            return oldPoint(out);
        }
        // Without streaming there is no first token: then the tool divides the whole latency by the tokens.
        const read::Cell* first = cell("mean_ttft_ms");
        const auto ttft = first ? first->value() : std::nullopt;
        const bool streamed = ttft && *ttft > 0;
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            const auto term = std::find_if(columnTerms.begin(), columnTerms.end(),
                [&](const Term& t) { return t.name == m_columns[i]; });
            if (term == columnTerms.end()) {
                setting(out, m_columns[i], m_cells[i]);
                continue;
            }
            const bool token = term->metric == "tpot" || term->metric == "itl" || term->metric == "ttft";
            if (!token || streamed) {
                out.measure(term->metric, term->stat, m_cells[i], term->name, term->unit);
            } else if (term->metric == "tpot" && first && read::trimmed(first->text) == "-") {
                out.measure("ntpot", term->stat, m_cells[i], term->name, term->unit);
            } else {
                out.extra(m_cells[i].place.text(), m_columns[i] + ": " + std::string(m_cells[i].text));
            }
        }
        lengths(out);
        return out.take();
    }

private:
    LoadPoint oldPoint(PointWriter& out) const
    {
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            const auto term = std::find_if(
                oldTerms.begin(), oldTerms.end(), [&](const Term& t) { return t.name == m_columns[i]; });
            if (term == oldTerms.end()) {
                setting(out, m_columns[i], m_cells[i]);
            } else if (read::trimmed(m_cells[i].text) != "-") { // not streamed
                out.measure(term->metric, term->stat, m_cells[i], term->name, term->unit);
            }
        }
        return out.take();
    }

    const read::Cell* cell(std::string_view name) const
    {
        const auto it = std::find(m_columns.begin(), m_columns.end(), name);
        return it == m_columns.end() ? nullptr : &m_cells[static_cast<std::size_t>(it - m_columns.begin())];
    }

    static void setting(PointWriter& out, const std::string& name, const read::Cell& cell)
    {
        const std::string place = cell.place.text();
        const std::string_view text = read::trimmed(cell.text);
        if (text.empty() || text == "None") {
            return;
        }
        if (name == "bs" || name == "batch" || name == "concurrency") {
            concurrency(out, cell.number, place);
        } else if (name == "dataset_name") {
            out.attribute("dataset", std::string(text), {}, place);
        } else if (name == "backend" && (text == "turbomind" || text == "pytorch")) {
            // LMDeploy's two engines; other names are the style of API that a client spoke.
            out.attribute("engine", std::string("lmdeploy"), std::string(text), place);
        } else if (name == "request_rate") {
            const auto rate = cell.value();
            if (rate && *rate > 0) {
                out.attribute("request_rate", *rate, {}, place);
                out.attribute("load_mode", std::string("rate"));
            } else if (read::nonFiniteWord(text) == Status::Infinite) {
                out.attribute("load_mode", std::string("burst"), std::string(text), place);
            }
        } else {
            out.extra(place, name + ": " + std::string(text));
        }
    }

    /// The lengths of random prompts; with another data set they are defaults that nothing followed.
    void lengths(PointWriter& out) const
    {
        const read::Cell* dataset = cell("dataset_name");
        if (!dataset || dataset->text != "random") {
            return;
        }
        for (const auto& [column, name] :
            { std::pair<std::string_view, std::string_view> { "random_input_len", "isl_target" },
                { "random_output_len", "osl_target" } }) {
            const read::Cell* length = cell(column);
            const auto tokens = length ? length->value() : std::nullopt;
            if (tokens && *tokens > 0) {
                wholeAttribute(out, name, tokens, length->place.text());
            }
        }
    }

    const std::vector<std::string>& m_columns;
    const read::CsvRow& m_cells;
};

/// "Label of a row            12.345     0.123": the label ends before two blanks or the first number.
struct ConsoleRow {
    std::string_view label;
    std::vector<std::string_view> cells;
};
ConsoleRow split(std::string_view line)
{
    ConsoleRow row;
    const std::size_t gap = line.find("  ");
    row.label = read::trimmed(line.substr(0, gap));
    std::string_view rest = gap == std::string_view::npos ? std::string_view() : line.substr(gap);
    while (!(rest = read::trimmed(rest)).empty()) {
        row.cells.push_back(rest.substr(0, rest.find(' ')));
        rest.remove_prefix(row.cells.back().size());
    }
    return row;
}

class Console {
public:
    explicit Console(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (text.find("==== Profile") != std::string_view::npos
            || text.find("= Profile ") != std::string_view::npos) {
            finish();
            m_point.emplace(m_points);
            m_point->point().label = std::string(read::trimmed(text.substr(
                text.find_first_not_of('='), text.find_last_not_of('=') + 1 - text.find_first_not_of('='))));
            return;
        }
        if (!m_point || text.empty()) {
            return;
        }
        if (text.find_first_not_of('=') == std::string_view::npos) {
            finish();
            return;
        }
        take(line, split(line.text));
    }

    void finish()
    {
        if (m_point) {
            writeLatencies();
            m_sink.point(m_point->take());
            ++m_points;
        }
        m_point.reset();
        m_columns.clear();
    }
    std::uint32_t points() const { return m_points; }

private:
    struct Latency {
        std::string metric;
        Stat stat;
        std::string text, path, label;
    };

    void take(const read::TextLine& line, const ConsoleRow& row)
    {
        const auto place = [&line](std::string_view cell) {
            return line.at(static_cast<std::size_t>(cell.data() - line.text.data())).text();
        };
        if (row.label.empty()) {
            m_columns.assign(row.cells.begin(), row.cells.end());
            return;
        }
        const auto latency = std::find_if(consoleLatencies.begin(), consoleLatencies.end(),
            [&row](const auto& l) { return read::equalsIgnoringCase(row.label, l.first); });
        if (latency != consoleLatencies.end()) {
            for (std::size_t i = 0; i < row.cells.size() && i < m_columns.size(); ++i) {
                const auto stat = m_columns[i] == "mean" ? std::optional(Stat::mean())
                    : m_columns[i].starts_with('P')      ? Stat::parse('p' + m_columns[i].substr(1))
                                                         : std::nullopt;
                if (stat) {
                    m_latencies.push_back({ std::string(latency->second), *stat, std::string(row.cells[i]),
                        place(row.cells[i]), std::string(row.label) });
                }
            }
            return;
        }
        if (row.cells.empty()) {
            return;
        }
        const auto term = std::find_if(
            consoleTerms.begin(), consoleTerms.end(), [&row](const Term& t) { return t.name == row.label; });
        if (term != consoleTerms.end()) {
            m_point->measure(
                term->metric, term->stat, row.cells[0], place(row.cells[0]), term->name, term->unit);
        } else if (row.label == "Concurrency") {
            concurrency(*m_point, row.cells[0], place(row.cells[0]));
        } else if (row.label == "Stream output" || row.cells.size() < 3) {
            m_point->extra(place(row.cells[0]), std::string(row.label) + ": " + std::string(row.cells[0]));
        }
    }

    /// Without streaming the table has no TTFT, and its TPOT is the whole latency over the tokens.
    void writeLatencies()
    {
        const bool streamed = std::any_of(m_latencies.begin(), m_latencies.end(),
            [](const Latency& latency) { return latency.metric == "ttft"; });
        for (const Latency& latency : m_latencies) {
            const bool whole = latency.metric == "tpot" && !streamed;
            m_point->measure(whole ? "ntpot" : latency.metric, latency.stat, latency.text, latency.path,
                latency.label, source::latencySeconds);
        }
        m_latencies.clear();
    }

    Sink& m_sink;
    std::optional<PointWriter> m_point;
    std::vector<std::string> m_columns;
    std::vector<Latency> m_latencies;
    std::uint32_t m_points = 0;
};

} // namespace

bool isProfileTable(const read::CsvRow& header)
{
    const auto has = [&header](std::string_view name) {
        return std::any_of(
            header.begin(), header.end(), [name](const read::Cell& cell) { return cell.text == name; });
    };
    if (has("RPS") && has("RPM") && has("throughput(out tok/s)")) {
        return true; // up to 0.6; the first token where it was streamed
    }
    return has("completed") && has("request_throughput") && has("mean_e2e_latency_ms") && has("mean_tpot_ms")
        && !has("median_tpot_ms") && !has("p99_tpot_ms") && !has("median_ttft_ms") && !has("p99_ttft_ms");
}

bool isProfileConsole(const Sample& sample)
{
    return sample.textContains("Time per Output Token (TPOT)")
        && (sample.textContains("End-to-end Latency") || sample.textContains("End-to-End Latency"))
        && sample.textContains("= Profile ");
}

Result<void> readProfileTable(Input& input, Sink& sink)
{
    std::vector<std::string> columns;
    std::uint32_t points = 0;
    const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
        if (isProfileTable(row)) {
            columns.clear();
            for (const read::Cell& cell : row) {
                columns.emplace_back(cell.text);
            }
        } else if (!columns.empty() && row.size() == columns.size()) {
            sink.point(TableRow(columns, row).point(points++));
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (points == 0) {
        return Error { input.name(), {}, "the table of LMDeploy has no rows",
            "Check whether the benchmark ended" };
    }
    sink.report(*report);
    return {};
}

Result<void> readProfileConsole(Input& input, Sink& sink)
{
    return readConsoleLog(input, sink, Console(sink), "the text holds no table of a profile");
}

} // namespace prism::formats::lmdeploy
