// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/sqlite_input.h"

#include "core/read/errors.h"
#include "core/read/sqlite_bytes.h"

#include <algorithm>
#include <array>
#include <sqlite3.h>

namespace prism::read {

namespace {

constexpr std::size_t mostTables = 2000;
constexpr std::size_t mostColumns = 500;
constexpr int stepsBetweenLooks = 4096;

Error damaged(sqlite3* database)
{
    const int code = database ? sqlite3_errcode(database) : SQLITE_NOMEM;
    const std::string said = database ? sqlite3_errmsg(database) : "out of memory";
    if (code == SQLITE_TOOBIG || code == SQLITE_NOMEM) {
        return overBudget("a value or table that is too large (" + said + ')');
    }
    return { {}, {}, "the SQLite database is damaged or incomplete (" + said + ')',
        "Copy the file again, when the program that writes it has ended" };
}

bool isFunctionOfOurs(std::string_view name)
{
    constexpr std::array<std::string_view, 6> allowed { "count", "min", "max", "sum", "coalesce", "abs" };
    return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

void limit(sqlite3* database, const Budgets& budgets)
{
    sqlite3_limit(database, SQLITE_LIMIT_LENGTH,
        static_cast<int>(std::min<std::size_t>(budgets.stringBytes, 1u << 30)));
    sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
    sqlite3_limit(database, SQLITE_LIMIT_COLUMN, static_cast<int>(mostColumns));
    sqlite3_limit(database, SQLITE_LIMIT_EXPR_DEPTH, 50);
    sqlite3_limit(database, SQLITE_LIMIT_COMPOUND_SELECT, 8);
    sqlite3_limit(database, SQLITE_LIMIT_VDBE_OP, 25'000);
    sqlite3_limit(database, SQLITE_LIMIT_FUNCTION_ARG, 8);
    sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100);
    sqlite3_limit(database, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
    sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
}

void defend(sqlite3* database)
{
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    // Settings of the connection only: none of them touches the file.
    for (const char* pragma : { "PRAGMA temp_store=MEMORY", "PRAGMA mmap_size=0", "PRAGMA query_only=ON",
             "PRAGMA cell_size_check=ON", "PRAGMA cache_size=-8192" }) {
        sqlite3_exec(database, pragma, nullptr, nullptr, nullptr);
    }
}

} // namespace

bool SqliteTable::has(std::string_view column) const
{
    return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool SqliteTable::hasAll(std::initializer_list<std::string_view> all) const
{
    return std::all_of(all.begin(), all.end(), [this](std::string_view column) { return has(column); });
}

/// Ends a query that takes more steps than reading every byte of the file could need: pages that lead to
/// each other make a small file endless.
struct SqliteRows::Guard {
    std::stop_token stop;
    std::uint64_t allowed = 0;
    std::uint64_t taken = 0;

    static int look(void* self)
    {
        auto& guard = *static_cast<Guard*>(self);
        guard.taken += stepsBetweenLooks;
        return guard.stop.stop_requested() || guard.taken > guard.allowed ? 1 : 0;
    }
};

struct SqliteInput::Connection {
    explicit Connection(std::unique_ptr<RandomBytes> bytes)
        : vfs(std::move(bytes))
    {
    }
    ~Connection() { sqlite3_close(database); }

    Result<void> open(const Budgets& budgets);
    Result<void> readSchema();
    Result<std::vector<std::string>> columnsOf(const std::string& name);
    static int authorize(void* self, int action, const char* first, const char* second, const char* schema,
        const char* trigger);
    bool isOrdinary(std::string_view name) const
    {
        return std::any_of(
            tables.begin(), tables.end(), [name](const SqliteTable& t) { return t.name == name; });
    }

    SqliteBytesVfs vfs;
    sqlite3* database = nullptr;
    std::vector<SqliteTable> tables;
    bool wal = false;
    SqliteRows::Guard guard;
};

int SqliteInput::Connection::authorize(
    void* self, int action, const char* first, const char* second, const char*, const char* inside)
{
    const auto& connection = *static_cast<Connection*>(self);
    switch (action) {
    case SQLITE_SELECT:
        return SQLITE_OK;
    case SQLITE_READ:
        return !inside && connection.isOrdinary(first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return isFunctionOfOurs(second) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

Result<void> SqliteInput::Connection::open(const Budgets& budgets)
{
    std::array<char, 20> head {};
    if (vfs.bytes().readAt(0, head) < static_cast<std::int64_t>(head.size())) {
        return Error { {}, {}, "the SQLite database ends within its header", "Copy the file again" };
    }
    wal = head[18] == 2 || head[19] == 2;
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2("input", &database, flags, vfs.name()) != SQLITE_OK) {
        return damaged(database);
    }
    limit(database, budgets);
    defend(database);
    guard.allowed = 256 * vfs.bytes().size() + 1'000'000;
    sqlite3_progress_handler(database, stepsBetweenLooks, &SqliteRows::Guard::look, &guard);
    if (auto read = readSchema(); !read) {
        return read;
    }
    sqlite3_set_authorizer(database, &Connection::authorize, this);
    return {};
}

Result<void> SqliteInput::Connection::readSchema()
{
    sqlite3_stmt* statement = nullptr;
    // A virtual table has no root page.
    constexpr const char* sql = "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0";
    if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) {
        return damaged(database);
    }
    SqliteRows rows(statement, &guard);
    while (true) {
        const auto more = rows.next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return {};
        }
        if (tables.size() >= mostTables) {
            return overBudget("more than " + std::to_string(mostTables) + " tables");
        }
        SqliteTable table { std::string(rows.text(0)), {} };
        auto columns = columnsOf(table.name);
        if (!columns) {
            return columns.error();
        }
        table.columns = std::move(*columns);
        tables.push_back(std::move(table));
    }
}

Result<std::vector<std::string>> SqliteInput::Connection::columnsOf(const std::string& name)
{
    std::vector<std::string> columns;
    sqlite3_stmt* statement = nullptr;
    constexpr const char* sql = "SELECT name FROM pragma_table_info(?1)";
    if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) {
        return damaged(database);
    }
    SqliteRows rows(statement, &guard);
    sqlite3_bind_text(statement, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    while (true) {
        const auto more = rows.next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return columns;
        }
        columns.emplace_back(rows.text(0));
    }
}

SqliteInput::SqliteInput(std::unique_ptr<Connection> connection)
    : m_connection(std::move(connection))
{
}

SqliteInput::~SqliteInput() = default;

Result<std::unique_ptr<SqliteInput>> SqliteInput::open(
    const OpenSource& source, const Budgets& budgets, std::stop_token stop)
{
    auto bytes = randomBytes(source, budgets.databaseBytes);
    if (!bytes) {
        return bytes.error();
    }
    auto connection = std::make_unique<Connection>(std::move(*bytes));
    connection->guard.stop = std::move(stop);
    if (auto opened = connection->open(budgets); !opened) {
        return opened.error();
    }
    return std::unique_ptr<SqliteInput>(new SqliteInput(std::move(connection)));
}

std::span<const SqliteTable> SqliteInput::tables() const
{
    return m_connection->tables;
}

const SqliteTable* SqliteInput::table(std::string_view name) const
{
    const auto& tables = m_connection->tables;
    const auto it = std::find_if(
        tables.begin(), tables.end(), [name](const SqliteTable& table) { return table.name == name; });
    return it == tables.end() ? nullptr : &*it;
}

bool SqliteInput::hadWriteAheadLog() const
{
    return m_connection->wal;
}

Result<SqliteRows> SqliteInput::query(std::string_view sql)
{
    sqlite3_stmt* statement = nullptr;
    m_connection->guard.taken = 0;
    if (sqlite3_prepare_v2(
            m_connection->database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr)
        != SQLITE_OK) {
        return damaged(m_connection->database);
    }
    return SqliteRows(statement, &m_connection->guard);
}

SqliteRows::SqliteRows(SqliteRows&& other) noexcept
    : m_statement(std::exchange(other.m_statement, nullptr))
    , m_guard(other.m_guard)
{
}

SqliteRows::~SqliteRows()
{
    sqlite3_finalize(m_statement);
}

Result<bool> SqliteRows::next()
{
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return code == SQLITE_ROW;
    }
    if (m_guard->stop.stop_requested()) {
        return cancelled();
    }
    if ((code & 0xff) == SQLITE_INTERRUPT) {
        return Error { {}, {}, "the SQLite database leads from page to page without an end",
            "Copy the file again, when the program that writes it has ended" };
    }
    return damaged(sqlite3_db_handle(m_statement));
}

bool SqliteRows::isNull(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

std::optional<std::int64_t> SqliteRows::integer(int column) const
{
    if (sqlite3_column_type(m_statement, column) != SQLITE_INTEGER) {
        return std::nullopt;
    }
    return sqlite3_column_int64(m_statement, column);
}

std::optional<double> SqliteRows::real(int column) const
{
    const int type = sqlite3_column_type(m_statement, column);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
        return std::nullopt;
    }
    return sqlite3_column_double(m_statement, column);
}

std::string_view SqliteRows::text(int column) const
{
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return bytes
        ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column)))
        : std::string_view();
}

} // namespace prism::read
