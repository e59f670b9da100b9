// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/events.h"
#include "probes/protocol/record.h"

#include <array>
#include <cstdint>
#include <vector>

namespace prism::probes {

/// Counts of one target: [program][cpu].
using ProgramCounts = std::array<std::vector<prism_count>, PRISM_PROGRAMS>;

struct LossOf {
    std::uint32_t program = 0; ///< prism_program
    wire::Loss record {}; ///< `program` is filled in by the sender
};

/// Turns the kernel's counts of one target into Loss records. In each, attempted = emitted + dropped.
///  - RingFull: one a CPU; of an interval where something was dropped, at the end of all.
///  - Evicted: sockets or starts for which a table had no room.
///  - Truncated, BeforeAttach (at the end only): nothing is missing; `emitted` is how many there were.
class LossBook {
public:
    /// Since the last call, or the beginning.
    std::vector<LossOf> interval(const ProgramCounts& now, std::uint64_t nowNs);
    /// Totals since the beginning.
    static std::vector<LossOf> totals(const ProgramCounts& now, std::uint64_t startNs, std::uint64_t nowNs);

    void begin(std::uint64_t startNs) { m_lastNs = startNs; }

private:
    ProgramCounts m_last {};
    std::uint64_t m_lastNs = 0;
};

} // namespace prism::probes
