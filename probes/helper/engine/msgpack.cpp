// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/engine/msgpack.h"

#include <bit>
#include <limits>

namespace prism::probes::engine {

std::nullopt_t Msgpack::fail()
{
    m_failed = true;
    return std::nullopt;
}

std::optional<std::uint8_t> Msgpack::peek()
{
    if (m_failed || m_at >= m_bytes.size()) {
        return fail();
    }
    return m_bytes[m_at];
}

std::optional<std::uint64_t> Msgpack::bigEndian(std::size_t bytes)
{
    if (m_failed || m_bytes.size() - m_at < bytes) {
        return fail();
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8 | m_bytes[m_at++];
    }
    return value;
}

bool Msgpack::skipBytes(std::uint64_t bytes)
{
    if (m_failed || m_bytes.size() - m_at < bytes) {
        m_failed = true;
        return false;
    }
    m_at += static_cast<std::size_t>(bytes);
    return true;
}

std::optional<std::uint32_t> Msgpack::array()
{
    const auto head = peek();
    if (!head || ((*head & 0xf0) != 0x90 && *head != 0xdc && *head != 0xdd)) {
        return fail();
    }
    ++m_at;
    if ((*head & 0xf0) == 0x90) {
        return *head & 0x0f;
    }
    const auto count = bigEndian(*head == 0xdc ? 2 : 4);
    return count ? std::optional(static_cast<std::uint32_t>(*count)) : std::nullopt;
}

std::optional<std::uint32_t> Msgpack::map()
{
    const auto head = peek();
    if (!head || ((*head & 0xf0) != 0x80 && *head != 0xde && *head != 0xdf)) {
        return fail();
    }
    ++m_at;
    if ((*head & 0xf0) == 0x80) {
        return *head & 0x0f;
    }
    const auto count = bigEndian(*head == 0xde ? 2 : 4);
    return count ? std::optional(static_cast<std::uint32_t>(*count)) : std::nullopt;
}

std::optional<std::string_view> Msgpack::string()
{
    const auto head = peek();
    if (!head || ((*head & 0xe0) != 0xa0 && (*head < 0xd9 || *head > 0xdb))) {
        return fail();
    }
    ++m_at;
    const auto length = (*head & 0xe0) == 0xa0 ? std::optional<std::uint64_t>(*head & 0x1f)
                                               : bigEndian(std::size_t { 1 } << (*head - 0xd9));
    const std::size_t begin = m_at;
    if (!length || !skipBytes(*length)) {
        return std::nullopt;
    }
    return std::string_view(
        reinterpret_cast<const char*>(m_bytes.data()) + begin, static_cast<std::size_t>(*length));
}

std::optional<std::int64_t> Msgpack::integer()
{
    const auto head = peek();
    if (!head) {
        return std::nullopt;
    }
    if (*head <= 0x7f || *head >= 0xe0) {
        ++m_at;
        return static_cast<std::int8_t>(*head);
    }
    if (*head < 0xcc || *head > 0xd3) {
        return fail();
    }
    ++m_at;
    const std::size_t bytes = std::size_t { 1 } << ((*head - 0xcc) & 3);
    const auto value = bigEndian(bytes);
    if (!value) {
        return std::nullopt;
    }
    if (*head <= 0xcf) {
        return *value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
            ? std::optional(static_cast<std::int64_t>(*value))
            : fail();
    }
    const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes);
    return static_cast<std::int64_t>(*value << unused) >> unused;
}

std::optional<double> Msgpack::number()
{
    const auto head = peek();
    if (head && (*head == 0xca || *head == 0xcb)) {
        ++m_at;
        const auto bits = bigEndian(*head == 0xca ? 4 : 8);
        if (!bits) {
            return std::nullopt;
        }
        return *head == 0xca ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*bits)))
                             : std::bit_cast<double>(*bits);
    }
    const auto whole = integer();
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

bool Msgpack::nil()
{
    const auto head = peek();
    if (!head || *head != 0xc0) {
        return false;
    }
    ++m_at;
    return true;
}

std::optional<std::uint64_t> Msgpack::skipOne()
{
    const auto head = peek();
    if (!head) {
        return std::nullopt;
    }
    const std::uint8_t type = *head;
    if ((type & 0xf0) == 0x90 || type == 0xdc || type == 0xdd) {
        const auto count = array();
        return count ? std::optional<std::uint64_t>(*count) : std::nullopt;
    }
    if ((type & 0xf0) == 0x80 || type == 0xde || type == 0xdf) {
        const auto count = map();
        return count ? std::optional<std::uint64_t>(2 * std::uint64_t { *count }) : std::nullopt;
    }
    if ((type & 0xe0) == 0xa0 || (type >= 0xd9 && type <= 0xdb)) {
        return string() ? std::optional<std::uint64_t>(0) : std::nullopt;
    }
    ++m_at;
    std::uint64_t length = 0;
    if (type >= 0xc4 && type <= 0xc9) { // binary, and extensions with a type behind the length
        const auto told = bigEndian(std::size_t { 1 } << ((type - 0xc4) % 3));
        if (!told) {
            return std::nullopt;
        }
        length = *told + (type >= 0xc7 ? 1 : 0);
    } else if (type == 0xca || type == 0xcb) {
        length = type == 0xca ? 4 : 8;
    } else if (type >= 0xcc && type <= 0xd3) {
        length = std::uint64_t { 1 } << ((type - 0xcc) & 3);
    } else if (type >= 0xd4 && type <= 0xd8) {
        length = 1 + (std::uint64_t { 1 } << (type - 0xd4));
    } else if (type == 0xc1) {
        return fail();
    }
    return skipBytes(length) ? std::optional<std::uint64_t>(0) : std::nullopt;
}

bool Msgpack::skip()
{
    // Elements are counted, not entered: nesting costs no stack. Each takes a byte at least, so a count
    // beyond the rest is a fault and the work is bounded by the bytes.
    std::uint64_t due = 1;
    while (due > 0) {
        const auto more = skipOne();
        if (!more) {
            return false;
        }
        due += *more - 1;
        if (due > m_bytes.size() - m_at) {
            m_failed = true;
            return false;
        }
    }
    return true;
}

} // namespace prism::probes::engine
