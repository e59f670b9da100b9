// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/frame.h"
#include "probes/protocol/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace prism::probes {

/// What waits to be sent to one client, in order. Bounded: when the client does not read, records of low
/// value (single writes, thread spans, opaque bytes) are left out, counted and told; all others stay.
class Outbox {
public:
    static constexpr std::size_t shippedLimit = 16U << 20;

    explicit Outbox(std::size_t limit = shippedLimit)
        : m_limit(limit)
    {
    }

    /// Sequence number, type and size of the header are filled in.
    template <class Body>
    void record(wire::RecordHeader header, const Body& body, std::string_view trailing = {})
    {
        m_scratch.clear();
        wire::appendRecord(m_scratch, header, body, trailing);
        add();
    }
    /// A whole record that was checked.
    void record(const wire::RecordView& view);
    void message(wire::FrameType type, std::span<const std::byte> payload);

    /// Sends what the socket takes. 0, or errno when the client is gone.
    int flush(int fd);
    bool empty() const { return m_begin == m_out.size() && m_batch.empty(); }
    std::size_t waiting() const { return m_out.size() - m_begin + m_batch.size(); }
    /// True when even what must not be lost has become too much: the client is to be hung up on.
    bool overflowed() const { return waiting() > 2 * m_limit; }

    struct Left {
        std::uint64_t attempted = 0; ///< records of low value since the first that was left out
        std::uint64_t dropped = 0;
        std::uint64_t fromNs = 0;
        std::uint64_t toNs = 0;
    };
    /// Once there is room again after some were left out: what they were.
    bool takeLeft(Left& left);

private:
    void add();
    void closeBatch();

    std::size_t m_limit;
    std::vector<std::byte> m_out; ///< frames; sent up to m_begin
    std::size_t m_begin = 0;
    std::vector<std::byte> m_batch; ///< records of the frame to come
    std::vector<std::byte> m_scratch; ///< the record that is added
    std::array<std::uint32_t, wire::sourceCount> m_sequence {};
    std::array<bool, wire::sourceCount> m_lost {};
    Left m_left;
};

} // namespace prism::probes
