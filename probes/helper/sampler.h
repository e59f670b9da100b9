// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/process_state.h"
#include "probes/protocol/record.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

namespace prism::probes {

/// Time that each thread of a process waited for a CPU so far, nanoseconds by thread; empty where the kernel
/// does not tell. Costs about 10 µs a thread.
std::unordered_map<std::uint32_t, std::uint64_t> threadWaits(std::uint32_t pid);

/// Tier 0: what can be read without any right. Values are of the time since the call before; the first call
/// gives only those that need none.
struct Measured {
    wire::SampleMetric metric = wire::SampleMetric::CpuCores;
    std::uint16_t device = 0;
    double value = 0;
};

/// Processor, memory and control group of a server's processes. Costs about 10 µs a thread.
class FamilySampler {
public:
    std::vector<Measured> sample(const std::vector<ProcessState>& processes, std::uint64_t nowNs);

private:
    struct Before {
        std::uint64_t startTicks = 0;
        std::uint64_t cpuNs = 0;
        std::unordered_map<std::uint32_t, std::uint64_t> waitNs; ///< by thread
    };
    std::map<std::uint32_t, Before> m_before;
    std::string m_throttleFile;
    std::uint64_t m_throttledNs = 0;
    std::uint64_t m_lastNs = 0;
};

/// Pressure of the whole machine, and what observing costs.
class MachineSampler {
public:
    std::vector<Measured> sample(std::uint64_t nowNs, pid_t parser);
    /// Cores that all kernel programs took in the last second; told with the next sample.
    void noteProbes(double cores) { m_probeCores = cores; }

private:
    std::map<wire::SampleMetric, std::uint64_t> m_pressureNs;
    std::uint64_t m_helperNs = 0;
    std::uint64_t m_lastNs = 0;
    std::optional<double> m_probeCores;
};

} // namespace prism::probes
