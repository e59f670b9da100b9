// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/store.h"

#include "core/store/lock_file.h"
#include "core/store/reader_impl.h"
#include "core/store/schema.h"
#include "core/store/source_rows.h"
#include "core/store/table_builder.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

namespace prism {

using namespace store;

namespace {

/// Makes or updates the file behind the lock. Somebody who works long on it is named in the error.
Result<void> prepareBehindLock(const std::string& file)
{
    using Clock = std::chrono::steady_clock;
    const auto giveUp = Clock::now() + std::chrono::seconds(2);
    std::stop_source stop;
    std::string holder;
    const auto waiting = [&](const std::string& who) {
        holder = who;
        if (Clock::now() > giveUp) {
            stop.request_stop();
        }
    };
    auto lock = LockFile::take(file, "preparing the database", waiting, stop.get_token());
    if (!lock && stop.stop_requested()) {
        return Error { file, {}, "the database has to be prepared first, and " + holder + " is writing to it",
            "Try again when that is done" };
    }
    return lock ? prepareFile(file) : Result<void>(lock.error());
}

bool journalHasContent(const std::string& file)
{
    return existsWithContent(file + "-wal");
}

Stamp stampOf(const std::string& file)
{
    struct stat info { };
    if (stat(file.c_str(), &info) != 0) {
        return {};
    }
    return { static_cast<std::int64_t>(info.st_ino), info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
        journalHasContent(file) };
}

} // namespace

StoreReader::StoreReader(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

StoreReader::~StoreReader() = default;

Result<void> StoreReader::Impl::connect(bool asImmutable)
{
    dataVersion = {};
    readRevision = {};
    dictionariesAt.reset();
    lastDataVersion = -1;
    stamp = stampOf(file);
    immutable = asImmutable;
    auto opened = Database::open(file, Access::Read, asImmutable);
    if (!opened) {
        return opened.error();
    }
    database = std::move(*opened);
    auto state = inspectFile(*database);
    if (!state) {
        return state.error();
    }
    if (*state == FileState::NeedsPreparation && !asImmutable) {
        database.reset();
        if (auto prepared = prepareBehindLock(file); !prepared) {
            return prepared;
        }
        opened = Database::open(file, Access::Read);
        if (!opened) {
            return opened.error();
        }
        database = std::move(*opened);
    }
    auto version = database->prepare("PRAGMA data_version");
    if (!version) {
        return version.error();
    }
    auto revision = database->prepare("SELECT value FROM meta WHERE key = 'revision'");
    if (!revision) {
        return revision.error();
    }
    dataVersion = std::move(*version);
    readRevision = std::move(*revision);
    auto first = currentRevision();
    return first ? Result<void>() : Result<void>(first.error());
}

Result<std::unique_ptr<StoreReader>> StoreReader::open(const std::string& name)
{
    auto impl = std::make_unique<Impl>();
    impl->file = resolvedPath(name);
    if (auto fit = checkPath(impl->file); !fit) {
        return fit.error();
    }
    if (!existsWithContent(impl->file)) {
        if (auto prepared = prepareBehindLock(impl->file); !prepared) {
            return prepared.error();
        }
    }
    auto connected = impl->connect(false);
    if (!connected && impl->database) {
        // In a folder where nothing may be created SQLite cannot share memory; nobody writes there either.
        const int code = sqlite3_errcode(impl->database->handle()) & 0xff;
        if ((code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && !journalHasContent(impl->file)) {
            connected = impl->connect(true);
        }
    }
    if (!connected) {
        return connected.error();
    }
    return std::unique_ptr<StoreReader>(new StoreReader(std::move(impl)));
}

Result<void> StoreReader::Impl::reconnectIfChanged()
{
    if (!immutable || stampOf(file) == stamp) {
        return {};
    }
    auto connected = connect(false);
    return connected || journalHasContent(file) ? connected : connect(true);
}

Result<std::uint64_t> StoreReader::Impl::currentRevision()
{
    auto row = dataVersion.next();
    if (!row) {
        return row.error();
    }
    const std::int64_t version = dataVersion.integer(0);
    dataVersion.reset();
    if (version == lastDataVersion && !database->inTransaction()) {
        return lastRevision;
    }
    row = readRevision.next();
    if (!row || !*row) {
        return !row ? row.error() : damaged(file, "its revision");
    }
    lastRevision = static_cast<std::uint64_t>(readRevision.integer(0));
    readRevision.reset();
    lastDataVersion = version;
    return lastRevision;
}

std::uint64_t StoreReader::revision()
{
    if (!m_impl->reconnectIfChanged()) {
        return m_impl->lastRevision;
    }
    const auto revision = m_impl->currentRevision();
    return revision ? *revision : m_impl->lastRevision;
}

Result<void> StoreReader::Impl::loadDictionaries()
{
    auto revision = currentRevision();
    if (!revision || dictionariesAt == *revision) {
        return revision ? Result<void>() : Result<void>(revision.error());
    }
    auto newKeys = loadMeasureKeys(*database);
    auto newAliases = Aliases::load(*database);
    auto newWords = Words::load(*database);
    auto statement = database->prepare("SELECT id, name FROM attribute_name ORDER BY id", false);
    if (!newKeys || !newAliases || !newWords || !statement) {
        return !newKeys   ? newKeys.error()
            : !newAliases ? newAliases.error()
            : !newWords   ? newWords.error()
                          : statement.error();
    }
    names.clear();
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        const std::int64_t id = statement->integer(0);
        if (id < 1 || id > static_cast<std::int64_t>(names.size()) + maxKeyGap) {
            return damaged(file, "a name of an attribute");
        }
        names.resize(static_cast<std::size_t>(id) + 1);
        names.back() = statement->string(1);
    }
    if (!row) {
        return row.error();
    }
    keys = std::move(*newKeys);
    aliases = std::move(*newAliases);
    words = std::move(*newWords);
    dictionariesAt = *revision;
    return {};
}

Result<void> StoreReader::Impl::begin(std::optional<Snapshot>& snapshot)
{
    if (auto fresh = reconnectIfChanged(); !fresh) {
        return fresh;
    }
    snapshot.emplace(*database);
    return snapshot->begun() ? loadDictionaries() : snapshot->begun();
}

Result<std::vector<RunRecord>> StoreReader::runs()
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    auto shown
        = m_impl->database->prepare("SELECT s.id FROM source s WHERE " + std::string(sourceIsShown), false);
    auto points = m_impl->database->prepare(
        "SELECT run, source, id FROM point INDEXED BY point_run WHERE run > 0", false);
    const auto words = Words::load(*m_impl->database);
    if (!snapshot.begun() || !shown || !points || !words) {
        return !snapshot.begun() ? snapshot.begun().error()
            : !shown             ? shown.error()
            : !points            ? points.error()
                                 : words.error();
    }
    std::unordered_map<SourceId, bool> isShown;
    auto row = shown->next();
    for (; row && *row; row = shown->next()) {
        isShown[shown->integer(0)] = true;
    }
    if (!row) {
        return row.error();
    }
    RunCounts counts;
    for (row = points->next(); row && *row; row = points->next()) {
        if (isShown.contains(points->integer(1))) {
            const PointId point = points->integer(2);
            PointCount& count = counts[words->runOf(point, points->integer(0))];
            ++(words->isHidden(point) ? count.hidden : count.shown);
        }
    }
    return row ? loadRuns(*m_impl->database, counts, *words) : row.error();
}

Result<std::vector<SourceRecord>> StoreReader::sources()
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare(
        "SELECT " + std::string(sourceColumns) + " FROM source s WHERE s.state = 1 ORDER BY s.id", false);
    if (!statement) {
        return statement.error();
    }
    std::vector<SourceRecord> sources;
    auto row = statement->next();
    for (; row && *row; row = statement->next()) {
        auto source = sourceFrom(*statement, m_impl->file);
        if (!source) {
            return source.error();
        }
        sources.push_back(std::move(*source));
    }
    return row ? Result<std::vector<SourceRecord>>(std::move(sources)) : row.error();
}

Result<std::optional<SourceRecord>> StoreReader::source(SourceId id)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    auto statement = m_impl->database->prepare(
        "SELECT " + std::string(sourceColumns) + " FROM source s WHERE s.state = 1 AND s.id = ?", false);
    if (!statement) {
        return statement.error();
    }
    statement->start(id);
    auto row = statement->next();
    if (!row || !*row) {
        return row ? Result<std::optional<SourceRecord>>(std::nullopt) : row.error();
    }
    auto source = sourceFrom(*statement, m_impl->file);
    return source ? Result<std::optional<SourceRecord>>(std::move(*source)) : source.error();
}

Result<std::shared_ptr<const ColumnTable>> StoreReader::table(std::shared_ptr<const ColumnTable> previous)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    if (!snapshot.begun()) {
        return snapshot.begun().error();
    }
    auto revision = m_impl->currentRevision();
    if (!revision) {
        return revision.error();
    }
    if (previous && previous->revision() == *revision) {
        return previous;
    }
    auto contents = buildTable(*m_impl->database, *revision);
    if (!contents) {
        return contents.error();
    }
    return std::shared_ptr<const ColumnTable>(std::make_shared<ColumnTable>(std::move(*contents)));
}

Result<void> StoreReader::check(std::stop_token stop)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh;
    }
    m_impl->database->cancelBy(std::move(stop));
    auto verdict = m_impl->database->text("PRAGMA integrity_check(1)");
    m_impl->database->cancelBy({});
    if (!verdict) {
        return verdict.error();
    }
    return *verdict == "ok" ? Result<void>()
                            : Result<void>(damaged(m_impl->file, "its structure (" + *verdict + ')'));
}

} // namespace prism
