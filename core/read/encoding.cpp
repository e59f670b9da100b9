// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/byte_source.h"
#include "core/read/window.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace prism::read {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr char32_t invalid = 0xFFFFFFFF;

using Byte = unsigned char;

bool isSurrogate(char32_t c)
{
    return c >= 0xD800 && c <= 0xDFFF;
}

void appendUtf8(std::string& out, char32_t c)
{
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

struct Sequence {
    std::size_t size = 1; ///< bytes of it; of an invalid one those that are replaced together
    enum State { Valid, Invalid, Incomplete } state = Valid;
};

/// The sequence at `p`, by the table of well-formed UTF-8 in the Unicode standard (table 3-7).
Sequence utf8At(const char* p, std::size_t left)
{
    const auto at = [p](std::size_t i) { return static_cast<Byte>(p[i]); };
    const Byte lead = at(0);
    if (lead < 0x80) {
        return {};
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return { 1, Sequence::Invalid };
    }
    const std::size_t need = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const Byte low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const Byte high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (std::size_t i = 1; i < need; ++i) {
        if (i >= left) {
            return { i, Sequence::Incomplete };
        }
        const bool fits = i == 1 ? at(i) >= low && at(i) <= high : (at(i) & 0xC0) == 0x80;
        if (!fits) {
            return { i, Sequence::Invalid };
        }
    }
    return { need, Sequence::Valid };
}

/// Length of the longest valid prefix.
std::size_t validPrefix(const char* p, std::size_t size)
{
    std::size_t i = 0;
    while (i < size) {
        std::uint64_t word = 0;
        while (i + sizeof word <= size) {
            std::memcpy(&word, p + i, sizeof word);
            if (word & 0x8080808080808080ull) {
                break;
            }
            i += sizeof word;
        }
        if (i >= size) {
            break;
        }
        const Sequence s = utf8At(p + i, size - i);
        if (s.state != Sequence::Valid) {
            break;
        }
        i += s.size;
    }
    return i;
}

enum class Encoding { Utf8, Utf16Le, Utf16Be, Utf32Le, Utf32Be };

struct Detected {
    Encoding encoding = Encoding::Utf8;
    std::size_t bom = 0;
};

bool startsWith(std::string_view text, std::string_view prefix)
{
    return text.substr(0, prefix.size()) == prefix;
}

/// By BOM, else by where the NULs stand among the first four bytes: texts of ours begin with ASCII.
Detected detect(std::string_view head)
{
    using namespace std::string_view_literals;
    if (startsWith(head, "\xEF\xBB\xBF"sv)) {
        return { Encoding::Utf8, 3 };
    }
    if (startsWith(head, "\xFF\xFE\0\0"sv)) {
        return { Encoding::Utf32Le, 4 };
    }
    if (startsWith(head, "\0\0\xFE\xFF"sv)) {
        return { Encoding::Utf32Be, 4 };
    }
    if (startsWith(head, "\xFF\xFE"sv)) {
        return { Encoding::Utf16Le, 2 };
    }
    if (startsWith(head, "\xFE\xFF"sv)) {
        return { Encoding::Utf16Be, 2 };
    }
    if (head.size() < 4) {
        return {};
    }
    std::array<bool, 4> text {};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto c = static_cast<Byte>(head[i]);
        if (c >= 0x80 || (c != 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
            return {};
        }
        text[i] = c != 0;
    }
    const auto is = [&text](bool a, bool b, bool c, bool d) {
        return text == std::array<bool, 4> { a, b, c, d };
    };
    return is(true, false, false, false) ? Detected { Encoding::Utf32Le, 0 }
        : is(false, false, false, true)  ? Detected { Encoding::Utf32Be, 0 }
        : is(true, false, true, false)   ? Detected { Encoding::Utf16Le, 0 }
        : is(false, true, false, true)   ? Detected { Encoding::Utf16Be, 0 }
                                         : Detected {};
}

const char* encodingName(Encoding encoding)
{
    switch (encoding) {
    case Encoding::Utf16Le:
        return "UTF-16LE";
    case Encoding::Utf16Be:
        return "UTF-16BE";
    case Encoding::Utf32Le:
        return "UTF-32LE";
    case Encoding::Utf32Be:
        return "UTF-32BE";
    case Encoding::Utf8:
        break;
    }
    return "UTF-8";
}

/// UTF-8 that is valid already goes from the inner source to the reader's buffer without a copy; everything
/// else takes the way through m_out. m_carry holds the bytes of a character that a read cut in two.
class DecodedSource : public ByteSource {
public:
    DecodedSource(std::unique_ptr<ByteSource> inner, EncodingReport* report)
        : m_inner(std::move(inner))
        , m_report(report ? report : &m_ownReport)
    {
        *m_report = {};
    }

    Result<std::size_t> read(std::span<char> buffer) override
    {
        if (buffer.empty()) {
            return std::size_t { 0 };
        }
        if (!m_begun) {
            if (auto begun = begin(); !begun) {
                return begun.error();
            }
        }
        for (;;) {
            if (const std::size_t n = takeOutput(buffer); n > 0 || (m_ended && m_carry.empty())) {
                return n;
            }
            const bool direct = m_encoding == Encoding::Utf8 && buffer.size() >= minimalDirect;
            const auto n = direct ? readDirect(buffer) : readThroughOutput();
            if (!n || *n > 0) {
                return n;
            }
        }
    }

private:
    static constexpr std::size_t minimalDirect = 64;
    static constexpr std::size_t rawSize = windowOf(64u << 10);

    Result<void> begin()
    {
        m_begun = true;
        std::array<char, 4> head {};
        while (m_carry.size() < head.size() && !m_ended) {
            const auto n = m_inner->read({ head.data(), head.size() - m_carry.size() });
            if (!n) {
                return n.error();
            }
            m_ended = *n == 0;
            m_carry.append(head.data(), *n);
        }
        const Detected found = detect(m_carry);
        m_encoding = found.encoding;
        m_report->encoding = encodingName(m_encoding);
        m_carry.erase(0, found.bom);
        return {};
    }

    std::size_t takeOutput(std::span<char> buffer)
    {
        const std::size_t n = std::min(buffer.size(), m_out.size() - m_taken);
        std::memcpy(buffer.data(), m_out.data() + m_taken, n);
        m_taken += n;
        if (m_taken == m_out.size()) {
            m_out.clear();
            m_taken = 0;
        }
        return n;
    }

    Result<std::size_t> fill(char* data, std::size_t size)
    {
        if (m_ended) {
            return std::size_t { 0 };
        }
        auto n = m_inner->read({ data, size });
        m_ended = n && *n == 0;
        return n;
    }

    Result<std::size_t> readDirect(std::span<char> buffer)
    {
        const std::size_t carried = m_carry.size();
        std::memcpy(buffer.data(), m_carry.data(), carried);
        m_carry.clear();
        const auto n = fill(buffer.data() + carried, buffer.size() - carried);
        if (!n) {
            return n.error();
        }
        const std::size_t size = carried + *n;
        const std::size_t valid = validPrefix(buffer.data(), size);
        if (valid < size) {
            repairUtf8({ buffer.data() + valid, size - valid });
        }
        return valid;
    }

    Result<std::size_t> readThroughOutput()
    {
        std::string raw = std::move(m_carry);
        m_carry.clear();
        const std::size_t carried = raw.size();
        raw.resize(carried + rawSize);
        const auto n = fill(raw.data() + carried, rawSize);
        if (!n) {
            return n.error();
        }
        raw.resize(carried + *n);
        switch (m_encoding) {
        case Encoding::Utf8:
            repairUtf8(raw);
            break;
        case Encoding::Utf16Le:
        case Encoding::Utf16Be:
            decodeUtf16(raw);
            break;
        case Encoding::Utf32Le:
        case Encoding::Utf32Be:
            decodeUtf32(raw);
            break;
        }
        return std::size_t { 0 };
    }

    void replace()
    {
        m_out += replacement;
        ++m_report->replacedCharacters;
    }

    void repairUtf8(std::string_view raw)
    {
        std::size_t i = 0;
        while (i < raw.size()) {
            const std::size_t valid = validPrefix(raw.data() + i, raw.size() - i);
            m_out.append(raw, i, valid);
            i += valid;
            if (i == raw.size()) {
                break;
            }
            const Sequence s = utf8At(raw.data() + i, raw.size() - i);
            if (s.state == Sequence::Incomplete && !m_ended) {
                m_carry.assign(raw, i);
                break;
            }
            replace();
            i += s.size;
        }
    }

    char32_t unit(std::string_view raw, std::size_t at, std::size_t size) const
    {
        const bool little = m_encoding == Encoding::Utf16Le || m_encoding == Encoding::Utf32Le;
        char32_t out = 0;
        for (std::size_t i = 0; i < size; ++i) {
            out = (out << 8) | static_cast<Byte>(raw[at + (little ? size - 1 - i : i)]);
        }
        return out;
    }

    void append(char32_t c)
    {
        if (c > 0x10FFFF || isSurrogate(c)) {
            replace();
        } else {
            appendUtf8(m_out, c);
        }
    }

    void decodeUtf16(std::string_view raw)
    {
        std::size_t i = 0;
        while (i + 2 <= raw.size()) {
            const char32_t first = unit(raw, i, 2);
            const bool leads = first >= 0xD800 && first < 0xDC00;
            if (leads && i + 4 > raw.size() && !m_ended) {
                break;
            }
            const char32_t second = leads && i + 4 <= raw.size() ? unit(raw, i + 2, 2) : invalid;
            if (leads && second >= 0xDC00 && second < 0xE000) {
                append(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
                i += 4;
            } else {
                append(first);
                i += 2;
            }
        }
        keepRest(raw.substr(i));
    }

    void decodeUtf32(std::string_view raw)
    {
        std::size_t i = 0;
        for (; i + 4 <= raw.size(); i += 4) {
            append(unit(raw, i, 4));
        }
        keepRest(raw.substr(i));
    }

    void keepRest(std::string_view rest)
    {
        if (!m_ended) {
            m_carry = rest;
        } else if (!rest.empty()) {
            replace();
        }
    }

    std::unique_ptr<ByteSource> m_inner;
    EncodingReport m_ownReport;
    EncodingReport* m_report;
    Encoding m_encoding = Encoding::Utf8;
    bool m_begun = false;
    bool m_ended = false;
    std::string m_carry;
    std::string m_out;
    std::size_t m_taken = 0;
};

} // namespace

std::unique_ptr<ByteSource> decoded(std::unique_ptr<ByteSource> inner, EncodingReport* report)
{
    return std::make_unique<DecodedSource>(std::move(inner), report);
}

} // namespace prism::read
