// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/read/documents.h"
#include "core/read/numbers.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::read {

/// A number that was asked for and left out: nothing tells what its mark means.
struct UnclearNumber {
    std::string number;
    std::string column; ///< its title
    std::string place;
};

/// One cell without its quotes, and where it begins.
struct Cell {
    Cell(std::string_view cell, Place at)
        : text(cell)
        , place(at)
        , number(cell)
    {
    }
    FileText text; ///< for names, texts and lists
    Place place;
    /// For numbers: from Input::csv one has its decimal point and no thousands marks (number_marks.h); other
    /// texts are as the file has them.
    std::string_view number;
    /// Set where `number` is unclear: takes the first one that is asked for.
    std::optional<UnclearNumber>* unclear = nullptr;
    const std::string* title = nullptr; ///< there

    /// As consoleNumber() reads it. An unclear number is none, and is told to who reads the table.
    std::optional<double> value() const;
};
/// A cell that outlives its row.
struct KeptCell {
    std::string text;
    std::string number;
    std::string place;
    std::optional<UnclearNumber>* unclear = nullptr; ///< and the title as in the cell, of its Input
    const std::string* title = nullptr;

    explicit KeptCell(const Cell& cell)
        : text(cell.text)
        , number(cell.number)
        , place(cell.place.text())
        , unclear(cell.unclear)
        , title(cell.title)
    {
    }
    /// From a text without marks to find out about.
    KeptCell(std::string_view cell, std::string at)
        : text(cell)
        , number(cell)
        , place(std::move(at))
    {
    }
    /// What of it stands further on.
    void append(std::string_view more)
    {
        text += more;
        number += more;
    }
    std::optional<double> value() const;
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
