// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/collector.h"

#include "core/import/bundle/attachments.h"
#include "core/import/bundle/words.h"
#include "core/import/run_parts.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace prism {

std::vector<TwinFinder::Twin> BundleCollector::add(FileSummary summary, std::vector<PointPrint> prints)
{
    if (m_files.size() >= mostFiles) {
        ++m_leftOver;
        return {};
    }
    TwinFinder::Source source { static_cast<SourceId>(m_files.size() + 1), summary.sha256, summary.path,
        std::move(prints), summary.log };
    // Bytes that are there already are compared where they came first.
    const bool fresh = summary.isResult() && summary.outcome != Outcome::Unchanged;
    m_notCompared += fresh && !m_finder.takes(source) ? 1 : 0;
    if (isRunPart(summary.producer, summary.path)) {
        m_partNumbers.insert_or_assign(summary.path, m_files.size());
    }
    m_files.push_back(std::move(summary));
    std::vector<TwinFinder::Twin> twins = m_finder.add(std::move(source));
    std::copy(twins.begin(), twins.end(), std::back_inserter(m_twins));
    return twins;
}

std::vector<TwinFinder::Twin> BundleCollector::addParts(
    const std::string& whole, const std::vector<std::string>& paths)
{
    if (m_files.empty() || m_files.back().path != whole) {
        return {}; // it was one too many
    }
    std::vector<TwinFinder::Twin> parts;
    for (const std::string& path : paths) {
        if (const auto part = m_partNumbers.find(path); part != m_partNumbers.end()) {
            parts.push_back({ static_cast<SourceId>(part->second + 1), path, whole, m_files.back().sha256,
                static_cast<SourceId>(m_files.size()), {}, true });
        }
    }
    std::copy(parts.begin(), parts.end(), std::back_inserter(m_twins));
    return parts;
}

BundlePlan BundleCollector::plan(
    const std::vector<RunPlace>& known, const std::vector<Decision>& decisions, const std::string& root)
{
    const std::vector<TwinFinder::Twin> found = m_finder.disagreeing();
    m_disagreeing.insert(m_disagreeing.end(), found.begin(), found.end());
    m_twins.insert(m_twins.end(), found.begin(), found.end());
    return planBundle({ m_files, m_twins, known, m_stored, decisions, root });
}

std::string BundleCollector::note() const
{
    std::string text;
    if (m_leftOver > 0) {
        text = "The " + words::counted(m_leftOver, "file") + " behind the first " + std::to_string(mostFiles)
            + " stand each for itself; whether they belong together was not looked at. Import such a folder "
              "in parts.";
    }
    if (m_notCompared > 0) {
        text += (text.empty() ? "" : " ") + words::counted(m_notCompared, "result file") + " with more than "
            + std::to_string(TwinFinder::mostPointsOfSource) + " points, or behind the first "
            + std::to_string(TwinFinder::mostPoints)
            + " points: whether another file holds the same result was not looked at. Where one does, say "
              "so, "
              "or both are shown.";
    }
    return text;
}

std::pair<std::vector<TimeSpan>, StoreReader::Folders> BundleCollector::placesOfAttached() const
{
    std::set<std::string> around; ///< folders of results, and all above them
    for (const FileSummary& file : m_files) {
        std::string folder = file.isResult() ? file.folder() : std::string();
        while (!folder.empty() && around.insert(folder).second) {
            folder = folder.substr(0, folder.find_last_of("/!", folder.size() - 2) + 1);
        }
    }
    std::vector<TimeSpan> times;
    std::set<std::string> folders;
    std::set<std::string> only;
    for (const FileSummary& file : m_files) {
        if (!file.seeksRun() || file.pending) {
            continue;
        }
        if (file.covers) {
            times.push_back(*file.covers);
        } else if (file.coversLocally) {
            // What lies around it decides, whichever import brought it.
            folders.insert(file.folder());
            const std::vector<std::string> up = foldersAbove(file.folder());
            only.insert(up.begin(), up.end());
        } else if (!file.folder().empty() && !around.contains(file.folder())) {
            folders.insert(file.folder());
        }
    }
    // Records of many machines at one time are one question.
    std::sort(
        times.begin(), times.end(), [](const TimeSpan& a, const TimeSpan& b) { return a.begin < b.begin; });
    std::vector<TimeSpan> joined;
    for (const TimeSpan& span : times) {
        if (!joined.empty() && joined.back().overlaps(span)) {
            joined.back().end = std::max(joined.back().end, span.end);
        } else {
            joined.push_back(span);
        }
    }
    return { std::move(joined), { { folders.begin(), folders.end() }, { only.begin(), only.end() } } };
}

} // namespace prism
