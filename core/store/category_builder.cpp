// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/category_builder.h"

#include "core/store/point_blobs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace prism::store {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

} // namespace

std::optional<double> numberIn(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(value)
        ? std::optional(value)
        : std::nullopt;
}

CategoryBuilder::CategoryBuilder(std::string name)
{
    m_column.name = std::move(name);
    m_column.dictionary.emplace_back();
    m_numbers.push_back(nan);
    m_codes.emplace(std::string(), 0);
}

Code CategoryBuilder::code(std::string_view text, std::optional<double> number)
{
    const auto it = m_codes.find(text);
    if (it != m_codes.end()) {
        return it->second;
    }
    const Code code = static_cast<Code>(m_column.dictionary.size());
    m_column.dictionary.emplace_back(text);
    m_numbers.push_back(number.value_or(nan));
    m_anyNumber = m_anyNumber || number;
    m_codes.emplace(std::string(text), code);
    return code;
}

Code CategoryBuilder::codeOfBody(std::string_view bytes, const Aliases& aliases)
{
    if (const auto it = m_codeOfBody.find(bytes); it != m_codeOfBody.end()) {
        return it->second;
    }
    auto body = readAttributeBody(bytes);
    Code made = 0;
    if (body) {
        aliases.apply(m_column.name, *body);
        const std::string text = toText(body->value);
        made = code(text, numberIn(text));
    }
    m_codeOfBody.emplace(std::string(bytes), made);
    return made;
}

void CategoryBuilder::setMembers(Code code, std::vector<Code> members)
{
    m_column.members.resize(std::max(m_column.members.size(), std::size_t(code) + 1));
    m_column.members[code] = std::move(members);
}

void CategoryBuilder::set(Row row, Code code)
{
    fillTo(row);
    if (m_column.codes.size() == row) {
        m_column.codes.push_back(code);
    } else {
        m_column.codes[row] = code;
    }
}

CategoryColumn CategoryBuilder::take(std::size_t rows)
{
    fillTo(rows);
    if (m_anyNumber) {
        m_column.numbers = std::move(m_numbers);
    }
    return std::move(m_column);
}

} // namespace prism::store
