// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/events.h"
#include "probes/bpf/tables.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace prism::probes {

/// Reads the departures of threads that the scheduler's program leaves in a queue a CPU, through their mapped
/// pages. One reader; a process that is forked has no part in it.
class TurnQueues {
public:
    /// Maps the tables behind two descriptors, which stay the caller's: `slots` places for each of `cpus`.
    /// Empty with errno set when they cannot be mapped.
    static std::optional<TurnQueues> map(int queues, int places, std::size_t cpus, std::size_t slots);
    /// Queues in plain memory, for tests; `places` holds as many for each queue, a power of two.
    TurnQueues(std::span<prism_turn_queue> queues, std::span<prism_departure> places);
    TurnQueues(TurnQueues&& other) noexcept;
    TurnQueues& operator=(TurnQueues&&) = delete;
    ~TurnQueues();

    /// Hands out those before `untilNs`, by their time over all CPUs, and gives
    /// their places back first. A departure is in its queue within a microsecond: with `untilNs` a little in
    /// the past none that is older than one that is handed out comes later.
    void consume(std::uint64_t untilNs, const std::function<void(const prism_departure&)>& take);

private:
    std::span<prism_turn_queue> m_queues;
    std::span<prism_departure> m_places;
    std::size_t m_slots = 0;
    std::vector<prism_departure> m_found; ///< its room is kept
    bool m_mapped = false;
};

} // namespace prism::probes
