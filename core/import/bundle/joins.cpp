// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/joins.h"

#include "core/import/bundle/words.h"
#include "core/import/run_key.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace prism {

namespace {

/// Between two stages of one sweep a server is at most warmed up again.
constexpr double longestPause = 30 * 60;
/// What is measured longer after the rest may have been measured of another version of the system.
constexpr double longAfter = 12 * 60 * 60;
constexpr double clockError = 1; ///< seconds by which a stage may seem to begin before the last one ended

/// Clocks whose times cannot be compared with each other's.
enum class Clock { Utc, Local, OfName };

/// "7f3a9c21-…": a number that no other experiment has, not a name such as "llama-benchy".
bool isUnique(const std::string& group)
{
    std::size_t run = 0;
    std::size_t longest = 0;
    bool digit = false;
    for (const char c : group) {
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        run = hex ? run + 1 : 0;
        digit = digit || (c >= '0' && c <= '9');
        longest = std::max(longest, run);
    }
    return longest >= 8 && digit && group.find(' ') == std::string::npos;
}

class Joins {
public:
    Joins(const std::vector<FileSummary>& files, const std::vector<bool>& skipped,
        const std::vector<KnownResult>& stored)
        : m_files(files)
        , m_stored(stored)
    {
        for (std::size_t f = 0; f < stored.size(); ++f) {
            for (std::size_t p = 0; p < stored[f].runs.size(); ++p) {
                if (stored[f].runs[p]) {
                    m_parts.push_back({ files.size() + f, p, {}, true, {}, false });
                }
            }
        }
        m_storedParts = m_parts.size();
        for (std::size_t f = 0; f < files.size(); ++f) {
            for (std::size_t p = 0; !skipped[f] && p < files[f].parts.size(); ++p) {
                m_parts.push_back({ f, p, {}, true, {}, false });
            }
        }
        m_root.resize(m_parts.size());
        std::iota(m_root.begin(), m_root.end(), 0);
    }

    std::vector<JoinedRun> take()
    {
        joinStored();
        joinKeys();
        joinGroups();
        joinNumbers();
        joinFolders();
        joinTimes();
        askWhatIsFarApart();
        std::vector<JoinedRun> runs;
        std::map<std::size_t, std::size_t> numbers; ///< of the run by its root
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            const auto [number, fresh] = numbers.try_emplace(rootOf(i), runs.size());
            if (fresh) {
                runs.push_back({ part(i).key, {}, runOf(i) });
            }
            if (!isStored(i)) {
                PartOfFile& taken = runs[number->second].parts.emplace_back(std::move(m_parts[i]));
                taken.joinedWith = taken.joinedWith < m_files.size() ? taken.joinedWith : std::nullopt;
            }
        }
        std::erase_if(runs, [](const JoinedRun& run) { return run.parts.empty(); });
        return runs;
    }

private:
    /// They stand before all others.
    bool isStored(std::size_t i) const { return i < m_storedParts; }
    std::optional<RunId> runOf(std::size_t i) const
    {
        return isStored(i) ? m_stored[m_parts[i].file - m_files.size()].runs[m_parts[i].part] : std::nullopt;
    }
    const FileSummary& fileAt(std::size_t f) const
    {
        return f < m_files.size() ? m_files[f] : m_stored[f - m_files.size()].file;
    }
    const FileSummary& file(std::size_t i) const { return fileAt(m_parts[i].file); }
    /// For sentences.
    std::string named(std::size_t i) const
    {
        return words::lastTwo(file(i).path) + (isStored(i) ? " in the database" : "");
    }
    const FileSummary::Part& part(std::size_t i) const { return file(i).parts[m_parts[i].part]; }

    std::size_t rootOf(std::size_t i)
    {
        while (m_root[i] != i) {
            i = m_root[i] = m_root[m_root[i]];
        }
        return i;
    }

    /// The first one's run takes the other's parts. Two runs of the database stay two.
    bool join(std::size_t a, std::size_t b)
    {
        const std::size_t one = rootOf(a);
        const std::size_t other = rootOf(b);
        if (isStored(std::max(one, other)) && runOf(one) != runOf(other)) {
            return false;
        }
        m_root[std::max(one, other)] = std::min(one, other);
        return one != other;
    }

    /// What the database has in one run is one.
    void joinStored()
    {
        std::map<RunId, std::size_t> first;
        for (std::size_t i = 0; i < m_storedParts; ++i) {
            join(first.try_emplace(*runOf(i), i).first->second, i);
        }
    }

    void joinKeys()
    {
        std::map<std::string_view, std::size_t> first;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            const auto [at, fresh] = first.try_emplace(part(i).key, i);
            if (!fresh && join(at->second, i) && m_parts[at->second].file != m_parts[i].file) {
                m_parts[i].joinedWith = m_parts[at->second].file;
                m_parts[i].why = part(i).group.empty() || !isUnique(part(i).group)
                    ? "The same settings as in " + named(at->second)
                        + "; the names differ in load, time or repetition only."
                    : "The tool's own id joins it with " + named(at->second) + ": " + part(i).group + '.';
            }
        }
    }

    void joinGroups()
    {
        std::map<std::tuple<std::string_view, std::string_view, std::string_view>, std::size_t> first;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            if (!isUnique(part(i).group)) {
                continue;
            }
            const auto [at, fresh]
                = first.try_emplace({ file(i).producer, part(i).group, part(i).settings }, i);
            if (!fresh && join(at->second, i)) {
                m_parts[i].joinedWith = m_parts[at->second].file;
                m_parts[i].bySight = false;
                m_parts[i].why
                    = "The tool's own id joins it with " + named(at->second) + ": " + part(i).group + '.';
            }
        }
    }

    /// Whether a part measured this load alone: "concurrency 16", "4 req/s".
    bool isOfLoad(std::size_t i, unsigned load) const
    {
        const std::string number = std::to_string(load);
        const auto& points = file(i).points;
        return !points.empty()
            && std::all_of(points.begin(), points.end(), [&](const FileSummary::Point& point) {
                   return point.part != m_parts[i].part || point.load == "concurrency " + number
                       || point.load == "concurrency " + number + ", inf req/s"
                       || point.load == number + " req/s" || point.load == "batch " + number;
               });
    }

    /// Names that are equal but for one number of which they say nothing: it counts repetitions when it runs
    /// from 0 or 1 on, and it is the load when the points say that it is.
    void joinNumbers()
    {
        struct Numbered {
            unsigned number;
            std::size_t part;
            bool counts;
        };
        std::map<std::tuple<std::string_view, std::string, std::string_view, std::string_view>,
            std::vector<Numbered>>
            names;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            for (UnsaidNumber& unsaid : unsaidNumbers(file(i).path)) {
                names[{ file(i).producer, std::move(unsaid.pattern), part(i).group, part(i).settings }]
                    .push_back({ unsaid.number, i, unsaid.counts });
            }
        }
        for (auto& [name, numbered] : names) {
            std::stable_sort(numbered.begin(), numbered.end(),
                [](const Numbered& a, const Numbered& b) { return a.number < b.number; });
            const bool loads = std::all_of(numbered.begin(), numbered.end(),
                [this](const Numbered& one) { return isOfLoad(one.part, one.number); });
            bool runs = numbered.front().counts && numbered.front().number <= 1;
            for (std::size_t i = 1; i < numbered.size(); ++i) {
                runs = runs && numbered[i].number - numbered[i - 1].number <= 1;
            }
            const std::size_t first = std::min_element(
                numbered.begin(), numbered.end(), [](const Numbered& a, const Numbered& b) {
                    return a.part < b.part;
                })->part;
            for (std::size_t i = 0; (loads || runs) && i < numbered.size(); ++i) {
                const std::size_t other = numbered[i].part;
                if (join(first, other)) {
                    m_parts[other].joinedWith = m_parts[first].file;
                    m_parts[other].bySight = loads;
                    m_parts[other].why = "The same settings as in " + named(first)
                        + (loads ? "; the number in the name is the load."
                                 : "; the names differ in a running number only.");
                }
            }
        }
    }

    /// By one clock, when all points of the part tell it.
    std::optional<TimeSpan> measured(std::size_t i, Clock clock) const
    {
        if (clock == Clock::OfName) {
            const auto day = dayInName(file(i).path);
            return day ? std::optional(TimeSpan { *day, *day }) : std::nullopt;
        }
        std::optional<TimeSpan> all;
        for (const FileSummary::Point& point : file(i).points) {
            if (point.part == m_parts[i].part) {
                const auto& time = clock == Clock::Utc ? point.measured : point.measuredLocally;
                if (!time) {
                    return std::nullopt;
                }
                all = all ? TimeSpan { std::min(all->begin, time->begin), std::max(all->end, time->end) }
                          : *time;
            }
        }
        return all;
    }

    struct Stage {
        TimeSpan time;
        std::size_t part;
    };
    static void sortByTime(std::vector<Stage>& stages)
    {
        std::sort(stages.begin(), stages.end(), [](const Stage& a, const Stage& b) {
            return std::tie(a.time.begin, a.part) < std::tie(b.time.begin, b.part);
        });
    }

    /// What does not tell its time, in folders whose names differ in load or repetition.
    void joinFolders()
    {
        std::map<std::tuple<std::string_view, std::string, std::string_view, std::string_view>, std::size_t>
            first;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            if (measured(i, Clock::Utc) || measured(i, Clock::Local)) {
                continue;
            }
            const auto [at, fresh]
                = first.try_emplace({ file(i).producer, pathWithoutLoad(file(i).path, TimesAbove::Divide),
                                        part(i).group, part(i).settings },
                    i);
            if (!fresh && join(at->second, i) && m_parts[at->second].file != m_parts[i].file) {
                m_parts[i].joinedWith = m_parts[at->second].file;
                m_parts[i].bySight = false;
                m_parts[i].why = "The same settings as in " + named(at->second)
                    + "; the folders differ in load, time or repetition only.";
            }
        }
    }

    /// The same sweep by its names, whose local times are those of one clock.
    void joinTimes()
    {
        std::map<std::tuple<std::string_view, std::string, std::string_view, Clock>, std::vector<Stage>>
            sweeps;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            for (const Clock clock : { Clock::Utc, Clock::Local }) {
                if (const auto time = measured(i, clock); time && !part(i).model.empty()) {
                    sweeps[{ file(i).producer, pathWithoutLoad(file(i).path, TimesAbove::Join),
                               part(i).settings, clock }]
                        .push_back({ *time, i });
                }
            }
        }
        for (auto& [key, stages] : sweeps) {
            sortByTime(stages);
            for (std::size_t i = 1; i < stages.size(); ++i) {
                const double pause = stages[i].time.begin - stages[i - 1].time.end;
                if (pause < -clockError || pause > longestPause) {
                    continue;
                }
                const std::size_t one = stages[i - 1].part;
                const std::size_t other = stages[i].part;
                if (join(one, other)) {
                    PartOfFile& later = m_parts[std::max(one, other)];
                    later.joinedWith = m_parts[std::min(one, other)].file;
                    later.bySight = false;
                    later.why = "The same settings, measured " + words::duration(std::abs(pause))
                        + (one < other ? " after " : " before ") + named(std::min(one, other)) + '.';
                }
            }
        }
    }

    /// What a run's files say of their time, and where they say nothing their names.
    void askWhatIsFarApart()
    {
        std::map<std::pair<std::size_t, Clock>, std::vector<Stage>> runs;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            for (const Clock clock : { Clock::Utc, Clock::Local, Clock::OfName }) {
                if (const auto time = measured(i, clock); time && !isUnique(part(i).group)) {
                    runs[{ rootOf(i), clock }].push_back({ *time, i });
                    break;
                }
            }
        }
        for (auto& [run, stages] : runs) {
            sortByTime(stages);
            std::size_t last = 0; ///< that ended latest of those before
            for (std::size_t i = 1; i < stages.size(); ++i) {
                last = stages[i - 1].time.end > stages[last].time.end ? i - 1 : last;
                const double pause = stages[i].time.begin - stages[last].time.end;
                const std::size_t one = stages[last].part;
                const std::size_t other = stages[i].part;
                const bool bothStored = isStored(one) && isStored(other);
                if (pause < longAfter || m_parts[one].file == m_parts[other].file || bothStored) {
                    continue;
                }
                PartOfFile& asked = m_parts[std::max(one, other)];
                const std::size_t before = m_parts[std::min(one, other)].file;
                asked.why = asked.joinedWith == before ? asked.why + " But it" : "The same settings, but it";
                asked.why += " was measured " + words::duration(pause)
                    + (one < other ? " after " : " before ") + named(std::min(one, other))
                    + ": set it apart if the system was another one by then.";
                asked.joinedWith = before;
                asked.asks = true;
                asked.bySight = false;
            }
        }
    }

    const std::vector<FileSummary>& m_files;
    const std::vector<KnownResult>& m_stored; ///< their files are numbered behind the others
    std::vector<PartOfFile> m_parts;
    std::size_t m_storedParts = 0; ///< of m_parts
    std::vector<std::size_t> m_root;
};

} // namespace

std::vector<JoinedRun> joinParts(const std::vector<FileSummary>& files, const std::vector<bool>& skipped,
    const std::vector<KnownResult>& stored)
{
    return Joins(files, skipped, stored).take();
}

} // namespace prism
