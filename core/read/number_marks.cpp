// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/number_marks.h"

#include "core/read/numbers.h"

#include <algorithm>

namespace prism::read {

namespace {

constexpr std::string_view digitsAndMarks = "+-0123456789.,eE";

/// A number in the spelling with decimal points, or nothing.
std::optional<std::string> withPoints(std::string_view text)
{
    if (parseDecimal(text)) {
        return std::string(text);
    }
    auto digits = withoutThousands(text);
    return digits && parseDecimal(*digits) ? digits : std::nullopt;
}

std::string swapped(std::string_view text)
{
    std::string out(text);
    for (char& c : out) {
        c = c == ',' ? '.' : c == '.' ? ',' : c;
    }
    return out;
}

/// Both readings of the number at the front of a cell.
struct Readings {
    std::string_view number;
    std::string_view before; ///< blanks
    std::string_view behind; ///< blank, percent sign or unit
    bool comma = false;
    bool point = false;
    bool pointsOnly = false; ///< and several of them
    std::optional<std::string> pointDecimal;
    std::optional<std::string> commaDecimal;

    bool isNumber() const { return pointDecimal || commaDecimal; }
};

Readings readingsOf(std::string_view cell)
{
    Readings out;
    const std::string_view text = trimmed(cell);
    const std::size_t size = std::min(text.find_first_not_of(digitsAndMarks), text.size());
    const std::string_view behind = trimmed(text.substr(size));
    // "3,5 requests were lost" is a text, "0.1 0.2" a list; "315,2 W" and "97 %" are numbers.
    constexpr std::size_t longestUnit = 8;
    if (size == 0 || behind.size() > longestUnit
        || behind.find_first_of(" \t,;.0123456789") != std::string_view::npos
        || (size < text.size() && text[size] != ' ' && behind != "%")) {
        return out;
    }
    const auto begin = static_cast<std::size_t>(text.data() - cell.data());
    out.number = text.substr(0, size);
    out.before = cell.substr(0, begin);
    out.behind = cell.substr(begin + size);
    out.comma = out.number.find(',') != std::string_view::npos;
    out.point = out.number.find('.') != std::string_view::npos;
    // "10.100.200.123" is an address unless points are known to separate thousands.
    out.pointsOnly = !out.comma && std::count(out.number.begin(), out.number.end(), '.') > 1;
    out.pointDecimal = withPoints(out.number);
    out.commaDecimal = withPoints(swapped(out.number));
    return out;
}

bool hasMark(std::string_view cell)
{
    return cell.find_first_of(",.") != std::string_view::npos;
}

/// What one mark means: by its own evidence, else by that of the other mark.
Mark meaning(bool decimal, bool thousands, bool otherDecimal, bool otherThousands)
{
    if (decimal != thousands) {
        return decimal ? Mark::Decimal : Mark::Thousands;
    }
    if (decimal || otherDecimal == otherThousands) {
        return Mark::Unclear;
    }
    return otherDecimal ? Mark::Thousands : Mark::Decimal;
}

} // namespace

void MarkEvidence::add(std::string_view cell)
{
    if (!hasMark(cell)) {
        return;
    }
    const Readings number = readingsOf(cell);
    m_commas = m_commas || (number.isNumber() && number.comma);
    if (number.pointsOnly || number.pointDecimal.has_value() == number.commaDecimal.has_value()) {
        return;
    }
    const bool commaDecimal = number.commaDecimal.has_value();
    m_commaDecimal = m_commaDecimal || (commaDecimal && number.comma);
    m_pointThousands = m_pointThousands || (commaDecimal && number.point);
    m_commaThousands = m_commaThousands || (!commaDecimal && number.comma);
    m_pointDecimal = m_pointDecimal || (!commaDecimal && number.point);
}

NumberMarks MarkEvidence::marks() const
{
    if (!m_commas && !m_pointThousands) {
        return decimalPoints;
    }
    NumberMarks out;
    out.comma = meaning(m_commaDecimal, m_commaThousands, false, m_pointThousands);
    // A program's "4000.2" beside a spreadsheet's "512,3" leaves the points decimal. The one alone does not
    // tell what the other means: "812,512" beside "0.6", "1.234" beside "50,5".
    out.point = meaning(m_pointDecimal, m_pointThousands, false, m_commaThousands && !m_commaDecimal);
    return out;
}

namespace {

/// A cell that a row of data has, and a header has not. Its titles may be percentiles ("50%").
bool beginsAsNumber(std::string_view cell)
{
    cell = trimmed(cell);
    const std::size_t digit = cell.find_first_not_of("+-.");
    return digit < cell.size() && cell[digit] >= '0' && cell[digit] <= '9' && cell.back() != '%';
}

/// How many cells have a text; nothing where one of them is a number.
std::optional<std::size_t> textsOf(const CsvRow& row)
{
    std::size_t texts = 0;
    for (const Cell& cell : row) {
        if (beginsAsNumber(cell.text)) {
            return std::nullopt;
        }
        texts += trimmed(cell.text).empty() ? 0 : 1;
    }
    return texts;
}

bool sameTexts(const CsvRow& row, const std::vector<std::string>& texts)
{
    return row.size() == texts.size()
        && std::equal(row.begin(), row.end(), texts.begin(),
            [](const Cell& cell, const std::string& text) { return cell.text == text; });
}

std::vector<NumberMarks> marksOf(
    const std::vector<MarkEvidence>& columns, Reach reach, bool points, std::span<const std::size_t> texts)
{
    const auto any = [&](auto says) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (std::find(texts.begin(), texts.end(), i) == texts.end() && says(columns[i])) {
                return true;
            }
        }
        return false;
    };
    const bool decimal = any([](const MarkEvidence& c) { return c.saysDecimalComma(); });
    const bool thousands = any([](const MarkEvidence& c) { return c.saysThousandsComma(); });
    const bool contradicted = any([](const MarkEvidence& c) { return c.contradicts(); });
    std::vector<NumberMarks> out;
    for (const MarkEvidence& column : columns) {
        NumberMarks& marks = out.emplace_back(column.marks());
        if (reach == Reach::Table && marks.comma == Mark::Unclear && !column.contradicts() && !contradicted
            && decimal != thousands) {
            marks.comma = decimal ? Mark::Decimal : Mark::Thousands;
        }
        if (!points && decimal && !column.hasCommas() && !column.saysPoint()) {
            marks.point = Mark::Unclear;
        }
    }
    return out;
}

} // namespace

std::size_t TableSections::of(const CsvRow& row)
{
    const std::optional<std::size_t> texts = textsOf(row);
    if (m_isBehindBlank && texts > 1 && !sameTexts(row, m_titles)) {
        m_section += m_begun && m_section < most ? 1 : 0;
        m_titles.clear();
        for (const Cell& cell : row) {
            m_titles.emplace_back(cell.text);
        }
    }
    const bool isBlank = texts == 0;
    const bool isCaption = texts == 1;
    m_isBehindBlank = isBlank || (m_isBehindBlank && isCaption);
    m_begun = m_begun || !isBlank;
    return m_section;
}

void TableEvidence::add(const CsvRow& row)
{
    const std::size_t section = m_sections.of(row);
    m_columns.resize(std::max(m_columns.size(), section + 1));
    std::vector<MarkEvidence>& columns = m_columns[section];
    columns.resize(std::max(columns.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
        columns[i].add(row[i].text);
    }
}

bool TableEvidence::hasMarks() const
{
    return std::any_of(m_columns.begin(), m_columns.end(), [](const std::vector<MarkEvidence>& columns) {
        return std::any_of(columns.begin(), columns.end(),
            [](const MarkEvidence& column) { return column.hasCommas() || column.marks() != decimalPoints; });
    });
}

std::vector<std::vector<NumberMarks>> TableEvidence::marks(
    Reach reach, bool points, std::span<const std::size_t> texts) const
{
    std::vector<std::vector<NumberMarks>> out;
    for (const std::vector<MarkEvidence>& columns : m_columns) {
        out.push_back(marksOf(columns, reach, points, texts));
    }
    if (out.size() > TableSections::most) { // tables of any kind: what one tells is nothing to another
        for (std::size_t i = 0; i < out.back().size(); ++i) {
            if (m_columns.back()[i].hasCommas()) {
                out.back()[i] = { Mark::Unclear, Mark::Unclear };
            }
        }
    }
    return out;
}

std::optional<std::string> plainNumber(std::string_view cell, NumberMarks marks)
{
    if (!hasMark(cell)) {
        return std::nullopt;
    }
    const Readings read = readingsOf(cell);
    if (!read.isNumber() || (read.pointsOnly && marks.point != Mark::Thousands)) {
        return std::nullopt;
    }
    const auto spelled = [&](const std::string& number) {
        return number == read.number
            ? std::nullopt
            : std::optional(std::string(read.before) + number + std::string(read.behind));
    };
    if (!read.pointDecimal || !read.commaDecimal) {
        return spelled(read.pointDecimal ? *read.pointDecimal : *read.commaDecimal);
    }
    const Mark mark = read.comma ? marks.comma : marks.point;
    if (mark == Mark::Unclear) {
        return unclearMark + std::string(trimmed(cell));
    }
    return spelled((mark == Mark::Decimal) == read.comma ? *read.commaDecimal : *read.pointDecimal);
}

bool isNumberText(std::string_view text)
{
    return readingsOf(text).isNumber();
}

bool isEitherNumber(std::string_view text)
{
    if (text.find('.') == std::string_view::npos) {
        return false;
    }
    const Readings read = readingsOf(text);
    return read.pointDecimal && read.commaDecimal;
}

bool isCommaNumber(std::string_view text)
{
    return text.find(',') != std::string_view::npos && isNumberText(text);
}

std::string_view unclearNumber(std::string_view cell)
{
    cell = trimmed(cell);
    const bool marked = !cell.empty() && cell.front() == unclearMark && isNumberText(cell.substr(1));
    return marked ? cell.substr(1) : std::string_view();
}

std::string unclearText(std::string_view number, std::string_view column, std::string_view advice)
{
    return "Nothing in the column tells whether the mark in " + std::string(number) + " (column "
        + std::string(column) + ") is decimal or of thousands: numbers like it are left out. "
        + std::string(advice);
}

const CsvRow& PlainRows::row(const CsvRow& cells, std::size_t section, const std::vector<std::string>& titles)
{
    m_row = cells;
    m_texts.clear();
    const bool known = section < m_tables.size();
    for (std::size_t i = 0; i < m_row.size(); ++i) {
        Cell& cell = m_row[i];
        const NumberMarks marks = known && i < m_tables[section].size() ? m_tables[section][i] : m_others;
        if (auto plain = plainNumber(cell.text, marks)) {
            cell.number = m_texts.emplace_back(std::move(*plain));
            if (m_unclear && cell.number.front() == unclearMark) {
                cell.unclear = m_unclear;
                cell.title = title(section, titles, i);
            }
        }
    }
    return m_row;
}

const std::string* PlainRows::title(
    std::size_t section, const std::vector<std::string>& titles, std::size_t column)
{
    std::string& kept = m_titles[{ section, column }];
    if (kept.empty()) {
        kept
            = column < titles.size() && !titles[column].empty() ? titles[column] : std::to_string(column + 1);
    }
    return &kept;
}

} // namespace prism::read
