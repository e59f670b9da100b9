// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"

#include "core/store/checksum_vfs.h"
#include "core/store/schema.h"

#include <sqlite3.h>
#include <sys/vfs.h>

#include <atomic>
#include <cstring>
#include <filesystem>

namespace prism::store {

namespace {

std::atomic<const bool*> pretended { nullptr };

/// A file: URI, because only a URI can say that nothing will change.
std::string immutableUri(const std::string& file)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : file) {
        if (c == '%' || c == '?' || c == '#') {
            uri += '%';
            uri += digits[static_cast<unsigned char>(c) >> 4];
            uri += digits[static_cast<unsigned char>(c) & 15];
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

unsigned bigEndian(const unsigned char* bytes, int count)
{
    unsigned value = 0;
    for (int i = 0; i < count; ++i) {
        value = value << 8 | bytes[i];
    }
    return value;
}

int askStop(void* token)
{
    return static_cast<std::stop_token*>(token)->stop_requested() ? 1 : 0;
}

} // namespace

Database::Database(sqlite3* handle, std::string file)
    : m_handle(handle)
    , m_file(std::move(file))
{
}

Database::~Database()
{
    sqlite3_close_v2(m_handle);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& file, Access access, bool immutable)
{
    sqlite3* handle = nullptr;
    const int flags = (immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE)
        | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const std::string name = immutable ? immutableUri(file) : file;
    const int rc = sqlite3_open_v2(name.c_str(), &handle, flags, checksumVfs());
    std::unique_ptr<Database> database(new Database(handle, file));
    if (rc != SQLITE_OK) {
        Error error = database->error();
        error.file = file;
        return error;
    }
    if (auto hardened = database->harden(access); !hardened) {
        return hardened.error();
    }
    return database;
}

Result<std::unique_ptr<Database>> Database::create(const std::string& file)
{
    sqlite3* handle = nullptr;
    const int rc = sqlite3_open_v2(file.c_str(), &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        checksumVfs());
    std::unique_ptr<Database> database(new Database(handle, file));
    if (rc != SQLITE_OK) {
        Error error = database->error();
        error.file = file;
        return error;
    }
    int reserved = checksumBytes;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    auto formatted = database->exec("PRAGMA page_size = " + std::to_string(pageBytes)
        + "; PRAGMA application_id = " + std::to_string(applicationId));
    if (!formatted) {
        return formatted.error();
    }
    if (auto hardened = database->harden(Access::Write); !hardened) {
        return hardened.error();
    }
    return database;
}

Result<void> Database::harden(Access access)
{
    const auto set = [this](int option, int value) { sqlite3_db_config(m_handle, option, value, nullptr); };
    set(SQLITE_DBCONFIG_DEFENSIVE, 1);
    set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    set(SQLITE_DBCONFIG_DQS_DDL, 0);
    set(SQLITE_DBCONFIG_DQS_DML, 0);
    set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    sqlite3_busy_timeout(m_handle, 5000);
    if (access == Access::Read) {
        set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
        return exec("PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0; PRAGMA cell_size_check = 1");
    }
    // FULL: what was reported as imported survives a power cut. Zeroing freed pages would double the cost of
    // a clean-up, and purge() rewrites the file anyway.
    return exec(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216;"
        "PRAGMA cache_size = -8192; PRAGMA cell_size_check = 1; PRAGMA secure_delete = 0");
}

bool Database::isReadOnly() const
{
    return sqlite3_db_readonly(m_handle, "main") == 1;
}

Result<Header> Database::header() const
{
    // Through SQLite's own file: closing a descriptor of ours would drop the locks that other connections of
    // this process hold on the file.
    sqlite3_file* file = nullptr;
    sqlite3_file_control(m_handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_int64 size = 0;
    unsigned char bytes[100] = {};
    if (!file || !file->pMethods || file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
        return Error { m_file, {}, "the file cannot be read", "Check its permissions" };
    }
    Header header;
    header.empty = size == 0;
    if (size < 100) {
        return header;
    }
    if (file->pMethods->xRead(file, bytes, 100, 0) != SQLITE_OK) {
        return Error { m_file, {}, "the file cannot be read", "Check the disk" };
    }
    header.ours = std::memcmp(bytes, "SQLite format 3", 16) == 0 && bigEndian(bytes + 68, 4) == applicationId;
    header.sound = bigEndian(bytes + 16, 2) == pageBytes && bytes[20] == checksumBytes;
    header.wal = bytes[18] == 2;
    header.version = static_cast<int>(bigEndian(bytes + 60, 4));
    return header;
}

Result<void> Database::exec(const std::string& sql)
{
    if (sqlite3_exec(m_handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return error();
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql, bool lasting)
{
    sqlite3_stmt* statement = nullptr;
    const unsigned flags = lasting ? SQLITE_PREPARE_PERSISTENT : 0;
    if (sqlite3_prepare_v3(m_handle, sql.data(), static_cast<int>(sql.size()), flags, &statement, nullptr)
        != SQLITE_OK) {
        return error();
    }
    return Statement(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql)
{
    auto statement = prepare(sql, false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    if (!row) {
        return row.error();
    }
    if (!*row) {
        return Error { m_file, {}, "the database is damaged: a row is missing",
            "Restore the backup beside it" };
    }
    return statement->integer(0);
}

Result<std::string> Database::text(std::string_view sql)
{
    auto statement = prepare(sql, false);
    if (!statement) {
        return statement.error();
    }
    auto row = statement->next();
    if (!row) {
        return row.error();
    }
    return *row ? statement->string(0) : std::string();
}

bool Database::inTransaction() const
{
    return sqlite3_get_autocommit(m_handle) == 0;
}

bool Database::hasFailed() const
{
    switch (sqlite3_errcode(m_handle) & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return false;
    default:
        return true;
    }
}

void Database::cancelBy(std::stop_token stop)
{
    m_stop = std::move(stop);
    sqlite3_progress_handler(m_handle, m_stop.stop_possible() ? 1000 : 0, askStop, &m_stop);
}

std::string resolvedPath(const std::string& file)
{
    std::error_code failed;
    const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(file), failed);
    return failed ? file : path.string();
}

bool isNetworkFileSystem(const std::string& file)
{
    if (const bool* answer = pretended.load()) {
        return *answer;
    }
    struct statfs info { };
    const std::string folder = std::filesystem::path(file).parent_path().string();
    if (statfs(folder.empty() ? "." : folder.c_str(), &info) != 0) {
        return false;
    }
    switch (static_cast<unsigned>(info.f_type)) {
    case 0x6969: // NFS
    case 0x517b: // SMB
    case 0xff534d42: // CIFS
    case 0xfe534d42: // SMB2
    case 0x65735546: // FUSE
    case 0x01021997: // 9P
    case 0x00c36400: // Ceph
    case 0x5346414f: // AFS
        return true;
    default:
        return false;
    }
}

void pretendNetworkFileSystem(const bool* answer)
{
    pretended.store(answer);
}

} // namespace prism::store
