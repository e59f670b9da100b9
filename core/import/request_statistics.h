// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <vector>

namespace prism {

/// Totals and distributions of a point whose file holds requests only. Everything it writes is derived.
/// Keeps six numbers a request, never its gaps.
class RequestStatistics {
public:
    /// `start` and `end` in seconds on one clock. Failed requests count, their latencies do not.
    void add(const RequestRow& row, std::optional<double> start, std::optional<double> end);
    void write(PointWriter& out) const;

private:
    void writeTotals(PointWriter& out) const;

    std::uint64_t m_requests = 0;
    std::uint64_t m_ok = 0;
    std::optional<double> m_first;
    std::optional<double> m_last;
    double m_gapSum = 0;
    std::uint64_t m_gaps = 0;
    std::vector<double> m_ttft, m_e2e, m_tpot, m_ntpot, m_isl, m_osl;
};

} // namespace prism
