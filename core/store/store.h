// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/model/trace.h"
#include "core/store/column_table.h"
#include "core/store/records.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace prism {

struct StoredResults;

/// A database opened for reading. Any number of them, in any number of processes, beside one writer. Not
/// thread-safe: one a thread. Reads only sources that are complete and not removed.
class StoreReader {
public:
    /// Creates an empty database, and its folder, when the file does not exist. Refuses files that are not
    /// ours, newer than this program, or damaged, saying which.
    static Result<std::unique_ptr<StoreReader>> open(const std::string& file);
    ~StoreReader();

    /// Rises with every visible change by any process; cheap enough to ask twice a second.
    std::uint64_t revision();

    Result<std::vector<RunRecord>> runs();
    Result<std::vector<SourceRecord>> sources();
    Result<std::optional<SourceRecord>> source(SourceId id);
    Result<std::optional<PointDetail>> point(PointId id);
    /// Every point in the order of source and index, but those that the user hid; `each` returning false ends
    /// the walk.
    enum class HiddenPoints { LeftOut, Included };
    Result<void> points(const std::function<bool(const SourceRecord&, PointDetail&&)>& each,
        HiddenPoints hidden = HiddenPoints::LeftOut);
    /// Of a source that is shown, in the order of the file, also those that the user hid.
    Result<std::vector<PointId>> pointsOf(SourceId source);
    /// Changes that the user made, oldest first, as far as the journal goes back.
    Result<std::vector<EditRecord>> edits();
    /// All words of the user, also on what is not there now, and those that a newer reading left behind.
    Result<std::vector<SpokenWord>> words();
    /// Requests of a point by index; `first` and `count` page through them.
    Result<std::vector<RequestRow>> requests(
        PointId id, std::uint32_t first, std::uint32_t count, bool withGaps = true);
    Result<std::vector<TimeSeries>> series(PointId id);
    /// All series of a source in its points' order, also those of a sidecar or of telemetry, which has no
    /// points.
    Result<std::vector<TimeSeries>> sourceSeries(SourceId id);
    /// The timeline that a source holds, whole; empty when it holds none. A million spans take 0.1 s and
    /// 32 MB.
    Result<std::optional<Trace>> trace(SourceId id);
    /// What belongs to a run besides the files with its points: telemetry, timelines, sidecars, twins.
    Result<std::vector<LinkRecord>> linksOf(RunId run);
    /// Attached files that belong to no run yet; by the user's word where he took them off one.
    Result<std::vector<LinkRecord>> unlinked();
    /// Folders as "/a/b/".
    struct Folders {
        std::vector<std::string> below; ///< and all below them
        std::vector<std::string> only;
    };
    /// Runs that were measured within these times, or whose results lie in these folders.
    Result<std::vector<RunPlace>> runsAt(const std::vector<TimeSpan>& times, const Folders& folders);
    /// Shown results of the runs of these uids, and up to 20 000 more that `isAlike` takes; of files of up to
    /// 256 points, and without those of these bytes (SHA-256).
    Result<StoredResults> resultsLike(const std::vector<std::string>& runUids,
        const std::function<bool(const std::string& path, const std::string& producer)>& isAlike,
        const std::set<std::string>& without);
    /// When a point was measured, where its file tells it.
    Result<std::optional<TimeSpan>> measured(PointId id);
    /// The user's word on folders of a shape; empty when there is none.
    Result<std::string> decisions(const std::string& shape);
    /// Original bytes of a source from `offset`, at most `limit`, as they were in the file.
    Result<std::string> original(const std::string& sha256, std::uint64_t offset, std::size_t limit);

    /// All points as columns. Cheap when the revision did not change since `previous`.
    Result<std::shared_ptr<const ColumnTable>> table(std::shared_ptr<const ColumnTable> previous = nullptr);

    /// Reads every page and proves structure and checksums; about a second a GB. The error names what is
    /// damaged.
    Result<void> check(std::stop_token stop = {});

private:
    struct Impl;
    explicit StoreReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace prism
