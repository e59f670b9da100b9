// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace prism::cli {

bool standardOutputIsTerminal();
bool standardErrorIsTerminal();
/// Columns of the terminal; without one COLUMNS, else 100.
std::size_t terminalWidth();

/// Columns that a terminal needs for UTF-8 text (combining and wide characters as the C library knows them).
std::size_t displayWidth(std::string_view text);

/// Blanks before the text until it takes `width` columns.
std::string padLeft(const std::string& text, std::size_t width);

/// A table whose numbers stand right and whose texts stand left. What does not fit the terminal gives way in
/// this order: columns without any content, the widest texts (shortened in the middle), columns that may be
/// left out, which a line below then names. A number is never cut. In a pipe everything stands as it is.
class TextTable {
public:
    struct Column {
        std::string title;
        bool number = false;
        int leftOut = 0; ///< 0: never; else the highest goes first
    };
    explicit TextTable(std::vector<Column> columns);
    void row(std::vector<std::string> cells);
    /// `width` 0: as wide as it is.
    std::string text(std::size_t width) const;

private:
    std::size_t natural(std::size_t column) const;
    bool isEmpty(std::size_t column) const;

    std::vector<Column> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};
void print(const TextTable& table);

/// One line on standard error that is redrawn in place; does nothing when that is no terminal.
class ProgressLine {
public:
    ~ProgressLine();
    void show(const ImportProgress& progress);
    void note(const std::string& text);
    void clear();

private:
    bool m_drawn = false;
};

/// "12.3 MB"
std::string sizeText(std::uint64_t bytes);

} // namespace prism::cli
