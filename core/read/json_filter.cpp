// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/json_filter.h"

#include "core/read/byte_search.h"

#include <algorithm>
#include <cstring>

namespace prism::read {

namespace {

constexpr std::size_t escapeSize = 6; // \uXXXX
constexpr std::size_t pairSize = 12; // \uXXXX\uXXXX

bool isTokenByte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+'
        || c == '.' || c == '_';
}

int hexDigit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f'  ? c - 'a' + 10
        : c >= 'A' && c <= 'F'  ? c - 'A' + 10
                                : -1;
}

/// The unit of an escape "\uXXXX" at `p`, -1 when there is none.
int escapedUnit(const char* p)
{
    if (p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    int unit = 0;
    for (int i = 2; i < 6; ++i) {
        const int digit = hexDigit(p[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

bool isHighSurrogate(int unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

bool isLowSurrogate(int unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

} // namespace

struct JsonFilter::Block {
    char* data;
    std::size_t size;
    std::uint64_t offset;
    bool last;
};

void JsonFilter::reset()
{
    m_fixups.clear();
    m_next = 0;
    m_inString = false;
}

void JsonFilter::drop()
{
    if (++m_next == m_fixups.size()) {
        m_fixups.clear();
        m_next = 0;
    }
}

void JsonFilter::restore(char* data, std::uint64_t offset, std::uint64_t from)
{
    while (m_next < m_fixups.size() && m_fixups.back().offset >= from) {
        const JsonFixup& fixup = m_fixups.back();
        std::memcpy(data + (fixup.offset - offset), fixup.original.data(), fixup.size);
        m_fixups.pop_back();
    }
}

void JsonFilter::change(Block& block, std::size_t at, std::size_t size, JsonFixup::Kind kind)
{
    JsonFixup fixup;
    fixup.offset = block.offset + at;
    fixup.kind = kind;
    fixup.size = static_cast<std::uint8_t>(size);
    std::memcpy(fixup.original.data(), block.data + at, size);
    m_fixups.push_back(fixup);
}

/// Whether the word at `at` is one of those for NaN and infinity; then a number takes its place.
void JsonFilter::word(Block& block, std::size_t at)
{
    using namespace std::string_view_literals;
    const std::string_view rest(block.data + at, block.size - at);
    for (const std::string_view word : { "NaN"sv, "Infinity"sv, "nan"sv, "inf"sv }) {
        if (rest.substr(0, word.size()) != word
            || (rest.size() > word.size() && isTokenByte(rest[word.size()]))) {
            continue;
        }
        const bool sign = at > 0 && block.data[at - 1] == '-';
        const std::size_t start = at - (sign ? 1 : 0);
        if (start > 0 && isTokenByte(block.data[start - 1])) {
            return;
        }
        change(block, start, at + word.size() - start, JsonFixup::Kind::NonFinite);
        std::memcpy(block.data + at, "1.000000", word.size());
        return;
    }
}

/// Goes on to the quote that opens the next string, or to the end.
std::size_t JsonFilter::runOutside(Block& block, std::size_t at)
{
    for (;;) {
        at = findAnyOf<'"', 'N', 'I', 'n', 'i'>(block.data, at, block.size);
        if (at == block.size) {
            return at;
        }
        if (block.data[at] == '"') {
            m_inString = true;
            return at + 1;
        }
        word(block, at);
        ++at;
    }
}

/// An escape at `at`: returns where it ends, or `at` itself when more bytes are needed to tell.
std::size_t JsonFilter::escape(Block& block, std::size_t at)
{
    const std::size_t left = block.size - at;
    if (left < pairSize && !block.last) {
        return at;
    }
    const char* p = block.data + at;
    const int unit = left >= escapeSize ? escapedUnit(p) : -1;
    if (unit == 0) {
        change(block, at, 0, JsonFixup::Kind::Nul);
    }
    if (isHighSurrogate(unit) && left >= pairSize && isLowSurrogate(escapedUnit(p + escapeSize))) {
        return at + pairSize;
    }
    if (isHighSurrogate(unit) || isLowSurrogate(unit)) {
        change(block, at, escapeSize, JsonFixup::Kind::Surrogate);
        std::memcpy(block.data + at, "\\ufffd", escapeSize);
    }
    return std::min(at + (unit >= 0 ? escapeSize : 2), block.size);
}

std::size_t JsonFilter::runInString(Block& block, std::size_t at)
{
    for (;;) {
        at = findAnyOf<'"', '\\'>(block.data, at, block.size);
        if (at == block.size) {
            return at;
        }
        if (block.data[at] == '"') {
            m_inString = false;
            return at + 1;
        }
        const std::size_t end = escape(block, at);
        if (end == at) {
            return at;
        }
        at = end;
    }
}

std::size_t JsonFilter::run(char* data, std::size_t size, std::uint64_t offset, bool last)
{
    Block block { data, size, offset, last };
    std::size_t at = 0;
    while (at < size) {
        if (!m_inString) {
            at = runOutside(block, at);
            continue;
        }
        const std::size_t reached = runInString(block, at);
        if (m_inString) {
            return reached; // the string goes on behind the block, or an escape is cut
        }
        at = reached;
    }
    if (m_inString || last) {
        return size;
    }
    while (at > 0 && isTokenByte(data[at - 1])) {
        --at;
    }
    // The bytes left over come again: what was changed in them is listed again then.
    restore(data, offset, offset + at);
    return at;
}

} // namespace prism::read
