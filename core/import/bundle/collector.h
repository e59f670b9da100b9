// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/plan.h"
#include "core/store/store.h"

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace prism {

/// Gathers the files of one import as they are read, and plans what belongs together. Memory is bounded:
/// files behind the first 200 000 are not looked at, and points beyond those that TwinFinder takes are not
/// compared; note() says so.
class BundleCollector {
public:
    static constexpr std::size_t mostFiles = 200'000;

    /// Twins that the file makes with those before it; sources of the finder are file numbers + 1.
    std::vector<TwinFinder::Twin> add(FileSummary summary, std::vector<PointPrint> prints);
    /// The file that was added last holds the whole run of which these hold parts: they stand behind it.
    std::vector<TwinFinder::Twin> addParts(const std::string& whole, const std::vector<std::string>& paths);
    /// Also finds the twins that disagree: call it when all files are there.
    BundlePlan plan(
        const std::vector<RunPlace>& known, const std::vector<Decision>& decisions, const std::string& root);

    /// Results of the database to whose runs those of the import may belong.
    void setStored(std::vector<KnownResult> stored) { m_stored = std::move(stored); }

    const std::vector<FileSummary>& files() const { return m_files; }
    const FileSummary& fileOf(SourceId finderId) const
    {
        return m_files[static_cast<std::size_t>(finderId - 1)];
    }
    /// Twins that differ in a number, found by plan().
    const std::vector<TwinFinder::Twin>& disagreeing() const { return m_disagreeing; }
    /// What the database is to be asked about attached files: their times, and the folders of those around
    /// which no result of this import lies.
    std::pair<std::vector<TimeSpan>, StoreReader::Folders> placesOfAttached() const;
    std::size_t leftOver() const { return m_leftOver; } ///< files that were too many
    /// What was not looked at, and what to do; empty when all was.
    std::string note() const;

private:
    std::vector<FileSummary> m_files;
    std::vector<KnownResult> m_stored;
    TwinFinder m_finder;
    std::vector<TwinFinder::Twin> m_twins;
    std::vector<TwinFinder::Twin> m_disagreeing;
    std::unordered_map<std::string, std::size_t> m_partNumbers; ///< of files with parts of runs, by path
    std::size_t m_leftOver = 0;
    std::size_t m_notCompared = 0; ///< results whose points were too many
};

} // namespace prism
