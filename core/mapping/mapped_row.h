// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping.h"
#include "core/read/csv.h"
#include "core/read/node.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// What stands in one column of a row, with its place.
struct RowCell {
    std::string text;
    std::string path;
    const read::Node* node = nullptr; ///< JSON only
    /// The text as numbers are read, with decimal points: of a table whose commas were looked at.
    std::optional<std::string> number {};
};

/// Whether a cell's text stands for nothing: empty, "none", "null", "nan", "n/a", "na", a dash.
bool saysNothing(std::string_view text);

/// A row of either format behind the names of its columns.
class MappedRow {
public:
    virtual ~MappedRow() = default;
    /// Empty where the row has no such column, or nothing in it.
    virtual std::optional<RowCell> cell(const std::string& column) const = 0;
    virtual std::string place() const = 0; ///< of the row itself
};

class CsvMappedRow : public MappedRow {
public:
    CsvMappedRow(const std::map<std::string, std::size_t>& columns, const read::CsvRow& cells)
        : m_columns(columns)
        , m_cells(cells)
    {
    }
    std::optional<RowCell> cell(const std::string& column) const override;
    std::string place() const override { return m_cells.empty() ? std::string() : m_cells[0].place.text(); }

private:
    const std::map<std::string, std::size_t>& m_columns;
    const read::CsvRow& m_cells;
};

class JsonMappedRow : public MappedRow {
public:
    explicit JsonMappedRow(const read::Node& row)
        : m_row(row)
    {
    }
    std::optional<RowCell> cell(const std::string& column) const override;
    std::string place() const override { return m_row.pointer(); }

private:
    const read::Node& m_row;
};

/// Columns of a JSON row: pointers of its scalars and arrays, in the order of the file; objects are walked
/// into.
std::vector<std::string> columnsOf(const read::Node& row);
struct NamedCell {
    std::string column;
    const read::Node* node;
};
/// The same with what stands in them, in one walk.
std::vector<NamedCell> cellsOf(const read::Node& row);
/// The same of a CSV header; columns without a name have their number, counted from 1.
std::vector<std::string> columnsOf(const read::CsvRow& header, bool named);

/// True when the value leaves a row out.
bool matches(const RowFilter& filter, const MappedRow& row, bool decimalComma);

/// Whether the cells of a row still have the commas of their file: the numbers of a table arrive with points.
inline bool isDecimalComma(const Mapping& mapping)
{
    return mapping.format == Mapping::Format::Json && mapping.decimalComma;
}

/// Whether a value is read as a number, with what its marks mean; texts, lists and names are taken as they
/// are.
bool isNumeric(const MappedValue& value);

/// The number of a cell as PointWriter reads it. In a document a text such as "1,234" is unclear unless the
/// mapping says that commas are decimal; what is a number there has its decimal point.
std::string spelledNumber(const RowCell& cell, bool decimalComma);
std::optional<double> numberOf(const RowCell& cell, bool decimalComma);

} // namespace prism
