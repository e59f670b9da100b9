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
    /// Bytes of one connection, and of all of a recorder: beyond either the oldest go without their time.
    /// With a token every 0.7 ms the first is what comes in a quarter of a second, for which a packet is
    /// waited.
    static constexpr std::size_t mostHeld = 32U << 10;
    static constexpr std::size_t mostHeldInAll = 4U << 20;

    explicit RecordQueue(Recorder& recorder)
        : m_recorder(recorder)
    {
    }
    RecordQueue(const RecordQueue&) = delete;
    RecordQueue& operator=(const RecordQueue&) = delete;
    ~RecordQueue() { m_recorder.held -= m_held.size(); }

    template <class Body>
    void put(wire::RecordHeader header, const Body& body)
    {
        keepBounded();
        if (m_waiting.empty()) {
            appendRecord(m_recorder.out, header, body);
        } else {
            hold(header, body);
        }
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
    template <class Body>
    void hold(const wire::RecordHeader& header, const Body& body)
    {
        const std::size_t before = m_held.size();
        appendRecord(m_held, header, body);
        m_recorder.held += m_held.size() - before;
    }
    void keepBounded();
    /// Sends what is held before the first that waits.
    void sendSettled();

    Recorder& m_recorder;
    std::vector<std::byte> m_held;
    std::vector<Waiting> m_waiting; ///< oldest first
};

} // namespace prism::probes::http
