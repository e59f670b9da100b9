// SPDX-License-Identifier: Apache-2.0
#include "probes/protocol/frame.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace prism::wire {

namespace {
constexpr std::array<std::uint32_t, 256> crcTable()
{
    constexpr std::uint32_t reversedCastagnoli = 0x82f63b78;
    std::array<std::uint32_t, 256> table {};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? reversedCastagnoli : 0);
        }
        table[i] = crc;
    }
    return table;
}

#if defined(__x86_64__)
/// The processor's own instruction, eight bytes at a time: every record passes here up to four times.
[[gnu::target("sse4.2")]] std::uint32_t crcByProcessor(std::uint32_t start, std::span<const std::byte> bytes)
{
    std::uint64_t crc = start;
    for (; bytes.size() >= sizeof(std::uint64_t); bytes = bytes.subspan(sizeof(std::uint64_t))) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    auto rest = static_cast<std::uint32_t>(crc);
    for (const std::byte byte : bytes) {
        rest = __builtin_ia32_crc32qi(rest, static_cast<unsigned char>(byte));
    }
    return rest;
}
#endif

bool isKnown(std::uint16_t type)
{
    return type >= static_cast<std::uint16_t>(FrameType::Hello)
        && type <= static_cast<std::uint16_t>(FrameType::Fault);
}
} // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes)
{
    static constexpr auto table = crcTable();
    std::uint32_t crc = 0xffffffff;
#if defined(__x86_64__)
    if (static const bool fast = __builtin_cpu_supports("sse4.2") != 0; fast) {
        return ~crcByProcessor(crc, bytes);
    }
#endif
    for (const std::byte byte : bytes) {
        crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xff];
    }
    return ~crc;
}

void appendFrame(std::vector<std::byte>& out, FrameType type, std::span<const std::byte> payload)
{
    assert(payload.size() <= mostFramePayload);
    const FrameHeader header { frameMagic, protocolVersion, static_cast<std::uint16_t>(type),
        static_cast<std::uint32_t>(payload.size()), crc32c(payload) };
    const auto* first = reinterpret_cast<const std::byte*>(&header);
    out.insert(out.end(), first, first + sizeof header);
    out.insert(out.end(), payload.begin(), payload.end());
}

std::string describe(FrameFault fault, std::uint16_t theirVersion)
{
    switch (fault) {
    case FrameFault::None:
        return {};
    case FrameFault::NotOurs:
        return "The other side does not speak Prism's protocol";
    case FrameFault::OtherVersion:
        return "The other side speaks version " + std::to_string(theirVersion)
            + " of the protocol, this one version " + std::to_string(protocolVersion)
            + "; install the same version of Prism on both";
    case FrameFault::UnknownType:
        return "The other side sent a frame of a type that this version does not know";
    case FrameFault::TooLong:
        return "The other side announced a frame of more than " + std::to_string(mostFramePayload) + " bytes";
    case FrameFault::Damaged:
        return "A frame was altered on the way: its checksum does not fit";
    }
    return {};
}

std::span<std::byte> FrameReader::space()
{
    constexpr std::size_t most = sizeof(FrameHeader) + mostFramePayload;
    if (m_buffer.empty()) {
        m_buffer.resize(2 * most);
    }
    if (m_buffer.size() - m_end < most) {
        std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
        m_end -= m_begin;
        m_begin = 0;
    }
    return std::span(m_buffer).subspan(m_end);
}

void FrameReader::arrived(std::size_t bytes)
{
    assert(bytes <= m_buffer.size() - m_end);
    m_end += bytes;
}

std::optional<Frame> FrameReader::next()
{
    FrameHeader header;
    if (m_fault != FrameFault::None || m_end - m_begin < sizeof header) {
        return std::nullopt;
    }
    std::memcpy(&header, m_buffer.data() + m_begin, sizeof header);
    const bool hello = header.type == static_cast<std::uint16_t>(FrameType::Hello);
    if (header.magic != frameMagic) {
        m_fault = FrameFault::NotOurs;
    } else if (header.bytes > mostFramePayload) {
        m_fault = FrameFault::TooLong;
    } else if (header.version != protocolVersion && !hello) {
        m_theirVersion = header.version;
        m_fault = FrameFault::OtherVersion;
    } else if (!isKnown(header.type)) {
        m_fault = FrameFault::UnknownType;
    }
    if (m_fault != FrameFault::None || m_end - m_begin - sizeof header < header.bytes) {
        return std::nullopt;
    }
    const auto payload = std::span<const std::byte>(m_buffer).subspan(m_begin + sizeof header, header.bytes);
    if (crc32c(payload) != header.checksum) {
        m_fault = FrameFault::Damaged;
        return std::nullopt;
    }
    m_theirVersion = header.version;
    m_begin += sizeof header + header.bytes;
    if (m_begin == m_end) {
        m_begin = m_end = 0;
    }
    return Frame { static_cast<FrameType>(header.type), payload };
}

std::string_view RecordView::text() const
{
    const auto head = as<Text>();
    if (!head || head->length > body.size() - sizeof(Text)) {
        return {};
    }
    return { reinterpret_cast<const char*>(body.data()) + sizeof(Text), head->length };
}

std::optional<RecordView> RecordWalk::next()
{
    if (m_rest.empty()) {
        return std::nullopt;
    }
    RecordView view;
    if (m_rest.size() >= sizeof view.header) {
        std::memcpy(&view.header, m_rest.data(), sizeof view.header);
    }
    const std::size_t bytes = view.header.bytes;
    if (bytes < sizeof view.header || bytes % 8 != 0 || bytes > m_rest.size()) {
        m_wellFormed = false;
        m_rest = {};
        return std::nullopt;
    }
    view.body = m_rest.subspan(sizeof view.header, bytes - sizeof view.header);
    m_rest = m_rest.subspan(bytes);
    return view;
}

} // namespace prism::wire
