// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/together.h"

#include "core/import/snapshot_pairs.h"
#include "core/store/store.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace prism {

void Together::keep(FileResult&& result, bool hasWord)
{
    if (isSnapshot(result)) {
        m_snapshots.push_back(std::move(result));
    } else if (isRunPart(result.producer, result.source) && !result.sha256.empty() && !hasWord) {
        m_runParts.push_back(std::move(result));
    }
}

Result<std::vector<JoinedText>> Together::make(
    StoreWriter& writer, const std::string& database, const std::vector<std::string>& asked)
{
    if (m_snapshots.size() < 2 && m_runParts.size() < 2) {
        return std::vector<JoinedText>();
    }
    auto reader = StoreReader::open(database);
    if (!reader) {
        return reader.error();
    }
    const auto original = [&](const std::string& sha256, std::size_t limit) -> std::optional<std::string> {
        auto bytes = (*reader)->original(sha256, 0, limit + 1);
        return bytes && bytes->size() <= limit ? std::optional(std::move(*bytes)) : std::nullopt;
    };
    std::vector<JoinedText> texts;
    for (SnapshotPair& pair : pairSnapshots(m_snapshots, asked, original)) {
        m_asked.emplace(pair.name, pair.asked);
        texts.push_back({ std::move(pair.name), std::move(pair.text) });
    }
    const auto parts = freeParts(writer, std::move(m_runParts));
    if (!parts) {
        return parts.error();
    }
    for (WholeRun& run : wholeRuns(*parts, original)) {
        m_asked.emplace(run.name, true);
        m_wholes.emplace(run.name, Whole { std::move(run.parts), {} });
        texts.push_back({ std::move(run.name), std::move(run.text) });
    }
    m_snapshots.clear();
    m_runParts.clear();
    return texts;
}

bool Together::isNoPair(FileResult& result) const
{
    const auto asked = m_asked.find(result.source);
    if (result.outcome != Outcome::Refused || asked == m_asked.end()) {
        return false;
    }
    result.outcome = Outcome::Skipped;
    return !asked->second;
}

void Together::stored(const FileResult& result)
{
    if (const auto whole = m_wholes.find(result.source); whole != m_wholes.end()) {
        whole->second.sha256 = result.sha256;
    }
}

Result<void> Together::mergeParts(std::vector<TwinFinder::Twin>& twins, const FileResult& result,
    StoreWriter& writer, BundleCollector& bundle)
{
    const auto whole = m_wholes.find(result.source);
    if (whole == m_wholes.end() || result.outcome != Outcome::Imported) {
        return {};
    }
    stored(result);
    std::vector<std::string> paths;
    for (const WholeRun::Part& part : whole->second.parts) {
        paths.push_back(part.path);
    }
    if (auto marked = putBehind(writer, whole->second.parts, result.sha256); !marked) {
        return marked;
    }
    // Its numbers are those of the parts, which the finder need not say again.
    std::erase_if(twins, [&](const TwinFinder::Twin& twin) {
        return std::find(paths.begin(), paths.end(), twin.poorerPath) != paths.end();
    });
    const std::vector<TwinFinder::Twin> parts = bundle.addParts(result.source, paths);
    twins.insert(twins.end(), parts.begin(), parts.end());
    return {};
}

Result<bool> Together::linkWholes(StoreWriter& writer) const
{
    bool any = false;
    for (const auto& [name, whole] : m_wholes) {
        if (whole.sha256.empty()) {
            continue; // refused
        }
        if (auto linked = linkParts(writer, whole.parts, whole.sha256); !linked) {
            return linked.error();
        }
        any = true;
    }
    return any;
}

} // namespace prism
