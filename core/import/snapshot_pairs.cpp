// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/snapshot_pairs.h"

#include "core/import/importer.h"

#include <algorithm>
#include <map>
#include <utility>

namespace prism {

namespace {

constexpr std::size_t mostBytes = 4u << 20; ///< of one snapshot
constexpr std::size_t mostPairs = 200;

std::string folderOf(const std::string& path)
{
    const std::size_t at = path.find_last_of("/!");
    return at == std::string::npos ? std::string() : path.substr(0, at + 1);
}

/// A sample that names what follows; a series that comes again begins the next snapshot.
std::string heading(std::string_view file)
{
    std::string text = "prism_snapshot{file=\"";
    for (const char c : file) {
        text += c == '"' || c == '\\' ? std::string("\\") + c
            : c == '\n'               ? std::string("\\n")
                                      : std::string(1, c);
    }
    return text + "\"} 1\n";
}

/// Plain text, and no JSON: answers of the API are series already.
bool isText(std::string_view bytes)
{
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || bytes[first] == '{' || bytes[first] == '[') {
        return false;
    }
    return bytes.find('\0') == std::string_view::npos && !bytes.starts_with("\x1f\x8b")
        && !bytes.starts_with("\x28\xb5\x2f\xfd") && !bytes.starts_with("BZh")
        && !bytes.starts_with("\xfd"
                              "7zXZ");
}

/// When the server's process began, as it was written; empty where the text does not say.
std::string_view lifeOf(std::string_view text)
{
    constexpr std::string_view name = "process_start_time_seconds";
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        if (at == 0 || text[at - 1] == '\n') {
            const std::string_view line = text.substr(at, text.find('\n', at) - at);
            return line.substr(0, line.find_last_not_of(" \t\r") + 1);
        }
    }
    return {};
}

std::string ended(std::string text)
{
    return text.ends_with('\n') ? text : text + '\n';
}

} // namespace

bool isSnapshot(const FileResult& result)
{
    const bool known = result.outcome == Outcome::Attached || result.outcome == Outcome::Unchanged;
    return known && !result.sha256.empty() && !result.counts.contains("series")
        && producerInfo(result.producer).readsSnapshots;
}

std::vector<SnapshotPair> pairSnapshots(std::span<const FileResult> results,
    const std::vector<std::string>& asked,
    const std::function<std::optional<std::string>(const std::string& sha256, std::size_t limit)>& original)
{
    std::map<std::string, const FileResult*> before; ///< by folder
    std::vector<SnapshotPair> pairs;
    const auto wasAsked = [&](const FileResult& result) {
        return std::find(asked.begin(), asked.end(), result.source) != asked.end();
    };
    for (const FileResult& result : results) {
        if (!isSnapshot(result) || pairs.size() >= mostPairs) {
            continue;
        }
        const std::string folder = folderOf(result.source);
        const FileResult* first = std::exchange(before[folder], &result);
        if (!first || first->sha256 == result.sha256) {
            continue;
        }
        auto earlier = original(first->sha256, mostBytes);
        auto later = original(result.sha256, mostBytes);
        if (!earlier || !later || !isText(*earlier) || !isText(*later)) {
            continue;
        }
        const bool both = wasAsked(*first) && wasAsked(result);
        if (both || (!lifeOf(*earlier).empty() && lifeOf(*earlier) == lifeOf(*later))) {
            const std::string firstName = first->source.substr(folder.size());
            const std::string secondName = result.source.substr(folder.size());
            pairs.push_back({ first->source + " → " + secondName,
                heading(firstName) + ended(std::move(*earlier)) + heading(secondName)
                    + ended(std::move(*later)),
                both });
        }
    }
    return pairs;
}

} // namespace prism
