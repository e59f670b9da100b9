// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/attachments.h"

#include "core/import/bundle/words.h"

#include <algorithm>
#include <iterator>

namespace prism {

namespace {

using Runs = std::vector<std::size_t>;

std::string folderOf(const std::string& path)
{
    const std::size_t at = path.find_last_of("/!");
    return at == std::string::npos ? std::string() : path.substr(0, at + 1);
}

/// "/a/b/" of "/a/b/c/"; empty at the top.
std::string above(const std::string& folder)
{
    return folder.empty() ? folder : folderOf(folder.substr(0, folder.size() - 1));
}

bool within(const RunEvidence& run, const TimeSpan& span)
{
    return std::any_of(run.measured.begin(), run.measured.end(),
        [&](const TimeSpan& measured) { return measured.overlaps(span); });
}

Runs runsWithin(const std::vector<RunEvidence>& runs, const TimeSpan& span)
{
    Runs found;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (within(runs[i], span)) {
            found.push_back(i);
        }
    }
    return found;
}

/// Points of both were measured at one time within `span`.
bool sameTime(const RunEvidence& a, const RunEvidence& b, const TimeSpan& span)
{
    return std::any_of(a.measured.begin(), a.measured.end(), [&](const TimeSpan& one) {
        return one.overlaps(span)
            && std::any_of(b.measured.begin(), b.measured.end(),
                [&](const TimeSpan& other) { return other.overlaps(span) && other.overlaps(one); });
    });
}

bool areApart(const Runs& found, const std::vector<RunEvidence>& runs, const TimeSpan& span)
{
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (std::size_t j = i + 1; j < found.size(); ++j) {
            if (sameTime(runs[found[i]], runs[found[j]], span)) {
                return false;
            }
        }
    }
    return true;
}

/// Letters of the longest folder that the file has in common with a result of the run.
std::size_t nearness(const std::string& folder, const RunEvidence& run)
{
    std::size_t nearest = 0;
    for (const std::string& path : run.paths) {
        std::string common = folderOf(path);
        while (!common.empty() && !folder.starts_with(common)) {
            common = above(common);
        }
        nearest = std::max(nearest, common.size());
    }
    return nearest;
}

Runs nearestOf(const Runs& found, const std::vector<RunEvidence>& runs, const std::string& folder)
{
    std::size_t nearest = 0;
    for (const std::size_t run : found) {
        nearest = std::max(nearest, nearness(folder, runs[run]));
    }
    Runs kept;
    std::copy_if(found.begin(), found.end(), std::back_inserter(kept),
        [&](std::size_t run) { return nearness(folder, runs[run]) == nearest; });
    return kept;
}

} // namespace

Attachments::Attachments(const std::vector<RunEvidence>& runs)
    : m_runs(runs)
{
    for (std::size_t i = 0; i < runs.size(); ++i) {
        for (const std::string& path : runs[i].paths) {
            Runs& here = m_folders[folderOf(path)];
            if (here.empty() || here.back() != i) {
                here.push_back(i);
            }
        }
    }
}

Attachments::Runs Attachments::in(const std::string& folder) const
{
    const auto found = m_folders.find(folder);
    return found == m_folders.end() ? Runs() : found->second;
}

Attachments::Runs Attachments::below(const std::string& folder) const
{
    Runs found;
    for (auto at = m_folders.lower_bound(folder); at != m_folders.end() && at->first.starts_with(folder);
         ++at) {
        found.insert(found.end(), at->second.begin(), at->second.end());
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

Attachment Attachments::byTime(const FileSummary& file, const TimeSpan& span) const
{
    const std::string told = (file.timeline ? "Its spans cover " : "Its samples cover ") + words::span(span);
    Runs found = runsWithin(m_runs, span);
    if (found.empty()) {
        return { {}, told + ": no run that is known was measured then. It is kept until its run comes." };
    }
    if (areApart(found, m_runs, span)) {
        const bool one = found.size() == 1;
        return { found,
            told
                + (one ? std::string(", when the run was measured.")
                       : ", when " + words::counted(found.size(), "run") + " were measured.") };
    }
    found = nearestOf(found, m_runs, file.folder());
    if (areApart(found, m_runs, span)) {
        return { found,
            told + ", when several runs were measured at one time; its folder is that of this one." };
    }
    return { {},
        told + ", when " + m_runs[found[0]].title + " and " + m_runs[found[1]].title
            + " were measured at one time: drop it on the one whose machine it watched.",
        true };
}

Attachment Attachments::byPlace(const FileSummary& file) const
{
    const std::string folder = file.folder();
    Runs found = in(folder);
    std::string place = "beside";
    if (found.empty() && !folder.empty()) {
        found = below(folder);
        place = "above";
    }
    // Not up to the top: a file of one experiment says nothing of the next one's.
    constexpr int levelsAbove = 2;
    std::string up = folder;
    for (int level = 0; found.empty() && level < levelsAbove && !(up = above(up)).empty(); ++level) {
        found = in(up);
        place = "below";
    }
    // A tool's own file is no sidecar of another tool's result.
    Runs own;
    std::copy_if(found.begin(), found.end(), std::back_inserter(own),
        [&](std::size_t run) { return m_runs[run].producer == file.producer; });
    found = own.empty() ? found : own;
    if (found.empty()) {
        return { {}, "No result lies beside, below or above it. It is kept until its run comes." };
    }
    if (found.size() == 1) {
        return { found, "It lies " + place + " the results of the run." };
    }
    const std::string many = "It lies " + place + " the results of " + words::counted(found.size(), "run");
    if (place == "above" || !own.empty()) {
        return { found, many + '.' };
    }
    return { {}, many + " and names none of them: drop it on the one that it belongs to.", true };
}

Attachment Attachments::of(const FileSummary& file) const
{
    if (file.covers) {
        return byTime(file, *file.covers);
    }
    if (file.series > 0 || file.timeline) {
        return { {},
            "Its times name no date or zone, so that no run can be told from them: drop it on the run that "
            "it was recorded with.",
            !m_runs.empty() };
    }
    return byPlace(file);
}

} // namespace prism
