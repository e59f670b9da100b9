// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/decisions.h"

#include "core/import/content_hash.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>
#include <utility>

namespace prism {

namespace {

constexpr std::array<std::string_view, 4> kinds { "apart", "to", "twin", "leave" };

constexpr const char* heading = "# what belongs together\n";

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// The text up to the next separator, which is taken with it.
std::string_view cut(std::string_view& text, char separator)
{
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view first = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return first;
}

} // namespace

std::string whenceOf(std::int64_t edit)
{
    return edit == 0 ? std::string()
                     : ", as you decided for folders of this shape (edit " + std::to_string(edit) + ')';
}

std::string patternOf(std::string_view path)
{
    std::string pattern;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!isDigit(path[i])) {
            pattern += path[i];
        } else if (pattern.empty() || pattern.back() != '#') {
            pattern += '#';
        }
    }
    return pattern;
}

bool matches(std::string_view pattern, std::string_view path)
{
    return pattern == path || pattern == patternOf(path);
}

LastWords::LastWords(const std::vector<Decision>& decisions, std::string root)
    : m_root(std::move(root))
{
    for (std::size_t i = 0; i < decisions.size(); ++i) {
        m_words.insert_or_assign(decisions[i].file, Word { i, decisions[i].kind, decisions[i].edit });
    }
}

std::optional<LastWords::Word> LastWords::on(std::string_view path) const
{
    if (m_words.empty()) {
        return std::nullopt;
    }
    const std::string below(path.substr(path.starts_with(m_root) ? m_root.size() : 0));
    const auto exact = m_words.find(below);
    const auto pattern = m_words.find(patternOf(below));
    if (exact == m_words.end() && pattern == m_words.end()) {
        return std::nullopt;
    }
    const bool byPattern = exact == m_words.end()
        || (pattern != m_words.end() && pattern->second.number > exact->second.number);
    return byPattern ? pattern->second : exact->second;
}

std::string commonFolder(const std::vector<std::string_view>& paths)
{
    if (paths.empty()) {
        return {};
    }
    std::string_view common = paths.front();
    for (const std::string_view path : paths) {
        const auto differs = std::mismatch(common.begin(), common.end(), path.begin(), path.end()).first;
        common = common.substr(0, static_cast<std::size_t>(differs - common.begin()));
    }
    const std::size_t slash = common.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(common.substr(0, slash + 1));
}

std::string shapeOf(const std::vector<std::string_view>& paths, const std::string& root)
{
    std::set<std::string> places;
    for (const std::string_view path : paths) {
        places.insert(patternOf(path.substr(root.size())));
    }
    std::string text;
    for (const std::string& place : places) {
        text += place + '\n';
    }
    return ContentHash::of(text);
}

std::string textOf(const std::vector<Decision>& decisions)
{
    std::string text = heading;
    for (const Decision& decision : decisions) {
        text += std::string(kinds[static_cast<std::size_t>(decision.kind)]) + '\t' + decision.file + '\t'
            + decision.target + '\n';
    }
    return text;
}

Result<std::vector<Decision>> decisionsOf(std::string_view text)
{
    std::vector<Decision> decisions;
    while (!text.empty()) {
        std::string_view line = cut(text, '\n');
        if (line.starts_with('#')) {
            continue;
        }
        const auto kind = std::find(kinds.begin(), kinds.end(), cut(line, '\t'));
        const std::string_view file = cut(line, '\t');
        if (kind == kinds.end() || file.empty()) {
            return Error { {}, {}, "what is remembered of folders of this shape cannot be read",
                "Decide it anew" };
        }
        decisions.push_back({ static_cast<Decision::Kind>(kind - kinds.begin()), std::string(file),
            std::string(cut(line, '\t')), 0 });
    }
    return decisions;
}

std::vector<Decision> generalised(std::vector<Decision> decisions)
{
    // Of two files that differ in a number the last word holds, in its place.
    std::vector<Decision> general;
    std::unordered_set<std::string> said;
    for (auto decision = decisions.rbegin(); decision != decisions.rend(); ++decision) {
        decision->file = patternOf(decision->file);
        decision->target = patternOf(decision->target);
        if (said.insert(decision->file).second) {
            general.push_back(std::move(*decision));
        }
    }
    std::reverse(general.begin(), general.end());
    return general;
}

} // namespace prism
