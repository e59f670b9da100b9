// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/telemetry_csv/telemetry_recorder.h"

#include "core/import/local_time.h"
#include "core/read/number_marks.h"
#include "core/read/numbers.h"
#include "core/units/convert.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prism::formats::telemetry {

void Recorder::header(std::vector<Column> columns, std::vector<std::string> places)
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
        m_identified = best < 3;
        m_names.clear();
        for (const Column& column : m_columns) {
            m_names.push_back(column.role == Role::Gpu && (column.rank == 0 || column.rank == best));
        }
    }
}

/// Whether each cell stands below its title. A time such as `date --iso-8601=ns` and Python's logging write
/// it has a comma before its fraction, which makes two cells of it: `joined` is for their text.
bool Recorder::fits(std::vector<Value>& cells, std::string& joined) const
{
    while (cells.size() > m_columns.size() && read::trimmed(cells.back().text).empty()) {
        cells.pop_back();
    }
    if (cells.size() == m_columns.size() + 1) {
        const auto at = std::find_if(m_columns.begin(), m_columns.end(),
            [](const Column& column) { return column.role == Role::Time; });
        const auto i = static_cast<std::size_t>(at - m_columns.begin());
        if (i < m_columns.size() && cells[i].text.find(':') != std::string_view::npos) {
            joined = std::string(read::trimmed(cells[i].text)) + '.'
                + std::string(read::trimmed(cells[i + 1].text));
            if (instantOf(joined, 1)) {
                cells[i] = { joined, joined };
                cells.erase(cells.begin() + static_cast<std::ptrdiff_t>(i) + 1);
            }
        }
    }
    return cells.size() <= m_columns.size();
}

void Recorder::row(std::vector<Value> cells, const std::string& place)
{
    std::string joined;
    if (cells.size() < m_columns.size() / 2 + 1) {
        return;
    }
    if (!fits(cells, joined)) {
        ++m_tooWide;
        return;
    }
    std::string device;
    std::string clock;
    double factor = 1;
    bool any = false;
    for (std::size_t i = 0; i < cells.size(); ++i) {
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

bool Recorder::finish()
{
    flush();
    if (m_rows == 0) {
        return false;
    }
    if (m_tooWide > 0) {
        m_sink.warn({ "too-many-cells",
            std::to_string(m_tooWide)
                + " rows have more cells than the table has titles, so that nobody knows which is which: they"
                  " are not read.",
            {}, Severity::Warning });
    }
    if (m_kind == TimeKind::Local) {
        m_sink.warn(local::noteOfSeries(m_firstText, m_firstPlace));
    }
    if (m_undated > 0) {
        m_sink.warn({ "no-times",
            std::to_string(m_undated)
                + " samples have no time that can be read: they are counted and kept in the original text,"
                  " but make no series. Record with a time column (nvidia-smi dmon -o DT,"
                  " --query-gpu=timestamp,…).",
            {}, Severity::Warning });
    }
    if (m_grouped) {
        m_sink.warn({ "several-devices",
            "No column tells the devices of the table apart, and its rows come in groups of one moment: the"
            " values of several devices stand one behind the other in these series. Record with an index"
            " (nvidia-smi --query-gpu=timestamp,index,…).",
            {}, Severity::Warning });
    }
    m_sink.attach({ { "samples", m_rows } });
    return true;
}

std::optional<double> Recorder::time(const std::string& text, double factor, const std::string& place)
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

void Recorder::noteUnclear(std::size_t column, std::string_view text, const std::string& place)
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

Recorder::Device& Recorder::deviceOf(const std::string& name)
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

/// Where several devices share a series, short steps from one to the next stand between those of the monitor.
void Recorder::noteGroups(const std::vector<double>& seconds)
{
    constexpr std::size_t fewest = 6;
    constexpr double shortStep = 0.1; // of a step of the monitor
    if (m_identified || m_grouped || seconds.size() < fewest) {
        return;
    }
    std::vector<double> steps;
    for (std::size_t i = 1; i < seconds.size(); ++i) {
        steps.push_back(seconds[i] - seconds[i - 1]);
    }
    std::sort(steps.begin(), steps.end());
    const double low = steps[steps.size() / 4];
    const double high = steps[steps.size() - 1 - steps.size() / 20];
    m_grouped = low < shortStep * high;
}

void Recorder::flush()
{
    const bool absolute = m_kind == TimeKind::Epoch || m_kind == TimeKind::Zoned;
    const auto localBegin = m_kind == TimeKind::Local ? local::epochOf(m_firstText) : std::optional<double>();
    for (Device& device : m_devices) {
        noteGroups(device.seconds);
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

} // namespace prism::formats::telemetry
