// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/outbox.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::probes {

namespace {
/// A frame is closed at this size: large enough to cost little each, small enough to be shown at once.
constexpr std::size_t batchBytes = 64U << 10;

bool isOfLowValue(std::uint16_t type)
{
    return type == static_cast<std::uint16_t>(wire::RecordType::HttpChunk)
        || type == static_cast<std::uint16_t>(wire::RecordType::Sched)
        || type == static_cast<std::uint16_t>(wire::RecordType::OpaqueBytes);
}
} // namespace

void Outbox::record(const wire::RecordView& view)
{
    m_scratch.resize(sizeof view.header + view.body.size());
    std::memcpy(m_scratch.data(), &view.header, sizeof view.header);
    if (!view.body.empty()) {
        std::memcpy(m_scratch.data() + sizeof view.header, view.body.data(), view.body.size());
    }
    add();
}

void Outbox::add()
{
    wire::RecordHeader header;
    std::memcpy(&header, m_scratch.data(), sizeof header);
    const std::size_t source = header.source < wire::sourceCount ? header.source : 0;
    header.sequence = m_sequence[source]++;
    const bool low = isOfLowValue(header.type);
    if (low && m_left.dropped != 0) {
        ++m_left.attempted;
        m_left.toNs = header.timeNs;
    }
    if (low && waiting() + m_scratch.size() > m_limit) {
        if (m_left.dropped++ == 0) {
            m_left.attempted = 1;
            m_left.fromNs = m_left.toNs = header.timeNs;
        }
        m_lost[source] = true;
        return;
    }
    if (m_lost[source]) {
        header.flags |= wire::LostBefore;
        m_lost[source] = false;
    }
    std::memcpy(m_scratch.data(), &header, sizeof header);
    if (m_batch.size() + m_scratch.size() > batchBytes) {
        closeBatch();
    }
    m_batch.insert(m_batch.end(), m_scratch.begin(), m_scratch.end());
}

void Outbox::closeBatch()
{
    if (!m_batch.empty()) {
        wire::appendFrame(m_out, wire::FrameType::Records, m_batch);
        m_batch.clear();
    }
}

void Outbox::message(wire::FrameType type, std::span<const std::byte> payload)
{
    closeBatch();
    wire::appendFrame(m_out, type, payload);
}

int Outbox::flush(int fd)
{
    closeBatch();
    while (m_begin < m_out.size()) {
        ssize_t sent = send(fd, m_out.data() + m_begin, m_out.size() - m_begin, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == ENOTSOCK) { // standard output is a pipe
            sent = write(fd, m_out.data() + m_begin, m_out.size() - m_begin);
        }
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno;
        }
        m_begin += static_cast<std::size_t>(sent);
    }
    m_out.clear();
    m_begin = 0;
    return 0;
}

bool Outbox::takeLeft(Left& left)
{
    if (m_left.dropped == 0 || waiting() > m_limit / 2) {
        return false;
    }
    left = m_left;
    m_left = {};
    return true;
}

} // namespace prism::probes
