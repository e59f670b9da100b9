// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace prism::store {

/// Bytes for a BLOB column; must live as long as the call that binds them.
struct Blob {
    std::span<const char> bytes;
    Blob(std::span<const char> b)
        : bytes(b)
    {
    }
    Blob(const std::string& s)
        : bytes(s)
    {
    }
};

/// What SQLite last complained about on a connection, as a sentence with what to do.
Error databaseError(sqlite3* database);

/// A prepared statement. Moves, never copies; finalised with the object. A default-made one does nothing but
/// fail.
class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement)
        : m_statement(statement)
    {
    }
    Statement(Statement&& other) noexcept
        : m_statement(std::exchange(other.m_statement, nullptr))
    {
    }
    Statement& operator=(Statement&& other) noexcept;
    ~Statement();

    /// Binds the values in order and runs the statement to its end.
    template <class... Values>
    Result<void> run(const Values&... values)
    {
        int place = 0;
        (bind(++place, values), ...);
        return finish();
    }
    /// Binds the values in order; rows come with next(). Texts and blobs must live until the last next().
    template <class... Values>
    void start(const Values&... values)
    {
        reset();
        int place = 0;
        (bind(++place, values), ...);
    }
    /// True with a row, false at the end; the statement is ready to start again after false and after an
    /// error.
    Result<bool> next();
    void reset();

    bool isNull(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    /// Valid until the next call of next() or reset().
    std::string_view text(int column) const;
    std::span<const char> blob(int column) const;
    std::string string(int column) const { return std::string(text(column)); }
    std::optional<std::int64_t> optionalInteger(int column) const;
    std::optional<double> optionalReal(int column) const;

private:
    template <std::integral T>
    void bind(int place, T value)
    {
        bindInteger(place, static_cast<std::int64_t>(value));
    }
    void bind(int place, double value) { bindReal(place, value); }
    void bind(int place, std::string_view value);
    void bind(int place, const std::string& value) { bind(place, std::string_view(value)); }
    void bind(int place, const char* value) { bind(place, std::string_view(value)); }
    void bind(int place, const Blob& value);
    void bind(int place, std::nullopt_t) { bindNull(place); }
    void bind(int place, const std::optional<double>& value);
    template <class T>
    void bind(int place, const std::optional<T>& value)
    {
        if (value) {
            bind(place, *value);
        } else {
            bindNull(place);
        }
    }
    void bindInteger(int place, std::int64_t value);
    void bindReal(int place, double value);
    void bindNull(int place);
    Result<void> finish();

    sqlite3_stmt* m_statement = nullptr;
};

} // namespace prism::store
