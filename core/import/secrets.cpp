// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace prism {

namespace {

constexpr std::string_view gone = "…";
constexpr std::string_view ends = " \t\r\n\"'<>)";

/// Where a word that begins at `from` ends.
std::size_t wordEnd(std::string_view text, std::size_t from)
{
    return std::min(text.find_first_of(ends, from), text.size());
}

/// "https://user:password@host/path?query", or "/path?query" of a server that everybody knows.
std::string withoutUrlSecrets(std::string_view word)
{
    const std::size_t scheme = word.find("://");
    const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t query = word.find('?', host);
    if (scheme == std::string_view::npos && word.find('/') > query) {
        return std::string(word); // "what?" is no URL
    }
    std::string out(word.substr(0, host));
    std::string_view rest = word.substr(host, query == std::string_view::npos ? query : query - host);
    const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
    if (host > 0 && at != std::string_view::npos) {
        out.append(gone);
        rest.remove_prefix(at);
    }
    out.append(rest);
    if (query != std::string_view::npos) {
        out.append("?").append(query + 1 < word.size() ? gone : "");
    }
    return out;
}

std::string withoutUrlsSecrets(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = wordEnd(text, at);
        const std::size_t next = std::min(text.find_first_not_of(ends, end), text.size());
        out.append(withoutUrlSecrets(text.substr(at, end - at))).append(text.substr(end, next - end));
        at = next;
    }
    return out;
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
    const bool url = text.find("://") != std::string_view::npos || text.find('?') != std::string_view::npos;
    std::string out = url ? withoutUrlsSecrets(text) : std::string(text);
    const bool named = out.find("Bearer ") != std::string::npos || out.find("--") != std::string::npos;
    return named ? withoutNamedSecrets(std::move(out)) : out;
}

} // namespace prism
