// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/plan.h"

#include "core/import/bundle/attachments.h"
#include "core/import/bundle/behind.h"
#include "core/import/bundle/joins.h"
#include "core/import/bundle/repetitions.h"
#include "core/import/bundle/told.h"
#include "core/import/bundle/words.h"
#include "core/import/content_hash.h"
#include "core/import/importer.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace prism {

namespace {

constexpr std::size_t none = Told::nobody;
constexpr const char* holdsResults = "It holds the run's results.";
constexpr const char* holdsMore = "It holds more of the run's results.";

std::string toolOf(const std::string& producer)
{
    const Importer* importer = findImporter(producer);
    return importer ? std::string(importer->info().tool) : producer;
}

class Planner {
public:
    explicit Planner(const BundleInput& input)
        : m_files(input.files)
        , m_input(input)
        , m_told(toldOf(input.files, input.root, input.decisions))
        , m_behind(input, m_told)
        , m_in(input.files.size())
        , m_placed(input.files.size())
    {
        m_plan.root = input.root;
    }

    BundlePlan take()
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

private:
    std::string below(std::size_t file) const
    {
        const std::string& path = m_files[file].path;
        return path.starts_with(m_plan.root) ? path.substr(m_plan.root.size()) : path;
    }

    /// What was decided of a file now, or by memory.
    std::string said(std::size_t file, const std::string& now, const std::string& before) const
    {
        const std::int64_t edit = m_told[file].decision->edit;
        return (edit == 0 ? now : before + whenceOf(edit)) + '.';
    }

    void markMemory(std::vector<BundlePlan::File>& entries) const
    {
        for (BundlePlan::File& entry : entries) {
            const Decision* decision = entry.byUser ? m_told[entry.file].decision : nullptr;
            entry.edit = decision ? decision->edit : 0;
        }
    }

    std::string titleOf(const JoinedRun& joined) const
    {
        const PartOfFile& first = joined.parts.front();
        const FileSummary& file = m_files[first.file];
        const FileSummary::Part& part = file.parts[first.part];
        // A name that only some of its stages have is no name of the run.
        const bool isOfAll
            = std::all_of(joined.parts.begin(), joined.parts.end(), [&](const PartOfFile& other) {
                  return m_files[other.file].parts[other.part].label == part.label;
              });
        const std::string stage = isOfAll ? part.label : std::string();
        // Within what was given; a folder that was given itself is named by itself.
        const std::string inside = words::lastFolders(below(first.file));
        const std::string folder = inside.empty() ? words::lastFolders(file.path, 1) : inside;
        const bool isFile = folder.empty() || (part.label.empty() && joined.parts.size() == 1);
        return words::runTitle(!part.model.empty() ? part.model
                : isFile                           ? file.name()
                                                   : folder,
            stage, toolOf(file.producer));
    }

    void makeRuns()
    {
        std::vector<bool> skipped(m_files.size());
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            skipped[i] = m_behind.isBehind(i) || m_told[i].is(Decision::Kind::LeaveOut);
        }
        for (const JoinedRun& joined : joinParts(m_files, skipped)) {
            BundlePlan::Run& run = m_plan.runs.emplace_back();
            run.key = joined.key;
            run.title = titleOf(joined);
            for (const PartOfFile& part : joined.parts) {
                addResult(m_plan.runs.size() - 1, part);
            }
        }
    }

    /// All parts of a file that are of one run come one after another.
    void addResult(std::size_t number, const PartOfFile& part)
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

    /// Results that the user wants elsewhere leave their run, whole files at a time.
    void moveByDecision()
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
                        apart ? said(i, "You set it apart", "Set apart")
                              : said(i, "You put it here", "Put here"),
                        false, {}, false });
            }
            m_plan.runs[run].files.back().byUser = true;
        }
        std::for_each(left.begin(), left.end(), [this](std::size_t run) { close(run); });
        std::erase_if(m_plan.runs, [](const BundlePlan::Run& run) { return run.files.empty(); });
    }

    /// A key that no other file's points have, the same each time.
    std::string keyApart(std::size_t file) const
    {
        return ContentHash::of("apart\n" + m_files[file].path + '\n' + m_files[file].parts.front().key);
    }

    bool holds(std::size_t run, std::size_t file) const
    {
        return std::any_of(
            m_in[file].begin(), m_in[file].end(), [&](const Place& place) { return place.run == run; });
    }

    bool isAlone(std::size_t file) const
    {
        if (m_in[file].size() != 1 || m_files[file].parts.size() != 1) {
            return false;
        }
        const auto& files = m_plan.runs[m_in[file].front().run].files;
        return std::all_of(files.begin(), files.end(),
            [&](const BundlePlan::File& entry) { return entry.file == file || entry.file == none; });
    }

    std::size_t runOf(std::size_t file) const
    {
        const auto first = std::min_element(m_in[file].begin(), m_in[file].end(),
            [](const Place& a, const Place& b) { return a.run < b.run; });
        return first == m_in[file].end() ? none : first->run;
    }

    /// Leaves its places empty, so that the others' stay; close() takes them away.
    void takeOut(std::size_t file, std::set<std::size_t>& left)
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

    /// Takes empty places away, and reasons that name a file which has left.
    void close(std::size_t number)
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
        if (!files.empty() && !files.front().byUser) {
            files.front().why = holdsResults;
            files.front().asks = false;
        }
    }

    /// From here on files stay in the runs of their results.
    void numberRuns()
    {
        m_runOf.assign(m_files.size(), none);
        for (std::size_t run = 0; run < m_plan.runs.size(); ++run) {
            for (const BundlePlan::File& entry : m_plan.runs[run].files) {
                m_runOf[entry.file] = std::min(m_runOf[entry.file], run);
            }
        }
    }

    void addTwins()
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
            entry.why = m_behind.isPart(i)
                ? "The tool writes one run into several files: its numbers are shown with those of " + other
                    + '.'
                : entry.byUser ? said(i, "You said that it is the same result as " + other,
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

    /// Each behind the file that stands before it.
    void insertTwins(std::size_t number, std::map<std::size_t, std::vector<BundlePlan::File>>& behind)
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

    std::vector<RunEvidence> evidence() const
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

    void attachFiles()
    {
        std::vector<RunEvidence> runs = evidence();
        // What this import stored is in the database already, under the keys of its parts.
        std::set<std::string> own;
        for (const FileSummary& file : m_files) {
            for (const FileSummary::Part& part : file.parts) {
                own.insert(store::shortHash(part.key));
            }
        }
        std::vector<const RunPlace*> known;
        for (const RunPlace& place : m_input.known) {
            if (!own.contains(place.uid)) {
                known.push_back(&place);
                const std::string folder
                    = place.paths.empty() ? std::string() : words::lastFolders(place.paths.front());
                runs.push_back({ words::runTitle(folder.empty() ? "run " + std::to_string(place.run) : folder,
                                     place.name, toolOf(place.producer)),
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

    void attachOne(std::size_t file, const Attachments& attachments, const std::vector<RunEvidence>& runs,
        const std::vector<const RunPlace*>& known)
    {
        Attachment attachment;
        const bool byUser
            = m_told[file].is(Decision::Kind::Apart) || m_told[file].is(Decision::Kind::ToRunOf);
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

    BundlePlan::Run& knownRun(const RunPlace& place, const std::string& title)
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

    std::string sameBytes(std::size_t file)
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

    void addOthers()
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

    void findRepetitions(BundlePlan::Run& run) const
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

    /// Where the points of a file are.
    struct Place {
        std::size_t run;
        std::size_t entry; ///< of the run's files
        std::optional<std::size_t> joinedWith; ///< the file that its reason names
    };

    const std::vector<FileSummary>& m_files;
    const BundleInput& m_input;
    BundlePlan m_plan;
    std::vector<Told> m_told; ///< by file
    Behind m_behind;
    std::vector<std::vector<Place>> m_in; ///< by file, until runs are numbered
    std::vector<std::size_t> m_runOf; ///< by file: its first run
    std::vector<bool> m_placed; ///< by file
    std::unordered_map<RunId, std::size_t> m_knownRuns; ///< numbers of runs that only the database knows
    std::unordered_map<std::string_view, std::size_t> m_firstOfBytes; ///< by hash, when it is asked for
    std::size_t m_runsHere = 0; ///< without those that only the database knows
};

} // namespace

BundlePlan planBundle(const BundleInput& input)
{
    return Planner(input).take();
}

} // namespace prism
