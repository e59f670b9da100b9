// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/engine/zmtp_stream.h"

#include <algorithm>

namespace prism::probes::engine {

namespace {
constexpr std::uint8_t more = 1; ///< bits of a frame's flags
constexpr std::uint8_t longLength = 2;
constexpr std::uint8_t command = 4;
constexpr std::uint8_t arrayOfNine = 0x99; ///< of msgpack; later versions append fields
constexpr std::uint8_t arrayOfFifteen = 0x9f;
constexpr std::uint64_t longestPlausible = 64U << 20;

std::uint64_t lengthIn(const std::uint8_t* head, bool isLong)
{
    if (!isLong) {
        return head[1];
    }
    std::uint64_t length = 0;
    for (int i = 1; i <= 8; ++i) {
        length = length << 8 | head[i];
    }
    return length;
}
} // namespace

bool ZmtpStream::plausible(Bytes send) const
{
    if (send.empty() || (send[0] & ~(more | longLength)) != 0) {
        return false;
    }
    const bool isLong = (send[0] & longLength) != 0;
    const std::size_t headBytes = isLong ? 9 : 2;
    if (send.size() <= headBytes) {
        return false;
    }
    const std::uint64_t length = lengthIn(send.data(), isLong);
    return send[headBytes] >= arrayOfNine && send[headBytes] <= arrayOfFifteen && length > 9
        && length <= longestPlausible && (isLong == (length > 255));
}

void ZmtpStream::forget()
{
    std::fill(m_body.begin(), m_body.end(), std::uint8_t { 0 });
    m_body.clear();
    m_headBytes = 0;
    m_due = 0;
    m_inBody = false;
    m_whole = true;
}

void ZmtpStream::lose()
{
    forget();
    m_continued = false;
    m_synchronised = false;
}

void ZmtpStream::send(Bytes seen, std::uint64_t total, const OnMessage& onMessage)
{
    seen = seen.first(static_cast<std::size_t>(std::min<std::uint64_t>(seen.size(), total)));
    if (!m_synchronised) {
        if (!plausible(seen)) {
            m_skipped += total;
            return;
        }
        lose();
        m_synchronised = true;
    }
    take(seen, onMessage);
    if (m_synchronised && total > seen.size()) {
        const std::uint64_t unseen = total - seen.size();
        if (!m_inBody || unseen > m_due) {
            m_skipped += unseen;
            lose();
            return;
        }
        gap(unseen);
        if (m_due == 0) {
            frameEnded(onMessage);
        }
    }
}

void ZmtpStream::take(Bytes bytes, const OnMessage& onMessage)
{
    while (!bytes.empty()) {
        if (!m_inBody) {
            m_head[m_headBytes++] = bytes.front();
            bytes = bytes.subspan(1);
            const bool isLong = (m_head[0] & longLength) != 0;
            if (m_headBytes < (isLong ? 9U : 2U)) {
                continue;
            }
            m_due = lengthIn(m_head, isLong);
            if ((m_head[0] & ~(more | longLength | command)) != 0 || m_due > longestPlausible) {
                m_skipped += bytes.size();
                lose();
                return;
            }
            m_inBody = true;
        }
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(m_due, bytes.size()));
        const bool wanted = !m_continued && (m_head[0] & command) == 0;
        if (wanted && m_whole && m_body.size() + part <= longestKept) {
            m_body.insert(m_body.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
        } else {
            m_whole = m_whole && !wanted;
        }
        m_due -= part;
        bytes = bytes.subspan(part);
        if (m_due == 0) {
            frameEnded(onMessage);
        }
    }
}

void ZmtpStream::gap(std::uint64_t bytes)
{
    m_due -= bytes;
    m_whole = false;
}

void ZmtpStream::frameEnded(const OnMessage& onMessage)
{
    const bool isCommand = (m_head[0] & command) != 0;
    if (!isCommand && !m_continued) {
        if (m_whole) {
            onMessage(m_body);
        } else {
            ++m_skippedMessages;
        }
    }
    if (!isCommand) {
        m_continued = (m_head[0] & more) != 0;
    }
    forget();
}

} // namespace prism::probes::engine
