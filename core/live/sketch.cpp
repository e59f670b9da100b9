// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/sketch.h"

#include <algorithm>
#include <cmath>

namespace prism::live {

namespace {

constexpr double gamma = (1 + Sketch::relativeError) / (1 - Sketch::relativeError);
const double inverseLogGamma = 1 / std::log(gamma);

} // namespace

Sketch::Cell Sketch::cellOf(double value)
{
    if (!(value >= least)) {
        return zeroCell;
    }
    return static_cast<Cell>(std::ceil(std::log(std::min(value, greatest)) * inverseLogGamma));
}

double Sketch::valueOf(Cell cell)
{
    return cell == zeroCell ? 0 : 2 * std::pow(gamma, cell) / (gamma + 1);
}

void Sketch::add(double value, std::uint32_t times)
{
    if (std::isnan(value) || times == 0) {
        return;
    }
    value = std::clamp(value, 0.0, greatest);
    const Cell cell = cellOf(value);
    const auto at = std::lower_bound(m_cells.begin(), m_cells.end(), cell,
        [](const Count& count, Cell wanted) { return count.cell < wanted; });
    if (at != m_cells.end() && at->cell == cell) {
        at->count += times;
    } else {
        m_cells.insert(at, { cell, times });
    }
    m_count += times;
    m_sum += value * times;
    m_min = std::min(m_min, value);
    m_max = std::max(m_max, value);
}

void Sketch::merge(const Sketch& other)
{
    if (other.m_count == 0) {
        return;
    }
    std::vector<Count> merged;
    merged.reserve(m_cells.size() + other.m_cells.size());
    auto mine = m_cells.begin();
    auto theirs = other.m_cells.begin();
    while (mine != m_cells.end() && theirs != other.m_cells.end()) {
        if (mine->cell == theirs->cell) {
            merged.push_back({ mine->cell, mine->count + theirs->count });
            ++mine;
            ++theirs;
        } else {
            merged.push_back(mine->cell < theirs->cell ? *mine++ : *theirs++);
        }
    }
    merged.insert(merged.end(), mine, m_cells.end());
    merged.insert(merged.end(), theirs, other.m_cells.end());
    m_cells = std::move(merged);
    m_count += other.m_count;
    m_sum += other.m_sum;
    m_min = std::min(m_min, other.m_min);
    m_max = std::max(m_max, other.m_max);
}

void Sketch::clear()
{
    *this = Sketch();
}

std::optional<double> Sketch::mean() const
{
    return m_count == 0 ? std::nullopt : std::optional(m_sum / static_cast<double>(m_count));
}

std::optional<double> Sketch::min() const
{
    return m_count == 0 ? std::nullopt : std::optional(m_min);
}

std::optional<double> Sketch::max() const
{
    return m_count == 0 ? std::nullopt : std::optional(m_max);
}

std::optional<double> Sketch::percentile(double p) const
{
    if (m_count == 0) {
        return std::nullopt;
    }
    const double share = std::clamp(p, 0.0, 100.0) / 100 * static_cast<double>(m_count);
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share)));
    std::uint64_t seen = 0;
    for (const Count& cell : m_cells) {
        seen += cell.count;
        if (seen >= rank) {
            return std::clamp(valueOf(cell.cell), m_min, m_max);
        }
    }
    return m_max;
}

} // namespace prism::live
