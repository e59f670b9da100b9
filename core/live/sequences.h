// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "probes/protocol/record.h"

#include <array>
#include <optional>

namespace prism::live {

/// Finds the holes in the sequence numbers of a stream's sources: what the helper sent and we did not get.
class Sequences {
public:
    /// The records ahead of the first ones may be missing without being a loss.
    void beginsLate();
    /// The hole ahead of this record, if there is one.
    std::optional<LossGap> check(const wire::RecordHeader& header, Nanoseconds at);

    std::uint64_t received() const { return m_received; }
    std::uint64_t missing() const { return m_missing; }

private:
    struct Source {
        std::uint32_t next = 0;
        bool begun = false;
        Nanoseconds last {};
    };
    std::array<Source, wire::sourceCount> m_sources {};
    bool m_beginsLate = false;
    std::uint64_t m_received = 0;
    std::uint64_t m_missing = 0;
};

} // namespace prism::live
