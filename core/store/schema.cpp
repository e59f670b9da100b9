// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/schema.h"

#include "core/store/database.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace prism::store {

namespace {

/// Version 1. A point is three rows, because their readers differ: `point` (identity and attributes) is read
/// for every column table, `point_measures` (numbers) when a column is first shown, `point_detail` (places,
/// the producer's names, what was not understood) for one point at a time. Blobs are described in
/// point_blobs.h.
constexpr const char* version1 = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('revision', 1), ('clean', 1), ('next_source', 1), ('next_point', 1), ('next_run', 1);

CREATE TABLE source(
  id INTEGER PRIMARY KEY, state INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
  producer TEXT NOT NULL, importer_version INTEGER NOT NULL, imported_at TEXT NOT NULL, attached INTEGER NOT NULL,
  twin_of TEXT, notes BLOB NOT NULL, keys BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX source_ready ON source(sha256) WHERE state = 1;
CREATE INDEX source_removed ON source(sha256) WHERE state = 2;

CREATE TABLE run(
  id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, label TEXT NOT NULL, producer TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '', colour INTEGER NOT NULL DEFAULT -1) STRICT;

CREATE TABLE point(
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, idx INTEGER NOT NULL, run INTEGER NOT NULL,
  requests INTEGER NOT NULL, label TEXT NOT NULL, grp TEXT NOT NULL, attributes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX point_source ON point(source, idx);
CREATE INDEX point_run ON point(run, source);
CREATE TABLE point_measures(point INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE point_detail(point INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE measure_key(
  id INTEGER PRIMARY KEY, metric TEXT NOT NULL, stat TEXT NOT NULL, semantics TEXT NOT NULL,
  UNIQUE(metric, stat, semantics)) STRICT;
CREATE TABLE attribute_name(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE request(
  point INTEGER NOT NULL, idx INTEGER NOT NULL, ok INTEGER NOT NULL, start REAL, ttft REAL, e2e REAL,
  isl INTEGER, osl INTEGER, error TEXT, PRIMARY KEY(point, idx)) STRICT, WITHOUT ROWID;
-- id = point << 32 | request: rows of up to 8 KiB stay on one page, which WITHOUT ROWID would spill at 2 KiB.
CREATE TABLE gap(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE series(
  id INTEGER PRIMARY KEY, point INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, path TEXT NOT NULL,
  absolute INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE INDEX series_point ON series(point);
-- id = source << 32 | number of the MiB of raw bytes
CREATE TABLE original(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE archive(sha256 TEXT PRIMARY KEY, members TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE edit(
  id INTEGER PRIMARY KEY AUTOINCREMENT, made_at TEXT NOT NULL, text TEXT NOT NULL, inverse BLOB NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE alias(
  attribute TEXT NOT NULL, given TEXT NOT NULL, canonical TEXT NOT NULL, PRIMARY KEY(attribute, given)) STRICT, WITHOUT ROWID;
)sql";

/// Version 2: the requests of a result are found by it, whichever of its encodings holds them.
constexpr const char* version2 = "CREATE INDEX source_twin ON source(twin_of) WHERE twin_of IS NOT NULL;";

/// Version 3: timelines. Spans are many: packed columns, 65 536 spans a row (trace_blobs.h).
constexpr const char* version3 = R"sql(
-- id = source << 32 | number of the batch
CREATE TABLE trace_batch(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE trace_sheet(source INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
)sql";

/// Version 4: the user's words have rows of their own beside what files said, so that a newer reading of the
/// same bytes keeps them; who made a change, and which change it took back.
constexpr const char* version4 = R"sql(
-- subject: SHA-256 of a point's source, or uid of a run; idx: number of the point in it, -1 of a run;
-- reading: "producer version" that numbered the point, empty of a run.
CREATE TABLE word(
  subject TEXT NOT NULL, idx INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, said_at TEXT NOT NULL,
  said_by TEXT NOT NULL, reading TEXT NOT NULL, PRIMARY KEY(subject, idx, field)) STRICT, WITHOUT ROWID;
INSERT INTO word SELECT uid, -1, 'name', name, '', '', '' FROM run WHERE name <> '';
INSERT INTO word SELECT uid, -1, 'note', note, '', '', '' FROM run WHERE note <> '';
INSERT INTO word SELECT uid, -1, 'evidence', evidence, '', '', '' FROM run WHERE evidence <> '';
INSERT INTO word SELECT uid, -1, 'tags', tags, '', '', '' FROM run WHERE tags <> '';
ALTER TABLE run DROP COLUMN name;
ALTER TABLE run DROP COLUMN note;
ALTER TABLE run DROP COLUMN evidence;
ALTER TABLE run DROP COLUMN tags;
-- What a word was about is not in the newer reading of its source.
CREATE TABLE lost_word(
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, idx INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
  said_at TEXT NOT NULL, said_by TEXT NOT NULL, lost_at TEXT NOT NULL) STRICT;
ALTER TABLE edit ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE edit ADD COLUMN undoes INTEGER;
)sql";

/// Version 5: what belongs to a run besides its results, and the user's word on folders of a shape.
constexpr const char* version5 = R"sql(
CREATE TABLE link(
  source INTEGER NOT NULL, run INTEGER NOT NULL, role TEXT NOT NULL, why TEXT NOT NULL, by_user INTEGER NOT NULL,
  PRIMARY KEY(source, run)) STRICT, WITHOUT ROWID;
CREATE INDEX link_run ON link(run);
-- Seconds since 1970: when a point was measured, what the samples or spans of an attached file cover.
CREATE TABLE point_time(point INTEGER PRIMARY KEY, begins REAL NOT NULL, ends REAL NOT NULL) STRICT;
CREATE INDEX point_time_begins ON point_time(begins);
CREATE TABLE source_time(source INTEGER PRIMARY KEY, begins REAL NOT NULL, ends REAL NOT NULL) STRICT;
CREATE TABLE bundle_decision(shape TEXT PRIMARY KEY, decisions TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql";

/// Version 6: gaps without the bits that all of a request share (gap_blobs.h). Rows that are there stay as
/// they are; the number keeps older programs from reading the new ones as something else.
constexpr const char* version6 = "";

/// Version 7: paths of a point's detail by what they share with the one before (point_blobs.cpp). Rows that
/// are there stay as they are.
constexpr const char* version7 = "";

/// Version 8: times of clocks that name no zone, seconds since 1970 on their own clock. Of files that were
/// there before they are unknown.
constexpr const char* version8 = R"sql(
CREATE TABLE point_local_time(point INTEGER PRIMARY KEY, begins REAL NOT NULL, ends REAL NOT NULL) STRICT;
CREATE TABLE source_local_time(source INTEGER PRIMARY KEY, begins REAL NOT NULL, ends REAL NOT NULL) STRICT;
)sql";

/// Version 9: what names a request on the wire, where its file tells.
constexpr const char* version9 = "ALTER TABLE request ADD COLUMN request_id TEXT;";

constexpr std::array<Migration, 9> released { { { 1, version1 }, { 2, version2 }, { 3, version3 },
    { 4, version4 }, { 5, version5 }, { 6, version6 }, { 7, version7 }, { 8, version8 }, { 9, version9 } } };

Error fileError(const std::string& file, const std::string& what)
{
    return { file, {}, what + " (" + std::strerror(errno) + ')',
        "Make the folder writable, or choose another" };
}

std::string quoted(const std::string& text)
{
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') {
            out += c;
        }
    }
    return out + '\'';
}

Result<void> applySteps(Database& database, int from, std::span<const Migration> steps)
{
    for (const Migration& step : steps) {
        if (step.version <= from) {
            continue;
        }
        auto done = database.exec("BEGIN IMMEDIATE");
        if (done) {
            done = database.exec(step.sql);
        }
        if (done) {
            done = database.exec("PRAGMA user_version = " + std::to_string(step.version));
        }
        if (done) {
            done = database.exec("COMMIT");
        }
        if (!done) {
            if (database.inTransaction()) {
                (void)database.exec("ROLLBACK");
            }
            return done;
        }
    }
    return {};
}

/// Under a name of its own first: a file that appears is whole.
Result<void> createFile(const std::string& file, std::span<const Migration> steps)
{
    const std::string fresh = file + ".new";
    std::error_code ignored;
    for (const char* suffix : { "", "-journal", "-wal", "-shm" }) {
        std::filesystem::remove(fresh + suffix, ignored);
    }
    {
        auto database = Database::create(fresh);
        if (!database) {
            Error error = database.error();
            error.file = file;
            return error;
        }
        if (auto made = applySteps(**database, 0, steps); !made) {
            return made.error();
        }
        if (!isNetworkFileSystem(file)) {
            if (auto wal = (*database)->exec("PRAGMA journal_mode = WAL"); !wal) {
                return wal.error();
            }
        }
    }
    if (std::rename(fresh.c_str(), file.c_str()) != 0) {
        return fileError(file, "the database cannot be created");
    }
    return {};
}

/// A copy by SQLite itself, complete or not there.
Result<void> backUp(Database& database, int version)
{
    const std::filesystem::path path(database.file());
    const std::string copy
        = (path.parent_path() / path.stem()).string() + ".backup-v" + std::to_string(version) + ".db";
    const std::string partial = copy + ".new";
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    if (auto copied = database.exec("VACUUM INTO " + quoted(partial)); !copied) {
        std::filesystem::remove(partial, ignored);
        return copied;
    }
    if (std::rename(partial.c_str(), copy.c_str()) != 0) {
        return fileError(database.file(), "the backup before the update cannot be written");
    }
    return {};
}

Result<void> setJournal(Database& database, bool wal)
{
    const bool network = isNetworkFileSystem(database.file());
    if (network == !wal) {
        return {};
    }
    auto mode = database.text(network ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL");
    if (!mode) {
        return mode.error();
    }
    if (network && *mode != "delete") {
        return Error { database.file(), {},
            "the database lies on a network file system and is open elsewhere",
            "Close the other programs, or keep the database on a local disk" };
    }
    return {};
}

} // namespace

std::span<const Migration> migrations()
{
    return released;
}
int schemaVersion()
{
    return released.back().version;
}

Result<void> checkPath(const std::string& file)
{
    struct stat info { };
    if (stat(file.c_str(), &info) != 0) {
        if (errno != ENOENT) {
            return fileError(file, "the database cannot be opened");
        }
        std::error_code failed;
        std::filesystem::create_directories(std::filesystem::path(file).parent_path(), failed);
        errno = failed.value();
        return failed ? Result<void>(fileError(file, "the database's folder cannot be made"))
                      : Result<void>();
    }
    if (!S_ISREG(info.st_mode)) {
        return Error { file, {}, "this is not a file", "Choose a file for the database" };
    }
    if (info.st_nlink > 1) {
        return Error { file, {}, "the file has several names (hard links), which would damage a database",
            "Copy it to a file of its own" };
    }
    return {};
}

bool existsWithContent(const std::string& file)
{
    struct stat info { };
    return stat(file.c_str(), &info) == 0 && info.st_size > 0;
}

Result<FileState> inspectFile(const Database& database, int newest)
{
    auto header = database.header();
    if (!header) {
        return header.error();
    }
    if (header->empty) {
        return FileState::NeedsPreparation;
    }
    if (!header->ours) {
        return Error { database.file(), {}, "the file is not a Prism database", "Choose another file" };
    }
    if (header->version > newest) {
        return Error { database.file(), {},
            "the database was written by a newer Prism (format " + std::to_string(header->version)
                + ", this program knows " + std::to_string(newest) + ')',
            "Update Prism" };
    }
    if (!header->sound || header->version < 1) {
        return Error { database.file(), {}, "the database is damaged: its header is not as we write it",
            "Restore the backup beside it, or move the file away and import again" };
    }
    const bool journalFits = header->wal != isNetworkFileSystem(database.file());
    return header->version == newest && journalFits ? FileState::Current : FileState::NeedsPreparation;
}

Result<void> prepareFile(const std::string& file, std::span<const Migration> steps)
{
    if (!existsWithContent(file)) {
        return createFile(file, steps);
    }
    // Looked at first by a connection that reads nothing else: a newer file must be named so, not found
    // damaged.
    auto database = Database::open(file, Access::Read);
    if (!database) {
        return database.error();
    }
    auto state = inspectFile(**database, steps.back().version);
    auto header = (*database)->header();
    if (!state || !header) {
        return !state ? state.error() : header.error();
    }
    if (*state == FileState::Current) {
        return {};
    }
    database = Database::open(file, Access::Write);
    if (!database) {
        return database.error();
    }
    if (auto journal = setJournal(**database, header->wal); !journal) {
        return journal;
    }
    auto version = (*database)->integer("PRAGMA user_version"); // a newer one may still be in the journal
    if (!version) {
        return version.error();
    }
    if (*version >= steps.back().version) {
        return {};
    }
    if (auto saved = backUp(**database, static_cast<int>(*version)); !saved) {
        return saved;
    }
    return applySteps(**database, static_cast<int>(*version), steps);
}

} // namespace prism::store
