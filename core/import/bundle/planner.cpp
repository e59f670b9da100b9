// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/planner.h"

#include "core/import/bundle/words.h"
#include "core/import/content_hash.h"
#include "core/import/importer.h"

#include <algorithm>
#include <utility>

namespace prism {

namespace {

constexpr const char* holdsResults = "It holds the run's results.";
constexpr const char* holdsMore = "It holds more of the run's results.";

} // namespace

Planner::Planner(const BundleInput& input)
    : m_files(input.files)
    , m_input(input)
    , m_told(toldOf(input.files, input.root, input.decisions))
    , m_behind(input, m_told)
    , m_in(input.files.size())
    , m_placed(input.files.size())
{
    m_plan.root = input.root;
}

BundlePlan Planner::take()
{
    makeRuns();
    moveByDecision();
    numberRuns();
    addTwins();
    attachFiles();
    addOthers();
    for (BundlePlan::Run& run : m_plan.runs) {
        findRepetitions(run);
        markMemory(run.files);
    }
    markMemory(m_plan.others);
    m_plan.note = noteOfMemory(m_plan, m_files);
    return std::move(m_plan);
}

std::string Planner::below(std::size_t file) const
{
    const std::string& path = m_files[file].path;
    return path.starts_with(m_plan.root) ? path.substr(m_plan.root.size()) : path;
}

std::string Planner::said(std::size_t file, const std::string& now, const std::string& before) const
{
    const std::int64_t edit = m_told[file].decision->edit;
    return (edit == 0 ? now : before + whenceOf(edit)) + '.';
}

void Planner::markMemory(std::vector<BundlePlan::File>& entries) const
{
    for (BundlePlan::File& entry : entries) {
        const Decision* decision = entry.byUser ? m_told[entry.file].decision : nullptr;
        entry.edit = decision ? decision->edit : 0;
    }
}

std::string Planner::titleOf(const JoinedRun& joined) const
{
    const PartOfFile& first = joined.parts.front();
    const FileSummary& file = m_files[first.file];
    const FileSummary::Part& part = file.parts[first.part];
    // A name that only some of its stages have is no name of the run.
    const bool isOfAll = std::all_of(joined.parts.begin(), joined.parts.end(),
        [&](const PartOfFile& other) { return m_files[other.file].parts[other.part].label == part.label; });
    const std::string stage = isOfAll ? part.label : std::string();
    // Within what was given; a folder that was given itself is named by itself.
    const std::string inside = words::lastFolders(below(first.file));
    const std::string folder = inside.empty() ? words::lastFolders(file.path, 1) : inside;
    const bool isFile = folder.empty() || (part.label.empty() && joined.parts.size() == 1);
    return words::runTitle(!part.model.empty() ? part.model
            : isFile                           ? file.name()
                                               : folder,
        stage, toolName(file.producer));
}

void Planner::makeRuns()
{
    std::vector<bool> skipped(m_files.size());
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        skipped[i] = m_behind.isBehind(i) || m_told[i].is(Decision::Kind::LeaveOut);
    }
    for (const JoinedRun& joined : joinParts(m_files, skipped, m_input.stored)) {
        BundlePlan::Run& run = m_plan.runs.emplace_back();
        run.key = joined.key;
        run.joins = joined.stored;
        run.title = titleOf(joined);
        for (const PartOfFile& part : joined.parts) {
            addResult(m_plan.runs.size() - 1, part);
        }
    }
}

void Planner::addResult(std::size_t number, const PartOfFile& part)
{
    BundlePlan::Run& run = m_plan.runs[number];
    run.points += m_files[part.file].parts[part.part].points;
    if (!run.files.empty() && run.files.back().file == part.file) {
        run.files.back().parts.push_back(part.part);
        run.files.back().asks = run.files.back().asks || part.asks;
        return;
    }
    BundlePlan::File entry;
    entry.file = part.file;
    entry.parts = { part.part };
    entry.bySight = part.bySight;
    entry.asks = part.asks;
    entry.why = !part.why.empty() ? part.why : run.files.empty() ? holdsResults : holdsMore;
    m_in[part.file].push_back({ number, run.files.size(), part.joinedWith });
    run.files.push_back(std::move(entry));
}

void Planner::moveByDecision()
{
    std::set<std::size_t> left; ///< runs that a file has left
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        const bool apart = m_told[i].is(Decision::Kind::Apart);
        const bool moves = m_told[i].is(Decision::Kind::ToRunOf);
        if (!m_files[i].isResult() || m_behind.isBehind(i) || (!apart && !moves)
            || m_files[i].parts.empty()) {
            continue;
        }
        const std::size_t target = moves ? runOf(m_behind.shownFor(m_told[i].target)) : none;
        if (moves ? target == none || holds(target, i) : isAlone(i)) {
            continue;
        }
        takeOut(i, left);
        if (apart) {
            BundlePlan::Run& own = m_plan.runs.emplace_back();
            own.key = keyApart(i);
            own.title = titleOf({ {}, { { i, 0, {}, false, {}, false } } });
        }
        const std::size_t run = apart ? m_plan.runs.size() - 1 : target;
        for (std::size_t part = 0; part < m_files[i].parts.size(); ++part) {
            addResult(run,
                { i, part,
                    apart ? said(i, "You set it apart", "Set apart") : said(i, "You put it here", "Put here"),
                    false, {}, false });
        }
        m_plan.runs[run].files.back().byUser = true;
    }
    std::for_each(left.begin(), left.end(), [this](std::size_t run) { close(run); });
    std::erase_if(m_plan.runs, [](const BundlePlan::Run& run) { return run.files.empty(); });
}

std::string Planner::keyApart(std::size_t file) const
{
    return ContentHash::of("apart\n" + m_files[file].path + '\n' + m_files[file].parts.front().key);
}

bool Planner::holds(std::size_t run, std::size_t file) const
{
    return std::any_of(
        m_in[file].begin(), m_in[file].end(), [&](const Place& place) { return place.run == run; });
}

bool Planner::isAlone(std::size_t file) const
{
    if (m_in[file].size() != 1 || m_files[file].parts.size() != 1) {
        return false;
    }
    const BundlePlan::Run& run = m_plan.runs[m_in[file].front().run];
    const auto& files = run.files;
    return !run.joins && std::all_of(files.begin(), files.end(), [&](const BundlePlan::File& entry) {
        return entry.file == file || entry.file == none;
    });
}

std::size_t Planner::runOf(std::size_t file) const
{
    const auto first = std::min_element(
        m_in[file].begin(), m_in[file].end(), [](const Place& a, const Place& b) { return a.run < b.run; });
    return first == m_in[file].end() ? none : first->run;
}

void Planner::takeOut(std::size_t file, std::set<std::size_t>& left)
{
    for (const Place& place : m_in[file]) {
        BundlePlan::Run& run = m_plan.runs[place.run];
        BundlePlan::File& entry = run.files[place.entry];
        for (const std::size_t part : entry.parts) {
            run.points -= m_files[file].parts[part].points;
        }
        entry.file = none;
        left.insert(place.run);
    }
    m_in[file].clear();
}

void Planner::close(std::size_t number)
{
    auto& files = m_plan.runs[number].files;
    for (BundlePlan::File& entry : files) {
        if (entry.file == none || entry.byUser) {
            continue;
        }
        const auto place = std::find_if(m_in[entry.file].begin(), m_in[entry.file].end(),
            [&](const Place& p) { return p.run == number; });
        if (place->joinedWith && !holds(number, *place->joinedWith)) {
            entry.why = holdsMore;
            entry.asks = false;
        }
    }
    std::erase_if(files, [](const BundlePlan::File& entry) { return entry.file == none; });
    if (!files.empty() && !files.front().byUser && !m_plan.runs[number].joins) {
        files.front().why = holdsResults;
        files.front().asks = false;
    }
}

void Planner::numberRuns()
{
    m_runOf.assign(m_files.size(), none);
    for (std::size_t run = 0; run < m_plan.runs.size(); ++run) {
        for (const BundlePlan::File& entry : m_plan.runs[run].files) {
            m_runOf[entry.file] = std::min(m_runOf[entry.file], run);
        }
    }
}

BundlePlan planBundle(const BundleInput& input)
{
    return Planner(input).take();
}

} // namespace prism
