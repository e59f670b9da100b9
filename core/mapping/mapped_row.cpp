// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/mapped_row.h"

#include "core/read/number_marks.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace prism {

bool saysNothing(std::string_view text)
{
    static constexpr std::array<std::string_view, 8> words { "", "none", "null", "nan", "n/a", "na", "-",
        "—" };
    return std::any_of(words.begin(), words.end(), [word = read::trimmed(text)](std::string_view known) {
        return read::equalsIgnoringCase(word, known);
    });
}

std::optional<RowCell> CsvMappedRow::cell(const std::string& column) const
{
    const auto at = m_columns.find(column);
    if (at == m_columns.end() || at->second >= m_cells.size() || m_cells[at->second].text.empty()) {
        return std::nullopt;
    }
    const read::Cell& found = m_cells[at->second];
    return RowCell { std::string(found.text), found.place.text(), nullptr, std::string(found.number) };
}

std::optional<RowCell> JsonMappedRow::cell(const std::string& column) const
{
    const bool ofDocument = column.starts_with('^');
    const read::Node* from = &m_row;
    while (ofDocument && from->parent()) {
        from = from->parent();
    }
    const read::Node* node = from->at(std::string_view(column).substr(ofDocument ? 1 : 0));
    if (!node || node->isNull()) {
        return std::nullopt;
    }
    return RowCell { std::string(node->text()), node->pointer(), node };
}

std::vector<std::string> columnsOf(const read::Node& row)
{
    std::vector<std::string> out;
    for (NamedCell& cell : cellsOf(row)) {
        out.push_back(std::move(cell.column));
    }
    return out;
}

std::vector<NamedCell> cellsOf(const read::Node& row)
{
    std::vector<NamedCell> out;
    std::vector<std::pair<const read::Node*, std::string>> pending { { &row, "" } };
    const std::string above = row.pointer();
    while (!pending.empty()) {
        const auto [node, path] = pending.back();
        pending.pop_back();
        if (!node->isObject()) {
            out.push_back({ path, node });
            continue;
        }
        const std::size_t before = pending.size();
        for (const read::Node& child : *node) {
            pending.emplace_back(&child, child.pointer().substr(above.size()));
        }
        std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(before), pending.end());
    }
    return out;
}

std::vector<std::string> columnsOf(const read::CsvRow& header, bool named)
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i < header.size(); ++i) {
        out.emplace_back(
            named && !header[i].text.empty() ? std::string(header[i].text) : std::to_string(i + 1));
    }
    return out;
}

bool isNumeric(const MappedValue& value)
{
    const std::string_view name = value.name;
    switch (value.target) {
    case MappedValue::Target::Measure:
        return true;
    case MappedValue::Target::Request:
        return name != "ok" && name != "error" && name != "gaps";
    case MappedValue::Target::Attribute:
        return name == "concurrency" || name == "request_rate" || name == "isl_target" || name == "osl_target"
            || name == "isl" || name == "osl";
    }
    return false;
}

std::string spelledNumber(const RowCell& cell, bool decimalComma)
{
    if (cell.number) {
        return *cell.number;
    }
    if (cell.node && !cell.node->isString()) {
        return cell.text;
    }
    constexpr read::NumberMarks notStated { read::Mark::Unclear, read::Mark::Decimal };
    return read::plainNumber(cell.text, decimalComma ? read::decimalCommas : notStated).value_or(cell.text);
}

std::optional<double> numberOf(const RowCell& cell, bool decimalComma)
{
    return read::consoleNumber(spelledNumber(cell, decimalComma));
}

bool matches(const RowFilter& filter, const MappedRow& row, bool decimalComma)
{
    const auto cell = row.cell(filter.column);
    const std::string text = cell ? cell->text : std::string();
    constexpr double none = std::numeric_limits<double>::quiet_NaN(); // compares with nothing
    const double number = cell ? numberOf(*cell, decimalComma).value_or(none) : none;
    const double bound = read::consoleNumber(filter.value).value_or(none);
    const bool equal = text == filter.value || number == bound;
    switch (filter.is) {
    case RowFilter::Is::Equal:
        return equal;
    case RowFilter::Is::NotEqual:
        return !equal;
    case RowFilter::Is::Less:
        return number < bound;
    case RowFilter::Is::More:
        return number > bound;
    }
    return false;
}

} // namespace prism
