// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/record_queue.h"

#include "probes/helper/http/packet_times.h"

#include <algorithm>
#include <cstring>

namespace prism::probes::http {

void RecordQueue::putWaiting(
    const wire::RecordHeader& header, const wire::HttpChunk& chunk, std::uint32_t lastByte)
{
    keepBounded();
    m_waiting.push_back({ m_held.size(), lastByte, header.timeNs });
    hold(header, chunk);
}

void RecordQueue::keepBounded()
{
    while (!m_waiting.empty() && (m_held.size() > mostHeld || m_recorder.held > mostHeldInAll)) {
        m_waiting.erase(m_waiting.begin());
        sendSettled();
    }
}

void RecordQueue::left(std::uint32_t begin, std::uint32_t end, std::uint64_t timeNs)
{
    const auto settled = std::erase_if(m_waiting, [&](const Waiting& waiting) {
        if (sequenceDistance(begin, waiting.lastByte) < 0 || sequenceDistance(waiting.lastByte, end) <= 0) {
            return false;
        }
        std::memcpy(
            m_held.data() + waiting.recordAt + sizeof(wire::RecordHeader) + offsetof(wire::HttpChunk, wireNs),
            &timeNs, sizeof timeNs);
        return true;
    });
    if (settled != 0) {
        sendSettled();
    }
}

void RecordQueue::release(std::uint64_t timeNs)
{
    const auto stillTime = std::find_if(m_waiting.begin(), m_waiting.end(),
        [timeNs](const Waiting& waiting) { return waiting.sinceNs > timeNs; });
    if (stillTime != m_waiting.begin()) {
        m_waiting.erase(m_waiting.begin(), stillTime);
        sendSettled();
    }
}

void RecordQueue::sendSettled()
{
    if (m_waiting.empty()) {
        releaseAll();
        return;
    }
    const std::size_t settled = m_waiting.front().recordAt;
    const auto end = m_held.begin() + static_cast<std::ptrdiff_t>(settled);
    m_recorder.out.insert(m_recorder.out.end(), m_held.begin(), end);
    m_held.erase(m_held.begin(), end);
    m_recorder.held -= settled;
    for (Waiting& waiting : m_waiting) {
        waiting.recordAt -= settled;
    }
}

void RecordQueue::releaseAll()
{
    m_recorder.out.insert(m_recorder.out.end(), m_held.begin(), m_held.end());
    m_recorder.held -= m_held.size();
    std::vector<std::byte>().swap(m_held);
    m_waiting.clear();
}

} // namespace prism::probes::http
