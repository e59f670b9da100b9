// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/store/file_identity.h"
#include "core/store/statement.h"

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

struct sqlite3;

namespace prism::store {

enum class Access {
    Read, ///< query_only, never checkpoints
    Write, ///< the one connection behind the lock file
};

/// What the first 100 bytes of a file say, before SQLite looks at it.
struct Header {
    bool empty = false; ///< no bytes at all
    bool ours = false; ///< SQLite's magic and our application id
    bool sound = false; ///< page size and reserved bytes are ours
    bool wal = false;
    int version = 0; ///< user_version
};

/// One connection. Not thread-safe.
class Database {
public:
    /// Opens an existing file and sets what every connection of ours needs. Reads nothing but the header.
    /// `immutable` is for files in folders where SQLite may create nothing.
    static Result<std::unique_ptr<Database>> open(
        const std::string& file, Access access, bool immutable = false);
    /// Makes an empty file with our page format; fails where one exists.
    static Result<std::unique_ptr<Database>> create(const std::string& file);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    const std::string& file() const { return m_file; }
    bool isReadOnly() const; ///< the file may not be written
    Result<Header> header() const;
    Result<void> exec(const std::string& sql);
    /// `lasting` statements are kept for many runs.
    Result<Statement> prepare(std::string_view sql, bool lasting = true);
    /// First column of the first row; an error where there is none.
    Result<std::int64_t> integer(std::string_view sql);
    Result<std::string> text(std::string_view sql);
    bool inTransaction() const;
    /// True when the last call failed because of the file, the disk or the memory: a transaction may be
    /// rolled back. False when it succeeded or failed because of the row itself.
    bool hasFailed() const;
    Error error() const { return databaseError(m_handle); }
    sqlite3* handle() const { return m_handle; }
    /// Long statements end with "cancelled" soon after the token asks for it.
    void cancelBy(std::stop_token stop);

private:
    Database(sqlite3* handle, std::string file);
    Result<void> harden(Access access);

    sqlite3* m_handle = nullptr;
    std::string m_file;
    OpenDatabase m_open { m_file };
    std::stop_token m_stop;
};

/// The path with links in it resolved, so that every name of a file leads to the same lock and journal.
std::string resolvedPath(const std::string& file);
/// File systems on which shared memory between processes cannot be relied on (NFS, SMB, FUSE): no WAL there.
bool isNetworkFileSystem(const std::string& file);
/// For tests: what isNetworkFileSystem() answers, until it is called with null.
void pretendNetworkFileSystem(const bool* answer);

} // namespace prism::store
