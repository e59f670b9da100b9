// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/events.h"
#include "probes/protocol/record.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace prism::probes {

/// One turn of a thread: blocked, then runnable, then running, until it left the CPU (endNs). Starts that are
/// 0 did not happen, lie before the attach or are not known.
struct ThreadTurn {
    std::uint64_t blockedNs = 0; ///< went to sleep; 0 also when it was preempted before
    std::uint64_t runnableNs = 0; ///< woken or preempted
    std::uint64_t runningNs = 0; ///< got the CPU
    std::uint64_t endNs = 0;
    std::uint32_t target = 0;
    std::uint32_t tgid = 0;
    std::uint32_t tid = 0;
    std::uint32_t cpu = 0;
    bool uninterruptible = false; ///< blocked in the state D
};

/// Makes turns of departures: of one and the one before it of the same thread.
///
/// A departure can be missing: its queue was full, or the kernel switched without a word to any tracepoint
/// (seen on 6.18, where a thread was preempted inside the kernel). The scheduler's own count of the thread's
/// arrivals tells; of such a turn only the end is known. How long a thread waited is measured by the
/// scheduler's clock, which is another one than ours, but lengths are the same to 100 ns or so: clamped to
/// what is known otherwise.
class ThreadTurns {
public:
    /// Threads that are remembered at most; beyond it all are forgotten, and the next turn of each has no
    /// dates.
    static constexpr std::size_t most = 65536;

    /// Of one thread in the order of their time.
    ThreadTurn turnOf(const prism_departure& departure);
    void forget(std::uint32_t target);
    std::size_t threads() const { return m_last.size(); }

private:
    struct Last {
        std::uint64_t leftNs = 0;
        std::uint64_t waitedNs = 0;
        std::uint32_t target = 0;
        std::uint32_t arrivals = 0;
        bool blocked = false;
        bool uninterruptible = false;
    };
    std::unordered_map<std::uint32_t, Last> m_last; ///< by thread
};

/// One span of a thread, ready to be sent.
struct ThreadSpan {
    wire::RecordHeader header {};
    wire::Sched body {};
};

struct ThreadSpans {
    std::array<ThreadSpan, 3> spans {};
    std::size_t count = 0;
};

/// The spans of one turn: blocked, runnable, running. What began before the attach is left out.
ThreadSpans spansOf(const ThreadTurn& turn);

} // namespace prism::probes
