// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/metric.h"
#include "core/model/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// What one column, or one constant that the user states, becomes.
struct MappedValue {
    enum class Target { Measure, Attribute, Request };

    /// Name of a CSV column; of JSON a pointer below the row ("/latency/p50"), or below the document with a
    /// circumflex before it ("^/model"). Empty for a constant.
    std::string column;
    std::string constant; ///< the user's own value, where there is no column
    Target target = Target::Measure;
    /// Metric id, attribute name (both of contract.md), or a field of a request (see requestFields()).
    std::string name;
    Stat stat = Stat::value(); ///< of a measure
    /// The unit of the file as sourceUnit() reads it. Empty: not stated yet, and then nothing is imported,
    /// because a guessed unit is a wrong number. Counts, texts and attributes have none.
    std::string unit;
    std::string proposed; ///< why Prism proposes this, in a clause; empty once the user decided

    friend bool operator==(const MappedValue&, const MappedValue&) = default;
};

/// Rows that do not count, such as those of a warm-up.
struct RowFilter {
    enum class Is { Equal, NotEqual, Less, More };

    std::string column;
    Is is = Is::Equal;
    std::string value; ///< compared as numbers where both are numbers
    std::string why; ///< in the user's words

    friend bool operator==(const RowFilter&, const RowFilter&) = default;
};

/// How the files of one shape are read that no importer knows: a small JSON document that people share.
struct Mapping {
    enum class Format { Csv, Json };
    enum class Row { Point, Request };

    std::string name; ///< small letters, digits, "-" and "_": part of a producer's id
    Format format = Format::Csv;
    Row row = Row::Point;
    /// CSV: number of the row with the column names, counted from 1 with blank rows; 0: there are no names,
    /// and columns are called "1", "2", …
    std::uint32_t headerRow = 1;
    char delimiter = 0; ///< CSV: 0 is found from the first lines
    bool decimalComma = false; ///< "1.020,58" is a thousand
    /// JSON: pointer to the array of rows within a document; "" is the document itself, a row or an array of
    /// them.
    std::string rows;
    std::uint64_t leaveOutFirst = 0; ///< so many rows at the beginning do not count
    std::vector<RowFilter> leaveOut;
    std::vector<std::string> columns; ///< of the file that it was made for: the shape it applies itself to
    std::vector<MappedValue> values;

    friend bool operator==(const Mapping&, const Mapping&) = default;
};

/// What a column can be of a request: "start" and "end" (s), "ttft" and "e2e" (ms), "isl" and "osl" (tokens),
/// "ok", "error" and "gaps" (ms each).
struct RequestField {
    std::string_view name;
    std::string_view title;
    bool hasUnit = false;
    Unit unit = Unit::One; ///< that the unit of the file must lead to
};
std::span<const RequestField> requestFields();
const RequestField* findRequestField(std::string_view name);

/// The unit that a value is kept in, which that of the file must lead to; none for attributes and texts.
std::optional<Unit> keptUnit(const MappedValue& value);
/// True where the file's unit must be stated before a value can be used.
bool needsUnit(const MappedValue& value);

/// Reads the text of a mapping; `file` is only for the error.
Result<Mapping> parseMapping(std::string_view text, const std::string& file);
std::string toJson(const Mapping& mapping);

/// A name that a mapping can have, of any text.
std::string mappingName(std::string_view text);

/// One thing that is wrong in a mapping before any file is read. The error's place is the column.
struct MappingProblem {
    static constexpr std::size_t ofAll = static_cast<std::size_t>(-1);

    std::size_t value = ofAll; ///< number of the value in it, or `ofAll`
    Error error;
    bool isProposal = false; ///< nothing is wrong but that nobody has accepted it
};
/// All of them, at most one a value, in the order of the values.
std::vector<MappingProblem> problemsOf(const Mapping& mapping);

/// What is wrong in it before any file is read: unknown names, statistics and units that are not stated or
/// measure something else, proposals that nobody accepted, two columns for one number. The error's place is
/// the column.
Result<void> check(const Mapping& mapping);

/// The same with its proposals taken for the user's decisions. What they leave open stays open.
Mapping accepted(Mapping mapping);

} // namespace prism
