// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/csv.h"
#include "core/read/node.h"
#include "core/read/sqlite_input.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// What the content of a file is at first sight. JSON between lines of log text is Json.
enum class Family { Json, Yaml, Csv, Text, Sqlite, Binary, Empty };

/// The beginning of a file as importers look at it to recognise their own. Everything in it is valid during
/// the call.
struct Sample {
    std::string_view name; ///< as the user gave it: a tiebreaker only, content decides
    Family family = Family::Empty;
    std::string_view head; ///< decoded text, at most 1 MiB
    bool complete = false; ///< `head` is the whole file
    /// The first document with arrays cut to their first elements and strings to their first bytes; null when
    /// there is no JSON or YAML. Where the file is large and nothing was recognised by its head, recognition
    /// is repeated with the skeleton of the whole document.
    const read::Node* document = nullptr;
    /// The first rows when the family is Csv (or Text that splits alike).
    std::vector<read::CsvRow> rows;
    /// Tables and columns when the family is Sqlite and the database could be opened.
    std::span<const read::SqliteTable> tables;

    bool has(std::string_view pointer) const { return document && document->has(pointer); }
    /// Null when there is no such table.
    const read::SqliteTable* table(std::string_view table) const
    {
        const auto it = std::find_if(
            tables.begin(), tables.end(), [table](const read::SqliteTable& t) { return t.name == table; });
        return it == tables.end() ? nullptr : &*it;
    }
    bool textContains(std::string_view marker) const { return head.find(marker) != std::string_view::npos; }
};

} // namespace prism
