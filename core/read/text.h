// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"
#include "core/read/documents.h"
#include "core/read/numbers.h"

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace prism::read {

/// A line of console output as a person saw it: without ANSI sequences, and what the last carriage return
/// left (a progress bar's last state, or the text glued behind it).
struct TextLine {
    std::string_view text;
    Place place; ///< of the first byte of the whole line in the source
    std::vector<std::uint32_t>
        columns; ///< source column of each byte of `text`; empty when text is unchanged

    /// Place of the byte `offset` of `text` in the source.
    Place at(std::size_t offset) const;
};

Result<ReadReport> readLines(ByteSource& source, const Budgets& budgets,
    const std::function<Result<void>(const TextLine&)>& line, std::stop_token stop = {});

/// Splits a row of a pipe table ("| a | b |") or of a box-drawn table ("│ a ┃ b │") into trimmed cells with
/// their offsets in `line`. Empty for a line without cells; rules such as "|---|" and "├──┼──┤" give an empty
/// list too.
struct TableCell {
    std::string_view text;
    std::size_t offset = 0;
};
std::vector<TableCell> tableCells(std::string_view line);

/// A number as consoles print it: "1,020.58", "95.00%", "1.5k" is none. Trailing text makes it none.
std::optional<double> consoleNumber(std::string_view text);
std::optional<double> consoleNumber(FileText) = delete;

/// Go durations ("1m15.956682676s", "849.390522ms", "12µs") and ISO 8601 durations ("PT1H2M3.5S"), in
/// seconds.
std::optional<double> goDurationSeconds(std::string_view text);
std::optional<double> isoDurationSeconds(std::string_view text);

} // namespace prism::read
