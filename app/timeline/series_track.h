// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/time_axis.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace prism::app {

/// Values over time, sorted. NaN says that nothing was measured: a line breaks there.
class SeriesTrack {
public:
    std::size_t size() const { return m_times.size() - m_dropped; }
    bool isEmpty() const { return size() == 0; }
    /// Times do not fall; a value at the time of the last one replaces it.
    void append(std::int64_t ns, double value);
    void clear() { *this = SeriesTrack(); }
    void dropBefore(std::int64_t ns);
    /// Forgets what is at or after an instant, so that it can be told anew.
    void dropFrom(std::int64_t ns);

    std::int64_t timeAt(std::size_t i) const { return m_times[i + m_dropped]; }
    double valueAt(std::size_t i) const { return m_values[i + m_dropped]; }
    /// The first value at or after an instant.
    std::size_t firstIndex(std::int64_t ns) const;
    /// The last value at or before an instant; empty before the first.
    std::optional<double> heldAt(std::int64_t ns) const;
    /// The last value that was measured, where it is at most `ageNs` older than the last entry.
    std::optional<double> newest(std::int64_t ageNs) const;
    /// Largest of the values that are seen in a range; empty when there is none.
    std::optional<double> highestIn(const TimeRange& range) const;

private:
    std::vector<std::int64_t> m_times;
    std::vector<double> m_values;
    std::size_t m_dropped = 0;
};

/// What one pixel column holds of a series: its first, last, lowest and highest value, so that no extreme is
/// lost however far one zooms out.
struct ColumnExtent {
    int column = 0;
    double first = 0;
    double last = 0;
    double low = 0;
    double high = 0;
    bool broken = false; ///< something before it was not measured: no line leads here
};

/// The columns that hold a value, with the last one before the view and the first one behind it (columns
/// below 0 and from pixels() on), so that lines reach the edges. `extents` is overwritten.
void columnExtents(const SeriesTrack& track, const TimeAxis& axis, std::vector<ColumnExtent>& extents);

} // namespace prism::app
