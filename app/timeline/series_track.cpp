// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/series_track.h"

namespace prism::app {

void SeriesTrack::append(std::int64_t ns, double value)
{
    if (!isEmpty() && ns <= m_times.back()) {
        m_values.back() = value;
        return;
    }
    m_times.push_back(ns);
    m_values.push_back(value);
}

void SeriesTrack::dropBefore(std::int64_t ns)
{
    m_dropped += firstIndex(ns);
    if (m_dropped < 1024 || m_dropped < m_times.size() / 2) {
        return;
    }
    m_times.erase(m_times.begin(), m_times.begin() + std::ptrdiff_t(m_dropped));
    m_values.erase(m_values.begin(), m_values.begin() + std::ptrdiff_t(m_dropped));
    m_dropped = 0;
}

void SeriesTrack::dropFrom(std::int64_t ns)
{
    const std::size_t keep = m_dropped + firstIndex(ns);
    m_times.resize(keep);
    m_values.resize(keep);
}

std::size_t SeriesTrack::firstIndex(std::int64_t ns) const
{
    const auto begin = m_times.begin() + std::ptrdiff_t(m_dropped);
    return std::size_t(std::lower_bound(begin, m_times.end(), ns) - begin);
}

std::optional<double> SeriesTrack::heldAt(std::int64_t ns) const
{
    const std::size_t next = firstIndex(ns + 1);
    return next == 0 ? std::nullopt : std::optional(valueAt(next - 1));
}

std::optional<double> SeriesTrack::newest(std::int64_t ageNs) const
{
    for (std::size_t i = size(); i-- > 0 && timeAt(size() - 1) - timeAt(i) <= ageNs;) {
        if (!std::isnan(valueAt(i))) {
            return valueAt(i);
        }
    }
    return std::nullopt;
}

std::optional<double> SeriesTrack::highestIn(const TimeRange& range) const
{
    std::optional<double> highest;
    for (std::size_t i = firstIndex(range.fromNs); i < size() && timeAt(i) < range.toNs; ++i) {
        if (!std::isnan(valueAt(i)) && (!highest || valueAt(i) > *highest)) {
            highest = valueAt(i);
        }
    }
    return highest;
}

void columnExtents(const SeriesTrack& track, const TimeAxis& axis, std::vector<ColumnExtent>& extents)
{
    extents.clear();
    const std::size_t inside = track.firstIndex(axis.range().fromNs);
    bool broken = true;
    for (std::size_t i = inside > 0 ? inside - 1 : 0; i < track.size(); ++i) {
        const double value = track.valueAt(i);
        const std::int64_t ns = track.timeAt(i);
        if (std::isnan(value)) {
            broken = true;
            continue;
        }
        // Outside: where the line enters and leaves, at its true distance, so that its slope is kept.
        const int column = axis.columnOf(ns);
        if (!extents.empty() && extents.back().column == column && !broken) {
            ColumnExtent& e = extents.back();
            e.last = value;
            e.low = std::min(e.low, value);
            e.high = std::max(e.high, value);
        } else {
            extents.push_back({ column, value, value, value, value, broken });
        }
        broken = false;
        if (ns >= axis.range().toNs) {
            break;
        }
    }
}

} // namespace prism::app
