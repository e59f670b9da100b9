// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/evalscope/evalscope_console.h"
#include "core/import/formats/console_log.h"

#include "core/import/formats/evalscope/evalscope_point.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace prism::formats {

namespace {

using evalscope::Entry;
using evalscope::PointBuilder;

constexpr std::string_view summaryMarker = "Benchmarking summary:";
constexpr std::string_view percentileMarker = "Percentile results:";
constexpr std::string_view reportMarker = "Performance Test Summary Report";
constexpr std::string_view overviewMarker = "Performance Overview"; ///< its first table, as people paste it

/// The tables over all load levels, a row or a group of rows a level.
class Report {
public:
    void header(const std::vector<read::TableCell>& cells)
    {
        // A heading in two lines: "Avg" above "Lat.(s)".
        m_columns.resize(std::max(m_columns.size(), cells.size()));
        for (std::size_t i = 0; i < cells.size(); ++i) {
            m_columns[i] += (m_columns[i].empty() || cells[i].text.empty() ? "" : " ");
            m_columns[i] += cells[i].text;
        }
    }
    void endTable() { m_columns.clear(); }
    bool inTable() const { return m_columns.size() > 1 && m_columns[0] == "Conc."; }

    void row(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        if (cells.size() != m_columns.size()) {
            return;
        }
        const auto place = [&](std::size_t i) { return line.at(cells[i].offset).text(); };
        const auto column = [&](std::string_view name) -> std::optional<std::size_t> {
            const auto it = std::find(m_columns.begin(), m_columns.end(), name);
            return it == m_columns.end() ? std::nullopt
                                         : std::optional(static_cast<std::size_t>(it - m_columns.begin()));
        };
        const auto rate = column("Rate");
        if (!cells[0].text.empty()) {
            level(std::string(cells[0].text), rate ? std::string(cells[*rate].text) : "-", place(0),
                rate ? place(*rate) : std::string());
        }
        if (!m_level) {
            return;
        }
        const auto metric = column("Metric");
        for (std::size_t i = 1; i < cells.size(); ++i) {
            if (i == rate || i == metric) {
                continue;
            }
            metric ? statistic(
                m_columns[i], { std::string(cells[*metric].text), std::string(cells[i].text), place(i) })
                   : overview(m_columns[i], { m_columns[i], std::string(cells[i].text), place(i) });
        }
    }

    std::deque<PointBuilder> take()
    {
        m_levels.clear();
        m_level = nullptr;
        return std::exchange(m_builders, {});
    }

private:
    struct Level {
        std::string users, rate;
        PointBuilder* point;
    };

    void level(std::string users, std::string rate, std::string place, std::string ratePlace)
    {
        if (!read::consoleNumber(users) && users != "-" && users != "INF") { // "..." of a page
            m_level = nullptr;
            return;
        }
        const auto it = std::find_if(m_levels.begin(), m_levels.end(),
            [&](const Level& l) { return l.users == users && (rate == "-" || l.rate == rate); });
        if (it != m_levels.end()) {
            m_level = it->point;
            return;
        }
        m_level = &m_builders.emplace_back();
        m_level->summary({ "Concurrency", users, std::move(place) });
        if (!ratePlace.empty()) {
            m_level->summary({ "Request Rate (req/s)", rate, std::move(ratePlace) });
        }
        m_levels.push_back({ std::move(users), std::move(rate), m_level });
    }

    void overview(const std::string& title, Entry entry)
    {
        if (title == "RPS") {
            entry.title = "Request Throughput (req/s)";
        } else if (title == "Gen/s" || title == "Gen. toks/s") {
            entry.title = "Output Throughput (tok/s)";
        } else if (title == "Num") {
            entry.title = "Total Requests";
        } else if (title.starts_with("Avg ") || title.starts_with("P99 ")) {
            wide(title, std::move(entry));
            return;
        }
        m_level->summary(std::move(entry));
    }

    /// "Avg Lat.(s)", "P99 TTFT(s)" of 2025.
    void wide(const std::string& title, Entry entry)
    {
        std::string name = title.substr(4);
        if (name.starts_with("Lat.")) {
            name = "Latency" + name.substr(4);
        }
        if (title.starts_with("Avg ")) {
            entry.title = name.starts_with("Latency") ? "Avg " + name : name;
            m_level->summary(std::move(entry));
        } else {
            entry.title = name;
            m_level->percentile(Stat::percentile(99), std::move(entry));
        }
    }

    /// A cell of "Per-Request Metrics"; its rows are named as those of the percentiles.
    void statistic(const std::string& column, Entry entry)
    {
        if (entry.text == "-") {
            return;
        }
        const std::string title = entry.title;
        if (column == "avg") {
            entry.title = title == "Latency (s)" ? "Avg Latency (s)"
                : title == "Input Tokens"        ? "Avg Input Tokens"
                : title == "Output Tokens"       ? "Avg Output Tokens"
                : title == "Cache Hit (%)"       ? "KV Cache Hit Rate (%)"
                                                 : title;
            m_level->summary(std::move(entry));
        } else if (column == "max" || column == "min") {
            m_level->percentile(column == "max" ? Stat::max() : Stat::min(), std::move(entry));
        } else if (const auto stat = Stat::parse(column)) {
            m_level->percentile(*stat, std::move(entry));
        }
    }

    std::vector<std::string> m_columns;
    std::deque<PointBuilder> m_builders; ///< levels point into it
    std::vector<Level> m_levels;
    PointBuilder* m_level = nullptr;
};

class Console {
public:
    explicit Console(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        if (line.text.find(summaryMarker) != std::string_view::npos) {
            endPoint();
            m_table = Table::Summary;
            m_levelModel = std::exchange(m_saidModel, {});
        } else if (line.text.find(percentileMarker) != std::string_view::npos) {
            m_table = Table::Percentiles;
            m_columns.clear();
        } else if (line.text.find(reportMarker) != std::string_view::npos) {
            beginReport();
            m_model = m_dataset = {};
            m_ofReport = m_spokenOf;
        } else if (line.text.find(overviewMarker) != std::string_view::npos) {
            if (beginReport()) { // tables of another run, without their title
                m_model = m_dataset = {};
            }
        } else if (line.text.find("Workload throughput (") != std::string_view::npos
            || line.text.find("Per-trace summary (") != std::string_view::npos) {
            m_table = Table::None;
        } else if (const auto cells = read::tableCells(line.text); cells.size() > 1) {
            row(cells, line);
        } else {
            text(line);
        }
    }

    void finish()
    {
        beginReport();
        // The report repeats the summaries above it.
        for (Level& level : m_done.empty() ? m_reported : m_done) {
            send(level);
        }
        m_done.clear();
        m_reported.clear();
        m_ofReport = m_spokenOf = 0;
    }
    std::uint32_t points() const { return m_points; }

private:
    enum class Table { None, Summary, Percentiles, Report };

    void text(const read::TextLine& line)
    {
        // "Basic Information:", titles of tables.
        const std::string_view begin = read::trimmed(line.text);
        if (m_table == Table::Report && !begin.empty() && begin.find_first_of("┏┡└├╭╰") != 0) {
            m_report.endTable();
        }
        // The arguments, which the log repeats before each level.
        constexpr std::string_view key = "\"model\": \"";
        if (begin.starts_with(key)) {
            const std::size_t end = begin.find('"', key.size());
            if (end != std::string_view::npos) {
                m_saidModel = { std::string(begin.substr(key.size(), end - key.size())),
                    line.at(static_cast<std::size_t>(begin.data() - line.text.data()) + key.size()).text() };
            }
        }
    }

    void row(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        const auto entry = [&](std::size_t i, std::string title) {
            return Entry { std::move(title), std::string(cells[i].text), line.at(cells[i].offset).text() };
        };
        switch (m_table) {
        case Table::Summary:
            if (cells.size() == 2 && cells[0].text != "Metric" && cells[0].text != "Key") {
                summaryRow(cells, line);
            }
            break;
        case Table::Percentiles:
            if (m_columns.empty()) {
                for (const read::TableCell& cell : cells) {
                    m_columns.emplace_back(cell.text);
                }
            } else if (cells.size() == m_columns.size()) {
                // Old tables have a row a percentile, new ones a column.
                const bool rows = m_columns[0].starts_with("Percentile");
                for (std::size_t i = 1; i < cells.size(); ++i) {
                    const auto stat
                        = evalscope::percentileOf(rows ? std::string(cells[0].text) : m_columns[i]);
                    if (stat) {
                        m_builder.percentile(
                            *stat, entry(i, rows ? m_columns[i] : std::string(cells[0].text)));
                    }
                }
            }
            break;
        case Table::Report:
            if (line.text.find("┃") != std::string_view::npos) {
                m_report.header(cells);
            } else if (m_report.inTable()) {
                m_report.row(cells, line);
            } else if (cells.size() == 2 && cells[0].text == "Model" && m_model.text.empty()) {
                m_model = { std::string(cells[1].text), line.at(cells[1].offset).text() };
                ofLevelsAbove(&Level::model, m_model);
            } else if (cells.size() == 2 && cells[0].text == "Test Dataset" && m_dataset.text.empty()) {
                m_dataset = { std::string(cells[1].text), line.at(cells[1].offset).text() };
                ofLevelsAbove(&Level::dataset, m_dataset);
            }
            break;
        case Table::None:
            break;
        }
    }

    void summaryRow(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        if (cells[0].text != "Total / Success / Failed") {
            m_builder.summary(
                { std::string(cells[0].text), std::string(cells[1].text), line.at(cells[1].offset).text() });
            return;
        }
        std::string_view rest = cells[1].text;
        for (const char* title : { "Total Requests", "Success Requests", "Failed Requests" }) {
            const std::string_view part = rest.substr(0, rest.find('/'));
            const std::string_view digits = read::trimmed(part);
            const std::size_t at = cells[1].offset
                + static_cast<std::size_t>((digits.empty() ? part : digits).data() - cells[1].text.data());
            m_builder.summary({ title, std::string(digits), line.at(at).text() });
            rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        }
    }

    struct Said {
        std::string text, path;
    };
    /// A level that had tables of its own.
    struct Level {
        PointBuilder builder;
        Said model, dataset;
    };

    /// What the one before it told is complete. True when it told of levels.
    bool beginReport()
    {
        endPoint();
        m_report.endTable();
        m_table = Table::Report;
        std::deque<PointBuilder> levels = m_report.take();
        for (PointBuilder& builder : levels) {
            m_reported.push_back({ std::move(builder), m_model, m_dataset });
        }
        return !levels.empty();
    }

    void endPoint()
    {
        m_table = Table::None;
        if (!m_builder.empty()) {
            m_done.push_back({ std::move(m_builder), std::move(m_levelModel), {} });
            m_builder = {};
            m_levelModel = {};
        }
    }

    /// The report names them once for all levels of its run: those behind the report before it.
    void ofLevelsAbove(Said Level::*what, const Said& said)
    {
        if (said.text.empty()) {
            return;
        }
        m_spokenOf = m_done.size();
        for (std::size_t i = m_ofReport; i < m_spokenOf; ++i) {
            if ((m_done[i].*what).text.empty()) {
                m_done[i].*what = said;
            }
        }
    }

    void send(Level& level)
    {
        PointWriter out(m_points++);
        if (!level.model.text.empty()) {
            level.builder.model(level.model.text, level.model.path);
        }
        if (!level.dataset.text.empty()) {
            level.builder.dataset(level.dataset.text, level.dataset.path);
        }
        level.builder.write(out);
        m_sink.point(out.take());
    }

    Sink& m_sink;
    Table m_table = Table::None;
    std::vector<std::string> m_columns; ///< of the percentiles
    PointBuilder m_builder;
    Report m_report;
    std::deque<Level> m_done;
    std::deque<Level> m_reported; ///< those of which a report alone tells
    Said m_saidModel; ///< of the arguments, which stand above a level: of the one to come
    Said m_levelModel; ///< of the level that is read
    Said m_model, m_dataset; ///< of the report
    std::size_t m_ofReport = 0; ///< first level of the report's run
    std::size_t m_spokenOf = 0; ///< levels that a report has spoken of
    std::uint32_t m_points = 0;
};

} // namespace

bool isEvalscopeConsole(const Sample& sample)
{
    return (sample.textContains(summaryMarker)
               && (sample.textContains("Request") || sample.textContains("requests"))
               && (sample.textContains("atency (s)")))
        || ((sample.textContains(reportMarker)
                || (sample.textContains(overviewMarker) && sample.textContains("Gen/s")))
            && sample.textContains("Conc."));
}

bool printsEvalscopeTables(Input& input)
{
    bool found = false;
    const auto read = input.lines([&found](const read::TextLine& line) -> Result<void> {
        found = line.text.find(summaryMarker) != std::string_view::npos
            || line.text.find(reportMarker) != std::string_view::npos
            || line.text.find(overviewMarker) != std::string_view::npos;
        return found ? Result<void>(Error { {}, {}, "enough", {} }) : Result<void>();
    });
    return !read && found;
}

Result<void> readEvalscopeConsole(Input& input, Sink& sink)
{
    return readConsoleLog(input, sink, Console(sink), "the tables of evalscope hold no load level");
}

} // namespace prism::formats
