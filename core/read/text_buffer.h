// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/read/place.h"
#include "core/read/window.h"

#include <cstring>
#include <memory>

namespace prism::read {

/// Reads the same bytes as another source without owning it.
class BorrowedSource : public ByteSource {
public:
    explicit BorrowedSource(ByteSource& source)
        : m_source(source)
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override { return m_source.read(buffer); }

private:
    ByteSource& m_source;
};

/// A position in a text that is read forward.
struct TextCursor {
    std::uint64_t offset = 0;
    std::uint64_t lineStart = 0;
    std::uint32_t line = 1;

    Place place() const { return { offset, line, static_cast<std::uint32_t>(offset - lineStart + 1) }; }
    /// Goes over the line end at `offset`.
    void nextLine()
    {
        ++offset;
        ++line;
        lineStart = offset;
    }
    /// Goes over the bytes of `data`, counting the lines that end there.
    void advance(const char* data, std::size_t size)
    {
        const char* const end = data + size;
        while (const void* found
            = data < end ? std::memchr(data, '\n', static_cast<std::size_t>(end - data)) : nullptr) {
            const auto* newline = static_cast<const char*>(found);
            offset += static_cast<std::uint64_t>(newline - data);
            nextLine();
            data = newline + 1;
        }
        offset += static_cast<std::uint64_t>(end - data);
    }
};

/// The window of a decoded text that a reader looks at; bytes have their offsets in the text as names.
class TextBuffer {
public:
    explicit TextBuffer(ByteSource& source, EncodingReport* report)
        : m_source(decoded(std::make_unique<BorrowedSource>(source), report))
        , m_storage(std::make_unique_for_overwrite<char[]>(initialSize))
        , m_size(initialSize)
    {
    }

    std::uint64_t begin() const { return m_offset + m_begin; }
    std::uint64_t end() const { return m_offset + m_end; }
    bool ended() const { return m_ended; } ///< no byte follows end()
    char last() const
    {
        return m_last;
    } ///< the byte before end(), also when it was released; a line end at first
    char* at(std::uint64_t offset) { return m_storage.get() + (offset - m_offset); }
    std::size_t left(std::uint64_t offset) const { return static_cast<std::size_t>(end() - offset); }

    /// Bytes before `offset` are no longer needed.
    void release(std::uint64_t offset) { m_begin = static_cast<std::size_t>(offset - m_offset); }

    /// Reads more; false at the end of the text.
    Result<bool> more()
    {
        if (m_ended) {
            return false;
        }
        if (m_begin > 0) {
            std::memmove(m_storage.get(), m_storage.get() + m_begin, m_end - m_begin);
            m_offset += m_begin;
            m_end -= m_begin;
            m_begin = 0;
        }
        if (m_size - m_end < initialSize / 2) {
            auto larger = std::make_unique_for_overwrite<char[]>(m_size * 2);
            std::memcpy(larger.get(), m_storage.get(), m_end);
            m_storage = std::move(larger);
            m_size *= 2;
        }
        const auto n = m_source->read({ m_storage.get() + m_end, m_size - m_end });
        if (!n) {
            return n.error();
        }
        m_end += *n;
        m_last = *n > 0 ? m_storage[m_end - 1] : m_last;
        m_ended = *n == 0;
        return !m_ended;
    }

    /// Reads until `size` bytes stand behind `offset` or the text ends.
    Result<void> want(std::uint64_t offset, std::size_t size)
    {
        while (left(offset) < size && !m_ended) {
            if (auto read = more(); !read) {
                return read.error();
            }
        }
        return {};
    }

private:
    static constexpr std::size_t initialSize = windowOf(256u << 10);

    std::unique_ptr<ByteSource> m_source;
    std::unique_ptr<char[]> m_storage; ///< never cleared: ten thousand small files would pay for it
    std::size_t m_size;
    std::uint64_t m_offset = 0; ///< of m_storage[0]
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    char m_last = '\n';
    bool m_ended = false;
};

} // namespace prism::read
