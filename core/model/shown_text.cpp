// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/shown_text.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace prism {

namespace {

/// True for bytes that only a closer look can tell from harmless ones: controls, and the first bytes of
/// characters of which some are odd.
bool isSuspicious(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2;
}

/// The character that begins with a suspicious byte, and its length; ordinary ones may come out as 0.
char32_t characterAt(std::string_view text, std::size_t& length)
{
    const auto byte
        = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    length = 1;
    if (byte(0) < 0x80) {
        return byte(0);
    }
    if (byte(0) == 0xE2) {
        length = std::min<std::size_t>(3, text.size());
        return 0x2000 + (byte(1) & 0x3Fu) * 0x40 + (byte(2) & 0x3Fu);
    }
    length = std::min<std::size_t>(2, text.size());
    return (byte(0) & 0x1Fu) * 0x40 + (byte(1) & 0x3Fu);
}

bool turnsDirection(char32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
}

} // namespace

void makeShown(std::string& text)
{
    auto odd = std::find_if(text.begin(), text.end(), isSuspicious);
    if (odd == text.end()) {
        return;
    }
    std::string out(text.begin(), odd);
    for (std::string_view rest(text.data() + out.size(), text.size() - out.size()); !rest.empty();) {
        std::size_t length = 1;
        if (!isSuspicious(rest[0])) {
            out += rest[0];
        } else if (const char32_t c = characterAt(rest, length); turnsDirection(c)) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04X", static_cast<unsigned>(c));
            out += escaped;
        } else if (c == '\n' || c == '\t' || c == '\r' || c == 0x2028 || c == 0x2029) {
            out += ' ';
        } else if (c >= 0x20 && c != 0x7F && (c < 0x80 || c > 0x9F)) {
            out += rest.substr(0, length);
        }
        rest.remove_prefix(length);
    }
    text = std::move(out);
}

void makeShown(LoadPoint& point)
{
    makeShown(point.label);
    makeShown(point.group);
    for (Attribute& attribute : point.attributes) {
        if (auto* text = std::get_if<std::string>(&attribute.value)) {
            makeShown(*text);
        }
        makeShown(attribute.given);
    }
    for (Warning& warning : point.warnings) {
        makeShown(warning);
    }
}

void makeShown(Warning& warning)
{
    makeShown(warning.text);
}

void makeShown(Error& error)
{
    for (std::string* part : { &error.file, &error.place, &error.reason, &error.remedy }) {
        makeShown(*part);
    }
}

} // namespace prism
