// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/time_axis.h"

#include <cstddef>
#include <deque>
#include <vector>

namespace prism::app {

/// Counts by time and by size of a value: `bins` a slice of `sliceNs`. A slice without a count costs nothing.
class HeatTrack {
public:
    struct Slice {
        std::int64_t number = 0; ///< time / sliceNs, rounded down
        std::vector<std::uint32_t> counts; ///< a bin each
    };

    HeatTrack(std::int64_t sliceNs, int bins)
        : m_sliceNs(sliceNs)
        , m_bins(bins)
    {
    }
    int bins() const { return m_bins; }
    std::int64_t sliceNs() const { return m_sliceNs; }
    bool isEmpty() const { return m_slices.empty(); }
    /// Bins outside are put into the first or the last. Times may fall back.
    void add(std::int64_t ns, int bin, std::uint32_t count = 1);
    void dropBefore(std::int64_t ns);
    /// Forgets slices that begin at or after an instant, so that they can be told anew.
    void dropFrom(std::int64_t ns);
    void clear() { m_slices.clear(); }
    const std::deque<Slice>& slices() const { return m_slices; }
    /// Index of the first slice whose number is at least this.
    std::size_t firstIndex(std::int64_t number) const;

private:
    std::int64_t m_sliceNs;
    int m_bins;
    std::deque<Slice> m_slices; ///< by rising number
};

/// One painted rectangle of a heatmap: columns [from, to), bin, and its count.
struct HeatCell {
    int from = 0;
    int to = 0;
    int bin = 0;
    std::uint64_t count = 0;
};

/// Cells that are at least `leastPixels` wide: where slices are narrower, a power of two of them is summed,
/// aligned to the clock, so that cells keep their content while the view scrolls. Returns the largest count.
std::uint64_t heatCells(
    const HeatTrack& track, const TimeAxis& axis, int leastPixels, std::vector<HeatCell>& cells);

} // namespace prism::app
