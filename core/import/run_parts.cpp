// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_parts.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace prism {

namespace {

struct Pair {
    std::string_view producer;
    std::string_view lead; ///< file with the load
    std::string_view further;
};
constexpr std::array<Pair, 1> pairs {
    { { "evalscope", "benchmark_summary.json", "benchmark_percentile.json" } }
};

constexpr std::size_t mostBytes = 4u << 20; ///< of one part

std::string_view nameOf(std::string_view path)
{
    const std::size_t at = path.find_last_of("/!");
    return at == std::string_view::npos ? path : path.substr(at + 1);
}

/// From the first bracket of the document on; empty where there is something else before it.
std::string_view documentOf(std::string_view bytes)
{
    bytes.remove_prefix(bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    const bool json = first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[')
        && bytes.find('\0') == std::string_view::npos;
    return json ? bytes.substr(first) : std::string_view();
}

} // namespace

bool isRunPart(std::string_view producer, std::string_view path)
{
    return std::any_of(pairs.begin(), pairs.end(), [&](const Pair& pair) {
        return pair.producer == producer && (nameOf(path) == pair.lead || nameOf(path) == pair.further);
    });
}

std::string leadOfPart(std::string_view producer, std::string_view path)
{
    const std::string_view name = nameOf(path);
    for (const Pair& pair : pairs) {
        if (pair.producer == producer && name == pair.further) {
            return std::string(path.substr(0, path.size() - name.size())) + std::string(pair.lead);
        }
    }
    return {};
}

std::vector<WholeRun> wholeRuns(std::span<const FileResult> results,
    const std::function<std::optional<std::string>(const std::string& sha256, std::size_t limit)>& original)
{
    std::unordered_map<std::string_view, const FileResult*> byPath;
    for (const FileResult& result : results) {
        byPath.emplace(result.source, &result);
    }
    std::vector<WholeRun> runs;
    for (const FileResult& further : results) {
        const auto lead = byPath.find(leadOfPart(further.producer, further.source));
        if (lead == byPath.end() || lead->second->producer != further.producer) {
            continue;
        }
        const auto first = original(lead->second->sha256, mostBytes);
        const auto second = original(further.sha256, mostBytes);
        const std::string_view one = first ? documentOf(*first) : std::string_view();
        const std::string_view other = second ? documentOf(*second) : std::string_view();
        if (one.empty() || other.empty()) {
            continue;
        }
        const auto member = [](std::string_view path, std::string_view document) {
            return '"' + std::string(nameOf(path)) + "\": " + std::string(document);
        };
        const std::string& path = lead->second->source;
        runs.push_back({ path + " + " + std::string(nameOf(further.source)),
            '{' + member(path, one) + ",\n" + member(further.source, other) + "}\n",
            { { path, lead->second->sha256 }, { further.source, further.sha256 } } });
    }
    return runs;
}

} // namespace prism
