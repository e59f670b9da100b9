// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/engine/msgpack.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace prism::probes::engine {

/// Cuts what one thread sends over one socket into ZMTP 3 frames (RFC 23 of ZeroMQ: flags, length of 1 or 8
/// bytes, body). A frame may be spread over several sends and a send may hold several frames. Behind an
/// attach or a loss it waits for a send that begins with a plausible message: an array of nine, as vLLM's
/// engine writes, told by its first bytes.
class ZmtpStream {
public:
    /// Called with the body of each message's first frame, whole.
    using OnMessage = std::function<void(Bytes body)>;

    /// `seen`: the first bytes of the send's `total` ones.
    void send(Bytes seen, std::uint64_t total, const OnMessage& onMessage);
    /// Sends are missing from here.
    void lose();

    bool synchronised() const { return m_synchronised; }
    std::uint64_t skippedBytes() const { return m_skipped; } ///< in sends before it was synchronised
    std::uint64_t skippedMessages() const
    {
        return m_skippedMessages;
    } ///< longer than what is kept, or not seen whole

    /// Frames of one engine step were at most 23 KiB; what is longer is passed over by its length.
    static constexpr std::size_t longestKept = 1U << 20;

private:
    bool plausible(Bytes send) const;
    void take(Bytes bytes, const OnMessage& onMessage);
    void gap(std::uint64_t bytes);
    void frameEnded(const OnMessage& onMessage);
    void forget();

    bool m_synchronised = false;
    std::uint8_t m_head[9] {}; ///< of the frame that begins
    std::size_t m_headBytes = 0;
    std::uint64_t m_due = 0; ///< bytes of the frame's body that are still to come
    bool m_inBody = false;
    bool m_whole = true; ///< every byte of the body was seen and kept
    bool m_continued = false; ///< this frame goes on with a message whose first frame has passed
    std::vector<std::uint8_t> m_body;
    std::uint64_t m_skipped = 0;
    std::uint64_t m_skippedMessages = 0;
};

} // namespace prism::probes::engine
