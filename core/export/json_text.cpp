// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace prism {

namespace {

/// Length of the valid UTF-8 sequence that begins `text`, 0 when there is none (overlong forms and surrogates
/// count as none).
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    std::size_t length = 0;
    if (first < 0x80) {
        length = 1;
    } else if (first >= 0xC2 && first < 0xE0) {
        length = 2;
    } else if (first >= 0xE0 && first < 0xF0) {
        length = 3;
    } else if (first >= 0xF0 && first < 0xF5) {
        length = 4;
    }
    if (length == 0 || length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

void appendEscaped(std::string& out, unsigned char c)
{
    static constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        out += "\\u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
}

} // namespace

void JsonText::separate()
{
    if (!m_afterKey && !m_first) {
        m_out += ',';
    }
    m_first = false;
    m_afterKey = false;
}

JsonText& JsonText::object()
{
    separate();
    m_out += '{';
    m_first = true;
    return *this;
}

JsonText& JsonText::endObject()
{
    m_out += '}';
    m_first = false;
    return *this;
}

JsonText& JsonText::array()
{
    separate();
    m_out += '[';
    m_first = true;
    return *this;
}

JsonText& JsonText::endArray()
{
    m_out += ']';
    m_first = false;
    return *this;
}

JsonText& JsonText::key(std::string_view name)
{
    text(name);
    m_out += ':';
    m_afterKey = true;
    return *this;
}

JsonText& JsonText::text(std::string_view value)
{
    separate();
    m_out += '"';
    while (!value.empty()) {
        const auto c = static_cast<unsigned char>(value[0]);
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) {
            appendEscaped(m_out, c);
            value.remove_prefix(1);
        } else if (const std::size_t length = sequenceLength(value)) {
            m_out += value.substr(0, length);
            value.remove_prefix(length);
        } else {
            m_out += "\uFFFD";
            value.remove_prefix(1);
        }
    }
    m_out += '"';
    return *this;
}

JsonText& JsonText::number(double value)
{
    if (!std::isfinite(value)) {
        return text(std::isnan(value) ? "nan" : "infinite");
    }
    separate();
    std::array<char, 32> text {};
    m_out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
    return *this;
}

JsonText& JsonText::number(std::int64_t value)
{
    separate();
    m_out += std::to_string(value);
    return *this;
}

JsonText& JsonText::thousandths(std::int64_t value)
{
    separate();
    const std::uint64_t size
        = value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
    const std::string part = std::to_string(size % 1000);
    m_out += (value < 0 ? "-" : "") + std::to_string(size / 1000);
    if (size % 1000 != 0) {
        m_out += '.' + std::string(3 - part.size(), '0') + part;
    }
    return *this;
}

JsonText& JsonText::number(std::uint64_t value)
{
    separate();
    m_out += std::to_string(value);
    return *this;
}

JsonText& JsonText::flag(bool value)
{
    separate();
    m_out += value ? "true" : "false";
    return *this;
}

} // namespace prism
