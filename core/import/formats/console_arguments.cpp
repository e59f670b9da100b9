// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/console_arguments.h"

#include "core/read/text.h"

#include <algorithm>
#include <cmath>

namespace prism::formats {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

} // namespace

std::string_view pastedLine(std::string_view line)
{
    const std::size_t first = line.find_first_not_of(" \t\r#>");
    return first == std::string_view::npos ? std::string_view()
                                           : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::string_view lineFrom(std::string_view line, std::string_view words)
{
    const std::size_t at = line.find(words);
    return at == std::string_view::npos ? std::string_view() : line.substr(at);
}

std::string_view withoutPrefix(std::string_view text, std::string_view prefix)
{
    std::size_t at = 0;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        if (at == text.size() || (text[at] != prefix[i] && !(isDigit(text[at]) && isDigit(prefix[i])))) {
            return text;
        }
        ++at;
        if (isDigit(prefix[i])) {
            while (i + 1 < prefix.size() && isDigit(prefix[i + 1])) {
                ++i;
            }
            while (at < text.size() && isDigit(text[at])) {
                ++at;
            }
        }
    }
    return text.substr(at);
}

std::string namespaceArgument(std::string_view space, std::string_view key)
{
    const std::string wanted = std::string(key) + '=';
    for (std::size_t at = space.find(wanted); at != std::string_view::npos; at = space.find(wanted, at + 1)) {
        if (at > 0 && space[at - 1] != ' ' && space[at - 1] != '(') {
            continue;
        }
        const std::size_t from = at + wanted.size();
        const char quote = from < space.size() ? space[from] : '\0';
        if (quote == '\'' || quote == '"') {
            const std::size_t end = space.find(quote, from + 1);
            return std::string(space.substr(from + 1, end == std::string_view::npos ? end : end - from - 1));
        }
        const std::string value(space.substr(from, space.find_first_of(",)", from) - from));
        return value == "None" ? std::string() : value;
    }
    return {};
}

std::string commandOption(std::string_view line, std::string_view name)
{
    const std::size_t at = line.find(name);
    if (at == std::string_view::npos || at + name.size() >= line.size()) {
        return {};
    }
    std::string_view rest = line.substr(at + name.size());
    if (rest[0] != ' ' && rest[0] != '=') {
        return {};
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(" ="), rest.size()));
    if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) {
        const std::size_t end = rest.find(rest[0], 1);
        return std::string(rest.substr(1, end == std::string_view::npos ? end : end - 1));
    }
    return std::string(rest.substr(0, rest.find_first_of(" \t\\`")));
}

void wholeAttribute(PointWriter& point, std::string_view name, const std::string& text)
{
    wholeAttribute(point, name, read::consoleNumber(text), {});
}

void wholeAttribute(
    PointWriter& point, std::string_view name, std::optional<double> number, const std::string& path)
{
    if (const auto whole = wholeNumber(number)) {
        point.attribute(name, *whole, {}, path);
    }
}

std::optional<std::int64_t> wholeNumber(std::optional<double> number)
{
    const bool whole = number && *number == std::floor(*number) && std::abs(*number) < 9e15;
    return whole ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

} // namespace prism::formats
