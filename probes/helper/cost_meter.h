// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/programs.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prism::probes {

/// What the kernel programs took of a core since the reading before.
struct CostReading {
    double took = 0; ///< by the clock
    double usual = 0; ///< as many runs, each as long as it usually is
    double usualScheduler = 0; ///< of that: by the scheduler's programs
};

/// Tells what the programs cost from what the machine does to them: a run is timed by the clock, and when a
/// virtual machine's CPU is taken away or firmware interrupts, one run lasts milliseconds. The usual time of
/// a run is the median of its means in the last readings: one that stood still does not move it, and programs
/// that really have become slower do within eight.
class CostMeter {
public:
    static constexpr std::size_t windows = 15;

    /// Totals so far, to be given once a second, and whether they are the programs' own samples. Nothing the
    /// first time and where that changes: the totals of one say nothing of those of the other.
    std::optional<CostReading> note(
        const std::vector<ProgramCost>& totals, bool sampled, std::uint64_t nowNs);

private:
    struct Known {
        std::uint64_t runs = 0;
        std::uint64_t runNs = 0;
        std::deque<double> meansNs; ///< of a run, in each reading with runs; the newest last
    };
    std::map<std::string, Known> m_programs;
    bool m_sampled = false;
    std::uint64_t m_lastNs = 0; ///< 0: no reading yet
};

} // namespace prism::probes
