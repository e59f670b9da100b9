// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/known_results.h"

#include "core/import/content_hash.h"
#include "core/import/run_key.h"
#include "core/store/source_rows.h"

#include <algorithm>
#include <map>
#include <utility>

namespace prism {

namespace {

/// The folders of a path before the first that may be a load, as it is written: two paths that are one
/// without their loads begin alike, and comparing beginnings costs nothing.
std::string_view rootOf(std::string_view path)
{
    const std::size_t load = std::min(
        { path.find_first_of("0123456789"), path.find("inf"), path.find("INF"), path.find("Inf") });
    const std::size_t slash = path.substr(0, load).rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

/// The runs of a file's points by the key that they have by themselves; none where that is not one.
using RunsByKey = std::map<std::string, std::optional<RunId>>;

/// From the first of a run's points that tell their time to the last.
struct Times {
    void add(const StoredResults::Point& point)
    {
        extend(measured, point.measured);
        extend(measuredLocally, point.measuredLocally);
    }
    std::optional<TimeSpan> measured;
    std::optional<TimeSpan> measuredLocally;

private:
    static void extend(std::optional<TimeSpan>& all, const std::optional<TimeSpan>& one)
    {
        if (one) {
            all = all ? TimeSpan { std::min(all->begin, one->begin), std::max(all->end, one->end) } : *one;
        }
    }
};

KnownResult resultOf(const StoredResults::File& file, RunsByKey& runs)
{
    SummaryBuilder builder;
    RunKeys keys(file.producer, file.path);
    for (const StoredResults::Point& point : file.points) {
        const std::string key = ContentHash::of(keys.of(point.said));
        builder.point(point.said, key);
        const auto [run, fresh] = runs.try_emplace(key, point.run);
        run->second = run->second == point.run ? run->second : std::nullopt;
    }
    KnownResult result { builder.take(), {} };
    result.file.path = file.path;
    result.file.producer = file.producer;
    result.file.outcome = Outcome::Unchanged;
    for (const FileSummary::Part& part : result.file.parts) {
        result.runs.push_back(runs.at(part.key));
    }
    return result;
}

} // namespace

ResultQuestion questionOf(const std::vector<FileSummary>& files)
{
    std::set<std::string> uids;
    /// Producer, and path without its load or with "#" for a number that nothing explains.
    std::set<std::pair<std::string, std::string>> alike;
    std::set<std::string, std::less<>> roots;
    for (const FileSummary& file : files) {
        if (!file.isResult() || file.outcome != Outcome::Imported) {
            continue;
        }
        for (const FileSummary::Part& part : file.parts) {
            uids.insert(store::shortHash(part.key));
        }
        alike.emplace(file.producer, pathWithoutLoad(file.path, TimesAbove::Join));
        for (UnsaidNumber& unsaid : unsaidNumbers(file.path)) {
            alike.emplace(file.producer, std::move(unsaid.pattern));
        }
        roots.emplace(rootOf(file.path));
    }
    return { { uids.begin(), uids.end() },
        [alike, roots](const std::string& path, const std::string& producer) {
            if (!roots.contains(rootOf(path))) {
                return false;
            }
            const std::vector<UnsaidNumber> numbers = unsaidNumbers(path);
            return alike.contains({ producer, pathWithoutLoad(path, TimesAbove::Join) })
                || std::any_of(numbers.begin(), numbers.end(), [&](const UnsaidNumber& unsaid) {
                       return alike.contains({ producer, unsaid.pattern });
                   });
        },
        !uids.empty() };
}

std::vector<KnownResult> knownResultsOf(const StoredResults& stored)
{
    std::vector<KnownResult> results;
    std::set<RunId> byThemselves;
    std::map<RunId, Times> times;
    for (const StoredResults::File& file : stored.files) {
        RunsByKey runs;
        results.push_back(resultOf(file, runs));
        for (const auto& [key, run] : runs) {
            if (run && stored.runUids.at(*run) == store::shortHash(key)) {
                byThemselves.insert(*run);
            }
        }
        for (const StoredResults::Point& point : file.points) {
            times[point.run].add(point);
        }
    }
    for (KnownResult& result : results) {
        for (FileSummary::Point& point : result.file.points) {
            if (const auto run = result.runs[point.part]) {
                point.measured = times.at(*run).measured;
                point.measuredLocally = times.at(*run).measuredLocally;
            }
        }
    }
    for (KnownResult& result : results) {
        for (std::optional<RunId>& run : result.runs) {
            run = run && byThemselves.contains(*run) ? run : std::nullopt;
        }
    }
    return results;
}

} // namespace prism
