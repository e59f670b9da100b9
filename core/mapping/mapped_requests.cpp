// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/mapped_requests.h"

#include "core/model/attribute_text.h"
#include "core/read/number_marks.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace prism {

namespace {

SourceUnit unitIn(const MappedValue& value, Unit kept)
{
    return value.unit.empty() ? SourceUnit { kept, 1 }
                              : sourceUnit(value.unit, kept).value_or(SourceUnit { kept, 1 });
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// As edits take a person's word for the attribute: what cannot be its value is left out, and said so.
void putAttribute(PointWriter& out, const MappedValue& value, const RowCell& cell, std::string text)
{
    if (value.name == "prefix_caching" || value.name == "load_mode") {
        text = lower(text);
    }
    auto meant = attributeValue(value.name, text);
    if (!meant) {
        out.warn("attribute-left-out",
            "Column " + value.column + ": " + meant.error().reason + ". It is left out. "
                + meant.error().remedy + '.',
            cell.path);
        return;
    }
    const bool same = toText(*meant) == cell.text;
    out.attribute(value.name, std::move(*meant), same ? std::string() : cell.text, cell.path);
}

void applyAttribute(PointWriter& out, const MappedValue& value, const RowCell& cell, bool decimalComma)
{
    // "none" is the word for a set-up without such a thing, where a text can be its value.
    const bool isWord = lower(read::trimmed(cell.text)) == "none" && attributeValue(value.name, cell.text);
    if (saysNothing(cell.text) && !isWord) {
        return;
    }
    std::string number = isNumeric(value) ? spelledNumber(cell, decimalComma) : cell.text;
    if (const std::string_view unclear
        = number == cell.text ? std::string_view() : read::unclearNumber(number);
        !unclear.empty()) {
        out.warn(read::unclearCode, read::unclearText(unclear, value.column), cell.path);
        return;
    }
    putAttribute(out, value, cell, std::move(number));
}

/// A text in a column of numbers is no missing number that nobody need know of.
void warnOfText(PointWriter& out, const MappedValue& value, const RowCell& cell, const std::string& number)
{
    constexpr std::size_t longest = 60;
    const Measure& made = out.point().measures.back();
    if (made.status != Status::Missing || saysNothing(number) || !read::unclearNumber(number).empty()) {
        return;
    }
    out.warn("not-a-number",
        "Column " + value.column + ": \""
            + (cell.text.size() > longest ? cell.text.substr(0, longest) + "…" : cell.text)
            + "\" is no number.",
        cell.path);
}

void applyConstant(PointWriter& out, const MappedValue& value)
{
    if (value.target == MappedValue::Target::Attribute) {
        if (auto meant = attributeValue(value.name, value.constant)) { // check() has seen to it
            out.attribute(value.name, std::move(*meant), {}, {}, Origin::User);
        }
        return;
    }
    const Metric* metric = findMetric(value.name);
    out.measure(
        value.name, value.stat, value.constant, {}, "mapping", unitIn(value, unitOf(*metric, value.stat)));
    out.point().measures.back().origin = Origin::User;
}

std::optional<double> scaled(const MappedRow& row, const MappedValue& value, Unit kept, bool decimalComma)
{
    const auto cell = row.cell(value.column);
    const auto number = cell ? numberOf(*cell, decimalComma) : std::nullopt;
    return number ? std::optional(convert(*number, unitIn(value, kept))) : std::nullopt;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// "12,5 13,5": blanks or semicolons between the numbers, and commas between digits.
bool isUnclearList(std::string_view text)
{
    bool comma = false;
    bool other = false;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        comma = comma || (text[i] == ',' && isDigit(text[i - 1]) && isDigit(text[i + 1]));
        other = other || ((text[i] == ' ' || text[i] == ';') && isDigit(text[i - 1]));
    }
    return comma && other;
}

/// Numbers of a JSON array, or of a cell such as "[0.01, 0.02]" or "0.01 0.02"; "12,5 13,5" where commas
/// between digits are decimal.
std::vector<double> numbersIn(const RowCell& cell, SourceUnit unit, bool decimalComma)
{
    std::vector<double> out;
    if (cell.node && cell.node->isArray()) {
        for (const double number : cell.node->numbers()) {
            out.push_back(convert(number, unit));
        }
        for (const read::Node& node : *cell.node) {
            if (const auto number = node.lenientNumber()) {
                out.push_back(convert(*number, unit));
            }
        }
        return out;
    }
    std::string word;
    const std::string text = cell.text + ' ';
    if (!decimalComma && isUnclearList(cell.text)) {
        return out;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (decimalComma && c == ',' && !word.empty() && isDigit(word.back()) && isDigit(text[i + 1])) {
            c = '.';
        }
        if (std::string_view("[]();, \t").find(c) == std::string_view::npos) {
            word += c;
            continue;
        }
        if (const auto number = word.empty() ? std::nullopt : read::consoleNumber(word)) {
            out.push_back(convert(*number, unit));
        }
        word.clear();
    }
    return out;
}

bool saysNo(const std::string& text)
{
    const std::string word = lower(text);
    return word == "false" || word == "0" || word == "no" || word == "failed" || word == "error";
}

std::optional<std::int64_t> tokens(double number)
{
    return number >= 0 && number < 1e15 ? std::optional<std::int64_t>(std::llround(number)) : std::nullopt;
}

struct ReadRequest {
    RequestRow row;
    std::optional<double> start; ///< seconds
    std::optional<double> end;
};

void take(ReadRequest& out, const MappedValue& value, const Mapping& mapping, const MappedRow& row)
{
    const RequestField* field = findRequestField(value.name);
    const std::string_view name = value.name;
    const auto cell = row.cell(value.column);
    if (!cell || !field) {
        return;
    }
    if (name == "ok") {
        out.row.ok = !saysNo(cell->text);
    } else if (name == "error" && !saysNothing(cell->text)) {
        out.row.ok = false;
        out.row.error = cell->text.empty() ? "failed" : cell->text.substr(0, 500);
    } else if (name == "gaps") {
        out.row.gapsMs = numbersIn(*cell, unitIn(value, field->unit), mapping.decimalComma);
    }
    const auto number = scaled(row, value, field->unit, isDecimalComma(mapping));
    if (!number) {
        return;
    }
    if (name == "start") {
        out.start = number;
    } else if (name == "end") {
        out.end = number;
    } else if (name == "ttft") {
        out.row.ttft = Milliseconds { *number };
    } else if (name == "e2e") {
        out.row.e2e = Milliseconds { *number };
    } else if (name == "isl") {
        out.row.isl = tokens(*number);
    } else if (name == "osl") {
        out.row.osl = tokens(*number);
    }
}

} // namespace

void apply(PointWriter& out, const MappedValue& value, const Mapping& mapping, const MappedRow& row)
{
    if (value.column.empty()) {
        applyConstant(out, value);
        return;
    }
    const auto cell = row.cell(value.column);
    if (!cell) {
        return;
    }
    if (value.target == MappedValue::Target::Attribute) {
        applyAttribute(out, value, *cell, isDecimalComma(mapping));
    } else if (value.target == MappedValue::Target::Measure) {
        const Metric* metric = findMetric(value.name);
        const std::string number = spelledNumber(*cell, isDecimalComma(mapping));
        out.measure(value.name, value.stat, number, cell->path, value.column,
            unitIn(value, unitOf(*metric, value.stat)));
        warnOfText(out, value, *cell, number);
    }
    if (cell->node) {
        cell->node->claim();
    }
}

Result<MappedRequests::Point*> MappedRequests::pointOf(const MappedRow& row)
{
    std::string key;
    for (const MappedValue& value : m_mapping.values) {
        if (value.target == MappedValue::Target::Attribute && !value.column.empty()) {
            const auto cell = row.cell(value.column);
            key += (cell ? cell->text : std::string()) + '\x1f';
        }
    }
    std::unique_ptr<Point>& point = m_points[key];
    if (point) {
        return point.get();
    }
    if (m_points.size() > mostPoints) {
        return Error { {}, row.place(),
            "the columns that are attributes have more than " + std::to_string(mostPoints)
                + " combinations of values, one of each request it seems",
            "Leave the attribute out that differs from request to request" };
    }
    point = std::make_unique<Point>(m_sink, static_cast<std::uint32_t>(m_points.size() - 1));
    for (const MappedValue& value : m_mapping.values) {
        if (value.target == MappedValue::Target::Attribute) {
            apply(point->writer, value, m_mapping, row);
        }
    }
    return point.get();
}

Result<void> MappedRequests::add(const MappedRow& row)
{
    auto point = pointOf(row);
    if (!point) {
        return point.error();
    }
    ReadRequest request;
    for (const MappedValue& value : m_mapping.values) {
        if (value.target == MappedValue::Target::Request) {
            take(request, value, m_mapping, row);
            noteUnclear(value, row);
        }
    }
    if (!request.row.e2e && request.start && request.end) {
        request.row.e2e = Milliseconds { millisecondsBetween(*request.start, *request.end) };
    }
    if (!request.end && request.start && request.row.e2e) {
        request.end = *request.start + toSeconds(*request.row.e2e).value;
    }
    (*point)->statistics.add(request.row, request.start, request.end);
    (*point)->rows.add(std::move(request.row), request.start, std::nullopt);
    return {};
}

void MappedRequests::noteUnclear(const MappedValue& value, const MappedRow& row)
{
    const bool isList = value.name == "gaps";
    bool& told = isList ? m_gapsTold : m_numberTold;
    const auto cell = told ? std::nullopt : row.cell(value.column);
    if (!cell || (cell->node && cell->node->isArray())) {
        return;
    }
    if (isList && !m_mapping.decimalComma && isUnclearList(cell->text)) {
        constexpr std::size_t longest = 60;
        const std::string list
            = cell->text.size() > longest ? cell->text.substr(0, longest) + "…" : cell->text;
        m_sink.warn({ read::unclearCode,
            "Nothing tells whether the commas in the list of gaps " + list + " (column " + value.column
                + ") are decimal or stand between numbers: lists like it are left out. State decimal_comma "
                  "in the mapping, or write the list with semicolons between the numbers and points in them.",
            cell->path });
        told = true;
    } else if (isNumeric(value)) {
        const std::string number = spelledNumber(*cell, isDecimalComma(m_mapping));
        if (const std::string_view unclear = read::unclearNumber(number); !unclear.empty()) {
            m_sink.warn({ read::unclearCode, read::unclearText(unclear, value.column), cell->path });
            told = true;
        }
    }
}

void MappedRequests::finish()
{
    for (auto& [key, point] : m_points) {
        point->rows.finish();
        point->statistics.write(point->writer);
        for (const MappedValue& value : m_mapping.values) {
            if (value.target == MappedValue::Target::Measure && value.column.empty()) {
                // What the user states stands before what follows from the rows.
                std::erase_if(point->writer.point().measures, [&value](const Measure& m) {
                    return m.metric->id == value.name && m.stat == value.stat;
                });
                applyConstant(point->writer, value);
            }
        }
        m_sink.point(point->writer.take());
    }
}

} // namespace prism
