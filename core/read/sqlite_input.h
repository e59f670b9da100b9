// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_stmt;

namespace prism::read {

/// An ordinary table of a database and its columns in their order. Views and virtual tables are none.
struct SqliteTable {
    std::string name;
    std::vector<std::string> columns;

    bool has(std::string_view column) const;
    bool hasAll(std::initializer_list<std::string_view> all) const;
};

/// The rows of one query. Lives no longer than its SqliteInput; not thread-safe.
class SqliteRows {
public:
    SqliteRows(SqliteRows&& other) noexcept;
    SqliteRows& operator=(SqliteRows&& other) noexcept = delete;
    ~SqliteRows();

    /// True with a row, false behind the last. An error where the file is damaged, where the query asks for
    /// more than a file of its size can hold, or where reading was cancelled.
    Result<bool> next();

    bool isNull(int column) const;
    /// Empty for NULL and for texts and blobs, as which no number is stored.
    std::optional<std::int64_t> integer(int column) const; ///< empty for fractions
    std::optional<double> real(int column) const;
    /// Numbers become text as SQLite writes them. Valid until next().
    std::string_view text(int column) const;

private:
    friend class SqliteInput;
    struct Guard;
    SqliteRows(sqlite3_stmt* statement, Guard* guard)
        : m_statement(statement)
        , m_guard(guard)
    {
    }

    sqlite3_stmt* m_statement;
    Guard* m_guard;
};

/// An SQLite file that somebody else wrote, opened for reading only.
///
/// Nothing is opened by name: pages come from the bytes that are there, by pread from a descriptor where the
/// source has one, else from memory (Budgets::databaseBytes at most). Journals, temporary files, extensions,
/// views, triggers and virtual tables do not exist for it, and nothing but SELECT on ordinary tables is
/// allowed. Memory: the page cache of 8 MiB and what a query sorts.
class SqliteInput {
public:
    static Result<std::unique_ptr<SqliteInput>> open(
        const OpenSource& source, const Budgets& budgets, std::stop_token stop = {});
    ~SqliteInput();
    SqliteInput(const SqliteInput&) = delete;
    SqliteInput& operator=(const SqliteInput&) = delete;

    std::span<const SqliteTable> tables() const;
    const SqliteTable* table(std::string_view name) const; ///< null when there is none
    /// The file was written with a write-ahead log, which stands in a file of its own: the newest rows may be
    /// missing here.
    bool hadWriteAheadLog() const;

    /// `sql` is one SELECT of ours, never text from the file.
    Result<SqliteRows> query(std::string_view sql);

private:
    struct Connection;
    explicit SqliteInput(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> m_connection;
};

} // namespace prism::read
