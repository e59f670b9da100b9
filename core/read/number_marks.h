// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/csv.h"

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::read {

enum class Mark { Thousands, Decimal, Unclear };

/// What commas and points mean within the numbers of one column: "120,512" is a hundred and twenty where
/// commas are decimal, a thousand times that where they are not.
struct NumberMarks {
    Mark comma = Mark::Thousands;
    Mark point = Mark::Decimal;

    friend bool operator==(const NumberMarks&, const NumberMarks&) = default;
};
inline constexpr NumberMarks decimalPoints {};
inline constexpr NumberMarks decimalCommas { Mark::Decimal, Mark::Thousands };

/// Collects from a column's numbers what their marks mean. A number tells it when only one reading is
/// possible: "50,5", "0,125", "1234,567" and "1.020,5" have decimal commas, "1,020,000" and "1,020.5" have
/// not. A point tells nothing of the commas: people mix a program's "4000.2" with a spreadsheet's "512,3".
/// Units and percent signs behind a number are passed over; texts tell nothing.
class MarkEvidence {
public:
    void add(std::string_view cell);
    bool hasCommas() const { return m_commas; } ///< within numbers
    bool saysDecimalComma() const { return m_commaDecimal && !m_commaThousands; }
    bool saysThousandsComma() const { return m_commaThousands && !m_commaDecimal; }
    bool contradicts() const { return m_commaThousands && m_commaDecimal; }
    bool saysPoint() const { return m_pointDecimal || m_pointThousands; }
    /// Unclear where nothing in the column tells it, or where the column contradicts itself.
    NumberMarks marks() const;

private:
    bool m_commas = false;
    bool m_commaDecimal = false;
    bool m_commaThousands = false;
    bool m_pointDecimal = false;
    bool m_pointThousands = false;
};

/// How far what a number tells reaches.
enum class Reach {
    Column, ///< whose numbers it stands among: "0,1" may be a list of devices, "0.6" a version
    Table ///< a column that tells nothing of its commas follows the others: all are known to be numbers
};

/// Tells the tables of a file apart by their headers, which are rows of texts alone behind a blank row; a
/// caption of one cell may stand between. Within a table such a row is one of it ("failed", "n/a"), and one
/// that repeats the header before it goes on with that table.
class TableSections {
public:
    /// Number of the table of this row. All behind the first `most` are one.
    std::size_t of(const CsvRow& row);
    /// Of the table that the last row belongs to; empty where it has no header.
    const std::vector<std::string>& titles() const { return m_titles; }
    static constexpr std::size_t most = 4096;

private:
    std::vector<std::string> m_titles;
    std::size_t m_section = 0;
    bool m_begun = false;
    bool m_isBehindBlank = true; ///< or at the beginning
};

/// The evidence of every column of every table of a file.
class TableEvidence {
public:
    void add(const CsvRow& row);
    /// True when a number has to be rewritten.
    bool hasMarks() const;
    /// By table and column. `points`: between commas a point is decimal; elsewhere "1.234" is unclear beside
    /// a column of decimal commas unless its own column tells. `texts` are columns that hold no numbers: they
    /// tell the others nothing.
    std::vector<std::vector<NumberMarks>> marks(
        Reach reach, bool points, std::span<const std::size_t> texts = {}) const;

private:
    TableSections m_sections;
    std::vector<std::vector<MarkEvidence>> m_columns; ///< by table
};

/// The number of a cell, with what stands behind it, in the spelling that parseDecimal() reads. A number that
/// reads in one way only is read so whatever the marks are. Empty: there is nothing to rewrite. An unclear
/// number becomes `unclearMark` and its text, which nothing takes for a number.
std::optional<std::string> plainNumber(std::string_view cell, NumberMarks marks);
inline constexpr char unclearMark = '?';
/// The text behind the mark of an unclear number; empty for any other cell.
std::string_view unclearNumber(std::string_view cell);
inline constexpr const char* unclearCode = "unclear-comma";
/// What to say of it, by the column that it stands in, and what to do.
inline constexpr std::string_view stateTheMark
    = "Import the file with a mapping that states decimal_comma, or without marks of thousands.";
std::string unclearText(
    std::string_view number, std::string_view column, std::string_view advice = stateTheMark);

/// True for a number in either spelling.
bool isNumberText(std::string_view text);
/// True for a number with a comma in it.
bool isCommaNumber(std::string_view text);
/// True for a number with a point that may be decimal or of thousands: "1.234".
bool isEitherNumber(std::string_view text);

/// Rewrites the numbers of a table row by row; Cell::text stays as it is.
class PlainRows {
public:
    /// The same marks in every column.
    explicit PlainRows(NumberMarks marks)
        : m_others(marks)
    {
    }
    /// By table and column. The first unclear number that is asked for goes to `unclear`.
    PlainRows(std::vector<std::vector<NumberMarks>> tables, std::optional<UnclearNumber>& unclear)
        : m_tables(std::move(tables))
        , m_unclear(&unclear)
    {
    }
    /// A row of the table `section`, whose titles are these. Valid until the next call.
    const CsvRow& row(
        const CsvRow& cells, std::size_t section = 0, const std::vector<std::string>& titles = {});

private:
    const std::string* title(std::size_t section, const std::vector<std::string>& titles, std::size_t column);

    std::vector<std::vector<NumberMarks>> m_tables;
    NumberMarks m_others = decimalPoints; ///< of columns beyond these
    std::optional<UnclearNumber>* m_unclear = nullptr;
    std::map<std::pair<std::size_t, std::size_t>, std::string> m_titles; ///< of columns with unclear numbers
    CsvRow m_row;
    std::deque<std::string> m_texts; ///< of `m_row`
};

} // namespace prism::read
