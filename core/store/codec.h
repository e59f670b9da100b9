// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace prism::store {

static_assert(std::endian::native == std::endian::little, "blobs of the store are little-endian");

/// Appends numbers and texts to the bytes of a blob.
class BlobWriter {
public:
    void byte(unsigned char value) { m_bytes += static_cast<char>(value); }
    void number(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7) {
            byte(static_cast<unsigned char>(value | 0x80));
        }
        byte(static_cast<unsigned char>(value));
    }
    void integer(std::int64_t value)
    {
        number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
    }
    void real(double value) { raw(&value, sizeof value); }
    void text(std::string_view value)
    {
        number(value.size());
        m_bytes += value;
    }
    void raw(const void* data, std::size_t size) { m_bytes.append(static_cast<const char*>(data), size); }
    const std::string& bytes() const { return m_bytes; }
    void clear() { m_bytes.clear(); }

private:
    std::string m_bytes;
};

/// Reads them back. Past the end, or of something that is no number, it gives zeros and ok() is false from
/// then on.
class BlobReader {
public:
    explicit BlobReader(std::span<const char> bytes)
        : m_at(bytes.data())
        , m_end(bytes.data() + bytes.size())
    {
    }
    bool ok() const { return m_ok; }
    bool atEnd() const { return m_at == m_end; }
    std::size_t left() const { return static_cast<std::size_t>(m_end - m_at); }

    unsigned char byte()
    {
        if (m_at == m_end) {
            m_ok = false;
            return 0;
        }
        return static_cast<unsigned char>(*m_at++);
    }
    std::uint64_t number()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const unsigned char b = byte();
            value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
            if (!(b & 0x80)) {
                return value;
            }
        }
        m_ok = false;
        return 0;
    }
    std::int64_t integer()
    {
        const std::uint64_t value = number();
        return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
    }
    double real()
    {
        double value = 0;
        const std::string_view bytes = raw(sizeof value);
        if (m_ok) {
            std::memcpy(&value, bytes.data(), sizeof value);
        }
        return value;
    }
    std::string_view text() { return raw(number()); }
    std::string string() { return std::string(text()); }
    std::string_view raw(std::uint64_t size)
    {
        if (size > left()) {
            m_ok = false;
            m_at = m_end;
            return {};
        }
        const std::string_view bytes(m_at, static_cast<std::size_t>(size));
        m_at += size;
        return bytes;
    }
    /// A count of things that take at least one byte each, so that a damaged blob asks for no memory.
    std::size_t count()
    {
        const std::uint64_t value = number();
        if (value > left()) {
            m_ok = false;
            return 0;
        }
        return static_cast<std::size_t>(value);
    }

private:
    const char* m_at;
    const char* m_end;
    bool m_ok = true;
};

} // namespace prism::store
