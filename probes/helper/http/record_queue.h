// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/recorder.h"

#include <cstdint>
#include <vector>

namespace prism::probes::http {

/// The records of one connection on their way out. A write is told when its call returns; where its packet
/// leaves only later (Nagle, a full window) the record waits a little for it, and those behind it too, so
/// that they stay in order.
class RecordQueue {
public:
    explicit RecordQueue(Recorder& recorder)
        : m_recorder(recorder)
    {
    }

    template <class Body>
    void put(wire::RecordHeader header, const Body& body)
    {
        keepBounded();
        appendRecord(m_waiting.empty() ? m_recorder.out : m_held, header, body);
    }
    /// A chunk whose last byte has this number and has not left yet.
    void putWaiting(const wire::RecordHeader& header, const wire::HttpChunk& chunk, std::uint32_t lastByte);
    /// Bytes [begin, end) have left.
    void left(std::uint32_t begin, std::uint32_t end, std::uint64_t timeNs);
    /// Gives up on the packets of writes before `timeNs`, and sends what waits for no other.
    void release(std::uint64_t timeNs);
    void releaseAll();
    bool waiting() const { return !m_waiting.empty(); }

private:
    struct Waiting {
        std::size_t recordAt; ///< offset of the chunk's record in m_held
        std::uint32_t lastByte;
        std::uint64_t sinceNs;
    };
    void keepBounded();
    /// Sends what is held before the first that waits.
    void sendSettled();
    static constexpr std::size_t mostHeld = 4096; ///< bytes

    Recorder& m_recorder;
    std::vector<std::byte> m_held;
    std::vector<Waiting> m_waiting; ///< oldest first
};

} // namespace prism::probes::http
