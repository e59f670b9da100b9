// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_sqlite.h"

#include <QTest>
#include <sqlite3.h>

namespace prism::test {

std::string madeSqlite(const std::string& sql)
{
    sqlite3* database = nullptr;
    sqlite3_open(":memory:", &database);
    char* message = nullptr;
    std::string bytes;
    if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK) {
        sqlite3_int64 size = 0;
        unsigned char* image = sqlite3_serialize(database, "main", &size, 0);
        bytes.assign(reinterpret_cast<const char*>(image), static_cast<std::size_t>(size));
        sqlite3_free(image);
    } else {
        QTest::qFail(message, __FILE__, __LINE__);
    }
    sqlite3_free(message);
    sqlite3_close(database);
    return bytes;
}

} // namespace prism::test
