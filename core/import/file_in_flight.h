// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/batch.h"
#include "core/import/bundle/file_summary.h"
#include "core/import/checks.h"
#include "core/import/content_hash.h"
#include "core/import/frame_walk.h"
#include "core/import/job.h"
#include "core/import/run_key.h"
#include "core/store/writer.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace prism {

/// A file that the parser reads, and what the job makes of what is told of it: catalog names, checks, runs,
/// rows in the store.
class FileInFlight : private FrameTaker {
public:
    /// Takes the descriptor.
    FileInFlight(std::string name, int descriptor);
    ~FileInFlight() override;
    FileInFlight(const FileInFlight&) = delete;
    FileInFlight& operator=(const FileInFlight&) = delete;

    /// Hashes the whole file; up to `kept` bytes of it stay in memory for storing.
    Result<void> hash(std::size_t kept, const std::stop_token& stop);

    const std::string& name() const { return m_name; }
    int descriptor() const { return m_descriptor; }
    const std::string& sha256() const { return m_sha256; }
    std::uint64_t bytes() const { return static_cast<std::uint64_t>(m_status.st_size); }
    std::uint64_t bytesRead() const { return m_bytesRead; }
    FileResult& result() { return m_result; }
    std::uint32_t number() const { return m_number; }
    void setNumber(std::uint32_t number) { m_number = number; }

    struct Step {
        std::vector<FileResult> results; ///< finished with this frame
        std::optional<SourceId> source; ///< the source that became complete
        /// Of the file or member that ended, whatever became of it: what tells where it belongs.
        std::optional<FileSummary> summary;
        std::vector<PointPrint> prints; ///< of its points, while they are few enough to be compared
        std::uint64_t rows = 0;
        bool ended = false; ///< nothing more comes of this file
        bool refused = false; ///< it ended, and its reader found it or a member of it broken
        std::string lie; ///< what the frame claims and cannot be, empty when it can
    };
    /// What a job lends its files while a frame is taken.
    struct Bench {
        Bench(StoreWriter& w, const Batch& stored)
            : writer(w)
            , batch(stored)
        {
        }
        StoreWriter& writer;
        const Batch& batch; ///< stored by this job
        LoadPoint point; ///< scratch
    };
    /// An error is the store's own.
    Result<Step> take(const protocol::Frame& frame, Bench& bench);
    /// Takes back what was written of it.
    Result<void> abandon(StoreWriter* writer);

private:
    /// The file itself or the member of an archive that is being read.
    struct Part {
        std::string name;
        std::optional<SourceId> source;
        protocol::Recognised recognised;
        std::vector<Warning> warnings;
        /// The points' own warnings: of each kind the first, and how many there are.
        std::map<std::string, std::pair<Warning, std::uint64_t>> pointWarnings;
        std::map<std::string, std::uint64_t> counts;
        std::optional<RunKeys> keys; ///< once a point has come
        std::set<std::string> runs;
        std::uint64_t points = 0;
        bool anyNumber = false; ///< a measure, a request, a sample or a span
        SummaryBuilder summary;
        std::uint64_t requests = 0;
        std::map<std::uint32_t, RequestCheck> checks;
        std::optional<ContentHash> hash; ///< of a member
        std::uint64_t bytes = 0;
    };

    Result<void> recognised(const protocol::Recognised& recognised) override;
    Result<void> member(const std::string& name) override;
    Result<void> bytes(std::string_view bytes) override;
    Result<void> point(LoadPoint& point) override;
    bool wantsRows() const override { return true; }
    Result<void> requests(std::uint32_t point, std::vector<RequestRow>&& rows) override;
    Result<void> gaps(std::uint32_t point, std::uint32_t request, const std::vector<double>& gaps) override;
    Result<void> series(std::uint32_t point, TimeSeries&& series) override;
    Result<void> spans(const TraceBatch& batch) override;
    Result<void> sheet(const TraceSheet& sheet) override;
    Result<void> warning(Warning&& warning) override;
    Result<void> count(const std::string& what, std::uint64_t number) override;
    Result<void> progress(std::uint64_t bytes) override;
    Result<void> end(const protocol::End& end) override;

    Result<SourceId> source(StoreWriter& writer);
    Result<void> complete(
        const protocol::End& end, StoreWriter& writer, const Batch& batch, FileResult& result, Step& step);
    /// Why a reading that the user forced must not stand, least of all in place of `before`.
    std::optional<Error> isNoReading(
        const protocol::End& end, const std::optional<SourceRecord>& before) const;
    /// What the user is told of the file: its own warnings, and a line a kind of its points'.
    std::vector<Warning> toldWarnings() const;
    Result<void> storeOriginal(StoreWriter& writer);
    bool changedMeanwhile() const;

    std::string m_name;
    int m_descriptor;
    struct stat m_status { };
    std::stop_token m_stop;
    std::string m_sha256;
    std::string m_kept; ///< the whole file when it is small
    std::uint64_t m_bytesRead = 0;
    std::uint32_t m_number = 0;
    FileResult m_result;
    Part m_part;
    FrameWalk m_walk;
    // While a frame is taken.
    Bench* m_bench = nullptr;
    Step m_step;
    bool m_broken = false; ///< by its reader's word, it or a member of it
    bool m_isArchive = false;
    std::vector<std::string> m_memberHashes;
};

} // namespace prism
