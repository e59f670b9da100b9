// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/measure.h"

#include <optional>
#include <string>
#include <string_view>

namespace prism::read {

/// A number of a text, exact to the last bit: an optional sign, digits with an optional point, an optional
/// exponent, nothing else. Beyond the range of a double it is an infinity, below it zero.
std::optional<double> parseDecimal(std::string_view text);

/// The same without thousands separators, where `text` has them in the right places: "1,020.58".
std::optional<std::string> withoutThousands(std::string_view text);

/// NotANumber or Infinite for the words that stand for these ("nan", ".inf", "-Infinity"), else Missing.
Status nonFiniteWord(std::string_view text);

std::string_view trimmed(std::string_view text);
bool equalsIgnoringCase(std::string_view text, std::string_view lowerCase);

} // namespace prism::read
