// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/local_begins.h"

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace prism::store {

Result<LocalBegins> LocalBegins::open(Database& database)
{
    auto statement = database.prepare("SELECT point, begins FROM point_local_time ORDER BY point", false);
    if (!statement) {
        return statement.error();
    }
    LocalBegins begins(std::move(*statement));
    const auto ready = begins.next();
    return ready ? Result<LocalBegins>(std::move(begins)) : ready.error();
}

Result<std::optional<double>> LocalBegins::of(PointId point)
{
    while (m_any && m_statement.integer(0) < point) {
        if (auto done = next(); !done) {
            return done.error();
        }
    }
    return m_any && m_statement.integer(0) == point ? std::optional(m_statement.real(1)) : std::nullopt;
}

Result<void> LocalBegins::next()
{
    const auto more = m_statement.next();
    m_any = more && *more;
    return more ? Result<void>() : Result<void>(more.error());
}

std::string localDay(double begins)
{
    constexpr double yearTenThousand = 253402300800.0;
    if (!(begins >= 0 && begins < yearTenThousand)) {
        return {};
    }
    const std::chrono::sys_seconds time { std::chrono::seconds(static_cast<std::int64_t>(begins)) };
    const std::chrono::year_month_day day { std::chrono::floor<std::chrono::days>(time) };
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u (its own clock)", int(day.year()), unsigned(day.month()),
        unsigned(day.day()));
    return text;
}

} // namespace prism::store
