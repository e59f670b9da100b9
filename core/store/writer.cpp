// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/writer.h"

#include "core/store/point_blobs.h"
#include "core/store/source_rows.h"
#include "core/store/writer_impl.h"

#include <algorithm>

namespace prism {

using namespace store;

namespace {
constexpr std::size_t batchRows = 10'000;
constexpr std::size_t batchBytes = 4u << 20;
constexpr std::size_t chunkBytes = 1u << 20; ///< raw bytes of an original in one row
constexpr int detailLevel = 1;
constexpr int originalLevel = 1;
constexpr std::int64_t maxPointId = 0x7fffffff; ///< upper half of gap.id
} // namespace

StoreWriter::StoreWriter(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

StoreWriter::~StoreWriter()
{
    if (m_impl->database->inTransaction()) {
        (void)m_impl->database->exec("ROLLBACK");
    }
    if (m_impl->failed) {
        return;
    }
    if (!m_impl->building.empty()) {
        (void)m_impl->eraseLeftovers();
    }
    if (m_impl->dirty) {
        (void)m_impl->setMeta("clean", 1);
    }
    // Readers may hold the journal back; then the next writer empties it.
    (void)m_impl->database->exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<std::unique_ptr<StoreWriter>> StoreWriter::open(const std::string& name,
    const std::function<void(const std::string& holder)>& waiting, std::stop_token stop,
    const std::string& job)
{
    const std::string file = resolvedPath(name);
    if (auto fit = checkPath(file); !fit) {
        return fit.error();
    }
    auto lock = LockFile::take(file, job, waiting, stop);
    if (!lock) {
        return lock.error();
    }
    if (auto prepared = prepareFile(file); !prepared) {
        return prepared.error();
    }
    auto database = Database::open(file, Access::Write);
    if (!database) {
        return database.error();
    }
    if ((*database)->isReadOnly()) {
        return Error { file, {}, "the database cannot be written",
            "Make the file writable, or work on a copy" };
    }
    auto impl = std::make_unique<Impl>(std::move(*lock), std::move(*database));
    impl->database->cancelBy(stop);
    for (const auto step :
        { &Impl::checkAfterCrash, &Impl::prepareStatements, &Impl::readState, &Impl::eraseLeftovers }) {
        if (auto done = (*impl.*step)(); !done) {
            return done.error();
        }
    }
    // From here on a stop request is the job's affair: a statement cut short would end the writer.
    impl->database->cancelBy({});
    return std::unique_ptr<StoreWriter>(new StoreWriter(std::move(impl)));
}

Result<void> StoreWriter::Impl::checkAfterCrash()
{
    auto clean = database->integer("SELECT value FROM meta WHERE key = 'clean'");
    if (!clean) {
        return clean.error();
    }
    dirty = *clean == 0;
    if (!dirty) {
        return {};
    }
    auto verdict = database->text("PRAGMA quick_check(1)");
    if (!verdict) {
        return verdict.error();
    }
    if (*verdict != "ok") {
        return damaged(database->file(), "its structure (" + *verdict + ')');
    }
    return {};
}

Result<void> StoreWriter::Impl::prepareStatements()
{
    const std::pair<Statement*, std::string> all[] = {
        { &begin, "BEGIN IMMEDIATE" },
        { &commitStatement, "COMMIT" },
        { &insertSource, "INSERT INTO source VALUES (?, 0, ?, ?, ?, ?, ?, '', 0, NULL, x'', x'')" },
        { &finishSource,
            "UPDATE source SET sha256 = ?2, bytes = ?3, imported_at = ?4, attached = ?5, twin_of = ?6, notes "
            "= ?7,"
            " keys = ?8 WHERE id = ?1" },
        { &supersede,
            "UPDATE source SET state = 3 WHERE state = 1 AND sha256 = (SELECT sha256 FROM source WHERE id = "
            "?1) AND id <> ?1" },
        { &readySource, "UPDATE source SET state = 1 WHERE id = ?" },
        { &insertRun, "INSERT INTO run(id, uid, label, producer) VALUES (?, ?, ?, ?)" },
        { &findRun, "SELECT id FROM run WHERE uid = ?" },
        { &insertPoint, "INSERT INTO point VALUES (?, ?, ?, 0, 0, '', '', x'')" },
        { &insertWholePoint, "INSERT INTO point VALUES (?, ?, ?, ?, 0, ?, ?, ?)" },
        { &describePoint,
            "UPDATE point SET run = ?4, label = ?5, grp = ?6, attributes = ?7 WHERE id = ?1 AND source = ?2 "
            "AND idx = ?3" },
        { &insertMeasures, "INSERT INTO point_measures VALUES (?, ?)" },
        { &insertDetail, "INSERT INTO point_detail VALUES (?, ?)" },
        { &setRequests, "UPDATE point SET requests = ? WHERE id = ?" },
        { &insertRequest, "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" },
        { &insertGap, "INSERT INTO gap VALUES (?, ?)" },
        { &insertSeries,
            "INSERT INTO series(point, name, unit, path, absolute, data) VALUES (?, ?, ?, ?, ?, ?)" },
        { &insertOriginal, "INSERT INTO original VALUES (?, ?)" },
        { &insertKey, "INSERT INTO measure_key VALUES (?, ?, ?, ?)" },
        { &insertName, "INSERT INTO attribute_name VALUES (?, ?)" },
        { &insertArchive, "INSERT OR REPLACE INTO archive VALUES (?, ?)" },
        { &bySha,
            "SELECT " + std::string(sourceColumns) + " FROM source s WHERE s.state = 1 AND s.sha256 = ?" },
    };
    for (const auto& [statement, sql] : all) {
        auto prepared = database->prepare(sql);
        if (!prepared) {
            return prepared.error();
        }
        *statement = std::move(*prepared);
    }
    return {};
}

Result<void> StoreWriter::Impl::readState()
{
    // Ids are never given twice, so that a view that still names a purged point shows nothing rather than
    // another one.
    const std::pair<std::int64_t*, const char*> counters[] = {
        { &nextSource,
            "SELECT max((SELECT value FROM meta WHERE key = 'next_source'), 1 + ifnull((SELECT max(id) FROM "
            "source), 0))" },
        { &nextPoint,
            "SELECT max((SELECT value FROM meta WHERE key = 'next_point'), 1 + ifnull((SELECT max(id) FROM "
            "point), 0))" },
        { &nextRun,
            "SELECT max((SELECT value FROM meta WHERE key = 'next_run'), 1 + ifnull((SELECT max(id) FROM "
            "run), 0))" },
    };
    for (const auto& [counter, sql] : counters) {
        auto value = database->integer(sql);
        if (!value) {
            return value.error();
        }
        *counter = *value;
    }
    auto keys = database->prepare("SELECT id, metric, stat, semantics FROM measure_key", false);
    auto names = database->prepare("SELECT id, name FROM attribute_name", false);
    if (!keys || !names) {
        return !keys ? keys.error() : names.error();
    }
    Result<bool> row = keys->next();
    for (; row && *row; row = keys->next()) {
        const Metric* metric = findMetric(keys->text(1));
        const auto stat = Stat::parse(keys->text(2));
        nextKey = std::max(nextKey, static_cast<std::uint32_t>(keys->integer(0)) + 1);
        if (metric && stat) {
            measureKeys.emplace(
                MeasureId { metric, *stat, keys->string(3) }, static_cast<std::uint32_t>(keys->integer(0)));
        }
    }
    if (!row) {
        return row.error();
    }
    for (row = names->next(); row && *row; row = names->next()) {
        attributeNames.emplace(names->string(1), static_cast<std::uint32_t>(names->integer(0)));
    }
    return row ? Result<void>() : Result<void>(row.error());
}

Result<void> StoreWriter::Impl::guard(Result<void> result)
{
    if (!result && !failed && database->hasFailed()) {
        failed = result.error();
    }
    return result;
}

Result<void> StoreWriter::Impl::setMeta(const char* key, std::int64_t value)
{
    return database->exec("UPDATE meta SET value = " + std::to_string(value) + " WHERE key = '" + key + '\'');
}

Result<void> StoreWriter::Impl::inTransaction()
{
    if (failed) {
        return *failed;
    }
    if (database->inTransaction()) {
        return {};
    }
    if (auto begun = begin.run(); !begun) {
        return guard(begun);
    }
    rowsInBatch = 0;
    bytesInBatch = 0;
    if (!dirty) {
        dirty = true;
        return guard(setMeta("clean", 0));
    }
    return {};
}

Result<void> StoreWriter::Impl::endBatch()
{
    return database->inTransaction() ? guard(commitStatement.run()) : Result<void>();
}

Result<void> StoreWriter::Impl::spent(std::size_t rows, std::size_t bytes)
{
    rowsInBatch += rows;
    bytesInBatch += bytes;
    return rowsInBatch >= batchRows || bytesInBatch >= batchBytes ? endBatch() : Result<void>();
}

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

Result<std::uint32_t> StoreWriter::Impl::keyOf(const Measure& measure)
{
    MeasureId id { measure.metric, measure.stat, measure.semantics };
    if (const auto it = measureKeys.find(id); it != measureKeys.end()) {
        return it->second;
    }
    const std::uint32_t key = nextKey;
    if (key >= maxMeasureKeys) {
        return Error { database->file(), {}, "the database knows too many different statistics", {} };
    }
    if (auto made = insertKey.run(key, measure.metric->id, measure.stat.name(), measure.semantics); !made) {
        return made.error();
    }
    measureKeys.emplace(std::move(id), key);
    ++nextKey;
    return key;
}

Result<std::uint32_t> StoreWriter::Impl::nameOf(const std::string& attribute)
{
    if (const auto it = attributeNames.find(attribute); it != attributeNames.end()) {
        return it->second;
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
        auto key = keyOf(measure);
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

Result<void> StoreWriter::Impl::writeAttributes(const LoadPoint& load)
{
    scratch.clear();
    scratch.number(load.attributes.size());
    for (const Attribute& attribute : load.attributes) {
        auto name = nameOf(attribute.name);
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
    m_impl->building[id].sha256 = source.sha256;
    return id;
}

Result<void> StoreWriter::addPoint(SourceId id, const LoadPoint& load, const RunKey& runKey)
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
    auto done = !run ? Result<void>(run.error()) : m_impl->writeAttributes(load);
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
        const std::string& detail = m_impl->compressor.pack(m_impl->scratch.bytes(), detailLevel);
        bytes += detail.size();
        done = m_impl->insertDetail.run(point.id, Blob(detail));
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
        const std::optional<std::string_view> error
            = row.error.empty() ? std::nullopt : std::optional<std::string_view>(row.error);
        auto done = m_impl->insertRequest.run(point.id, row.index, row.ok ? 1 : 0, start,
            milliseconds(row.ttft), milliseconds(row.e2e), row.isl, row.osl, error);
        if (!done) {
            return m_impl->guard(done);
        }
        ++point.requests;
        if (!row.gapsMs.empty()) {
            done = addGaps(id, index, row.index, row.gapsMs);
        }
        if (done) {
            done = m_impl->spent(1, 64 + row.error.size());
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
    const std::span bytes(reinterpret_cast<const char*>(gapsMs.data()), gapsMs.size_bytes());
    if (auto done = m_impl->insertGap.run((*point)->id << 32 | request, Blob(bytes)); !done) {
        return m_impl->guard(done);
    }
    return m_impl->spent(0, bytes.size() + 16);
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

Result<void> StoreWriter::Impl::writeChunk(SourceId id, BuildingSource& source)
{
    if (auto open = inTransaction(); !open) {
        return open;
    }
    const std::string& packedBytes = compressor.pack(source.original, originalLevel);
    if (auto done = insertOriginal.run(id << 32 | source.chunks, Blob(packedBytes)); !done) {
        return guard(done);
    }
    ++source.chunks;
    source.original.clear();
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
        chunk.append(bytes.data(), take);
        bytes = bytes.subspan(take);
        if (chunk.size() == chunkBytes) {
            if (auto done = m_impl->writeChunk(id, **source); !done) {
                return done;
            }
        }
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
        if (auto done = m_impl->writeChunk(id, source); !done) {
            return done;
        }
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
    if (source.sha256.empty()) {
        return Error { m_impl->database->file(), {}, "a source without the hash of its bytes", {} };
    }
    BlobWriter notes;
    writeNotes(notes, finished.counts, finished.warnings);
    const std::string_view keys(
        reinterpret_cast<const char*>(source.keys.data()), source.keys.size() * sizeof source.keys[0]);
    const std::optional<std::string> twin
        = finished.twinOf.empty() ? std::nullopt : std::optional(finished.twinOf);
    auto bytes = finished.bytes > 0
        ? Result<std::int64_t>(static_cast<std::int64_t>(finished.bytes))
        : m_impl->database->integer("SELECT bytes FROM source WHERE id = " + std::to_string(id));
    if (!bytes) {
        return m_impl->guard(bytes.error());
    }
    auto done = m_impl->finishSource.run(id, source.sha256, *bytes, utcNow(), finished.attached ? 1 : 0, twin,
        Blob(notes.bytes()), Blob(keys));
    if (!done) {
        return m_impl->guard(done);
    }
    source.finished = true;
    source.points.clear();
    m_impl->finished.push_back(id);
    return {};
}

Result<void> StoreWriter::Impl::makeVisible(SourceId id)
{
    auto done = supersede.run(id);
    return done ? readySource.run(id) : done;
}

Result<void> StoreWriter::Impl::raiseRevision()
{
    return database->exec("UPDATE meta SET value = value + 1 WHERE key = 'revision'");
}

Result<void> StoreWriter::Impl::writeCounters()
{
    auto done = setMeta("next_source", nextSource);
    if (done) {
        done = setMeta("next_point", nextPoint);
    }
    return done ? setMeta("next_run", nextRun) : done;
}

Result<void> StoreWriter::commit()
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    if (m_impl->finished.empty() && m_impl->archives.empty()) {
        return {};
    }
    auto done = m_impl->inTransaction();
    for (std::size_t i = 0; done && i < m_impl->finished.size(); ++i) {
        done = m_impl->makeVisible(m_impl->finished[i]);
    }
    for (std::size_t i = 0; done && i < m_impl->archives.size(); ++i) {
        done = m_impl->insertArchive.run(m_impl->archives[i].first, m_impl->archives[i].second);
    }
    if (done && !m_impl->finished.empty()) {
        done = m_impl->writeCounters();
    }
    if (done && !m_impl->finished.empty()) {
        done = m_impl->raiseRevision();
    }
    if (done) {
        done = m_impl->commitStatement.run();
    }
    if (!done) {
        m_impl->failed = done.error();
        return done;
    }
    for (const SourceId id : m_impl->finished) {
        m_impl->building.erase(id);
    }
    m_impl->finished.clear();
    m_impl->archives.clear();
    return {};
}

Result<void> StoreWriter::abandon(SourceId id)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    m_impl->building.erase(id);
    std::erase(m_impl->finished, id);
    return m_impl->erase(id);
}

Result<std::optional<SourceRecord>> StoreWriter::known(const std::string& sha256)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    m_impl->bySha.start(sha256);
    auto row = m_impl->bySha.next();
    if (!row) {
        return row.error();
    }
    if (*row) {
        auto source = sourceFrom(m_impl->bySha, m_impl->database->file());
        m_impl->bySha.reset();
        return source ? Result<std::optional<SourceRecord>>(std::move(*source)) : source.error();
    }
    for (const SourceId id : m_impl->finished) {
        if (m_impl->building.at(id).sha256 != sha256) {
            continue;
        }
        auto pending = m_impl->database->prepare(
            "SELECT " + std::string(sourceColumns) + " FROM source s WHERE s.id = ?", false);
        if (!pending) {
            return pending.error();
        }
        pending->start(id);
        row = pending->next();
        if (!row || !*row) {
            return !row ? row.error() : damaged(m_impl->database->file(), "a source");
        }
        auto source = sourceFrom(*pending, m_impl->database->file());
        return source ? Result<std::optional<SourceRecord>>(std::move(*source)) : source.error();
    }
    return std::optional<SourceRecord>();
}

Result<std::optional<SourceId>> StoreWriter::removedWith(const std::string& sha256)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    auto statement
        = m_impl->database->prepare("SELECT max(id) FROM source WHERE state = 2 AND sha256 = ?", false);
    if (!statement) {
        return statement.error();
    }
    statement->start(sha256);
    auto row = statement->next();
    if (!row) {
        return row.error();
    }
    return *row ? statement->optionalInteger(0) : std::optional<SourceId>();
}

Result<void> StoreWriter::rememberArchive(const std::string& sha256, const std::vector<std::string>& members)
{
    std::string joined;
    for (const std::string& member : members) {
        joined += (joined.empty() ? "" : "\n") + member;
    }
    m_impl->archives.emplace_back(sha256, std::move(joined));
    return {};
}

Result<std::optional<std::vector<std::string>>> StoreWriter::archiveMembers(const std::string& sha256)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    auto statement = m_impl->database->prepare("SELECT members FROM archive WHERE sha256 = ?", false);
    if (!statement) {
        return statement.error();
    }
    statement->start(sha256);
    auto row = statement->next();
    if (!row) {
        return row.error();
    }
    if (!*row) {
        return std::optional<std::vector<std::string>>();
    }
    std::vector<std::string> members;
    std::string_view rest = statement->text(0);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        members.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::optional(std::move(members));
}

} // namespace prism
