// SPDX-License-Identifier: GPL-3.0-or-later
// What is no result of its own, and where it belongs.
#include "core/import/bundle/planner.h"

#include "core/import/bundle/repetitions.h"
#include "core/import/bundle/words.h"
#include "core/import/importer.h"
#include "core/import/run_parts.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace prism {

void Planner::addTwins()
{
    std::map<std::size_t, std::vector<BundlePlan::File>> behind; ///< by the file before them
    std::set<std::size_t> runs;
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        if (!m_behind.isBehind(i) || m_told[i].is(Decision::Kind::LeaveOut)) {
            continue;
        }
        const std::size_t richest = m_behind.shownFor(i);
        const std::size_t run = m_runOf[richest];
        if (run == none) {
            continue;
        }
        BundlePlan::File entry;
        entry.file = i;
        entry.role = m_behind.isPart(i) ? FileRole::Part : FileRole::Twin;
        entry.behind = richest;
        entry.byUser = m_told[i].is(Decision::Kind::TwinOf);
        entry.differences = m_behind.differences(i);
        const std::string other = words::lastTwo(below(richest));
        entry.why = m_behind.isPart(i) ? whyPart(other)
            : entry.byUser             ? said(i, "You said that it is the same result as " + other,
                              "Taken for the same result as " + other)
            : entry.differences.empty()
            ? "The same numbers as in " + other + ", to the last digit that it prints."
            : "The same numbers as in " + other + ", but for "
                + words::counted(entry.differences.size(), "value") + ", of which that file's is shown.";
        entry.asks = !entry.differences.empty() && !entry.byUser;
        behind[richest].push_back(std::move(entry));
        runs.insert(run);
        m_placed[i] = true;
    }
    for (const std::size_t run : runs) {
        insertTwins(run, behind);
    }
}

void Planner::insertTwins(std::size_t number, std::map<std::size_t, std::vector<BundlePlan::File>>& behind)
{
    std::vector<BundlePlan::File> all;
    for (BundlePlan::File& entry : m_plan.runs[number].files) {
        const auto twins = m_runOf[entry.file] == number ? behind.find(entry.file) : behind.end();
        all.push_back(std::move(entry));
        if (twins != behind.end()) {
            std::move(twins->second.begin(), twins->second.end(), std::back_inserter(all));
        }
    }
    m_plan.runs[number].files = std::move(all);
}

std::vector<RunEvidence> Planner::evidence() const
{
    std::vector<RunEvidence> all;
    for (const BundlePlan::Run& run : m_plan.runs) {
        RunEvidence& one = all.emplace_back();
        one.title = run.title;
        for (const BundlePlan::File& entry : run.files) {
            const FileSummary& file = m_files[entry.file];
            one.paths.push_back(file.path);
            one.producer = one.producer.empty() ? file.producer : one.producer;
            for (const FileSummary::Point& point : file.points) {
                if (point.measured) {
                    one.measured.push_back(*point.measured);
                } else if (point.measuredLocally) {
                    one.measuredLocally.push_back(*point.measuredLocally);
                }
            }
        }
    }
    return all;
}

void Planner::addTo(RunEvidence& run, const RunPlace& place)
{
    run.paths.insert(run.paths.end(), place.paths.begin(), place.paths.end());
    run.measured.insert(run.measured.end(), place.measured.begin(), place.measured.end());
    run.measuredLocally.insert(
        run.measuredLocally.end(), place.measuredLocally.begin(), place.measuredLocally.end());
}

void Planner::attachFiles()
{
    std::vector<RunEvidence> runs = evidence();
    // What this import stored is in the database already, under the keys of its parts.
    std::set<std::string> own;
    for (const FileSummary& file : m_files) {
        for (const FileSummary::Part& part : file.parts) {
            own.insert(store::shortHash(part.key));
        }
    }
    std::map<RunId, std::size_t> joined;
    for (std::size_t run = 0; run < m_plan.runs.size(); ++run) {
        if (m_plan.runs[run].joins) {
            joined.emplace(*m_plan.runs[run].joins, run);
        }
    }
    std::vector<const RunPlace*> known;
    for (const RunPlace& place : m_input.known) {
        if (const auto run = joined.find(place.run); run != joined.end()) {
            addTo(runs[run->second], place);
        } else if (!own.contains(place.uid)) {
            known.push_back(&place);
            const std::string folder
                = place.paths.empty() ? std::string() : words::lastFolders(place.paths.front());
            runs.push_back({ words::runTitle(folder.empty() ? "run " + std::to_string(place.run) : folder,
                                 place.name, toolName(place.producer)),
                place.producer, place.paths, place.measured, place.measuredLocally });
        }
    }
    m_runsHere = m_plan.runs.size();
    const Attachments attachments(runs);
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        if (m_files[i].seeksRun() && !m_told[i].is(Decision::Kind::LeaveOut)) {
            attachOne(i, attachments, runs, known);
        }
    }
}

void Planner::attachOne(std::size_t file, const Attachments& attachments,
    const std::vector<RunEvidence>& runs, const std::vector<const RunPlace*>& known)
{
    Attachment attachment;
    const bool byUser = m_told[file].is(Decision::Kind::Apart) || m_told[file].is(Decision::Kind::ToRunOf);
    if (m_told[file].is(Decision::Kind::ToRunOf)) {
        const std::size_t run = m_runOf[m_behind.shownFor(m_told[file].target)];
        attachment.why = said(file, "You put it here", "Put here");
        if (run != none) {
            attachment.runs.push_back(run);
        }
    } else if (byUser) {
        attachment.why = said(file, "You set it apart", "Set apart");
    } else {
        attachment = attachments.of(m_files[file]);
    }
    BundlePlan::File entry;
    entry.file = file;
    entry.role = attachment.runs.empty() ? FileRole::Alone
        : m_files[file].timeline         ? FileRole::Timeline
        : m_files[file].series > 0       ? FileRole::Telemetry
                                         : FileRole::Sidecar;
    entry.why = attachment.why;
    entry.asks = attachment.asks;
    entry.byUser = byUser;
    m_placed[file] = true;
    if (attachment.runs.empty() && !m_files[file].pending) {
        m_plan.others.push_back(entry);
    }
    for (const std::size_t run : attachment.runs) {
        (run < m_runsHere ? m_plan.runs[run] : knownRun(*known[run - m_runsHere], runs[run].title))
            .files.push_back(entry);
    }
}

BundlePlan::Run& Planner::knownRun(const RunPlace& place, const std::string& title)
{
    const auto [there, fresh] = m_knownRuns.try_emplace(place.run, m_plan.runs.size());
    if (!fresh) {
        return m_plan.runs[there->second];
    }
    BundlePlan::Run& run = m_plan.runs.emplace_back();
    run.known = place.run;
    run.title = title;
    return run;
}

std::string Planner::sameBytes(std::size_t file)
{
    if (m_firstOfBytes.empty()) {
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            if (m_files[i].outcome == Outcome::Imported || m_files[i].isAttached()) {
                m_firstOfBytes.try_emplace(m_files[i].sha256, i);
            }
        }
    }
    const auto first = m_firstOfBytes.find(m_files[file].sha256);
    return first == m_firstOfBytes.end() || m_files[first->second].pending
        ? "These bytes are in the database already."
        : "The same bytes as " + words::lastTwo(below(first->second)) + ": they are read once.";
}

void Planner::addOthers()
{
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        if (m_placed[i] || m_runOf[i] != none) {
            continue;
        }
        BundlePlan::File entry;
        entry.file = i;
        entry.why = m_files[i].reason;
        if (m_files[i].pending) {
            continue; // it waits on
        }
        switch (m_files[i].outcome) {
        case Outcome::Refused:
            entry.role = FileRole::Refused;
            break;
        case Outcome::Skipped:
            entry.role = FileRole::Skipped;
            break;
        case Outcome::Unchanged:
            entry.role = FileRole::Skipped;
            entry.why = sameBytes(i);
            break;
        default:
            entry.bySight = true;
            entry.why = m_files[i].isResult()
                ? "It holds too many runs to be shown one by one; each stands for itself."
                : "It was removed, and is back with what belonged to it.";
        }
        if (m_told[i].is(Decision::Kind::LeaveOut)) {
            entry.role = FileRole::LeftOut;
            entry.byUser = true;
            entry.why = said(i, "You left it out", "Left out");
        }
        m_plan.others.push_back(std::move(entry));
    }
}

void Planner::findRepetitions(BundlePlan::Run& run) const
{
    std::vector<PointsOfFile> points;
    std::unordered_map<std::size_t, std::size_t> entries; ///< of results, by file
    for (std::size_t i = 0; i < run.files.size(); ++i) {
        for (const std::size_t part : run.files[i].parts) {
            points.push_back({ run.files[i].file, part });
            entries.emplace(run.files[i].file, i);
        }
    }
    run.repetitions = repetitionsOf(m_files, points);
    for (const BundlePlan::Repetition& repetition : run.repetitions) {
        for (std::size_t i = 1; i < repetition.files.size(); ++i) {
            BundlePlan::File& entry = run.files[entries.at(repetition.files[i])];
            if (entry.role == FileRole::Result) {
                entry.role = FileRole::Repetition;
                entry.why += " It repeats " + repetition.load + " of "
                    + words::lastTwo(below(repetition.files.front())) + '.';
            }
        }
    }
}

} // namespace prism
