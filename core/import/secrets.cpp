// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace prism {

namespace {

constexpr std::string_view gone = "…";
constexpr std::string_view ends = " \t\r\n\"'<>";

/// Where a word that begins at `from` ends.
std::size_t wordEnd(std::string_view text, std::size_t from)
{
    return std::min(text.find_first_of(ends, from), text.size());
}

/// Behind "://": "user:password@host/path?query".
std::string withoutUrlSecrets(std::string_view text)
{
    std::string out;
    while (true) {
        const std::size_t scheme = text.find("://");
        if (scheme == std::string_view::npos) {
            return out.append(text);
        }
        const std::size_t begin = scheme + 3;
        const std::size_t end = wordEnd(text, begin);
        std::string_view url = text.substr(begin, end - begin);
        out.append(text.substr(0, begin));
        const std::size_t at = url.substr(0, url.find('/')).rfind('@');
        if (at != std::string_view::npos) {
            out.append(gone);
            url.remove_prefix(at);
        }
        const std::size_t query = url.find('?');
        out.append(url.substr(0, query));
        if (query != std::string_view::npos) {
            out.append("?").append(gone);
        }
        text.remove_prefix(end);
    }
}

/// What follows "Bearer ", and the value behind "--api-key " or "--api-key=".
std::string withoutNamedSecrets(std::string text)
{
    constexpr std::string_view bearer = "Bearer ";
    for (std::size_t at = text.find(bearer); at != std::string::npos;
         at = text.find(bearer, at + bearer.size())) {
        const std::size_t from = at + bearer.size();
        text.replace(from, wordEnd(text, from) - from, gone);
    }
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
        const std::size_t nameEnd = std::min(text.find_first_of(" =\t\"'", at + 2), text.size());
        if (!namesSecret(std::string_view(text).substr(at + 2, nameEnd - at - 2))) {
            continue;
        }
        const std::size_t from = text.find_first_not_of(" =\t", nameEnd);
        if (from != std::string::npos && text.compare(from, 2, "--") != 0) {
            text.replace(from, wordEnd(text, from) - from, gone);
        }
    }
    return text;
}

} // namespace

bool namesSecret(std::string_view name)
{
    static constexpr std::array<std::string_view, 9> whole { "authorization", "authconfig", "token",
        "hftoken", "accesstoken", "secret", "headers", "certpath", "keypath" };
    static constexpr std::array<std::string_view, 4> parts { "apikey", "password", "secretkey", "accesskey" };
    std::string letters;
    for (const char c : name) {
        if (c != '_' && c != '-' && c != ' ') {
            letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return std::find(whole.begin(), whole.end(), letters) != whole.end()
        || std::any_of(parts.begin(), parts.end(),
            [&letters](std::string_view part) { return letters.find(part) != std::string::npos; });
}

std::string withoutSecrets(std::string_view text)
{
    std::string out
        = text.find("://") == std::string_view::npos ? std::string(text) : withoutUrlSecrets(text);
    const bool named = out.find("Bearer ") != std::string::npos || out.find("--") != std::string::npos;
    return named ? withoutNamedSecrets(std::move(out)) : out;
}

} // namespace prism
