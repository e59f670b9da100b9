// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/heat_track.h"

namespace prism::app {

namespace {

std::int64_t floorDivide(std::int64_t a, std::int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

} // namespace

std::size_t HeatTrack::firstIndex(std::int64_t number) const
{
    const auto at = std::lower_bound(m_slices.begin(), m_slices.end(), number,
        [](const Slice& slice, std::int64_t n) { return slice.number < n; });
    return std::size_t(at - m_slices.begin());
}

void HeatTrack::add(std::int64_t ns, int bin, std::uint32_t count)
{
    const std::int64_t number = floorDivide(ns, m_sliceNs);
    std::size_t at = m_slices.size();
    if (m_slices.empty() || m_slices.back().number < number) {
        m_slices.push_back({ number, {} });
    } else if (at = firstIndex(number); m_slices[at].number != number) {
        m_slices.insert(m_slices.begin() + std::ptrdiff_t(at), { number, {} });
    }
    auto& counts = m_slices[at].counts;
    counts.resize(std::size_t(m_bins));
    counts[std::size_t(std::clamp(bin, 0, m_bins - 1))] += count;
}

void HeatTrack::dropBefore(std::int64_t ns)
{
    const std::int64_t keep = floorDivide(ns, m_sliceNs);
    while (!m_slices.empty() && m_slices.front().number < keep) {
        m_slices.pop_front();
    }
}

void HeatTrack::dropFrom(std::int64_t ns)
{
    while (!m_slices.empty() && m_slices.back().number * m_sliceNs >= ns) {
        m_slices.pop_back();
    }
}

std::uint64_t heatCells(
    const HeatTrack& track, const TimeAxis& axis, int leastPixels, std::vector<HeatCell>& cells)
{
    cells.clear();
    std::int64_t together = 1;
    while (double(track.sliceNs() * together) / axis.nsPerPixel() < leastPixels && together < (1 << 30)) {
        together *= 2;
    }
    const std::int64_t cellNs = track.sliceNs() * together;
    const std::int64_t firstCell = floorDivide(axis.range().fromNs, cellNs);
    std::uint64_t most = 0;
    std::vector<std::uint64_t> sums(std::size_t(track.bins()));
    std::size_t i = track.firstIndex(firstCell * together);
    while (i < track.slices().size()) {
        const std::int64_t cell = floorDivide(track.slices()[i].number, together);
        if (cell * cellNs >= axis.range().toNs) {
            break;
        }
        std::fill(sums.begin(), sums.end(), 0);
        for (; i < track.slices().size() && track.slices()[i].number < (cell + 1) * together; ++i) {
            for (std::size_t bin = 0; bin < sums.size(); ++bin) {
                sums[bin] += track.slices()[i].counts[bin];
            }
        }
        const int from = std::max(0, axis.columnOf(cell * cellNs));
        const int to = std::min(axis.pixels(), axis.columnOf((cell + 1) * cellNs));
        for (std::size_t bin = 0; bin < sums.size() && from < to; ++bin) {
            if (sums[bin] > 0) {
                cells.push_back({ from, to, int(bin), sums[bin] });
                most = std::max(most, sums[bin]);
            }
        }
    }
    return most;
}

} // namespace prism::app
