// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/silence.h"

namespace prism::probes {

namespace {
std::uint64_t attempted(const ProgramCounts& counts, std::uint32_t program)
{
    std::uint64_t sum = 0;
    for (const prism_count& cpu : counts[program]) {
        sum += cpu.attempted;
    }
    return sum;
}
} // namespace

SilenceWatch::Silent SilenceWatch::fellSilent(const ProgramCounts& counts)
{
    const std::uint64_t packets = attempted(counts, PRISM_ON_PACKET_IN);
    const std::uint64_t calls = attempted(counts, PRISM_ON_CALLS) + attempted(counts, PRISM_ON_BYTES_IN)
        + attempted(counts, PRISM_ON_BYTES_OUT);
    m_silent = packets != m_packets && calls == m_calls ? m_silent + 1 : calls != m_calls ? 0 : m_silent;
    m_unseen = packets != m_packets ? 0 : m_unseen;
    const std::uint64_t messages = attempted(counts, PRISM_ON_ENGINE);
    m_unmade = messages != m_messages ? 0 : m_unmade;
    m_messages = messages;
    m_packets = packets;
    m_calls = calls;
    if (m_silent >= patience && !m_callsTold) {
        m_callsTold = true;
        return Silent::Calls;
    }
    if (m_unseen >= mostUnseen && !m_packetsTold) {
        m_packetsTold = true;
        return Silent::Packets;
    }
    if (m_unmade >= mostUnmade && !m_engineTold) {
        m_engineTold = true;
        return Silent::Engine;
    }
    return Silent::None;
}

} // namespace prism::probes
