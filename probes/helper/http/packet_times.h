// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace prism::probes::http {

/// Numbers of TCP bytes are compared modulo 2^32.
inline std::int32_t sequenceDistance(std::uint32_t from, std::uint32_t to)
{
    return static_cast<std::int32_t>(to - from);
}

/// When the bytes of one direction of a connection passed as packets, for those that no call has taken or
/// given yet. Bounded: of many packets the first ones and the newest are kept, which are those that are asked
/// for; what was not kept is unknown.
class PacketTimes {
public:
    void add(std::uint32_t sequence, std::uint64_t bytes, std::uint64_t timeNs)
    {
        // Sent again: the first time counts.
        if (m_count > 0 && sequenceDistance(newest().end, sequence) < 0) {
            return;
        }
        m_count += m_count < m_packets.size() ? 1 : 0;
        m_packets[m_count - 1] = { sequence, sequence + static_cast<std::uint32_t>(bytes), timeNs };
    }
    /// When the packet with this byte passed; 0: not known.
    std::uint64_t timeOf(std::uint32_t sequence) const
    {
        for (std::size_t i = 0; i < m_count; ++i) {
            if (sequenceDistance(m_packets[i].begin, sequence) >= 0
                && sequenceDistance(sequence, m_packets[i].end) > 0) {
                return m_packets[i].timeNs;
            }
        }
        return 0;
    }
    /// By order, where no numbers are known.
    std::uint64_t oldestTime() const { return m_count > 0 ? m_packets[0].timeNs : 0; }
    std::uint64_t newestTime() const { return m_count > 0 ? newest().timeNs : 0; }

    /// Everything before this byte was taken by a call.
    void forgetBefore(std::uint32_t sequence)
    {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < m_count; ++i) {
            if (sequenceDistance(sequence, m_packets[i].end) > 0) {
                m_packets[kept++] = m_packets[i];
            }
        }
        m_count = kept;
    }
    void forgetUntil(std::uint64_t timeNs)
    {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < m_count; ++i) {
            if (m_packets[i].timeNs > timeNs) {
                m_packets[kept++] = m_packets[i];
            }
        }
        m_count = kept;
    }

private:
    struct Packet {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
        std::uint64_t timeNs = 0;
    };
    const Packet& newest() const { return m_packets[m_count - 1]; }

    std::array<Packet, 4> m_packets {};
    std::size_t m_count = 0;
};

} // namespace prism::probes::http
