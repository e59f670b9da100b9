// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/csv.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace prism::read {

enum class Mark { Thousands, Decimal, Unclear };

/// What commas and points mean within the numbers of one table: "120,512" is a hundred and twenty where
/// commas are decimal, a thousand times that where they are not.
struct NumberMarks {
    Mark comma = Mark::Thousands;
    Mark point = Mark::Decimal;

    friend bool operator==(const NumberMarks&, const NumberMarks&) = default;
};
inline constexpr NumberMarks decimalPoints {};
inline constexpr NumberMarks decimalCommas { Mark::Decimal, Mark::Thousands };

/// Collects from a table's numbers what their marks mean. A number tells it when only one reading is
/// possible: "50,5", "0,125", "1234,567" and "1.020,5" have decimal commas, "1,020,000" and "1,020.5" have
/// not. Units and percent signs behind a number are passed over; texts tell nothing.
class MarkEvidence {
public:
    void add(std::string_view cell);
    bool hasCommas() const { return m_commas; } ///< within numbers
    /// Unclear where nothing in the table tells it, or where the table contradicts itself.
    NumberMarks marks() const;

private:
    bool m_commas = false;
    bool m_commaDecimal = false;
    bool m_commaThousands = false;
    bool m_pointDecimal = false;
    bool m_pointThousands = false;
};

/// The number of a cell, with what stands behind it, in the spelling that parseDecimal() reads. A number that
/// reads in one way only is read so whatever the marks are. Empty: there is nothing to rewrite. An unclear
/// number becomes `unclearMark` and its text, which nothing takes for a number.
std::optional<std::string> plainNumber(std::string_view cell, NumberMarks marks);
inline constexpr char unclearMark = '?';
/// The text behind the mark of an unclear number; empty for any other cell.
std::string_view unclearNumber(std::string_view cell);
inline constexpr const char* unclearCode = "unclear-comma";
/// What to say of it, by the column that it stands in.
std::string unclearText(std::string_view number, std::string_view column);

/// True for a number in either spelling.
bool isNumberText(std::string_view text);

/// Rewrites the numbers of a table row by row.
class PlainRows {
public:
    explicit PlainRows(NumberMarks marks)
        : m_marks(marks)
    {
    }
    /// Valid until the next call.
    const CsvRow& row(const CsvRow& cells);

private:
    NumberMarks m_marks;
    CsvRow m_row;
    std::deque<std::string> m_texts; ///< of `m_row`
};

} // namespace prism::read
