// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/read/documents.h"

#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

namespace prism::read {

/// One cell: text without its quotes, and where it begins.
struct Cell {
    std::string_view text; ///< from Input::csv a number has its decimal point and no thousands marks
    Place place;
    std::string_view raw {}; ///< as the file has it
};
using CsvRow = std::vector<Cell>;

struct CsvOptions {
    char delimiter = 0; ///< 0: found from the first lines among comma, semicolon and tab
    Budgets budgets;
};

/// RFC 4180 with LF, CRLF or CR; a quote may hold line ends. A blank line arrives as an empty row, so that
/// files of several sections can be told apart. Cells are valid during the call.
Result<ReadReport> readCsv(ByteSource& source, const CsvOptions& options,
    const std::function<Result<void>(const CsvRow&)>& row, std::stop_token stop = {});

/// The delimiter that the first lines agree on; a comma when they do not.
char sniffDelimiter(std::string_view head);

} // namespace prism::read
