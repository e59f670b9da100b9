// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prism::test {

/// The bytes of an SQLite file that `sql` made; a test failure and no bytes when it is no good SQL.
std::string madeSqlite(const std::string& sql);

} // namespace prism::test
