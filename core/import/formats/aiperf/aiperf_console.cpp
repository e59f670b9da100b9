// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_table.h"

#include "core/import/formats/aiperf/aiperf_command.h"
#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>

namespace prism::formats {

namespace {

using aiperf::Cell;
using aiperf::Command;
using aiperf::CommandText;

struct Row {
    std::string title;
    std::vector<Cell> cells;
    std::string path;
};

class Report {
public:
    explicit Report(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line);
    void finish();
    std::uint32_t points() const { return m_points; }
    bool insideTable() const { return m_boxed; }
    std::size_t gpuRows() const { return m_gpus.rows(); }

private:
    enum class Table { Other, Metrics, Gpu };

    void text(const read::TextLine& line, std::string_view text);
    void tableRow(const read::TextLine& line, const std::vector<read::TableCell>& cells);
    void header(const std::vector<read::TableCell>& cells);
    void startTable();
    void endRow();
    void endPoint();
    /// "Output token throughput (per sec): 922.59" below the tables of old versions, "Benchmark Duration:
    /// 3.00 sec" below those of newer ones.
    void trailer(const read::TextLine& line, std::string_view text);

    Sink& m_sink;
    std::optional<PointWriter> m_point;
    Command m_command; ///< stands before the table
    CommandText m_commandText;
    std::vector<Row> m_kept; ///< rows that are no metrics of ours, for the extras of the point
    aiperf::Gpus m_gpus;
    Table m_table = Table::Other;
    std::string m_title;
    std::string m_main; ///< the title of the point's main table
    std::size_t m_linesBetween = 0; ///< of text, since the last table began
    std::vector<std::string> m_columns;
    std::optional<Row> m_row;
    bool m_boxed = false; ///< the last line stood in a table of box characters, which has a closing rule
    bool m_countsTokens = false; ///< the table has "Num output token"
    std::uint32_t m_points = 0;
};

/// "localhost:9401 | GPU 0 | NVIDIA H100" as the parts between the bars.
std::optional<std::pair<std::string, std::string>> gpuOf(std::string_view title)
{
    const std::size_t at = title.find(" | GPU ");
    const std::size_t bar = at == std::string_view::npos ? at : title.find(" | ", at + 7);
    if (bar == std::string_view::npos) {
        return std::nullopt;
    }
    return std::pair { std::string(title.substr(0, bar)), std::string(read::trimmed(title.substr(bar + 3))) };
}

void Report::line(const read::TextLine& line)
{
    // Titles hold bars too ("NVIDIA AIPerf | LLM Metrics"); rows of a table begin with one.
    const std::string_view begin = read::trimmed(line.text);
    m_boxed = begin.starts_with("│") || begin.starts_with("┃");
    const bool framed = m_boxed || begin.starts_with('|');
    const std::vector<read::TableCell> cells
        = framed ? read::tableCells(line.text) : std::vector<read::TableCell>();
    if (!cells.empty()) {
        tableRow(line, cells);
        return;
    }
    const bool rule = begin.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        == std::string_view::npos;
    if (!rule) {
        text(line, begin);
    } else if (begin.starts_with("└") || begin.starts_with("┗")) {
        endRow();
        m_columns.clear();
    } else if (begin.empty()) {
        m_commandText.blank();
    }
}

void Report::text(const read::TextLine& line, std::string_view text)
{
    endRow();
    m_columns.clear();
    m_title = text;
    ++m_linesBetween;
    const std::size_t offset = static_cast<std::size_t>(text.data() - line.text.data());
    if (const auto command = m_commandText.line(text, line.at(offset).text())) {
        // AIPerf repeats its command line below its tables; a shell and GenAI-Perf's log have it above.
        if (command->below && m_point) {
            command->write(*m_point);
        } else if (!command->below) {
            m_command = *command;
        }
    }
    trailer(line, text);
}

void Report::trailer(const read::TextLine& line, std::string_view text)
{
    const std::size_t colon = text.find(": ");
    if (!m_point || colon == std::string_view::npos) {
        return;
    }
    std::string title(text.substr(0, colon));
    std::string_view value = read::trimmed(text.substr(colon + 2));
    if (title == "Benchmark Duration") {
        const std::size_t space = value.find(' ');
        if (space == std::string_view::npos) {
            return;
        }
        title += " (" + std::string(read::trimmed(value.substr(space))) + ')';
        value = value.substr(0, space);
    } else if (!title.ends_with("(per sec)")) {
        return;
    }
    const std::size_t offset = static_cast<std::size_t>(value.data() - line.text.data());
    const std::array cells { Cell { "avg", { value, line.at(offset).text() } } };
    aiperf::takeRow(*m_point, title, cells);
}

void Report::header(const std::vector<read::TableCell>& cells)
{
    endRow();
    m_columns.clear();
    for (const read::TableCell& cell : cells) {
        m_columns.emplace_back(cell.text);
    }
    m_table = Table::Other;
    if (m_columns[0] == "Metric" || m_columns[0] == "Statistic") {
        startTable();
    }
}

void Report::startTable()
{
    m_table = gpuOf(m_title) ? Table::Gpu : Table::Metrics;
    if (m_table == Table::Gpu) {
        return;
    }
    // A report prints its main table once and its groups ("LLM Metrics: Usage") right before or behind it.
    const std::size_t bar = m_title.rfind(" | ");
    const bool group = bar != std::string::npos && m_title.find(": ", bar) != std::string::npos;
    const bool main
        = !group && (bar == std::string::npos ? m_title == "LLM Metrics" : m_title.ends_with(" Metrics"));
    const bool apart = m_linesBetween > 1; // the title itself is one
    if ((group && apart) || (main && (apart || m_title == m_main))) {
        endPoint();
    }
    if (main && (m_main.empty() || !m_point)) {
        m_main = m_title;
    }
}

void Report::tableRow(const read::TextLine& line, const std::vector<read::TableCell>& cells)
{
    const bool heading = line.text.find("┃") != std::string_view::npos;
    if (heading || cells[0].text == "Metric" || cells[0].text == "Statistic") {
        header(cells);
        m_linesBetween = 0;
        return;
    }
    if (m_columns.empty() || cells.size() > m_columns.size()) {
        return;
    }
    const auto number = std::any_of(
        cells.begin() + 1, cells.end(), [](const read::TableCell& c) { return !c.text.empty(); });
    // A title, or a number, that did not fit goes on in the next line.
    const bool more = m_row && (cells[0].text.empty() || !number || cells[0].text.starts_with('('));
    if (more) {
        m_row->title += cells[0].text.empty() ? "" : ' ' + std::string(cells[0].text);
        for (std::size_t i = 1; i < cells.size() && i <= m_row->cells.size(); ++i) {
            m_row->cells[i - 1].value.append(cells[i].text);
        }
        return;
    }
    endRow();
    m_row.emplace();
    m_row->title = cells[0].text;
    m_row->path = line.at(cells[0].offset).text();
    for (std::size_t i = 1; i < cells.size(); ++i) {
        m_row->cells.push_back({ m_columns[i], { cells[i].text, line.at(cells[i].offset).text() } });
    }
}

void Report::endRow()
{
    if (!m_row) {
        return;
    }
    Row row = std::move(*m_row);
    m_row.reset();
    if (m_table == Table::Gpu) {
        const auto gpu = gpuOf(m_title);
        m_gpus.row(gpu->first, gpu->second, row.title, std::move(row.cells));
        return;
    }
    const std::string tag = aiperf::titleOf(row.title).tag;
    const bool ours = m_table == Table::Metrics
        && !(aiperf::distributionOf(tag).empty() && aiperf::numberOf(tag).empty());
    if (ours && !m_point) {
        m_point.emplace(m_points);
        m_command.write(*m_point);
        m_command = {};
    }
    m_countsTokens = m_countsTokens || aiperf::countsTokens(row.title);
    if (ours && aiperf::takeRow(*m_point, row.title, row.cells)) {
        return;
    }
    m_kept.push_back(std::move(row));
}

void Report::endPoint()
{
    if (!m_point) {
        return;
    }
    for (const Row& row : m_kept) {
        m_point->extra(row.path, aiperf::rowText(row.title, row.cells));
    }
    m_kept.clear();
    m_gpus.write(*m_point);
    if (m_countsTokens) {
        aiperf::markUnclearTpot(*m_point);
        m_countsTokens = false;
    }
    m_sink.point(m_point->take());
    m_point.reset();
    m_main.clear();
    ++m_points;
}

void Report::finish()
{
    endRow();
    endPoint();
}

} // namespace

AiperfConsole aiperfConsoleOf(const Sample& sample)
{
    const bool boxes = sample.textContains("┃") || sample.textContains("│");
    if (!boxes || !sample.textContains(" avg ")) {
        return AiperfConsole::None;
    }
    if (sample.textContains("NVIDIA AIPerf") || sample.textContains("AIPerf | GPU Telemetry Summary")) {
        return AiperfConsole::Aiperf;
    }
    const bool genai = sample.textContains("GenAI-Perf") || sample.textContains("genai-perf")
        || sample.textContains("LLM Metrics");
    return genai && sample.textContains("Statistic ") ? AiperfConsole::GenaiPerf : AiperfConsole::None;
}

Result<void> readAiperfConsole(Input& input, Sink& sink)
{
    Report reader(sink);
    const auto report = input.lines([&reader](const read::TextLine& line) -> Result<void> {
        reader.line(line);
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (reader.insideTable()) {
        sink.warn({ "table-not-closed",
            "The last table has no closing rule: the text may be cut off, and numbers missing.", {} });
    }
    reader.finish();
    if (reader.points() == 0 && reader.gpuRows() == 0) {
        return Error { input.name(), {}, "the console text holds no table of metrics",
            "Check whether the benchmark ended" };
    }
    if (reader.points() == 0) {
        sink.attach({ { "rows", reader.gpuRows() } });
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats
