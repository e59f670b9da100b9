// SPDX-License-Identifier: GPL-3.0-or-later
// GPU telemetry as tables: nvidia-smi --query-gpu and dmon, dcgmi dmon, amd-smi and rocm-smi --csv, exports
// of single DCGM fields, and scripts' own. Attached: it becomes series over time, one a sensor and device,
// and no result of its own.
#include "core/import/formats/telemetry_csv/telemetry_columns.h"
#include "core/import/importer.h"
#include "core/import/local_time.h"
#include "core/read/number_marks.h"
#include "core/read/numbers.h"
#include "core/units/convert.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prism::formats::telemetry {

namespace {

/// Samples of one device: its times, and the values of each column that is a sensor.
struct Device {
    std::string name;
    std::vector<double> seconds;
    std::vector<std::vector<double>> values;
};

class Recorder {
public:
    explicit Recorder(Sink& sink)
        : m_sink(sink)
    {
    }

    void header(std::vector<Column> columns, std::vector<std::string> places)
    {
        const bool same = columns.size() == m_columns.size()
            && std::equal(columns.begin(), columns.end(), m_columns.begin(),
                [](const Column& a, const Column& b) { return a.name == b.name && a.role == b.role; });
        if (!same) {
            flush();
            m_columns = std::move(columns);
            m_places = std::move(places);
            int best = 4;
            for (const Column& column : m_columns) {
                best = column.role == Role::Gpu && column.rank > 0 ? std::min(best, column.rank) : best;
            }
            m_names.clear();
            for (const Column& column : m_columns) {
                m_names.push_back(column.role == Role::Gpu && (column.rank == 0 || column.rank == best));
            }
        }
    }
    bool hasHeader() const { return !m_columns.empty(); }
    /// A number was left out because its mark is unclear.
    bool isUnclear() const { return m_unclearTold; }

    struct Value {
        std::string_view text; ///< of a device's name
        std::string_view number; ///< of times and sensors
    };
    void row(const std::vector<Value>& cells, const std::string& place)
    {
        if (cells.size() < m_columns.size() / 2 + 1) {
            return;
        }
        std::string device;
        std::string clock;
        double factor = 1;
        bool any = false;
        for (std::size_t i = 0; i < std::min(cells.size(), m_columns.size()); ++i) {
            const std::string_view text = read::trimmed(cells[i].text);
            const std::string_view number = read::trimmed(cells[i].number);
            if (m_columns[i].role == Role::Time) {
                clock += (clock.empty() ? "" : " ") + std::string(number);
                factor = m_columns[i].timeFactor;
            } else if (m_names[i] && !text.empty()) {
                device += (device.empty() ? "" : " ") + std::string(text);
            } else if (m_columns[i].role == Role::Sensor) {
                noteUnclear(i, number, place);
                any = any || sensorValue(number);
            }
        }
        if (!any) {
            return;
        }
        ++m_rows;
        const auto at = time(clock, factor, place);
        if (!at) {
            ++m_undated;
            return;
        }
        if (m_devices.size() >= mostDevices) {
            flush();
            m_names.assign(m_names.size(), false);
            device.clear();
        }
        Device& samples = deviceOf(device);
        samples.seconds.push_back(*at);
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            if (m_columns[i].role == Role::Sensor) {
                const auto value = i < cells.size() ? sensorValue(cells[i].number) : std::nullopt;
                samples.values[i].push_back(
                    value ? convert(*value, m_columns[i].scale) : std::numeric_limits<double>::quiet_NaN());
                ++m_buffered;
            }
        }
        if (m_buffered >= mostBuffered) {
            flush();
        }
    }

    /// False when there was no sample.
    bool finish()
    {
        flush();
        if (m_rows == 0) {
            return false;
        }
        if (m_kind == TimeKind::Local) {
            m_sink.warn(local::noteOfSeries(m_firstText, m_firstPlace));
        }
        if (m_undated > 0) {
            m_sink.warn({ "no-times",
                std::to_string(m_undated)
                    + " samples have no time that can be read: they are counted and kept in the original "
                      "text, but "
                      "make no series. Record with a time column (nvidia-smi dmon -o DT).",
                {}, Severity::Warning });
        }
        m_sink.attach({ { "samples", m_rows } });
        return true;
    }

private:
    std::optional<double> time(const std::string& text, double factor, const std::string& place)
    {
        const auto instant = instantOf(text, factor);
        if (!instant) {
            return std::nullopt;
        }
        if (!m_first) {
            m_first = instant->seconds;
            m_kind = instant->kind;
            m_firstText = text;
            m_firstPlace = place;
        }
        if (instant->kind != m_kind) {
            return std::nullopt; // seconds since two different zeros make no series
        }
        double seconds = instant->seconds;
        if (m_kind == TimeKind::Local && text.size() <= 12) {
            // A clock without a date begins anew at midnight.
            constexpr double day = 86400;
            m_midnights += seconds + day / 2 < m_clock ? day : 0;
            m_clock = seconds;
            seconds += m_midnights;
        }
        return m_kind == TimeKind::Local ? seconds - *m_first : seconds;
    }

    void noteUnclear(std::size_t column, std::string_view text, const std::string& place)
    {
        const std::string_view unclear = m_unclearTold ? std::string_view() : read::unclearNumber(text);
        if (!unclear.empty()) {
            m_sink.warn({ read::unclearCode,
                read::unclearText(unclear, m_columns[column].name,
                    "Record it with decimal points (LC_ALL=C), or write its numbers without marks of "
                    "thousands."),
                place });
            m_unclearTold = true;
        }
    }

    Device& deviceOf(const std::string& name)
    {
        m_severalDevices = m_severalDevices || (!m_devices.empty() && m_devices.front().name != name);
        const auto it = std::find_if(
            m_devices.begin(), m_devices.end(), [&name](const Device& d) { return d.name == name; });
        if (it != m_devices.end()) {
            return *it;
        }
        m_devices.push_back({ name, {}, {} });
        m_devices.back().values.resize(m_columns.size());
        return m_devices.back();
    }

    void flush()
    {
        const bool absolute = m_kind == TimeKind::Epoch || m_kind == TimeKind::Zoned;
        const auto localBegin
            = m_kind == TimeKind::Local ? local::epochOf(m_firstText) : std::optional<double>();
        for (Device& device : m_devices) {
            for (std::size_t i = 0; i < device.values.size(); ++i) {
                const auto& values = device.values[i];
                const bool silent
                    = std::none_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
                if (silent) {
                    continue; // a device that has no such sensor
                }
                const Column& column = m_columns[i];
                m_sink.series(0,
                    { m_severalDevices ? column.name + " [" + device.name + ']' : column.name, column.unit,
                        m_places[i], device.seconds, values, absolute, localBegin });
            }
        }
        m_devices.clear();
        m_buffered = 0;
    }

    /// A column that counts the rows looks like a device's number.
    static constexpr std::size_t mostDevices = 1024;
    /// A long record is sent in pieces, so that memory does not grow with the file.
    static constexpr std::size_t mostBuffered = 4'000'000;

    Sink& m_sink;
    std::vector<Column> m_columns;
    std::vector<std::string> m_places;
    std::vector<bool> m_names; ///< columns that name a row's device
    std::vector<Device> m_devices;
    std::size_t m_buffered = 0;
    bool m_severalDevices = false;
    bool m_unclearTold = false;
    std::uint64_t m_rows = 0;
    std::uint64_t m_undated = 0;
    std::optional<double> m_first;
    double m_clock = 0;
    double m_midnights = 0;
    TimeKind m_kind = TimeKind::Elapsed;
    std::string m_firstText;
    std::string m_firstPlace;
};

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

/// A table of telemetry has a time, known sensors, and nothing that is a result of a benchmark.
bool isHeader(const read::CsvRow& row)
{
    static constexpr std::string_view foreign[] = { "ttft", "tpot", "latency", "throughput", "tok", "request",
        "batch", "model", "prompt", "concurrency", "duration" };
    std::size_t sensors = 0;
    bool time = false;
    bool device = false;
    for (const read::Cell& cell : row) {
        const std::string_view title = read::trimmed(cell.text);
        if (sensorValue(title)) {
            return false; // a row of numbers
        }
        const Column column = columnOf(title);
        time = time || column.role == Role::Time;
        device = device || column.role == Role::Gpu;
        sensors += column.known ? 1 : 0;
        const bool benchmark = column.role != Role::Sensor
            && std::any_of(std::begin(foreign), std::end(foreign),
                [title](std::string_view word) { return title.find(word) != std::string_view::npos; });
        if (benchmark) {
            return false;
        }
    }
    return sensors > 0 && (time || (device && sensors > 1));
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

/// "# gpu   pwr gtemp …" over "# Idx     W     C …", both repeated, and numbers below; dcgmi's "#Entity" over
/// "ID", whose rows begin with two words ("GPU 0").
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
        static constexpr std::string_view begins[] = { "gpu", "entity", "date", "time" };
        const auto words = wordsOf(text.substr(1));
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
            m_entity = read::equalsIgnoringCase(m_titles.front(), "entity");
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
        if (m_entity && cells.size() == m_titles.size() + 1) { // "GPU 0": two words in one column
            const auto& [word, offset] = words[1];
            cells[1].text = text.substr(words[0].second, offset + word.size() - words[0].second);
            cells.erase(cells.begin());
        }
        if (cells.size() == m_titles.size()) {
            m_recorder.row(cells, line.place.text());
        }
    }

private:
    void declare(const std::vector<std::pair<std::string_view, std::size_t>>& units)
    {
        std::vector<Column> columns;
        for (std::size_t i = 0; i < m_titles.size(); ++i) {
            const bool stated = units.size() == m_titles.size();
            Column column = columnOf(m_titles[i], stated ? units[i].first : std::string_view());
            if (read::equalsIgnoringCase(m_titles[i], "date")
                || read::equalsIgnoringCase(m_titles[i], "time")) {
                column = { Role::Time, m_titles[i], {}, {}, 1, false };
            } else if (column.role == Role::Other && i > 0) {
                column.role = Role::Sensor; // every column of these is a number
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
    ImporterInfo info() const override { return { "telemetry-csv", "GPU telemetry", 2, 10 }; }

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
            return Error { input.name(), {}, "the table of telemetry has no samples",
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
                recorder.row(cells, row.front().place.text());
            }
            return {};
        });
    }
};

const RegisterImporter<TelemetryCsv> registered;

} // namespace

} // namespace prism::formats::telemetry
