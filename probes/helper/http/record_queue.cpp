// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/record_queue.h"

#include "probes/helper/http/packet_times.h"

#include <cstring>

namespace prism::probes::http {

void RecordQueue::putWaiting(
    const wire::RecordHeader& header, const wire::HttpChunk& chunk, std::uint32_t lastByte)
{
    if (m_held.size() > mostHeld) {
        releaseAll();
    }
    if (m_waiting.empty()) {
        m_sinceNs = header.timeNs;
    }
    m_waiting.push_back(
        { m_held.size() + sizeof(wire::RecordHeader) + offsetof(wire::HttpChunk, wireNs), lastByte });
    appendRecord(m_held, header, chunk);
}

void RecordQueue::left(std::uint32_t begin, std::uint32_t end, std::uint64_t timeNs)
{
    std::erase_if(m_waiting, [&](const Waiting& waiting) {
        if (sequenceDistance(begin, waiting.lastByte) < 0 || sequenceDistance(waiting.lastByte, end) <= 0) {
            return false;
        }
        std::memcpy(m_held.data() + waiting.wireAt, &timeNs, sizeof timeNs);
        return true;
    });
    if (m_waiting.empty()) {
        releaseAll();
    }
}

void RecordQueue::release(std::uint64_t timeNs)
{
    if (m_sinceNs <= timeNs) {
        releaseAll();
    }
}

void RecordQueue::releaseAll()
{
    m_recorder.out.insert(m_recorder.out.end(), m_held.begin(), m_held.end());
    std::vector<std::byte>().swap(m_held);
    m_waiting.clear();
}

} // namespace prism::probes::http
