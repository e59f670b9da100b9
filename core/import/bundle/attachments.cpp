// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/attachments.h"

#include "core/import/bundle/words.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <optional>
#include <tuple>

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

Runs overlappingOf(const Runs& of, const std::vector<RunEvidence>& runs,
    std::vector<TimeSpan> RunEvidence::*times, const TimeSpan& span)
{
    Runs found;
    std::copy_if(of.begin(), of.end(), std::back_inserter(found), [&](std::size_t run) {
        const std::vector<TimeSpan>& all = runs[run].*times;
        return std::any_of(all.begin(), all.end(), [&](const TimeSpan& time) { return time.overlaps(span); });
    });
    return found;
}

/// Zones lie whole quarters of an hour from UTC, from -12 h to +14 h.
constexpr double quarterHour = 900;
constexpr int westmost = -12 * 4;
constexpr int eastmost = 14 * 4;

/// In UTC, when the clock is so many quarters of an hour ahead of it.
TimeSpan shifted(const TimeSpan& local, int quarters)
{
    const double ahead = quarters * quarterHour;
    return { local.begin - ahead, local.end - ahead };
}

/// "UTC+2", "UTC-9:30", "UTC".
std::string offsetText(int quarters)
{
    const int minutes = std::abs(quarters) % 4 * 15;
    std::string text = quarters == 0 ? "UTC" : quarters < 0 ? "UTC-" : "UTC+";
    text += quarters == 0 ? "" : std::to_string(std::abs(quarters) / 4);
    return text + (minutes == 0 ? "" : ':' + std::to_string(minutes));
}

} // namespace

std::vector<std::string> foldersAbove(const std::string& folder)
{
    // Not up to the top: a file of one experiment says nothing of the next one's.
    constexpr std::size_t levels = 2;
    std::vector<std::string> found;
    for (std::string up = above(folder); !up.empty() && found.size() < levels; up = above(up)) {
        found.push_back(up);
    }
    return found;
}

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
        for (const TimeSpan& time : runs[i].measured) {
            m_measured.push_back({ time, i, 0 });
        }
    }
    std::sort(m_measured.begin(), m_measured.end(), [](const Measured& a, const Measured& b) {
        return std::tie(a.time.begin, a.run) < std::tie(b.time.begin, b.run);
    });
    double last = -std::numeric_limits<double>::infinity();
    for (Measured& measured : m_measured) {
        last = measured.lastEnd = std::max(last, measured.time.end);
    }
}

Attachments::Runs Attachments::within(const TimeSpan& span) const
{
    // Behind the last that begins in time none overlaps; before the first whose ends reach it neither.
    auto at = std::upper_bound(m_measured.begin(), m_measured.end(), span.end,
        [](double end, const Measured& measured) { return end < measured.time.begin; });
    Runs found;
    while (at != m_measured.begin() && (--at)->lastEnd >= span.begin) {
        if (at->time.overlaps(span)) {
            found.push_back(at->run);
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

bool Attachments::areApart(
    const Runs& found, const TimeSpan& span, std::vector<TimeSpan> RunEvidence::*times) const
{
    if (found.size() < 2) {
        return true;
    }
    std::vector<Measured> all;
    for (const std::size_t run : found) {
        for (const TimeSpan& time : m_runs[run].*times) {
            if (time.overlaps(span)) {
                all.push_back({ time, run, 0 });
            }
        }
    }
    std::sort(all.begin(), all.end(),
        [](const Measured& a, const Measured& b) { return a.time.begin < b.time.begin; });
    // The latest end so far, and the latest of another run than that one's.
    std::optional<Measured> latest;
    std::optional<Measured> other;
    for (const Measured& now : all) {
        const std::optional<Measured>& before = latest && latest->run == now.run ? other : latest;
        if (before && before->time.end >= now.time.begin) {
            return false;
        }
        if (!latest || now.run == latest->run || now.time.end >= latest->time.end) {
            if (latest && now.run != latest->run) {
                other = latest;
            }
            if (!latest || now.time.end >= latest->time.end) {
                latest = now;
            }
        } else if (!other || now.time.end > other->time.end) {
            other = now;
        }
    }
    return true;
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

Attachment Attachments::noneWithin(const FileSummary& file, const std::string& told) const
{
    const auto timeless = [](const RunEvidence& run) { return run.measured.empty(); };
    const auto first = std::find_if(m_runs.begin(), m_runs.end(), timeless);
    if (first == m_runs.end()) {
        return { {}, told + ": no run that is known was measured then. It is kept until its run comes." };
    }
    const auto count = static_cast<std::size_t>(std::count_if(first, m_runs.end(), timeless));
    return { {},
        told + ", but "
            + (count == 1 ? "the results of " + first->title + " do not say when they were measured"
                          : words::counted(count, "run") + ", such as " + first->title
                        + ", do not say when they were measured")
            + ": give it to the run that it was recorded with.",
        !file.pending };
}

Attachment Attachments::byTime(const FileSummary& file, const TimeSpan& span) const
{
    const std::string told = (file.timeline ? "Its spans cover " : "Its samples cover ") + words::span(span);
    Runs found = within(span);
    if (found.empty()) {
        return noneWithin(file, told);
    }
    if (areApart(found, span)) {
        const bool one = found.size() == 1;
        return { found,
            told
                + (one ? std::string(", when the run was measured.")
                       : ", when " + words::counted(found.size(), "run") + " were measured.") };
    }
    found = nearestOf(found, m_runs, file.folder());
    if (areApart(found, span)) {
        return { found,
            told + ", when several runs were measured at one time; its folder is that of this one." };
    }
    return { {},
        told + ", when " + m_runs[found[0]].title + " and " + m_runs[found[1]].title
            + " were measured at one time: give it to the one whose machine it watched.",
        true };
}

Attachment Attachments::byLocalTime(const FileSummary& file, const TimeSpan& span) const
{
    const std::string told = "Its samples cover " + words::span(span, "") + " by a clock that names no zone";
    const Runs around = this->around(file.folder()).first;
    const auto overlapping = overlappingOf(around, m_runs, &RunEvidence::measuredLocally, span);
    if (overlapping.empty()) {
        return byOffset(told, around, span);
    }
    if (!areApart(overlapping, span, &RunEvidence::measuredLocally)) {
        return { {}, told + ", when several runs were measured: give it to the one whose machine it watched.",
            true };
    }
    const bool one = overlapping.size() == 1;
    const std::string when = told + ", when "
        + (one ? "the run was" : words::counted(overlapping.size(), "run") + " were")
        + " measured by a clock that names none either";
    // Another machine's clock may stand in another zone, and nothing in two such times tells.
    return { overlapping,
        when
            + ". Proposed: it is the same clock. If the clocks stood in two zones, the file was recorded at "
              "another time: set it apart.",
        true };
}

Attachment Attachments::byOffset(const std::string& told, const Runs& around, const TimeSpan& span) const
{
    std::optional<int> fits;
    int fitting = 0;
    for (int quarter = westmost; quarter <= eastmost; ++quarter) {
        if (!overlappingOf(around, m_runs, &RunEvidence::measured, shifted(span, quarter)).empty()) {
            fits = quarter;
            ++fitting;
        }
    }
    if (fitting == 1) {
        const TimeSpan time = shifted(span, *fits);
        const Runs found = overlappingOf(around, m_runs, &RunEvidence::measured, time);
        const std::string offset = offsetText(*fits);
        return areApart(found, time)
            ? Attachment { found,
                  told + ". Proposed: it is " + offset
                      + ", the only offset at which a run around it was "
                        "measured then. If the clock was another, set the file apart.",
                  true }
            : Attachment { {},
                  told + ". At " + offset
                      + ", the only offset at which a run around it was measured then, there "
                        "were several at one time: give it to the one whose machine it watched.",
                  true };
    }
    const bool dated = std::any_of(around.begin(), around.end(), [this](std::size_t run) {
        return !m_runs[run].measured.empty() || !m_runs[run].measuredLocally.empty();
    });
    const std::string why = fitting > 1
        ? "at " + std::to_string(fitting) + " offsets from UTC it would fall together with a run around it"
        : dated ? "no run around it was measured then, in any zone"
                : "no result around it says when it was measured";
    return { {}, told + ", and " + why + ": give it to the run that it was recorded with.", !m_runs.empty() };
}

std::pair<Attachments::Runs, std::string> Attachments::around(const std::string& folder) const
{
    Runs found = in(folder);
    std::string place = "beside";
    if (found.empty() && !folder.empty()) {
        found = below(folder);
        place = "above";
    }
    for (const std::string& up : found.empty() ? foldersAbove(folder) : std::vector<std::string>()) {
        if (found.empty()) {
            found = in(up);
            place = "below";
        }
    }
    return { std::move(found), std::move(place) };
}

Attachment Attachments::byPlace(const FileSummary& file) const
{
    auto [found, place] = around(file.folder());
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
    return { {}, many + " and names none of them: give it to the one that it belongs to.", true };
}

Attachment Attachments::of(const FileSummary& file) const
{
    if (file.covers) {
        return byTime(file, *file.covers);
    }
    if (file.coversLocally) {
        return byLocalTime(file, *file.coversLocally);
    }
    if (file.series > 0 || file.timeline) {
        return { {},
            "It is not known at which day and time it was recorded, so that no run can be told from that: "
            "give "
            "it to the run that it was recorded with.",
            !m_runs.empty() };
    }
    return byPlace(file);
}

} // namespace prism
