// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/url_secrets.h"

#include <algorithm>

namespace prism::formats {

std::string withoutSecrets(std::string_view text)
{
    constexpr std::string_view ends = " \t\"'<>)";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(ends, at), text.size());
        std::string_view word = text.substr(at, end - at);
        const std::size_t scheme = word.find("://");
        const std::size_t host = scheme == std::string_view::npos ? word.size() : scheme + 3;
        const std::size_t path = std::min(word.find_first_of("/?#", host), word.size());
        const std::size_t user = word.substr(0, path).rfind('@');
        if (user != std::string_view::npos && user >= host) {
            out += word.substr(0, host);
            word = word.substr(user + 1);
        }
        // A question mark before anything that is assigned; "what?" is none.
        const std::size_t query = word.find('?');
        if (query != std::string_view::npos && query + 1 < word.size()) {
            out += word.substr(0, query);
            out += "?…";
        } else {
            out += word;
        }
        const std::size_t next = std::min(text.find_first_not_of(ends, end), text.size());
        out += text.substr(end, next - end);
        at = next;
    }
    return out;
}

} // namespace prism::formats
