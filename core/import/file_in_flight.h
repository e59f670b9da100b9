// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/batch.h"
#include "core/import/bundle/file_summary.h"
#include "core/import/checks.h"
#include "core/import/claims.h"
#include "core/import/content_hash.h"
#include "core/import/job.h"
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

/// A file that the parser reads, and what the job makes of its frames: catalog names, checks, runs, rows in
/// the store.
class FileInFlight {
public:
    /// Takes the descriptor.
    FileInFlight(std::string name, int descriptor);
    ~FileInFlight();
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
        std::set<std::string> runs;
        std::uint64_t points = 0;
        SummaryBuilder summary;
        std::uint64_t requests = 0;
        std::map<std::uint32_t, RequestCheck> checks;
        std::uint64_t spans = 0; ///< of its timeline
        std::uint32_t laneEnd = 0; ///< one behind the largest index that its spans and flows point to
        std::uint32_t nameEnd = 0;
        bool hasSheet = false;
        std::optional<ContentHash> hash; ///< of a member
        std::uint64_t bytes = 0;
    };

    Result<SourceId> source(StoreWriter& writer);
    Result<void> addPoint(LoadPoint& point, StoreWriter& writer, Step& step);
    Result<void> takeFrame(const protocol::Frame& frame, protocol::Decoder& d, Bench& bench, Step& step);
    Result<void> takePoint(protocol::Decoder& d, Bench& bench, Step& step);
    Result<void> takeRequests(protocol::Decoder& d, StoreWriter& writer, Step& step);
    Result<void> takeGaps(protocol::Decoder& d, StoreWriter& writer);
    /// Bytes that are no timeline make `d` fail.
    Result<void> takeSpans(std::string_view bytes, protocol::Decoder& d, StoreWriter& writer, Step& step);
    Result<void> takeSheet(std::string_view bytes, protocol::Decoder& d, StoreWriter& writer);
    Result<void> takeSeries(protocol::Decoder& d, StoreWriter& writer);
    Result<void> takeBytes(std::string_view bytes, StoreWriter& writer);
    void takeWarning(protocol::Decoder& d, Step& step);
    void takeCounts(protocol::Decoder& d, Step& step);
    void takeMember(protocol::Decoder& d, Step& step);
    Result<void> takeEnd(const protocol::End& end, StoreWriter& writer, const Batch& batch, Step& step);
    Result<void> complete(
        const protocol::End& end, StoreWriter& writer, const Batch& batch, FileResult& result, Step& step);
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
    Claims m_claims;
    bool m_broken = false; ///< by its reader's word, it or a member of it
    bool m_isArchive = false;
    std::vector<std::string> m_memberHashes;
};

} // namespace prism
