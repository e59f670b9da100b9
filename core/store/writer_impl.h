// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/codec.h"
#include "core/store/compress.h"
#include "core/store/database.h"
#include "core/store/edit_journal.h"
#include "core/store/lock_file.h"
#include "core/store/schema.h"
#include "core/store/words.h"
#include "core/store/writer.h"

#include <functional>
#include <map>
#include <unordered_map>

namespace prism {

/// A point of a source that is being written.
struct BuildingPoint {
    PointId id = 0;
    std::uint32_t requests = 0;
    bool described = false; ///< addPoint() came
};

struct BuildingSource {
    std::unordered_map<std::uint32_t, BuildingPoint> points; ///< by LoadPoint::index
    std::string original; ///< raw bytes of the chunk that is not full yet
    std::int64_t chunks = 0; ///< of the original, written
    bool isNumbers = false; ///< the original packs best as such
    std::int64_t batches = 0; ///< of the timeline, written
    std::vector<bool> keySeen; ///< by measure_key.id
    std::vector<std::uint32_t> keys; ///< those with a number, in the order in which they came
    std::uint32_t newWords = 0; ///< statistics and property names that were not known before it
    bool finished = false;
    bool newReading = false;
    std::string sha256;
    std::uint64_t bytes = 0;
};

struct StoreWriter::Impl {
    store::LockFile lock;
    std::unique_ptr<store::Database> database;

    // Set by a failure that may have rolled back more than the call at hand: nothing is written after it.
    std::optional<Error> failed;
    bool linked = false; ///< links and moves wait for the next commit()
    std::size_t rowsInBatch = 0;
    std::size_t bytesInBatch = 0;
    bool dirty = false; ///< meta.clean is 0 in the file

    std::int64_t nextSource = 1;
    std::int64_t nextPoint = 1;
    std::int64_t nextRun = 1;
    std::uint32_t nextKey = 1;
    std::unordered_map<SourceId, BuildingSource> building;
    std::vector<SourceId> finished; ///< in the order of finish(), made visible by commit()
    std::unordered_multimap<std::string, SourceId> finishedBySha; ///< the same sources
    std::vector<std::pair<std::string, std::string>> archives; ///< written with the next commit()
    std::unordered_map<std::string, RunId> runs; ///< by RunKey::key
    struct MeasureId {
        const Metric* metric;
        Stat stat;
        std::string semantics;
        friend bool operator==(const MeasureId&, const MeasureId&) = default;
    };
    struct MeasureIdHash {
        std::size_t operator()(const MeasureId& id) const;
    };
    std::unordered_map<MeasureId, std::uint32_t, MeasureIdHash> measureKeys;
    std::unordered_map<std::string, std::uint32_t> attributeNames;
    store::Compressor compressor;
    store::BlobWriter scratch;
    store::BlobWriter body;
    std::string words; ///< scratch of addPoint()
    std::string values;
    std::string gaps; ///< scratch of addGaps()

    store::Statement begin, commitStatement;
    store::Statement insertSource, finishSource, moveTwins, markTwin, readySource, supersede, inheritTwin;
    store::Statement insertRun, findRun;
    store::Statement insertPoint, insertWholePoint, describePoint, insertMeasures, insertDetail, setRequests;
    store::Statement insertRequest, insertGap, insertSeries, insertOriginal, insertBatch, insertSheet;
    store::Statement insertKey, insertName, insertArchive, insertLink, inheritLinks;
    store::Statement insertPointTime, insertPointLocalTime, insertSourceTime, insertSourceLocalTime;
    store::Statement bySha, removedBySha, archiveBySha, hasWords;

    Impl(store::LockFile held, std::unique_ptr<store::Database> opened)
        : lock(std::move(held))
        , database(std::move(opened))
    {
    }
    Result<void> prepareStatements();
    Result<void> readState();
    Result<void> checkAfterCrash();

    /// Remembers a failure that ends this writer. What is wrong with a row alone leaves it alive.
    Result<void> guard(Result<void> result);
    Result<void> inTransaction(); ///< begins one where none is open
    Result<void> spent(std::size_t rows, std::size_t bytes); ///< ends the batch when it is full
    Result<void> endBatch(); ///< commits what is building, still invisible
    Result<void> setMeta(const char* key, std::int64_t value);
    Result<void> raiseRevision();
    /// Runs `change` as a transaction of its own that readers see at once.
    Result<void> visibly(const std::function<Result<void>()>& change);

    Result<BuildingSource*> find(SourceId source);
    /// The point's row, made where this is its first mention.
    Result<BuildingPoint*> pointOf(SourceId id, BuildingSource& source, std::uint32_t index);
    Result<RunId> runOf(const RunKey& key);
    Result<std::uint32_t> keyOf(BuildingSource& source, const Measure& measure);
    Result<std::uint32_t> nameOf(BuildingSource& source, const std::string& attribute);
    Result<void> writeMeasures(BuildingSource& source, PointId point, const LoadPoint& load);
    Result<void> writeAttributes(BuildingSource& source, const LoadPoint& load); ///< into `scratch`
    Result<void> writeChunk(SourceId id, BuildingSource& source, std::span<const char> raw);
    Result<void> makeVisible(SourceId id);
    Result<void> writeCounters();

    Result<Edit> edit(const std::string& text, std::span<const store::EditStep> steps,
        const std::string& ifNothing, std::optional<std::int64_t> undone,
        const std::function<Result<void>()>& before = {});
    Result<Edit> setState(
        const std::vector<SourceId>& sources, store::SourceState state, const std::string& verb);
    /// Points by what their words are stored under.
    struct Subject {
        PointId point = 0;
        RunId run = 0; ///< in which it stands now
        RunId fileRun = 0;
        std::string sha256;
        std::int64_t index = 0;
    };
    /// Visible ones only: of what is hidden behind a twin or removed nothing can be said.
    Result<std::vector<Subject>> subjects(const std::vector<PointId>& points);
    /// The steps that make `value` the word on a point or a run, wherever else one is stored.
    static void addWord(std::vector<store::EditStep>& steps, const store::Words& said, const Subject& point,
        const std::string& field, const std::string& value);
    static void addRunWord(std::vector<store::EditStep>& steps, const store::Words& said,
        const std::string& uid, const std::string& field, const std::string& value);
    /// All shown points of these runs, those that the user hid too.
    Result<std::vector<Subject>> subjectsOf(const std::vector<RunId>& runs);
    Result<std::vector<Subject>> subjectsWhere(const std::string& condition);
    Error cannotUndo(std::int64_t id) const;
    Result<RunRecord> runRecord(RunId run);
    struct StoredFile {
        std::string path, sha256;
        bool attached = false, series = false, timeline = false;
        std::string name() const { return path.substr(path.rfind('/') + 1); }
    };
    Result<StoredFile> fileOf(SourceId source); ///< that is there
    Result<StoredFile> attachable(SourceId source); ///< which belongs to runs and holds none itself
    /// The steps that give a result its line among the files of the run whose points stand before its own;
    /// without one, that take it away.
    Result<void> linkTwin(
        SourceId source, std::optional<SourceId> richer, std::vector<store::EditStep>& steps);
    /// What is told of two results that the user takes for one.
    Result<std::string> whyTwin(SourceId source, SourceId richer);
    /// Where the source is a part of a whole run: the steps that remove the whole, so that the source can
    /// leave it and its other parts are shown again.
    Result<void> endWhole(SourceId part, std::vector<store::EditStep>& steps);
    Result<Edit> setRunAttribute(
        const std::vector<RunId>& of, const std::string& field, const std::string& value);
    /// A run for points that the user takes out of others; the same points make the same one.
    Result<RunId> runApart(const std::vector<Subject>& points, std::string& uid);

    /// Before a new reading of the same bytes takes effect: words follow their points and runs into it, and
    /// what they were about and is not there any more is told (lostWords).
    Result<void> carryWords(SourceId fresh);
    std::map<std::string, std::vector<Warning>> lostWords; ///< by SHA-256 of the source

    Result<void> forgetEdits(std::span<const SourceId> purged); ///< those that would bring back what is gone

    Result<void> erasePoint(PointId point);
    /// Deletes a source of any state with all its rows, in transactions of bounded size.
    Result<void> erase(SourceId source);
    /// What dead imports left, and what newer readings of the same bytes replaced.
    Result<void> eraseLeftovers();
    Result<std::vector<std::int64_t>> integers(const std::string& sql);
};

} // namespace prism
