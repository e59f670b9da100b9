// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/json_events.h"

#include "core/read/byte_search.h"
#include "core/read/errors.h"

#include <limits>

namespace prism::read {

namespace {
constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
}

void JsonEvents::beginDocument(const TextCursor& start)
{
    m_cursor = start;
    m_tokenBegun = false;
    m_numberCut = false;
    m_hasPart = false;
    m_part.clear();
    m_depth = 0;
    m_complete = false;
    m_scalars = 0;
    m_nonFinite = 0;
    m_nulCharacters = 0;
}

void JsonEvents::beginChunk(const char* data, std::uint64_t offset, std::size_t size)
{
    m_data = data;
    m_dataOffset = offset;
    m_dataSize = size;
    m_nextFixup = m_filter.next() ? m_filter.next()->offset : never;
}

void JsonEvents::endChunk()
{
    const std::uint64_t end = m_dataOffset + m_dataSize;
    if (!m_tokenBegun) {
        skipGap();
        if (m_cursor.offset < end) {
            m_tokenPlace = m_cursor.place();
            m_tokenBegun = true;
        }
    }
    m_cursor.offset = end;
}

/// Moves the cursor over the bytes between two tokens.
void JsonEvents::skipGap()
{
    const char* p = m_data + (m_cursor.offset - m_dataOffset);
    const char* const end = m_data + m_dataSize;
    const char* const start = p;
    const char* lastNewline = nullptr;
    for (; p < end; ++p) {
        const char c = *p;
        if (c == '\n') {
            ++m_cursor.line;
            lastNewline = p;
        } else if (c != ' ' && c != ',' && c != ':' && c != '\t' && c != '\r') {
            break;
        }
    }
    if (lastNewline) {
        m_cursor.lineStart = m_cursor.offset + static_cast<std::uint64_t>(lastNewline + 1 - start);
    }
    m_cursor.offset += static_cast<std::uint64_t>(p - start);
}

Place JsonEvents::tokenPlace()
{
    if (m_tokenBegun) {
        return m_tokenPlace;
    }
    skipGap();
    return m_cursor.place();
}

bool JsonEvents::begin(bool fine, Code& code)
{
    ++m_cursor.offset;
    ++m_depth;
    return check(fine, code);
}

bool JsonEvents::end(Code& code)
{
    skipGap();
    ++m_cursor.offset;
    m_complete = --m_depth == 0;
    return check(m_builder.endContainer() && !m_complete, code);
}

void JsonEvents::takeFixups(std::uint64_t before)
{
    while (m_filter.next() && m_filter.next()->offset < before) {
        const JsonFixup::Kind kind = m_filter.next()->kind;
        m_nonFinite += kind == JsonFixup::Kind::NonFinite ? 1 : 0;
        m_nulCharacters += kind == JsonFixup::Kind::Nul ? 1 : 0;
        m_filter.drop();
    }
    m_nextFixup = m_filter.next() ? m_filter.next()->offset : never;
}

bool JsonEvents::number(Text text, Code& code)
{
    const Place place = tokenPlace();
    m_cursor.offset += text.size();
    ++m_scalars;
    if (m_numberCut) {
        return check(false, code);
    }
    if (place.byte < m_nextFixup) {
        return check(m_builder.number({ text.data(), text.size() }, place), code);
    }
    takeFixups(place.byte);
    const JsonFixup* fixup = m_filter.next();
    const bool isFixup = fixup && fixup->offset == place.byte;
    const std::string_view given = isFixup ? fixup->text() : std::string_view(text.data(), text.size());
    return check(m_builder.number(given, place), code);
}

bool JsonEvents::word(Kind kind, std::string_view text, Code& code)
{
    const Place place = tokenPlace();
    m_cursor.offset += text.size();
    ++m_scalars;
    return check(m_builder.scalar(kind, text, place), code);
}

bool JsonEvents::withinBudget(std::size_t total, bool isKey)
{
    const std::size_t limit = isKey ? m_budgets.keyBytes : m_budgets.stringBytes;
    return total <= limit
        || m_builder.fail(overBudget(
            (isKey ? "a key longer than " : "a text longer than ") + sizeText(limit), m_tokenPlace.text()));
}

bool JsonEvents::part(Text text, std::size_t total, bool isKey, Code& code)
{
    if (!m_hasPart) {
        m_tokenPlace = tokenPlace();
        m_tokenBegun = true;
        m_hasPart = true;
        m_keepPart = isKey ? !m_builder.insideSkipped() : !m_builder.skipsNext();
    }
    if (!m_keepPart) {
        return true;
    }
    m_part.append(text.data(), text.size());
    return check(withinBudget(total, isKey), code);
}

/// The text of a string whose last part is `text`.
std::string_view JsonEvents::whole(Text text)
{
    if (!m_hasPart) {
        return { text.data(), text.size() };
    }
    if (m_keepPart) {
        m_part.append(text.data(), text.size());
    }
    return m_part;
}

bool JsonEvents::on_key(Text text, std::size_t total, Code& code)
{
    m_tokenPlace = tokenPlace();
    moveBehindString(text, m_tokenPlace.byte);
    const bool fine = m_builder.insideSkipped() || (withinBudget(total, true) && m_builder.key(whole(text)));
    forgetParts();
    return check(fine, code);
}

bool JsonEvents::on_string(Text text, std::size_t, Code& code)
{
    m_tokenPlace = tokenPlace();
    ++m_scalars;
    moveBehindString(text, m_tokenPlace.byte);
    const bool fine = m_builder.scalar(Kind::String, whole(text), m_tokenPlace);
    forgetParts();
    return check(fine, code);
}

void JsonEvents::forgetParts()
{
    constexpr std::size_t ordinary = 1u << 20;
    if (m_part.capacity() > ordinary) {
        m_part = std::string();
    }
    m_hasPart = false;
    m_part.clear();
}

/// Puts the cursor behind the closing quote of a string that began at `start`.
void JsonEvents::moveBehindString(Text text, std::uint64_t start)
{
    m_tokenBegun = false;
    if (text.data() >= m_data && text.data() + text.size() < m_data + m_dataSize) {
        m_cursor.offset = m_dataOffset + static_cast<std::uint64_t>(text.data() - m_data) + text.size() + 1;
        return;
    }
    // Escapes were undone elsewhere: the quote is looked for. A chunk never begins inside an escape.
    std::size_t at = start < m_dataOffset ? 0 : static_cast<std::size_t>(start + 1 - m_dataOffset);
    at = findAnyOf<'"', '\\'>(m_data, at, m_dataSize);
    while (at < m_dataSize && m_data[at] == '\\') {
        at = findAnyOf<'"', '\\'>(m_data, at + 2, m_dataSize);
    }
    m_cursor.offset = m_dataOffset + at + 1;
}

} // namespace prism::read
