// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/aliases.h"
#include "core/store/column_table.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::store {

/// The number that a text is; nothing where it is none.
std::optional<double> numberIn(std::string_view text);

/// A category column being filled row by row.
class CategoryBuilder {
public:
    explicit CategoryBuilder(std::string name);
    Code code(std::string_view text, std::optional<double> number = {});
    /// Code of an attribute's stored bytes; equal bytes are decoded once.
    Code codeOfBody(std::string_view bytes, const Aliases& aliases);
    /// The code stands for several others.
    void setMembers(Code code, std::vector<Code> members);
    void add(Code code) { m_column.codes.push_back(code); }
    void set(Row row, Code code);
    void fillTo(std::size_t rows) { m_column.codes.resize(rows, 0); }
    bool empty() const { return m_column.dictionary.size() == 1; }
    Code at(Row row) const { return row < m_column.codes.size() ? m_column.codes[row] : 0; }
    const std::string& text(Code code) const { return m_column.dictionary[code]; }
    double number(Code code) const { return m_numbers[code]; }
    CategoryColumn take(std::size_t rows);

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    using Codes = std::unordered_map<std::string, Code, Hash, std::equal_to<>>;
    CategoryColumn m_column;
    std::vector<double> m_numbers;
    bool m_anyNumber = false;
    Codes m_codes; ///< by text
    Codes m_codeOfBody; ///< by stored bytes
};

} // namespace prism::store
