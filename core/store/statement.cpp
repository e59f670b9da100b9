// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/statement.h"

#include <sqlite3.h>

namespace prism::store {

namespace {

struct Sentence {
    const char* reason;
    const char* remedy;
};

Sentence sentenceFor(int extended)
{
    if (extended == SQLITE_IOERR_DATA) {
        return { "the database is damaged: a page does not match its checksum, or another program wrote to "
                 "the file",
            "Restore the backup beside it, or move the file away and import again" };
    }
    switch (extended & 0xff) {
    case SQLITE_CORRUPT:
        return { "the database is damaged",
            "Restore the backup beside it, or move the file away and import again" };
    case SQLITE_NOTADB:
        return { "the file is not a Prism database", "Choose another file" };
    case SQLITE_FULL:
        return { "the disk is full", "Free some space and try again; what was complete is kept" };
    case SQLITE_IOERR:
        return { "reading or writing the database failed", "Check the disk and try again" };
    case SQLITE_READONLY:
        return { "the database cannot be written",
            "Make the file and its folder writable, or work on a copy" };
    case SQLITE_CANTOPEN:
        return { "the database cannot be opened", "Check that the folder exists and may be written" };
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return { "access to the database was denied", "Check the permissions of the file and its folder" };
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return { "another program keeps the database busy", "Try again when it is done" };
    case SQLITE_NOMEM:
        return { "there is not enough memory", "Close other programs and try again" };
    case SQLITE_INTERRUPT:
        return { "cancelled", "" };
    case SQLITE_TOOBIG:
        return { "a value is larger than a database can keep", "" };
    case SQLITE_CONSTRAINT:
        return { "the same row came twice", "Report this as an error of the importer" };
    default:
        return { "the database failed", "" };
    }
}

} // namespace

Error databaseError(sqlite3* database)
{
    const int extended = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    const Sentence sentence = sentenceFor(extended);
    const char* file = database ? sqlite3_db_filename(database, "main") : nullptr;
    const char* message = database ? sqlite3_errmsg(database) : nullptr;
    Error error { file ? file : "", {}, sentence.reason, sentence.remedy };
    if (message && (extended & 0xff) != SQLITE_INTERRUPT) {
        error.reason += " (" + std::string(message) + ')';
    }
    return error;
}

Statement& Statement::operator=(Statement&& other) noexcept
{
    if (this != &other) {
        sqlite3_finalize(m_statement);
        m_statement = std::exchange(other.m_statement, nullptr);
    }
    return *this;
}

Statement::~Statement()
{
    sqlite3_finalize(m_statement);
}

Result<bool> Statement::next()
{
    const int rc = sqlite3_step(m_statement);
    if (rc == SQLITE_ROW) {
        return true;
    }
    if (rc == SQLITE_DONE) {
        reset();
        return false;
    }
    Error error = databaseError(sqlite3_db_handle(m_statement));
    reset();
    return error;
}

Result<void> Statement::finish()
{
    int rc = SQLITE_ROW;
    while (rc == SQLITE_ROW) {
        rc = sqlite3_step(m_statement);
    }
    if (rc == SQLITE_DONE) {
        reset();
        return {};
    }
    Error error = databaseError(sqlite3_db_handle(m_statement));
    reset();
    return error;
}

void Statement::reset()
{
    sqlite3_reset(m_statement);
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}
double Statement::real(int column) const
{
    return sqlite3_column_double(m_statement, column);
}

std::string_view Statement::text(int column) const
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column)))
                : std::string_view();
}

std::span<const char> Statement::blob(int column) const
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    return { bytes, bytes ? static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column)) : 0 };
}

std::optional<std::int64_t> Statement::optionalInteger(int column) const
{
    return isNull(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<double> Statement::optionalReal(int column) const
{
    return isNull(column) ? std::nullopt : std::optional(real(column));
}

void Statement::bind(int place, std::string_view value)
{
    sqlite3_bind_text64(
        m_statement, place, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int place, const Blob& value)
{
    if (value.bytes.empty()) {
        sqlite3_bind_zeroblob(m_statement, place, 0);
    } else {
        sqlite3_bind_blob64(m_statement, place, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
    }
}

void Statement::bind(int place, const std::optional<double>& value)
{
    if (value) {
        bindReal(place, *value);
    } else {
        bindNull(place);
    }
}

void Statement::bindInteger(int place, std::int64_t value)
{
    sqlite3_bind_int64(m_statement, place, value);
}
void Statement::bindReal(int place, double value)
{
    sqlite3_bind_double(m_statement, place, value);
}
void Statement::bindNull(int place)
{
    sqlite3_bind_null(m_statement, place);
}

} // namespace prism::store
