// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prism::test {

/// Cells of RFC 4180 text as a spreadsheet has them, of all lines one behind the other.
inline std::vector<std::string> csvCells(std::string_view text)
{
    std::vector<std::string> cells;
    std::string cell;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            const bool twice = c == '"' && i + 1 < text.size() && text[i + 1] == '"';
            quoted = c != '"' || twice;
            cell += quoted ? std::string(1, c) : std::string();
            i += twice ? 1 : 0;
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',' || c == '\n') {
            cells.push_back(std::move(cell));
            cell.clear();
        } else if (c != '\r') {
            cell += c;
        }
    }
    return cells;
}

/// The first cell that a spreadsheet would run; empty where there is none. A number is none, whatever its
/// sign.
inline std::string formulaIn(std::string_view csv)
{
    for (const std::string& cell : csvCells(csv)) {
        const bool number = cell.find_first_not_of("+-.0123456789eE") == std::string::npos
            && cell.find_first_of("0123456789") != std::string::npos
            && cell.find_first_of("+-", 1) == std::string::npos;
        if (!cell.empty() && std::string_view("=+-@\t\r").find(cell[0]) != std::string_view::npos
            && !number) {
            return cell;
        }
    }
    return {};
}

} // namespace prism::test
