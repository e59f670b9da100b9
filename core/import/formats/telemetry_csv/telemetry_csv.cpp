// SPDX-License-Identifier: GPL-3.0-or-later
// GPU telemetry as tables: nvidia-smi --query-gpu, dmon and pmon, dcgmi dmon, amd-smi and rocm-smi --csv,
// exports of single DCGM fields, and scripts' own. Attached: it becomes series over time, one a sensor and
// device, and no result of its own.
#include "core/import/formats/telemetry_csv/telemetry_recorder.h"
#include "core/import/importer.h"
#include "core/read/numbers.h"

#include <algorithm>

namespace prism::formats::telemetry {

namespace {

std::vector<Column> columnsOf(const read::CsvRow& row)
{
    const bool amdSmi
        = std::any_of(row.begin(), row.end(), [](const read::Cell& cell) { return isAmdSmi(cell.text); });
    std::vector<Column> columns;
    for (const read::Cell& cell : row) {
        columns.push_back(columnOf(cell.text, {}, amdSmi));
    }
    return columns;
}

/// dmon's titles with commas between them; their units stand in a line of their own, which Monitor reads.
bool isMonitorHeader(const read::CsvRow& row)
{
    const std::string_view first = read::trimmed(row.front().text);
    return read::equalsIgnoringCase(first, "#date") || read::equalsIgnoringCase(first, "#time");
}

/// A table of telemetry has a time, known sensors, and nothing that is a result of a benchmark.
bool isHeader(const read::CsvRow& row)
{
    static constexpr std::string_view foreign[] = { "ttft", "tpot", "latency", "throughput", "tok", "request",
        "batch", "model", "prompt", "concurrency", "duration" };
    std::size_t sensors = 0;
    bool time = false;
    bool device = false;
    bool unmistakable = false;
    for (const read::Cell& cell : row) {
        const std::string_view title = read::trimmed(cell.text);
        if (sensorValue(title)) {
            return false; // a row of numbers
        }
        const Column column = columnOf(title);
        time = time || column.role == Role::Time;
        device = device || column.role == Role::Gpu;
        sensors += column.known ? 1 : 0;
        unmistakable = unmistakable || column.unmistakable;
        const bool benchmark = column.role != Role::Sensor
            && std::any_of(std::begin(foreign), std::end(foreign),
                [title](std::string_view word) { return title.find(word) != std::string_view::npos; });
        if (benchmark) {
            return false;
        }
    }
    return sensors > 0 && (time || unmistakable || (device && sensors > 1)) && !isMonitorHeader(row);
}

/// Words between blanks or commas, for the tables that people read.
std::vector<std::pair<std::string_view, std::size_t>> wordsOf(std::string_view line)
{
    std::vector<std::pair<std::string_view, std::size_t>> words;
    constexpr std::string_view blanks = " \t,";
    for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
        words.emplace_back(line.substr(at, end - at), at);
        at = line.find_first_not_of(blanks, end);
    }
    return words;
}

/// "# gpu   pwr gtemp …" over "# Idx     W     C …", both repeated, and numbers below; pmon's with a process
/// a row; dcgmi's "#Entity" over "ID", whose rows begin with two words ("GPU 0").
class Monitor {
public:
    explicit Monitor(Recorder& recorder)
        : m_recorder(recorder)
    {
    }

    static bool isTitles(std::string_view line)
    {
        const std::string_view text = read::trimmed(line);
        if (!text.starts_with('#')) {
            return false;
        }
        // The first word tells this from a comment about a GPU, such as "# HELP DCGM_FI_DEV_GPU_UTIL …".
        static constexpr std::string_view begins[] = { "gpu", "date", "time" };
        const auto words = wordsOf(text.substr(1));
        if (words.size() > 1
            && isEntity(words.front().first)) { // over short names of fields: "GRACT", "SMACT"
            return std::all_of(words.begin() + 1, words.end(), [](const auto& w) {
                return w.first.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#")
                    == std::string_view::npos;
            });
        }
        return words.size() > 1
            && std::any_of(std::begin(begins), std::end(begins),
                [&](std::string_view word) { return read::equalsIgnoringCase(words.front().first, word); })
            && std::any_of(words.begin(), words.end(), [](const auto& w) { return columnOf(w.first).known; });
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (isTitles(text)) {
            m_titles.clear();
            m_places.clear();
            for (const auto& [word, offset] : wordsOf(text.substr(1))) {
                m_titles.emplace_back(word);
                m_places.push_back(
                    line.at(static_cast<std::size_t>(text.data() - line.text.data()) + 1 + offset).text());
            }
            m_entity = isEntity(m_titles.front());
            m_processes = std::find(m_titles.begin(), m_titles.end(), "pid") != m_titles.end();
            m_pending = true;
            return;
        }
        const auto words = wordsOf(text.starts_with('#') ? text.substr(1) : text);
        if (m_titles.empty() || words.empty()) {
            return;
        }
        const std::string_view first = words.front().first;
        if (text.starts_with('#') || first == "ID" || first == "Id") {
            declare(words);
            return;
        }
        if (m_pending) {
            declare({}); // no line of units
        }
        std::vector<Recorder::Value> cells;
        for (const auto& [word, offset] : words) {
            cells.push_back({ word, word });
        }
        if (m_entity && cells.size() > m_titles.size()) { // "GPU 0", "GPU 0 LINK 1": words of one column
            const std::size_t more = cells.size() - m_titles.size();
            const auto& [word, offset] = words[more];
            cells[more].text = text.substr(words[0].second, offset + word.size() - words[0].second);
            cells.erase(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(more));
        }
        if (m_processes && cells.size() > m_titles.size()) {
            cells.resize(m_titles.size()); // a command has blanks in it
        }
        if (cells.size() == m_titles.size()) {
            m_recorder.row(std::move(cells), line.place.text());
        }
    }

private:
    static bool isEntity(std::string_view word) { return read::equalsIgnoringCase(word, "entity"); }

    /// A column of a process is no metric of its device, whatever its title; its kind and name are texts.
    static Column ofProcess(const std::string& title, Column column, std::string_view unit)
    {
        if (title == "type" || title == "command") {
            return { Role::Other, title, {}, {}, 1, false, false, 0 };
        }
        return column.role == Role::Sensor
            ? Column { Role::Sensor, title, std::string(unit), {}, 1, true, false, 0 }
            : column;
    }

    void declare(const std::vector<std::pair<std::string_view, std::size_t>>& units)
    {
        std::vector<Column> columns;
        for (std::size_t i = 0; i < m_titles.size(); ++i) {
            const bool stated = units.size() == m_titles.size();
            const std::string_view unit = stated ? units[i].first : std::string_view();
            Column column = columnOf(m_titles[i], unit);
            if (read::equalsIgnoringCase(m_titles[i], "date")
                || read::equalsIgnoringCase(m_titles[i], "time")) {
                column = { Role::Time, m_titles[i], {}, {}, 1, false, false, 0 };
            } else if (column.role == Role::Other && i > 0) {
                column.role = Role::Sensor; // every column of these is a number
            }
            if (m_processes) {
                column = ofProcess(m_titles[i], std::move(column), unit);
            }
            columns.push_back(std::move(column));
        }
        m_recorder.header(std::move(columns), m_places);
        m_pending = false;
    }

    Recorder& m_recorder;
    std::vector<std::string> m_titles;
    std::vector<std::string> m_places;
    bool m_entity = false;
    bool m_processes = false; ///< a process a row
    bool m_pending = false; ///< titles whose units may stand in the next line
};

bool hasMonitorTitles(std::string_view head)
{
    for (std::size_t at = 0; at < head.size();) {
        const std::size_t end = std::min(head.find('\n', at), head.size());
        if (Monitor::isTitles(head.substr(at, end - at))) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

class TelemetryCsv : public Importer {
public:
    ImporterInfo info() const override { return { "telemetry-csv", "GPU telemetry", 3, 10 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            return std::nullopt;
        }
        // A monitor may say how to stop it before its titles.
        constexpr std::size_t mostBefore = 4;
        const auto first = sample.rows.begin();
        const auto end = first + static_cast<std::ptrdiff_t>(std::min(mostBefore, sample.rows.size()));
        if (std::any_of(first, end, [](const auto& row) { return !row.empty() && isHeader(row); })) {
            return Match { Match::Likely, "has a time and columns of power, utilisation or clocks" };
        }
        return hasMonitorTitles(sample.head)
            ? std::optional(Match { Match::Likely, "has the repeated titles of a device monitor" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Recorder recorder(sink);
        auto report = readTable(input, recorder);
        if (report && !recorder.hasHeader()) {
            Monitor monitor(recorder);
            report = input.lines([&](const read::TextLine& line) -> Result<void> {
                monitor.line(line);
                return {};
            });
        }
        if (!report) {
            return report.error();
        }
        if (!recorder.finish()) {
            if (recorder.isUnclear()) {
                return Error { input.name(), {},
                    "nothing in the columns tells whether the commas of its numbers are decimal or of "
                    "thousands",
                    "Record it with decimal points (LC_ALL=C), or write its numbers without marks of "
                    "thousands" };
            }
            return recorder.isTooWide()
                ? Error { input.name(), {}, "the rows of the table have more cells than it has titles",
                      "Give every column a title in the first line" }
                : Error { input.name(), {}, "the table of telemetry has no samples",
                      "Check whether the monitor ran" };
        }
        sink.report(*report);
        return {};
    }

private:
    static Result<read::ReadReport> readTable(Input& input, Recorder& recorder)
    {
        return input.csv([&](const read::CsvRow& row) -> Result<void> {
            if (row.empty()) {
                return {};
            }
            if (isHeader(row)) {
                std::vector<std::string> places;
                for (const read::Cell& cell : row) {
                    places.push_back(cell.place.text());
                }
                recorder.header(columnsOf(row), std::move(places));
                return {};
            }
            std::vector<Recorder::Value> cells;
            for (const read::Cell& cell : row) {
                cells.push_back({ cell.text, cell.number });
            }
            if (recorder.hasHeader()) {
                recorder.row(std::move(cells), row.front().place.text());
            }
            return {};
        });
    }
};

const RegisterImporter<TelemetryCsv> registered;

} // namespace

} // namespace prism::formats::telemetry
