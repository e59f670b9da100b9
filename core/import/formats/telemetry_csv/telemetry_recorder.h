// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/formats/telemetry_csv/telemetry_columns.h"
#include "core/import/sink.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::formats::telemetry {

/// Turns the rows of a table into series over time, one a sensor and device.
class Recorder {
public:
    explicit Recorder(Sink& sink)
        : m_sink(sink)
    {
    }

    /// Titles; the same ones again change nothing.
    void header(std::vector<Column> columns, std::vector<std::string> places);
    bool hasHeader() const { return !m_columns.empty(); }
    /// A number was left out because its mark is unclear.
    bool isUnclear() const { return m_unclearTold; }
    /// A row was left out because it has more cells than the table has titles.
    bool isTooWide() const { return m_tooWide > 0; }

    struct Value {
        std::string_view text; ///< of a device's name
        std::string_view number; ///< of times and sensors
    };
    void row(std::vector<Value> cells, const std::string& place);

    /// False when there was no sample.
    bool finish();

private:
    /// Samples of one device: its times, and the values of each column that is a sensor.
    struct Device {
        std::string name;
        std::vector<double> seconds;
        std::vector<std::vector<double>> values;
    };

    bool fits(std::vector<Value>& cells, std::string& joined) const;
    std::optional<double> time(const std::string& text, double factor, const std::string& place);
    void noteUnclear(std::size_t column, std::string_view text, const std::string& place);
    Device& deviceOf(const std::string& name);
    void noteGroups(const std::vector<double>& seconds);
    void flush();

    /// A column that counts the rows looks like a device's number.
    static constexpr std::size_t mostDevices = 1024;
    /// A long record is sent in pieces, so that memory does not grow with the file.
    static constexpr std::size_t mostBuffered = 4'000'000;

    Sink& m_sink;
    std::vector<Column> m_columns;
    std::vector<std::string> m_places;
    std::vector<bool> m_names; ///< columns that name a row's device
    bool m_identified = false; ///< by an index or an identifier, not by a kind that several devices share
    bool m_grouped = false; ///< rows come in groups of one moment although nothing tells devices apart
    std::vector<Device> m_devices;
    std::size_t m_buffered = 0;
    bool m_severalDevices = false;
    bool m_unclearTold = false;
    std::uint64_t m_rows = 0;
    std::uint64_t m_undated = 0;
    std::uint64_t m_tooWide = 0; ///< rows with more cells than titles
    std::optional<double> m_first;
    double m_clock = 0;
    double m_midnights = 0;
    TimeKind m_kind = TimeKind::Elapsed;
    std::string m_firstText;
    std::string m_firstPlace;
};

} // namespace prism::formats::telemetry
