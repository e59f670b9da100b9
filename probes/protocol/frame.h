// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "probes/protocol/record.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Frames on the socket between helper and client, both ways: a FrameHeader and its payload. Either side
/// treats the other's bytes as hostile: lengths are bounded, checksums checked, and after the first fault
/// nothing is read.
namespace prism::wire {

inline constexpr std::uint32_t frameMagic = 0x4d535250; ///< "PRSM"
/// Raised when older programs can no longer read what is sent. The Hello frame stays readable for ever.
inline constexpr std::uint16_t protocolVersion = 1;
inline constexpr std::uint32_t mostFramePayload = 256u << 10;

enum class FrameType : std::uint16_t {
    Hello = 1, ///< first frame each way: Fields (HelloKey)
    Request = 2, ///< client → helper: MessageHeader, Fields
    Reply = 3, ///< helper → client: MessageHeader, Fields
    Records = 4, ///< helper → client: records, one after another
    Fault = 5, ///< last frame: why the sender hangs up, Fields (FaultKey)
};

struct FrameHeader {
    std::uint32_t magic;
    std::uint16_t version;
    std::uint16_t type; ///< FrameType
    std::uint32_t bytes; ///< of the payload, at most mostFramePayload
    std::uint32_t checksum; ///< CRC-32C of the payload
};
static_assert(fixedLayout<FrameHeader, 16>);

/// CRC-32C (Castagnoli), as in RFC 3720 appendix B.4.
std::uint32_t crc32c(std::span<const std::byte> bytes);

/// Appends one frame. The payload is at most mostFramePayload long (asserted).
void appendFrame(std::vector<std::byte>& out, FrameType type, std::span<const std::byte> payload);

struct Frame {
    FrameType type = FrameType::Fault;
    std::span<const std::byte> payload; ///< valid until the reader's next call
};

enum class FrameFault { None, NotOurs, OtherVersion, UnknownType, TooLong, Damaged };

/// One sentence for a person, for example "The other side speaks version 2 of the protocol, this one version
/// 1".
std::string describe(FrameFault fault, std::uint16_t theirVersion);

/// Cuts a stream of bytes into frames. Holds at most one frame and what came behind it in the same read.
class FrameReader {
public:
    /// Room for the next bytes of the stream; never empty.
    std::span<std::byte> space();
    /// `bytes` of space() are filled.
    void arrived(std::size_t bytes);
    /// The next whole frame, if there is one. Empty also after a fault.
    std::optional<Frame> next();

    FrameFault fault() const { return m_fault; }
    std::uint16_t theirVersion() const { return m_theirVersion; }
    /// True when the stream ended within a frame.
    bool insideFrame() const { return m_end > m_begin; }

private:
    std::vector<std::byte> m_buffer;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    FrameFault m_fault = FrameFault::None;
    std::uint16_t m_theirVersion = 0;
};

/// A record within a Records payload.
struct RecordView {
    RecordHeader header {};
    std::span<const std::byte> body; ///< padding and trailing bytes included

    /// The body, when the record is of this type and long enough.
    template <class Body>
    std::optional<Body> as() const
    {
        if (header.type != static_cast<std::uint16_t>(Body::type) || body.size() < sizeof(Body)) {
            return std::nullopt;
        }
        Body value;
        std::memcpy(&value, body.data(), sizeof value);
        return value;
    }
    /// The string of a Text record; empty for others and when its length does not fit.
    std::string_view text() const;
};

/// Walks the records of a payload; stops at the first that cannot be (then wellFormed() is false). Records of
/// a type that this version does not know are handed out like others: skip them.
class RecordWalk {
public:
    explicit RecordWalk(std::span<const std::byte> payload)
        : m_rest(payload)
    {
    }
    std::optional<RecordView> next();
    bool wellFormed() const { return m_wellFormed; }

private:
    std::span<const std::byte> m_rest;
    bool m_wellFormed = true;
};

/// Appends a record; fills in `type` and `bytes` of the header, pads to 8.
template <class Body>
void appendRecord(
    std::vector<std::byte>& out, RecordHeader header, const Body& body, std::string_view trailing = {})
{
    const std::size_t used = sizeof header + sizeof body + trailing.size();
    const std::size_t whole = (used + 7) / 8 * 8;
    header.type = static_cast<std::uint16_t>(Body::type);
    header.bytes = static_cast<std::uint32_t>(whole);
    const std::size_t at = out.size();
    out.resize(at + whole);
    std::memcpy(out.data() + at, &header, sizeof header);
    std::memcpy(out.data() + at + sizeof header, &body, sizeof body);
    if (!trailing.empty()) {
        std::memcpy(out.data() + at + sizeof header + sizeof body, trailing.data(), trailing.size());
    }
}

} // namespace prism::wire
