// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_table.h"

#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <vector>

namespace prism::formats {

namespace {

/// A word of a command line with its place in the text.
struct Word {
    std::string_view text;
    std::size_t offset = 0;
};

std::vector<Word> wordsOf(std::string_view line)
{
    std::vector<Word> words;
    for (std::size_t at = line.find_first_not_of(" '\""); at != std::string_view::npos;
         at = line.find_first_not_of(" '\"", at)) {
        const std::size_t end = std::min(line.find_first_of(" '\"", at), line.size());
        words.push_back({ line.substr(at, end - at), at });
        at = end;
    }
    return words;
}

class ConsoleReader {
public:
    explicit ConsoleReader(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const auto cells = read::tableCells(line.text);
        const bool isHeader = cells.size() > 2 && cells[1].text == "avg"
            && (cells[0].text == "Metric" || cells[0].text == "Statistic");
        if (isHeader) {
            endRow();
            m_columns.clear();
            for (const read::TableCell& cell : cells) {
                m_columns.emplace_back(cell.text);
            }
        } else if (!m_columns.empty() && cells.size() == m_columns.size()) {
            row(line, cells);
        } else if (cells.empty() && !isRule(line.text)) {
            endRow();
            m_columns.clear();
            prose(line);
        }
    }

    void finish()
    {
        endRow();
        sendPoint();
    }
    std::uint32_t points() const { return m_points; }
    std::uint64_t rows() const { return m_rows; }

private:
    struct Cell {
        std::string column;
        std::string text;
        std::string place;
    };

    /// Lines of a frame; a table ends where something else stands.
    static bool isRule(std::string_view line)
    {
        return line.find("━") != std::string_view::npos || line.find("─") != std::string_view::npos;
    }

    void row(const read::TextLine& line, const std::vector<read::TableCell>& cells)
    {
        const bool continues = !m_label.empty()
            && std::all_of(
                cells.begin() + 1, cells.end(), [](const auto& cell) { return cell.text.empty(); });
        if (continues) {
            m_label += ' ';
            m_label += cells[0].text;
            return;
        }
        endRow();
        ++m_rows;
        m_label = cells[0].text;
        for (std::size_t i = 1; i < cells.size(); ++i) {
            m_cells.push_back({ m_columns[i], std::string(cells[i].text), line.at(cells[i].offset).text() });
        }
    }

    void endRow()
    {
        if (m_label.empty()) {
            return;
        }
        std::vector<AiperfCell> cells;
        std::string text = m_label + " =";
        for (const Cell& cell : m_cells) {
            cells.push_back({ cell.column, cell.text, cell.place });
            text += ' ' + cell.column + ' ' + cell.text;
        }
        if (isAiperfMetric(m_label)) {
            // A metric that stands again begins the table of another run.
            if (std::find(m_seen.begin(), m_seen.end(), m_label) != m_seen.end()) {
                sendPoint();
            }
            m_seen.push_back(m_label);
            aiperfRow(m_point, m_label, cells);
        }
        m_point.extra(m_cells.front().place, text);
        m_label.clear();
        m_cells.clear();
    }

    void prose(const read::TextLine& line)
    {
        // "Output token throughput (per sec): 922.59" below the tables of early versions.
        const std::size_t colon = line.text.find("): ");
        if (colon != std::string_view::npos) {
            const std::string_view label = read::trimmed(line.text.substr(0, colon + 1));
            const std::size_t at = line.text.find_first_not_of(' ', colon + 2);
            const std::string_view value
                = at == std::string_view::npos ? "" : read::trimmed(line.text.substr(at));
            const AiperfCell cell { "Value", value, at == std::string_view::npos ? "" : line.at(at).text() };
            aiperfRow(m_point, label, { &cell, 1 });
        }
        if (line.text.find("Running Perf Analyzer") != std::string_view::npos) {
            sendPoint(); // stands before the table of its run
            command(line);
        } else if (line.text.find("CLI Command: ") != std::string_view::npos) {
            command(line); // stands behind it
        }
    }

    void command(const read::TextLine& line)
    {
        const std::vector<Word> words = wordsOf(line.text);
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            const std::string_view option = words[i].text;
            const std::string_view value = words[i + 1].text;
            const std::string place = line.at(words[i + 1].offset).text();
            const auto number = read::parseDecimal(value.substr(0, value.find(':')));
            const bool range = value.find(':') != std::string_view::npos;
            if (option == "-m" || option == "--model" || option == "--model-names") {
                m_point.attribute("model", std::string(value), {}, place);
            } else if (number && !range && (option == "--concurrency" || option == "--concurrency-range")) {
                m_point.attribute("concurrency", static_cast<std::int64_t>(*number), {}, place);
                m_point.attribute("load_mode", std::string("concurrency"), {}, place);
            } else if (number && !range && (option == "--request-rate" || option == "--request-rate-range")) {
                m_point.attribute("request_rate", *number, {}, place);
                m_point.attribute("load_mode", std::string("rate"), {}, place);
            }
        }
    }

    void sendPoint()
    {
        if (!m_point.point().measures.empty()) {
            m_sink.point(m_point.take());
            ++m_points;
        }
        m_point = PointWriter(m_points);
        m_seen.clear();
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
    std::uint64_t m_rows = 0;
    PointWriter m_point { 0 };
    std::vector<std::string> m_seen; ///< labels of the point's metrics
    std::vector<std::string> m_columns;
    std::string m_label; ///< of the row that may still go on
    std::vector<Cell> m_cells;
};

} // namespace

AiperfConsole aiperfConsoleOf(const Sample& sample)
{
    if (sample.document || !sample.textContains(" avg ")) {
        return AiperfConsole::None;
    }
    const bool boxes = sample.textContains("┃") || sample.textContains("│");
    if (boxes && sample.textContains("NVIDIA AIPerf")) {
        return AiperfConsole::Aiperf;
    }
    const bool genai = sample.textContains("GenAI-Perf") || sample.textContains("genai-perf")
        || sample.textContains("LLM Metrics");
    return boxes && genai && sample.textContains("Statistic ") ? AiperfConsole::GenaiPerf
                                                               : AiperfConsole::None;
}

Result<void> readAiperfConsole(Input& input, Sink& sink)
{
    ConsoleReader reader(sink);
    const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
        reader.line(line);
        return {};
    });
    if (!report) {
        return report.error();
    }
    reader.finish();
    if (reader.points() == 0 && reader.rows() == 0) {
        return Error { input.name(), {}, "the console text holds no table of metrics",
            "Check whether the benchmark ended" };
    }
    if (reader.points() == 0) {
        sink.attach({ { "rows", reader.rows() } }); // GPU telemetry alone
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats
