// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace prism::live {

/// Quantiles of positive numbers with a stated relative error, mergeable without loss (Masson, Rim and Lee,
/// DDSketch, VLDB 2019): a value v falls into the cell ⌈log γ(v)⌉ with γ = (1 + e)/(1 − e), and a cell is
/// read as 2·γ^i/(γ + 1), which is within e of everything in it. Cells are the same everywhere, so that a
/// heatmap's rows and a percentile come from one count.
///
/// Counts are exact; a percentile is the value of rank ⌈p/100 · n⌉, read from its cell, and lies within
/// [min, max]. Values below `least` count as 0.
class Sketch {
public:
    static constexpr double relativeError = 0.01;
    static constexpr double least = 1e-6;
    static constexpr double greatest = 1e12; ///< greater values count as this
    using Cell = std::int16_t;
    static constexpr Cell zeroCell = std::numeric_limits<Cell>::min();

    struct Count {
        Cell cell;
        std::uint32_t count;
    };

    /// NaN is left out.
    void add(double value, std::uint32_t times = 1);
    void merge(const Sketch& other);
    void clear();

    std::uint64_t count() const { return m_count; }
    double sum() const { return m_sum; }
    /// Empty without values. Exact.
    std::optional<double> mean() const;
    std::optional<double> min() const;
    std::optional<double> max() const;
    /// `p` in 0 … 100; empty without values.
    std::optional<double> percentile(double p) const;
    /// By cell, ascending.
    const std::vector<Count>& cells() const { return m_cells; }

    static Cell cellOf(double value);
    static double valueOf(Cell cell);

private:
    std::vector<Count> m_cells;
    std::uint64_t m_count = 0;
    double m_sum = 0;
    double m_min = std::numeric_limits<double>::infinity();
    double m_max = 0;
};

} // namespace prism::live
