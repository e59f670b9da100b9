// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"

#include <deque>
#include <optional>

namespace prism::live {

/// The observed machine's clocks side by side: wall time of an instant, and where a clock jumped.
class Clocks {
public:
    /// The first reading, from the reply to an attach.
    void begin(Nanoseconds at, std::int64_t unixNs);
    /// A reading; the jump that it shows, if there is one. A suspend is a growing distance of CLOCK_BOOTTIME
    /// and CLOCK_MONOTONIC; a wall clock that moved otherwise by more than 50 ms was set.
    std::optional<ClockJump> read(Nanoseconds at, const wire::ClockSync& sync);
    /// By the newest reading at or before `time`, else the first; empty without any.
    std::optional<std::int64_t> unixTime(Nanoseconds time) const;

private:
    struct Reading {
        Nanoseconds at;
        std::int64_t realOffset; ///< CLOCK_REALTIME − CLOCK_MONOTONIC
        std::optional<std::int64_t> bootOffset;
    };
    static constexpr std::size_t mostReadings = 4096;

    std::deque<Reading> m_readings; ///< those whose wall time is 1 ms or more from what the one before told
    std::optional<Reading> m_newest;
};

} // namespace prism::live
