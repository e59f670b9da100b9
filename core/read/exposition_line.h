// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/read/place.h"
#include "core/read/text_buffer.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace prism::read {

/// One line of a Prometheus exposition, read from left to right; texts between quotes are undone in place.
class ExpositionLine {
public:
    ExpositionLine(char* data, std::size_t size, const TextCursor& begin)
        : m_data(data)
        , m_size(size)
        , m_begin(begin)
    {
    }
    bool ended() const { return m_at == m_size; }
    char peek() const { return ended() ? '\0' : m_data[m_at]; }
    bool take(char c)
    {
        const bool there = !ended() && m_data[m_at] == c;
        m_at += there ? 1 : 0;
        return there;
    }
    void blanks()
    {
        while (!ended() && isBlank(m_data[m_at])) {
            ++m_at;
        }
    }
    Place place() const
    {
        TextCursor here = m_begin;
        here.offset += m_at;
        return here.place();
    }
    std::string_view word()
    {
        const std::size_t from = m_at;
        while (!ended() && !isBlank(m_data[m_at])) {
            ++m_at;
        }
        return { m_data + from, m_at - from };
    }
    std::string_view name(bool colons)
    {
        const std::size_t from = m_at;
        while (!ended() && isNameByte(m_data[m_at], m_at == from, colons)) {
            ++m_at;
        }
        return { m_data + from, m_at - from };
    }
    /// What stands between the quote here and the next one that is not escaped.
    std::optional<std::string_view> quoted()
    {
        const std::size_t from = ++m_at;
        std::size_t out = from;
        for (; !ended() && m_data[m_at] != '"'; ++m_at) {
            m_data[out++] = unescaped(true);
        }
        if (ended()) {
            return std::nullopt;
        }
        ++m_at;
        return std::string_view(m_data + from, out - from);
    }
    std::string_view rest(bool quotes)
    {
        const std::size_t from = m_at;
        std::size_t out = from;
        for (; !ended(); ++m_at) {
            m_data[out++] = unescaped(quotes);
        }
        return { m_data + from, out - from };
    }
    Error fault(const std::string& reason) const
    {
        return { {}, place().text(), reason, "Check that this is the text of a /metrics page, and whole" };
    }

private:
    static bool isBlank(char c) { return c == ' ' || c == '\t'; }

    static bool isNameByte(char c, bool first, bool colons)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':')
            || (!first && c >= '0' && c <= '9');
    }

    /// The character here; of an escape `m_at` ends on its last byte. What is no escape stays as it is.
    char unescaped(bool quotes)
    {
        if (m_data[m_at] != '\\' || m_at + 1 == m_size) {
            return m_data[m_at];
        }
        const char next = m_data[m_at + 1];
        if (next != '\\' && next != 'n' && !(quotes && next == '"')) {
            return '\\';
        }
        ++m_at;
        return next == 'n' ? '\n' : next;
    }

    char* m_data;
    std::size_t m_size;
    TextCursor m_begin;
    std::size_t m_at = 0;
};

} // namespace prism::read
