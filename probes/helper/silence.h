// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/loss.h"

#include <cstdint>

namespace prism::probes {

/// Notices that traffic flows on a target's connections and one of the programs on it sees none: the probe
/// that is attached and never fires, as after an upgrade, or a server that another process answers for.
class SilenceWatch {
public:
    enum class Silent {
        None,
        Calls, ///< packets arrive, and no read, write or bytes by another way
        Packets, ///< requests are read, and no packet of them was seen
        Engine, ///< text is generated, and no message of the engine that made it
    };
    /// Seconds with packets alone, one after another, until it is said.
    static constexpr int patience = 3;
    /// Requests without a packet, one after another, until it is said.
    static constexpr int mostUnseen = 8;

    /// Events with text without a message of the engine, until it is said.
    static constexpr std::uint64_t mostUnmade = 500;

    /// Of a server whose engine is watched: further events with text. Requests that generate nothing, as of
    /// its state, need no engine.
    void noteText(std::uint64_t events) { m_unmade += events; }
    /// A request was told whose beginning was seen.
    void noteRequest(bool arrivalKnown) { m_unseen = arrivalKnown ? 0 : m_unseen + 1; }
    /// Once a second, with the counts so far. Each is told once.
    Silent fellSilent(const ProgramCounts& counts);

private:
    std::uint64_t m_packets = 0;
    std::uint64_t m_calls = 0;
    int m_silent = 0; ///< seconds
    int m_unseen = 0; ///< requests
    std::uint64_t m_messages = 0;
    std::uint64_t m_unmade = 0; ///< events with text
    bool m_callsTold = false;
    bool m_engineTold = false;
    bool m_packetsTold = false;
};

} // namespace prism::probes
