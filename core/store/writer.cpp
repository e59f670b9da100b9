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
    impl->database->cancelBy(std::move(stop));
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

bool StoreWriter::usable() const
{
    return !m_impl->failed;
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
        { &inheritTwin,
            "UPDATE source SET twin_of = (SELECT o.twin_of FROM source o WHERE o.state IN (1, 2) AND "
            "o.sha256 = "
            "source.sha256 ORDER BY o.state, o.id DESC LIMIT 1) WHERE id = ?1 AND twin_of IS NULL" },
        { &moveTwins,
            "UPDATE source SET twin_of = ?2 WHERE twin_of = (SELECT sha256 FROM source WHERE id = ?1)" },
        { &markTwin, "UPDATE source SET twin_of = ?2 WHERE id = ?1" },
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
        { &insertRequest, "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
        { &insertGap, "INSERT INTO gap VALUES (?, ?)" },
        { &insertSeries,
            "INSERT INTO series(point, name, unit, path, absolute, data) VALUES (?, ?, ?, ?, ?, ?)" },
        { &insertOriginal, "INSERT INTO original VALUES (?, ?)" },
        { &insertBatch, "INSERT INTO trace_batch VALUES (?, ?)" },
        { &insertSheet, "INSERT INTO trace_sheet VALUES (?, ?)" },
        { &insertKey, "INSERT INTO measure_key VALUES (?, ?, ?, ?)" },
        { &insertName, "INSERT INTO attribute_name VALUES (?, ?)" },
        { &insertArchive, "INSERT OR REPLACE INTO archive VALUES (?, ?)" },
        { &insertPointTime, "INSERT INTO point_time VALUES (?, ?, ?)" },
        { &insertPointLocalTime, "INSERT INTO point_local_time VALUES (?, ?, ?)" },
        { &insertSourceTime, "INSERT INTO source_time VALUES (?, ?, ?)" },
        { &insertSourceLocalTime, "INSERT INTO source_local_time VALUES (?, ?, ?)" },
        { &insertLink,
            "INSERT OR REPLACE INTO link SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?5 = 1 OR NOT EXISTS (SELECT 1 FROM "
            "link WHERE source = ?1 AND by_user = 1)" },
        { &inheritLinks,
            "INSERT OR IGNORE INTO link SELECT ?1, l.run, l.role, l.why, 1 FROM link l JOIN source o ON o.id "
            "= "
            "l.source WHERE l.by_user = 1 AND o.state IN (1, 2) AND o.id <> ?1 AND o.sha256 = (SELECT sha256 "
            "FROM source WHERE id = ?1)" },
        { &removedBySha,
            "SELECT " + std::string(sourceColumns)
                + " FROM source s WHERE s.state = 2 AND s.sha256 = ? ORDER BY s.id DESC LIMIT 1" },
        { &hasWords,
            "SELECT 1 FROM word WHERE subject = (SELECT sha256 FROM source WHERE id = ?) AND idx >= 0 LIMIT "
            "1" },
        { &archiveBySha, "SELECT members FROM archive WHERE sha256 = ?" },
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

Result<void> StoreWriter::Impl::makeVisible(SourceId id)
{
    // The same bytes stay the twin of what they were one of.
    auto done = building.at(id).newReading ? inheritTwin.run(id) : Result<void>();
    done = done && building.at(id).newReading ? inheritLinks.run(id) : done;
    done = done ? carryWords(id) : done;
    done = done ? supersede.run(id) : done;
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
    const bool changes = !m_impl->finished.empty() || m_impl->linked;
    if (!changes && m_impl->archives.empty()) {
        return {};
    }
    auto done = m_impl->inTransaction();
    for (std::size_t i = 0; done && i < m_impl->finished.size(); ++i) {
        done = m_impl->makeVisible(m_impl->finished[i]);
    }
    for (std::size_t i = 0; done && i < m_impl->archives.size(); ++i) {
        done = m_impl->insertArchive.run(m_impl->archives[i].first, m_impl->archives[i].second);
    }
    if (done && changes) {
        done = m_impl->writeCounters();
    }
    if (done && changes) {
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
    m_impl->finishedBySha.clear();
    m_impl->archives.clear();
    m_impl->linked = false;
    return {};
}

Result<void> StoreWriter::abandon(SourceId id)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    m_impl->building.erase(id);
    std::erase(m_impl->finished, id);
    std::erase_if(m_impl->finishedBySha, [id](const auto& entry) { return entry.second == id; });
    return m_impl->erase(id);
}

Result<void> StoreWriter::setTwin(SourceId source, const std::string& richerSha256)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    // What stood behind it stands behind the richer one with it.
    m_impl->linked = true;
    auto moved = m_impl->moveTwins.run(source, richerSha256);
    return m_impl->guard(moved ? m_impl->markTwin.run(source, richerSha256) : moved);
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
    const auto [first, last] = m_impl->finishedBySha.equal_range(sha256);
    if (first == last) {
        return std::optional<SourceRecord>();
    }
    const SourceId id = std::min_element(first, last, [](const auto& a, const auto& b) {
        return a.second < b.second;
    })->second;
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

Result<std::optional<SourceRecord>> StoreWriter::removedWith(const std::string& sha256)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    m_impl->removedBySha.start(sha256);
    auto row = m_impl->removedBySha.next();
    if (!row) {
        return row.error();
    }
    if (!*row) {
        return std::optional<SourceRecord>();
    }
    auto source = sourceFrom(m_impl->removedBySha, m_impl->database->file());
    m_impl->removedBySha.reset();
    return source ? Result<std::optional<SourceRecord>>(std::move(*source)) : source.error();
}

Result<StoreWriter::Content> StoreWriter::contentOf(SourceId source)
{
    if (m_impl->failed) {
        return *m_impl->failed;
    }
    auto sums = m_impl->database->prepare(
        "SELECT count(DISTINCT run), count(*), coalesce(sum(requests), 0) FROM point WHERE source = ?",
        false);
    if (!sums) {
        return sums.error();
    }
    sums->start(source);
    if (const auto row = sums->next(); !row) {
        return row.error();
    }
    return Content { static_cast<std::uint64_t>(sums->integer(0)),
        static_cast<std::uint64_t>(sums->integer(1)), static_cast<std::uint64_t>(sums->integer(2)) };
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
    m_impl->archiveBySha.start(sha256);
    auto row = m_impl->archiveBySha.next();
    if (!row) {
        return row.error();
    }
    std::optional<std::vector<std::string>> members;
    if (*row) {
        members.emplace();
        std::string_view rest = m_impl->archiveBySha.text(0);
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            members->emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    m_impl->archiveBySha.reset();
    return members;
}

} // namespace prism
