// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/sqlite_input.h"

#include <cstdlib>

using namespace prism::read;

namespace {

std::string quoted(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name) {
        out += c;
        if (c == '"') {
            out += c;
        }
    }
    return out + '"';
}

void check(const prism::Error& error)
{
    if (error.reason.empty()) {
        std::abort();
    }
}

/// Reads every value of every table, once in the file's order and once sorted.
void readAll(SqliteInput& database, const SqliteTable& table, std::string_view order)
{
    auto rows = database.query("SELECT * FROM " + quoted(table.name) + std::string(order));
    if (!rows) {
        check(rows.error());
        return;
    }
    while (true) {
        const auto more = rows->next();
        if (!more) {
            check(more.error());
            return;
        }
        if (!*more) {
            return;
        }
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const int column = static_cast<int>(i);
            const bool number = rows->real(column).has_value();
            if ((rows->integer(column) && !number) || (rows->isNull(column) && number)
                || rows->text(column).size() > (1u << 20)) {
                std::abort();
            }
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    Budgets budgets;
    budgets.stringBytes = 1u << 20;
    budgets.databaseBytes = 1u << 20;
    const auto database = SqliteInput::open(
        [&bytes] { return prism::Result<std::unique_ptr<ByteSource>>(memorySource(bytes)); }, budgets);
    if (!database) {
        check(database.error());
        return 0;
    }
    for (const SqliteTable& table : (*database)->tables()) {
        readAll(**database, table, "");
        readAll(**database, table, " ORDER BY 1 DESC");
    }
    return 0;
}
