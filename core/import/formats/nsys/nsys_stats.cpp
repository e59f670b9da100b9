// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/nsys/nsys_stats.h"

#include "core/import/trace_writer.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <cmath>

namespace prism::formats::nsys {

namespace {

std::size_t columnOf(const read::CsvRow& header, std::string_view beginning)
{
    return static_cast<std::size_t>(std::find_if(header.begin(), header.end(), [&](const read::Cell& cell) {
        return read::trimmed(cell.text).starts_with(beginning);
    }) - header.begin());
}

bool isSum(const read::CsvRow& row)
{
    const bool begins = !row.empty()
        && (read::trimmed(row[0].text) == "Time (%)" || read::trimmed(row[0].text) == "Time(%)");
    return begins && columnOf(row, "Total Time (") < row.size();
}

bool isTrace(const read::CsvRow& row)
{
    return !row.empty() && read::trimmed(row[0].text).starts_with("Start (")
        && columnOf(row, "Duration (") < row.size() && columnOf(row, "Name") < row.size();
}

/// Reports without shares of the time: sizes of copies, and ranges projected onto the device.
bool isFurther(const read::CsvRow& row)
{
    const std::string_view first = row.empty() ? std::string_view() : read::trimmed(row[0].text);
    return (first.starts_with("Total (") && columnOf(row, "Operation") < row.size())
        || (first == "Range" && columnOf(row, "Total Proj Time (") < row.size())
        || (first == "NVTX Range" && columnOf(row, "Kern Inst") < row.size());
}

/// Nanoseconds of one of the header's units: "Start (ns)".
double unitOf(std::string_view header)
{
    return header.find("(us)") != std::string_view::npos ? 1e3
        : header.find("(ms)") != std::string_view::npos  ? 1e6
        : header.find("(s)") != std::string_view::npos   ? 1e9
                                                         : 1;
}

class StatsTable {
public:
    explicit StatsTable(Sink& sink)
        : m_sink(sink)
        , m_writer(sink)
    {
    }

    Result<void> take(const read::CsvRow& row)
    {
        if (isSum(row) || isTrace(row) || isFurther(row)) {
            m_isTrace = isTrace(row);
            m_numbered = !isFurther(row);
            m_header = true;
            if (m_isTrace) {
                m_duration = columnOf(row, "Duration (");
                m_name = columnOf(row, "Name");
                m_device = columnOf(row, "Device");
                m_stream = columnOf(row, "Strm");
                m_startUnit = unitOf(row[0].text);
                m_durationUnit = unitOf(row[m_duration].text);
            }
            return {};
        }
        if (row.size() < 3 || !m_header) {
            m_header = m_header && row.size() >= 3; // a blank line ends a section
            return {};
        }
        if (m_numbered && !row[0].value()) {
            return {};
        }
        ++m_rows;
        if (m_isTrace) {
            span(row);
        }
        return {};
    }

    void finish()
    {
        if (m_writer.spans() > 0) {
            m_writer.finish({}, [](const std::string& process, const std::string& thread) {
                return TraceSheet::Lane { process, thread, 0, 0 };
            });
        }
        m_sink.attach({ { "rows", m_rows } });
    }

private:
    void span(const read::CsvRow& row)
    {
        const auto number = [&](std::size_t column, double unit) -> std::optional<std::int64_t> {
            const auto value = column < row.size() ? row[column].value() : std::nullopt;
            return value && std::abs(*value * unit) < 9e18 ? std::optional(std::llround(*value * unit))
                                                           : std::nullopt;
        };
        const auto text = [&](std::size_t column) -> std::string_view {
            return column < row.size() ? std::string_view(read::trimmed(row[column].text))
                                       : std::string_view();
        };
        const auto start = number(0, m_startUnit);
        if (start) {
            const std::string stream(text(m_stream));
            m_writer.span(m_writer.lane(text(m_device).empty() ? "GPU" : text(m_device),
                              stream.empty() ? "calls" : "stream " + stream),
                m_writer.name(text(m_name), "kernel"), *start,
                number(m_duration, m_durationUnit).value_or(SpanColumns::open), row[0].place.byte);
        }
    }

    Sink& m_sink;
    TraceWriter m_writer;
    bool m_header = false;
    bool m_isTrace = false;
    bool m_numbered = true; ///< its rows begin with a number
    std::size_t m_duration = 0;
    std::size_t m_name = 0;
    std::size_t m_device = 0;
    std::size_t m_stream = 0;
    double m_startUnit = 1;
    double m_durationUnit = 1;
    std::uint64_t m_rows = 0;
};

} // namespace

bool isStatsTable(const Sample& sample)
{
    return std::any_of(sample.rows.begin(), sample.rows.end(),
        [](const read::CsvRow& row) { return isSum(row) || isTrace(row) || isFurther(row); });
}

/// By the columns of its tables: their titles differ from version to version.
bool isStatsText(const Sample& sample)
{
    const std::string_view text = sample.head;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = read::trimmed(text.substr(at, end - at));
        if ((line.starts_with("Time (%) ") || line.starts_with("Time(%) "))
            && line.find(" Total Time (") != std::string_view::npos) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

Result<void> readStatsTable(Input& input, Sink& sink)
{
    StatsTable table(sink);
    const auto report = input.csv([&](const read::CsvRow& row) { return table.take(row); });
    if (!report) {
        return report.error();
    }
    table.finish();
    sink.report(*report);
    return {};
}

/// Titles, a header, a line of dashes, and rows up to a blank line; or tables as CSV, between the lines that
/// the program prints.
Result<void> readStatsText(Input& input, Sink& sink)
{
    std::uint64_t rows = 0;
    bool inTable = false;
    const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
        const std::string_view text = read::trimmed(line.text);
        if (text.empty()) {
            inTable = false;
        } else if (text.find_first_not_of("- ") == std::string_view::npos) {
            inTable = true;
        } else if (inTable) {
            ++rows;
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (rows == 0) {
        return readStatsTable(input, sink);
    }
    sink.attach({ { "rows", rows } });
    sink.report(*report);
    return {};
}

} // namespace prism::formats::nsys
