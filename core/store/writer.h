// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/result.h"
#include "core/model/time_span.h"
#include "core/model/trace.h"
#include "core/store/records.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace prism {

/// A file whose rows are being written; no reader sees them before finish() and commit().
struct NewSource {
    std::string path;
    std::string sha256;
    std::uint64_t bytes = 0;
    std::string producer;
    int importerVersion = 0;
};

/// Which run a point belongs to: the same key is the same run, also across sources and imports.
struct RunKey {
    std::string key; ///< hash of what makes the run, see core/import/run_key.h
    std::string label;
    std::string producer;
};

/// What an undo needs to know of a change; made by every edit, in one line that a menu can show.
struct Edit {
    std::int64_t id = 0;
    std::string text; ///< "Remove 3 sources"
};

/// The one writer of a database. Opening takes the lock file and waits for another process's writer; the lock
/// is held as long as the object lives, so keep it for a job, not for a session. Not thread-safe.
///
/// Rows go to the database in batches under the state `building`. finish() marks a source complete within the
/// open transaction; commit() makes all finished ones visible at once. What a dead process left building is
/// removed when the next writer opens.
class StoreWriter {
public:
    /// `waiting` is called (about every 100 ms) with the holder's description while another writer works;
    /// `job` is what others are told of this one. After a crash the file is checked first, which takes a
    /// second per GB.
    static Result<std::unique_ptr<StoreWriter>> open(const std::string& file,
        const std::function<void(const std::string& holder)>& waiting = {}, std::stop_token stop = {},
        const std::string& job = "writing");
    ~StoreWriter();

    /// The visible source with these bytes; `removed` ones are brought back by restore().
    Result<std::optional<SourceRecord>> known(const std::string& sha256);
    Result<std::optional<SourceRecord>> removedWith(const std::string& sha256);
    /// Whether the user took the file with these bytes off a run, or set it apart from others of its run.
    Result<bool> isTakenOff(const std::string& sha256);
    /// Whether its points stand behind those of a visible source that is no whole of several parts: the same
    /// result, by its numbers or by the user's word.
    Result<bool> isBehindAnother(const std::string& sha256);
    struct Content {
        std::uint64_t runs = 0;
        std::uint64_t points = 0;
        std::uint64_t requests = 0;
    };
    /// What a committed source brought, be it visible or removed.
    Result<Content> contentOf(SourceId source);

    /// False after a failure of the disk or the file: every call then says so again, and what was not
    /// committed is gone. An error that leaves it true is about the one source, which is to be abandoned.
    bool usable() const;

    Result<SourceId> begin(const NewSource& source);
    /// `measured`: when, where the file tells it in absolute time, or by a clock that names no zone.
    Result<void> addPoint(SourceId source, const LoadPoint& point, const RunKey& run,
        const std::optional<TimeSpan>& measured = {}, const std::optional<TimeSpan>& measuredLocally = {});
    Result<void> addRequests(SourceId source, std::uint32_t point, std::span<const RequestRow> rows);
    Result<void> addGaps(
        SourceId source, std::uint32_t point, std::uint32_t request, std::span<const double> gapsMs);
    Result<void> addSeries(SourceId source, std::uint32_t point, const TimeSeries& series);
    /// Spans and flow points of a timeline, in the order of the file; the sheet that they point to comes
    /// once, behind them.
    Result<void> addTrace(SourceId source, const TraceBatch& batch);
    Result<void> addTraceSheet(SourceId source, const TraceSheet& sheet);
    /// Original bytes in order, in chunks of any size; stored compressed.
    Result<void> addOriginal(SourceId source, std::span<const char> bytes);
    struct Finished {
        std::vector<Warning> warnings;
        std::map<std::string, std::uint64_t> counts;
        bool attached = false;
        std::string twinOf;
        bool newReading = false; ///< a source with these bytes is or was there: this one takes its place
        std::string sha256; ///< where it was not known at begin() (members of archives), else empty
        std::uint64_t bytes = 0; ///< likewise
        std::optional<TimeSpan> covers; ///< what its samples or spans cover, in absolute time
        std::optional<TimeSpan> coversLocally; ///< by a clock that names no zone
    };
    Result<void> finish(SourceId source, const Finished& finished);
    Result<void> abandon(SourceId source);
    /// The points of `source`, finished or visible, stand behind those of the source with these bytes while
    /// that one is there; its requests are theirs. Takes effect with the next commit().
    Result<void> setTwin(SourceId source, const std::string& richerSha256);
    /// The file belongs to the run; what was said of the two before is replaced. Takes effect with the next
    /// commit().
    Result<void> link(SourceId source, const RunKey& run, const LinkText& text);
    Result<void> link(SourceId source, RunId run, const LinkText& text);
    /// The source stands behind a whole run, and is told among the files of the runs that hold its points;
    /// what a link says already, the user's word above all, stays.
    Result<void> linkPart(SourceId part, SourceId whole, const std::string& why);
    /// The points of the source that are of one run become those of another.
    Result<void> moveToRun(SourceId source, const std::string& fromKey, const RunKey& to);
    Result<void> moveToRun(SourceId source, const std::string& fromKey, RunId to);
    Result<void> commit();
    /// Words of the user on what the newer reading of a source does not hold any more, a note each, by the
    /// source's SHA-256; since the last call. The words stay in StoreReader::words().
    std::map<std::string, std::vector<Warning>> takeLostWords();

    /// Archives whose members were all read, so that the same archive need not be walked again.
    Result<void> rememberArchive(const std::string& sha256, const std::vector<std::string>& memberSha256);
    Result<std::optional<std::vector<std::string>>> archiveMembers(const std::string& sha256);

    // Edits: each is a transaction of its own, visible at once, and can be undone until it is purged.
    /// With a part of a whole run that run goes too, and its other parts stand for themselves.
    Result<Edit> remove(const std::vector<SourceId>& sources);
    Result<Edit> restore(const std::vector<SourceId>& sources);
    /// Fields: "name", "note", "evidence", "tags" (one a line), "colour", "attribute:NAME" (holds for all
    /// points of the run, those too that come to it later; takes the place of what was said of them one by
    /// one); an empty value takes the word back.
    Result<Edit> setRunField(
        const std::vector<RunId>& runs, const std::string& field, const std::string& value);
    /// Tags of each run on their own: `add` those that it has not, `remove` those that it has.
    Result<Edit> changeTags(const std::vector<RunId>& runs, const std::vector<std::string>& add,
        const std::vector<std::string>& remove);
    /// Fields: "hidden" (the reason: the points leave every table until it is taken back), "note",
    /// "attribute:NAME". An empty value takes the word back. What the file says stays as it is.
    Result<Edit> setPointWord(
        const std::vector<PointId>& points, const std::string& field, const std::string& value);
    /// Puts points into another run; without one, into a run of their own.
    Result<Edit> regroup(const std::vector<PointId>& points, std::optional<RunId> into);
    /// Takes points back to the runs of their files.
    Result<Edit> regroupAsFiled(const std::vector<PointId>& points);
    /// Makes the load points of several runs those of the first. Its name stays, tags are united, notes
    /// follow one another; runs of different evidence are refused. Nothing is computed: points stay what they
    /// are.
    Result<Edit> merge(const std::vector<RunId>& runs);
    /// The user's word for a name that the catalog does not know, for all runs: attribute, text as given, new
    /// text; an empty text takes it back.
    Result<Edit> setAlias(
        const std::string& attribute, const std::string& given, const std::string& canonical);
    /// The user's word on what belongs together in folders of a shape (core/import/bundle/decisions.h); an
    /// empty text takes it back.
    Result<Edit> setDecisions(const std::string& shape, const std::string& decisions);
    /// The user gives a stored file (configuration, telemetry, a timeline) to a run, in a role of his choice
    /// or, where that is empty, by what it holds; `insteadOf` that run it was with. From then on no import
    /// gives it to any other. A result cannot be given: its points are moved.
    Result<Edit> attach(
        SourceId source, RunId run, const std::string& role, std::optional<RunId> insteadOf = {});
    /// Takes a file off a run: it waits again, for the user alone.
    Result<Edit> detach(SourceId source, RunId run);
    /// The user's word that a stored result is the same as another, whose points are shown, or without one a
    /// result of its own. A part of a whole run takes its numbers along: the whole is removed, and its other
    /// parts stand for themselves.
    Result<Edit> setSameResult(SourceId source, std::optional<SourceId> richer);
    Result<Edit> undo(std::int64_t edit); ///< returns the edit that redoes it
    /// Deletes what was removed for good and gives the space back.
    Result<std::uint64_t> purge();

private:
    struct Impl;
    explicit StoreWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace prism
