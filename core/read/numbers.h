// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/measure.h"

#include <optional>
#include <string>
#include <string_view>

namespace prism::read {

/// A text as its file has it. What the marks in its numbers mean is not known from it alone ("1,234"), so
/// that it is never read as a number.
struct FileText : std::string_view {
    constexpr FileText() = default;
    constexpr explicit FileText(std::string_view text)
        : std::string_view(text)
    {
    }
};

/// A number of a text, exact to the last bit: an optional sign, digits with an optional point, an optional
/// exponent, nothing else. Beyond the range of a double it is an infinity, below it zero.
std::optional<double> parseDecimal(std::string_view text);
std::optional<double> parseDecimal(FileText) = delete;

/// The same without thousands separators, where `text` has them in the right places: "1,020.58".
std::optional<std::string> withoutThousands(std::string_view text);

/// NotANumber or Infinite for the words that stand for these ("nan", ".inf", "-Infinity"), else Missing.
Status nonFiniteWord(std::string_view text);

std::string_view trimmed(std::string_view text);
inline FileText trimmed(FileText text)
{
    return FileText(trimmed(std::string_view(text)));
}
bool equalsIgnoringCase(std::string_view text, std::string_view lowerCase);

} // namespace prism::read
