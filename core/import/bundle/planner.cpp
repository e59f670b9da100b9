// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/plan.h"

#include "core/import/bundle/attachments.h"
#include "core/import/bundle/joins.h"
#include "core/import/bundle/repetitions.h"
#include "core/import/bundle/words.h"
#include "core/import/content_hash.h"
#include "core/import/importer.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace prism {

namespace {

constexpr std::size_t none = SIZE_MAX;

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
        , m_behind(input.files.size(), none)
        , m_told(input.files.size())
    {
        m_plan.root = input.root;
    }

    BundlePlan take()
    {
        findDecisions();
        findTwins();
        makeRuns();
        moveByDecision();
        numberRuns();
        addTwins();
        attachFiles();
        addOthers();
        for (BundlePlan::Run& run : m_plan.runs) {
            findRepetitions(run);
        }
        return std::move(m_plan);
    }

private:
    /// What was decided of a file, and the file that it names.
    struct Told {
        const Decision* decision = nullptr;
        std::size_t target = none;
        bool is(Decision::Kind kind) const { return decision && decision->kind == kind; }
    };

    std::string below(std::size_t file) const
    {
        const std::string& path = m_files[file].path;
        return path.starts_with(m_plan.root) ? path.substr(m_plan.root.size()) : path;
    }

    /// The file that a pattern means; of several the one that lies nearest to `beside`.
    std::size_t targetOf(const std::string& pattern, std::size_t beside) const
    {
        std::size_t best = none;
        std::size_t nearest = 0;
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            const std::string path = below(i);
            if (i == beside || pattern.empty() || !matches(pattern, path)) {
                continue;
            }
            const std::string own = below(beside);
            const auto common = static_cast<std::size_t>(
                std::mismatch(own.begin(), own.end(), path.begin(), path.end()).first - own.begin());
            if (best == none || common > nearest) {
                best = i;
                nearest = common;
            }
        }
        return best;
    }

    void findDecisions()
    {
        for (const Decision& decision : m_input.decisions) {
            for (std::size_t i = 0; i < m_files.size(); ++i) {
                if (!matches(decision.file, below(i))) {
                    continue;
                }
                const std::size_t target = targetOf(decision.target, i);
                const bool names
                    = decision.kind == Decision::Kind::ToRunOf || decision.kind == Decision::Kind::TwinOf;
                if (!names || target != none) {
                    m_told[i] = { &decision, target };
                }
            }
        }
    }

    void findTwins()
    {
        for (const TwinFinder::Twin& twin : m_input.twins) {
            const auto poorer = static_cast<std::size_t>(twin.poorer - 1);
            const auto richer = static_cast<std::size_t>(twin.richer - 1);
            const Told& told = m_told[poorer];
            const bool stays = !told.decision || (told.is(Decision::Kind::ToRunOf) && told.target == richer);
            // The user's word turns them round.
            const bool turned = m_told[richer].is(Decision::Kind::TwinOf) && m_told[richer].target == poorer;
            if (!turned && (stays || told.is(Decision::Kind::LeaveOut))) {
                m_behind[poorer] = richer;
                m_differences[poorer] = twin.differences;
            }
        }
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            const bool fits = m_told[i].is(Decision::Kind::TwinOf) && m_files[i].isResult()
                && m_files[m_told[i].target].isResult();
            if (fits && standsBefore(m_told[i].target) != i) {
                m_behind[i] = m_told[i].target;
            }
        }
    }

    /// The file whose points are shown for this one's.
    std::size_t standsBefore(std::size_t file) const
    {
        // As long as the chain of twins may be: no word of the user closes it into a ring.
        for (std::size_t i = 0; i < m_files.size() && m_behind[file] != none; ++i) {
            file = m_behind[file];
        }
        return file;
    }

    std::string titleOf(const JoinedRun& joined) const
    {
        const PartOfFile& first = joined.parts.front();
        const FileSummary& file = m_files[first.file];
        const FileSummary::Part& part = file.parts[first.part];
        const std::string what = !part.model.empty() ? part.model
            : !part.label.empty()                    ? part.label
                                                     : file.name();
        return what + " · " + toolOf(file.producer);
    }

    void makeRuns()
    {
        std::vector<bool> skipped(m_files.size());
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            skipped[i] = m_behind[i] != none || m_told[i].is(Decision::Kind::LeaveOut);
        }
        for (const JoinedRun& joined : joinParts(m_files, skipped)) {
            BundlePlan::Run& run = m_plan.runs.emplace_back();
            run.key = joined.key;
            run.title = titleOf(joined);
            for (const PartOfFile& part : joined.parts) {
                addResult(run, part);
            }
        }
    }

    void addResult(BundlePlan::Run& run, const PartOfFile& part)
    {
        run.points += m_files[part.file].parts[part.part].points;
        m_pointsOf[run.key].push_back({ part.file, part.part });
        const auto there = std::find_if(
            run.files.begin(), run.files.end(), [&](const auto& f) { return f.file == part.file; });
        if (there != run.files.end()) {
            there->parts.push_back(part.part);
            return;
        }
        BundlePlan::File entry;
        entry.file = part.file;
        entry.parts = { part.part };
        entry.bySight = part.bySight;
        entry.why = !part.why.empty() ? part.why
            : run.files.empty()       ? "It holds the run's results."
                                      : "It holds more of the run's results.";
        run.files.push_back(std::move(entry));
    }

    /// Results that the user wants elsewhere leave their run, whole files at a time.
    void moveByDecision()
    {
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            const bool apart = m_told[i].is(Decision::Kind::Apart);
            const bool moves = m_told[i].is(Decision::Kind::ToRunOf);
            if (!m_files[i].isResult() || m_behind[i] != none || (!apart && !moves)
                || m_files[i].parts.empty()) {
                continue;
            }
            const std::size_t target = moves ? runOf(standsBefore(m_told[i].target)) : none;
            if (moves && (target == none || holds(m_plan.runs[target], i))) {
                continue;
            }
            if (apart && isAlone(i)) {
                continue;
            }
            takeOut(i);
            if (apart) {
                BundlePlan::Run& own = m_plan.runs.emplace_back();
                own.key = keyApart(i);
                own.title = titleOf({ {}, { { i, 0, {}, false } } });
            }
            BundlePlan::Run& run = apart ? m_plan.runs.back() : m_plan.runs[target];
            for (std::size_t part = 0; part < m_files[i].parts.size(); ++part) {
                addResult(run, { i, part, apart ? "You set it apart." : "You put it here.", false });
            }
            run.files.back().byUser = true;
        }
        std::erase_if(m_plan.runs, [](const BundlePlan::Run& run) { return run.files.empty(); });
    }

    /// A key that no other file's points have, the same each time.
    std::string keyApart(std::size_t file) const
    {
        return ContentHash::of("apart\n" + m_files[file].path + '\n' + m_files[file].parts.front().key);
    }

    static bool holds(const BundlePlan::Run& run, std::size_t file)
    {
        return std::any_of(
            run.files.begin(), run.files.end(), [&](const auto& entry) { return entry.file == file; });
    }

    bool isAlone(std::size_t file) const
    {
        return std::any_of(m_plan.runs.begin(), m_plan.runs.end(), [&](const BundlePlan::Run& run) {
            return run.files.size() == 1 && run.files.front().file == file;
        }) && m_files[file].parts.size() == 1;
    }

    std::size_t runOf(std::size_t file) const
    {
        const auto run = std::find_if(m_plan.runs.begin(), m_plan.runs.end(),
            [&](const BundlePlan::Run& candidate) { return holds(candidate, file); });
        return run == m_plan.runs.end() ? none : static_cast<std::size_t>(run - m_plan.runs.begin());
    }

    void takeOut(std::size_t file)
    {
        for (BundlePlan::Run& run : m_plan.runs) {
            auto& members = m_pointsOf[run.key];
            std::erase_if(members, [&](const PointsOfFile& member) {
                const bool its = member.file == file;
                run.points -= its ? m_files[file].parts[member.part].points : 0;
                return its;
            });
            std::erase_if(run.files, [&](const auto& entry) { return entry.file == file; });
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
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            if (m_behind[i] == none || m_told[i].is(Decision::Kind::LeaveOut)) {
                continue;
            }
            const std::size_t richest = standsBefore(i);
            const std::size_t run = m_runOf[richest];
            if (run == none) {
                continue;
            }
            BundlePlan::File entry;
            entry.file = i;
            entry.role = FileRole::Twin;
            entry.behind = richest;
            entry.byUser = m_told[i].is(Decision::Kind::TwinOf);
            entry.differences = m_differences[i];
            const std::string other = words::lastTwo(below(richest));
            entry.why = entry.byUser ? "You said that it is the same result as " + other + '.'
                : entry.differences.empty()
                ? "The same numbers as in " + other + ", to the last digit that it prints."
                : "The same numbers as in " + other + ", but for "
                    + words::counted(entry.differences.size(), "value") + ", of which that file's is shown.";
            entry.asks = !entry.differences.empty() && !entry.byUser;
            auto& files = m_plan.runs[run].files;
            auto at
                = std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.file == richest; });
            while (at != files.end() && (at->file == richest || at->role == FileRole::Twin)) {
                ++at;
            }
            files.insert(at, std::move(entry));
            m_placed.insert(i);
        }
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
                runs.push_back({ (place.name.empty() ? "run " + std::to_string(place.run) : place.name)
                        + " · " + toolOf(place.producer),
                    place.producer, place.paths, place.measured });
            }
        }
        m_runsHere = m_plan.runs.size();
        const Attachments attachments(runs);
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            if (m_files[i].isAttached() && !m_told[i].is(Decision::Kind::LeaveOut)) {
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
            const std::size_t run = m_runOf[standsBefore(m_told[file].target)];
            attachment.why = "You put it here.";
            if (run != none) {
                attachment.runs.push_back(run);
            }
        } else if (byUser) {
            attachment.why = "You set it apart.";
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
        m_placed.insert(file);
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
        const auto there = std::find_if(m_plan.runs.begin(), m_plan.runs.end(),
            [&](const BundlePlan::Run& run) { return run.known == place.run; });
        if (there != m_plan.runs.end()) {
            return *there;
        }
        BundlePlan::Run& run = m_plan.runs.emplace_back();
        run.known = place.run;
        run.title = title;
        return run;
    }

    void addOthers()
    {
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            if (m_placed.contains(i) || m_runOf[i] != none) {
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
                entry.why = "These bytes are in the database already.";
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
                entry.why = "You left it out.";
            }
            m_plan.others.push_back(std::move(entry));
        }
    }

    void findRepetitions(BundlePlan::Run& run)
    {
        run.repetitions = repetitionsOf(m_files, m_pointsOf[run.key]);
        for (const BundlePlan::Repetition& repetition : run.repetitions) {
            markRepetitions(run, repetition);
        }
    }

    void markRepetitions(BundlePlan::Run& run, const BundlePlan::Repetition& repetition) const
    {
        for (std::size_t i = 1; i < repetition.files.size(); ++i) {
            const auto entry = std::find_if(run.files.begin(), run.files.end(),
                [&](const auto& f) { return f.file == repetition.files[i]; });
            if (entry != run.files.end() && entry->role == FileRole::Result) {
                entry->role = FileRole::Repetition;
                entry->why += " It repeats " + repetition.load + " of "
                    + words::lastTwo(below(repetition.files.front())) + '.';
            }
        }
    }

    const std::vector<FileSummary>& m_files;
    const BundleInput& m_input;
    BundlePlan m_plan;
    std::vector<std::size_t> m_behind; ///< by file
    std::map<std::size_t, std::vector<TwinDifference>> m_differences;
    std::vector<Told> m_told; ///< by file
    std::map<std::string, std::vector<PointsOfFile>> m_pointsOf; ///< by run key
    std::vector<std::size_t> m_runOf; ///< by file: its first run
    std::set<std::size_t> m_placed;
    std::size_t m_runsHere = 0; ///< without those that only the database knows
};

} // namespace

BundlePlan planBundle(const BundleInput& input)
{
    return Planner(input).take();
}

} // namespace prism
