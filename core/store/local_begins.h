// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"
#include "core/store/records.h"
#include "core/store/statement.h"

#include <optional>
#include <string>
#include <utility>

namespace prism::store {

/// The begins of points by clocks that name no zone, asked for in ascending order.
class LocalBegins {
public:
    static Result<LocalBegins> open(Database& database);
    /// Seconds since 1970 on its own clock; nothing where the file names no such time.
    Result<std::optional<double>> of(PointId point);

private:
    explicit LocalBegins(Statement statement)
        : m_statement(std::move(statement))
    {
    }
    Result<void> next();

    Statement m_statement;
    bool m_any = false;
};

/// "2026-03-01 (its own clock)": a day that may be another one in UTC. Nothing of what is no time.
std::string localDay(double begins);

} // namespace prism::store
