// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/silence.h"

namespace prism::probes {

namespace {
constexpr int patience = 3;

std::uint64_t attempted(const ProgramCounts& counts, std::uint32_t program)
{
    std::uint64_t sum = 0;
    for (const prism_count& cpu : counts[program]) {
        sum += cpu.attempted;
    }
    return sum;
}
} // namespace

bool SilenceWatch::fellSilent(const ProgramCounts& counts)
{
    const std::uint64_t packets = attempted(counts, PRISM_ON_PACKET_IN);
    const std::uint64_t calls = attempted(counts, PRISM_ON_CALLS) + attempted(counts, PRISM_ON_BYTES_IN)
        + attempted(counts, PRISM_ON_BYTES_OUT);
    m_silent = packets != m_packets && calls == m_calls ? m_silent + 1 : calls != m_calls ? 0 : m_silent;
    m_packets = packets;
    m_calls = calls;
    if (m_silent < patience || m_told) {
        return false;
    }
    m_told = true;
    return true;
}

} // namespace prism::probes
