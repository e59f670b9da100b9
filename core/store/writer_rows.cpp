// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/gap_blobs.h"
#include "core/store/point_blobs.h"
#include "core/store/source_rows.h"
#include "core/store/trace_blobs.h"
#include "core/store/writer.h"
#include "core/store/writer_impl.h"

#include <algorithm>

namespace prism {

using namespace store;

namespace {

constexpr std::size_t chunkBytes = 1u << 20; ///< raw bytes of an original in one row
/// Paths and names: against level 1 a folder of small reports costs a tenth less CPU time, its database is a
/// tenth larger.
constexpr Packing detailPacking { -4 };
constexpr Packing textPacking { 1 };
/// Among numbers repetitions are chance: a file of token times takes a third less CPU time than with
/// `textPacking`, and a tenth less room.
constexpr Packing numbersPacking { -8, true };
/// A small file pays for the search of repetitions and finds few: a quarter less CPU time, a twentieth more
/// room.
constexpr Packing smallPacking { -4, true };
constexpr std::size_t smallOriginal = 32u << 10;
constexpr std::int64_t chunksAChoice = 32; ///< of an original, before both are tried again
constexpr Packing tracePacking { 1 };
constexpr std::int64_t maxPointId = 0x7fffffff; ///< upper half of gap.id
/// Statistics and property names that one source may be the first to bring: they stay, and every reader loads
/// all of them.
constexpr std::uint32_t maxNewWords = 4096;
} // namespace

Result<BuildingSource*> StoreWriter::Impl::find(SourceId source)
{
    const auto it = building.find(source);
    if (failed) {
        return *failed;
    }
    if (it == building.end() || it->second.finished) {
        return Error { database->file(), {}, "source " + std::to_string(source) + " is not being written",
            {} };
    }
    return &it->second;
}

Result<BuildingPoint*> StoreWriter::Impl::pointOf(SourceId id, BuildingSource& source, std::uint32_t index)
{
    if (auto open = inTransaction(); !open) {
        return open.error();
    }
    BuildingPoint& point = source.points[index];
    if (point.id != 0) {
        return &point;
    }
    if (nextPoint > maxPointId) {
        return Error { database->file(), {}, "the database has no room for more points",
            "Import into a new database" };
    }
    // The row comes first and is described by addPoint(), so that rows that came before it are found after a
    // crash.
    const PointId fresh = nextPoint++;
    if (auto done = guard(insertPoint.run(fresh, id, index)); !done) {
        return done.error();
    }
    point.id = fresh;
    return &point;
}

Result<RunId> StoreWriter::Impl::runOf(const RunKey& key)
{
    if (const auto it = runs.find(key.key); it != runs.end()) {
        return it->second;
    }
    const std::string uid = shortHash(key.key);
    findRun.start(uid);
    auto row = findRun.next();
    if (!row) {
        return row.error();
    }
    RunId id = *row ? findRun.integer(0) : 0;
    findRun.reset();
    if (id == 0) {
        id = nextRun++;
        if (auto made = insertRun.run(id, uid, key.label, key.producer); !made) {
            return made.error();
        }
    }
    runs.emplace(key.key, id);
    return id;
}

std::size_t StoreWriter::Impl::MeasureIdHash::operator()(const MeasureId& id) const
{
    std::size_t hash = std::hash<const void*>()(id.metric) * 31 + static_cast<std::size_t>(id.stat.kind());
    hash = hash * 31 + std::hash<double>()(id.stat.percentile());
    return id.semantics.empty() ? hash : hash ^ std::hash<std::string>()(id.semantics);
}

Result<std::uint32_t> StoreWriter::Impl::keyOf(BuildingSource& source, const Measure& measure)
{
    MeasureId id { measure.metric, measure.stat, measure.semantics };
    if (const auto it = measureKeys.find(id); it != measureKeys.end()) {
        return it->second;
    }
    const std::uint32_t key = nextKey;
    if (key >= maxMeasureKeys || ++source.newWords > maxNewWords) {
        return Error { database->file(), {}, "the database knows too many different statistics", {} };
    }
    if (auto made = insertKey.run(key, measure.metric->id, measure.stat.name(), measure.semantics); !made) {
        return made.error();
    }
    measureKeys.emplace(std::move(id), key);
    ++nextKey;
    return key;
}

Result<std::uint32_t> StoreWriter::Impl::nameOf(BuildingSource& source, const std::string& attribute)
{
    if (const auto it = attributeNames.find(attribute); it != attributeNames.end()) {
        return it->second;
    }
    if (++source.newWords > maxNewWords) {
        return Error { database->file(), {}, "it names too many properties that no file before it has", {} };
    }
    const auto id = static_cast<std::uint32_t>(attributeNames.size() + 1);
    if (auto made = insertName.run(id, attribute); !made) {
        return made.error();
    }
    attributeNames.emplace(attribute, id);
    return id;
}

Result<void> StoreWriter::Impl::writeMeasures(BuildingSource& source, PointId point, const LoadPoint& load)
{
    words.clear();
    values.clear();
    for (const Measure& measure : load.measures) {
        if (!measure.metric) {
            return Error { database->file(), {}, "a measure without a metric",
                "Report this as an error of the importer" };
        }
        auto key = keyOf(source, measure);
        if (!key) {
            return key.error();
        }
        const std::uint32_t word = packed({ *key, measure.status, measure.origin });
        words.append(reinterpret_cast<const char*>(&word), sizeof word);
        values.append(reinterpret_cast<const char*>(&measure.value), sizeof measure.value);
        if (measure.status != Status::Ok) {
            continue;
        }
        if (source.keySeen.size() <= *key) {
            source.keySeen.resize(nextKey);
        }
        if (!source.keySeen[*key]) {
            source.keySeen[*key] = true;
            source.keys.push_back(*key);
        }
    }
    words += values;
    return insertMeasures.run(point, Blob(words));
}

Result<void> StoreWriter::Impl::writeAttributes(BuildingSource& source, const LoadPoint& load)
{
    scratch.clear();
    scratch.number(load.attributes.size());
    for (const Attribute& attribute : load.attributes) {
        auto name = nameOf(source, attribute.name);
        if (!name) {
            return name.error();
        }
        body.clear();
        writeAttributeBody(body, attribute);
        scratch.number(*name);
        scratch.text(body.bytes());
    }
    return {};
}

Result<SourceId> StoreWriter::begin(const NewSource& source)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open.error();
    }
    const SourceId id = m_impl->nextSource++;
    auto made = m_impl->insertSource.run(
        id, source.path, source.sha256, source.bytes, source.producer, source.importerVersion);
    if (auto checked = m_impl->guard(made); !checked) {
        return checked.error();
    }
    BuildingSource& building = m_impl->building[id];
    building.sha256 = source.sha256;
    building.bytes = source.bytes;
    return id;
}

Result<void> StoreWriter::addPoint(SourceId id, const LoadPoint& load, const RunKey& runKey,
    const std::optional<TimeSpan>& measured, const std::optional<TimeSpan>& measuredLocally)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    BuildingPoint& point = (*source)->points[load.index];
    if (point.described || m_impl->nextPoint > maxPointId) {
        return Error { m_impl->database->file(), {},
            point.described ? "point " + std::to_string(load.index) + " came twice"
                            : "the database has no room for more points",
            {} };
    }
    const bool known = point.id != 0;
    point.id = known ? point.id : m_impl->nextPoint++;
    auto run = m_impl->runOf(runKey);
    auto done = !run ? Result<void>(run.error()) : m_impl->writeAttributes(**source, load);
    if (done) {
        Statement& row = known ? m_impl->describePoint : m_impl->insertWholePoint;
        done = row.run(point.id, id, load.index, *run, load.label, load.group, Blob(m_impl->scratch.bytes()));
    }
    std::size_t bytes = m_impl->scratch.bytes().size();
    if (done) {
        done = m_impl->writeMeasures(**source, point.id, load);
        bytes += m_impl->words.size();
    }
    if (done) {
        m_impl->scratch.clear();
        writeDetail(m_impl->scratch, load);
        const std::string_view detail = m_impl->compressor.pack(m_impl->scratch.bytes(), detailPacking);
        bytes += detail.size();
        done = m_impl->insertDetail.run(point.id, Blob(detail));
    }
    if (done && measured) {
        done = m_impl->insertPointTime.run(point.id, measured->begin, measured->end);
    }
    if (done && measuredLocally) {
        done = m_impl->insertPointLocalTime.run(point.id, measuredLocally->begin, measuredLocally->end);
    }
    if (!done) {
        return m_impl->guard(done);
    }
    point.described = true;
    return m_impl->spent(1, bytes);
}

Result<void> StoreWriter::addRequests(SourceId id, std::uint32_t index, std::span<const RequestRow> rows)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    auto found = m_impl->pointOf(id, **source, index);
    if (!found) {
        return found.error();
    }
    BuildingPoint& point = **found;
    for (const RequestRow& row : rows) {
        if (auto open = m_impl->inTransaction(); !open) {
            return open;
        }
        const auto milliseconds
            = [](const std::optional<Milliseconds>& t) { return t ? std::optional(t->value) : std::nullopt; };
        const std::optional<double> start = row.start ? std::optional(row.start->value) : std::nullopt;
        const auto textIfAny = [](const std::string& text) {
            return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
        };
        auto done
            = m_impl->insertRequest.run(point.id, row.index, row.ok ? 1 : 0, start, milliseconds(row.ttft),
                milliseconds(row.e2e), row.isl, row.osl, textIfAny(row.error), textIfAny(row.id));
        if (!done) {
            return m_impl->guard(done);
        }
        ++point.requests;
        if (!row.gapsMs.empty()) {
            done = addGaps(id, index, row.index, row.gapsMs);
        }
        if (done) {
            done = m_impl->spent(1, 64 + row.error.size() + row.id.size());
        }
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> StoreWriter::addGaps(
    SourceId id, std::uint32_t index, std::uint32_t request, std::span<const double> gapsMs)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    auto point = m_impl->pointOf(id, **source, index);
    if (!point) {
        return point.error();
    }
    writeGaps(m_impl->gaps, gapsMs);
    if (auto done = m_impl->insertGap.run((*point)->id << 32 | request, Blob(m_impl->gaps)); !done) {
        return m_impl->guard(done);
    }
    return m_impl->spent(0, m_impl->gaps.size() + 16);
}

Result<void> StoreWriter::addSeries(SourceId id, std::uint32_t index, const TimeSeries& series)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    if (series.seconds.size() != series.values.size()) {
        return Error { m_impl->database->file(), {},
            "series " + series.name + " has other counts of times and values", {} };
    }
    auto point = m_impl->pointOf(id, **source, index);
    if (!point) {
        return point.error();
    }
    m_impl->scratch.clear();
    writeSamples(m_impl->scratch, series, m_impl->compressor);
    auto done = m_impl->insertSeries.run((*point)->id, series.name, series.unit, series.path,
        series.absolute ? 1 : 0, Blob(m_impl->scratch.bytes()));
    return done ? m_impl->spent(1, m_impl->scratch.bytes().size()) : m_impl->guard(done);
}

Result<void> StoreWriter::addTrace(SourceId id, const TraceBatch& batch)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    m_impl->scratch.clear();
    writeBatch(m_impl->scratch, batch);
    const std::string_view packed = m_impl->compressor.pack(m_impl->scratch.bytes(), tracePacking);
    if (auto done = m_impl->insertBatch.run(id << 32 | (*source)->batches, Blob(packed)); !done) {
        return m_impl->guard(done);
    }
    ++(*source)->batches;
    return m_impl->spent(1, packed.size());
}

Result<void> StoreWriter::addTraceSheet(SourceId id, const TraceSheet& sheet)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    m_impl->scratch.clear();
    writeSheet(m_impl->scratch, sheet);
    const std::string_view packed = m_impl->compressor.pack(m_impl->scratch.bytes(), tracePacking);
    auto done = m_impl->insertSheet.run(id, Blob(packed));
    return done ? m_impl->spent(1, packed.size()) : m_impl->guard(done);
}

Result<void> StoreWriter::Impl::writeChunk(SourceId id, BuildingSource& source, std::span<const char> raw)
{
    if (auto open = inTransaction(); !open) {
        return open;
    }
    if (source.chunks % chunksAChoice == 0 && raw.size() == chunkBytes) {
        const std::size_t asNumbers = compressor.pack(raw, numbersPacking).size();
        source.isNumbers = asNumbers <= compressor.pack(raw, textPacking).size();
    }
    const bool isSmall = source.chunks == 0 && raw.size() <= smallOriginal;
    const std::string_view packedBytes = compressor.pack(raw,
        isSmall                ? smallPacking
            : source.isNumbers ? numbersPacking
                               : textPacking);
    if (auto done = insertOriginal.run(id << 32 | source.chunks, Blob(packedBytes)); !done) {
        return guard(done);
    }
    ++source.chunks;
    return spent(1, packedBytes.size());
}

Result<void> StoreWriter::addOriginal(SourceId id, std::span<const char> bytes)
{
    auto source = m_impl->find(id);
    if (!source) {
        return source.error();
    }
    std::string& chunk = (*source)->original;
    while (!bytes.empty()) {
        const std::size_t take = std::min(bytes.size(), chunkBytes - chunk.size());
        const bool whole = take == chunkBytes;
        if (!whole) {
            chunk.append(bytes.data(), take);
        }
        if (whole || chunk.size() == chunkBytes) {
            const std::span<const char> raw = whole ? bytes.first(take) : std::span<const char>(chunk);
            if (auto done = m_impl->writeChunk(id, **source, raw); !done) {
                return done;
            }
            chunk.clear();
        }
        bytes = bytes.subspan(take);
    }
    return {};
}

Result<void> StoreWriter::finish(SourceId id, const Finished& finished)
{
    auto found = m_impl->find(id);
    if (!found) {
        return found.error();
    }
    BuildingSource& source = **found;
    if (!source.original.empty()) {
        if (auto done = m_impl->writeChunk(id, source, source.original); !done) {
            return done;
        }
        source.original.clear();
    }
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    for (const auto& [index, point] : source.points) {
        if (!point.described && !finished.attached) {
            return Error { m_impl->database->file(), {},
                "rows of point " + std::to_string(index) + " came without the point",
                "Report this as an error of the importer" };
        }
        if (point.requests > 0) {
            if (auto done = m_impl->guard(m_impl->setRequests.run(point.requests, point.id)); !done) {
                return done;
            }
        }
    }
    if (!finished.sha256.empty()) {
        source.sha256 = finished.sha256;
    }
    if (finished.bytes > 0) {
        source.bytes = finished.bytes;
    }
    if (source.sha256.empty()) {
        return Error { m_impl->database->file(), {}, "a source without the hash of its bytes", {} };
    }
    BlobWriter notes;
    writeNotes(notes, finished.counts, finished.warnings);
    const std::string_view keys(
        reinterpret_cast<const char*>(source.keys.data()), source.keys.size() * sizeof source.keys[0]);
    const std::optional<std::string> twin
        = finished.twinOf.empty() ? std::nullopt : std::optional(finished.twinOf);
    auto done = m_impl->finishSource.run(id, source.sha256, source.bytes, utcNow(), finished.attached ? 1 : 0,
        twin, Blob(notes.bytes()), Blob(keys));
    if (!done) {
        return m_impl->guard(done);
    }
    if (finished.covers) {
        done = m_impl->insertSourceTime.run(id, finished.covers->begin, finished.covers->end);
    }
    if (done && finished.coversLocally) {
        done = m_impl->insertSourceLocalTime.run(
            id, finished.coversLocally->begin, finished.coversLocally->end);
    }
    if (!done) {
        return m_impl->guard(done);
    }
    source.finished = true;
    source.newReading = finished.newReading;
    source.points.clear();
    m_impl->finished.push_back(id);
    m_impl->finishedBySha.emplace(source.sha256, id);
    return {};
}

} // namespace prism
