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
constexpr double clockError = 1; ///< seconds by which a stage may seem to begin before the last one ended

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
    Joins(const std::vector<FileSummary>& files, const std::vector<bool>& skipped)
        : m_files(files)
    {
        for (std::size_t f = 0; f < files.size(); ++f) {
            for (std::size_t p = 0; !skipped[f] && p < files[f].parts.size(); ++p) {
                m_parts.push_back({ f, p, {}, true, {} });
            }
        }
        m_root.resize(m_parts.size());
        std::iota(m_root.begin(), m_root.end(), 0);
    }

    std::vector<JoinedRun> take()
    {
        joinKeys();
        joinGroups();
        joinTimes();
        std::vector<JoinedRun> runs;
        std::map<std::size_t, std::size_t> numbers; ///< of the run by its root
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            const auto [number, fresh] = numbers.try_emplace(rootOf(i), runs.size());
            if (fresh) {
                runs.push_back({ part(i).key, {} });
            }
            runs[number->second].parts.push_back(std::move(m_parts[i]));
        }
        return runs;
    }

private:
    const FileSummary& file(std::size_t i) const { return m_files[m_parts[i].file]; }
    const FileSummary::Part& part(std::size_t i) const { return file(i).parts[m_parts[i].part]; }

    std::size_t rootOf(std::size_t i)
    {
        while (m_root[i] != i) {
            i = m_root[i] = m_root[m_root[i]];
        }
        return i;
    }

    /// The first one's run takes the other's parts.
    bool join(std::size_t a, std::size_t b)
    {
        const std::size_t one = rootOf(a);
        const std::size_t other = rootOf(b);
        m_root[std::max(one, other)] = std::min(one, other);
        return one != other;
    }

    void joinKeys()
    {
        std::map<std::string_view, std::size_t> first;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            const auto [at, fresh] = first.try_emplace(part(i).key, i);
            if (!fresh && join(at->second, i) && m_parts[at->second].file != m_parts[i].file) {
                m_parts[i].joinedWith = m_parts[at->second].file;
                m_parts[i].why = part(i).group.empty() || !isUnique(part(i).group)
                    ? "The same settings as in " + words::lastTwo(file(at->second).path)
                        + "; the names differ in load, time or number only."
                    : "The tool's own id joins it with " + words::lastTwo(file(at->second).path) + ": "
                        + part(i).group + '.';
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
                m_parts[i].why = "The tool's own id joins it with " + words::lastTwo(file(at->second).path)
                    + ": " + part(i).group + '.';
            }
        }
    }

    std::optional<TimeSpan> measured(std::size_t i) const
    {
        std::optional<TimeSpan> all;
        for (const FileSummary::Point& point : file(i).points) {
            if (point.part == m_parts[i].part) {
                if (!point.measured) {
                    return std::nullopt;
                }
                all = all ? TimeSpan { std::min(all->begin, point.measured->begin),
                    std::max(all->end, point.measured->end) }
                          : *point.measured;
            }
        }
        return all;
    }

    void joinTimes()
    {
        struct Stage {
            TimeSpan time;
            std::size_t part;
        };
        std::map<std::tuple<std::string_view, std::string, std::string_view>, std::vector<Stage>> sweeps;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            if (const auto time = measured(i); time && !part(i).model.empty()) {
                sweeps[{ file(i).producer, pathWithoutLoad(file(i).path), part(i).settings }].push_back(
                    { *time, i });
            }
        }
        for (auto& [key, stages] : sweeps) {
            std::sort(stages.begin(), stages.end(), [](const Stage& a, const Stage& b) {
                return std::tie(a.time.begin, a.part) < std::tie(b.time.begin, b.part);
            });
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
                        + (one < other ? " after " : " before ")
                        + words::lastTwo(file(std::min(one, other)).path) + '.';
                }
            }
        }
    }

    const std::vector<FileSummary>& m_files;
    std::vector<PartOfFile> m_parts;
    std::vector<std::size_t> m_root;
};

} // namespace

std::vector<JoinedRun> joinParts(const std::vector<FileSummary>& files, const std::vector<bool>& skipped)
{
    return Joins(files, skipped).take();
}

} // namespace prism
