// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prism::probes {

/// What /proc tells of a process that changes while it is observed. Reading costs about 30 µs.
struct ProcessState {
    std::uint32_t pid = 0;
    std::uint32_t parent = 0;
    std::uint32_t innerPid = 0; ///< in its own pid namespace
    std::uint32_t realUid = 0;
    std::uint32_t effectiveUid = 0;
    std::uint32_t savedUid = 0;
    std::uint64_t startTicks = 0; ///< with the pid it is the identity
    std::uint64_t cpuTicks = 0; ///< user and system time of all threads, also of those that ended
    std::uint64_t residentBytes = 0;
    std::uint32_t threads = 0;
    char state = '?'; ///< as in stat: R S D T t Z X
    std::string name; ///< comm, at most 15 bytes

    bool stopped() const { return state == 'T' || state == 't'; }
    bool belongsTo(std::uint32_t uid) const
    {
        return realUid == uid && effectiveUid == uid && savedUid == uid;
    }
};

/// Empty when the process is gone.
std::optional<ProcessState> readProcess(std::uint32_t pid);

/// A process and its descendants, itself first. Costs some 10 µs a thread.
std::vector<std::uint32_t> familyOf(std::uint32_t pid);

/// True for a program whose system calls are of another kind than this helper's (32-bit).
bool hasForeignCalls(std::uint32_t pid);

/// CLOCK_MONOTONIC.
std::uint64_t nowNs();

} // namespace prism::probes
