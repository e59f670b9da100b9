// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/numbers.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace prism::read {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Whether an unsigned decimal that no double can hold is too large rather than too small: the power of ten
/// of its first digit that is not zero decides.
bool overflows(std::string_view text)
{
    const std::size_t e = std::min(text.find_first_of("eE"), text.size());
    const std::string_view mantissa = text.substr(0, e);
    std::string_view exponentText = text.substr(std::min(e + 1, text.size()));
    const bool negative = !exponentText.empty() && exponentText.front() == '-';
    if (!exponentText.empty() && !isDigit(exponentText.front())) {
        exponentText.remove_prefix(1);
    }
    constexpr std::int64_t huge = std::numeric_limits<std::int32_t>::max();
    std::int64_t exponent = 0;
    for (const char c : exponentText) {
        exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), huge);
    }
    const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
    const auto first = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
    return point - first + (negative ? -exponent : exponent) > 0;
}

} // namespace

std::optional<double> parseDecimal(std::string_view text)
{
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (negative || text.front() == '+')) {
        text.remove_prefix(1);
    }
    // from_chars would also take "inf", "nan" and a second sign.
    if (text.empty() || !(isDigit(text.front()) || (text.front() == '.' && text.size() > 1))) {
        return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument) {
        return std::nullopt;
    }
    if (error == std::errc::result_out_of_range) {
        value = overflows(text) ? std::numeric_limits<double>::infinity() : 0.0;
    }
    return negative ? -value : value;
}

std::optional<std::string> withoutThousands(std::string_view text)
{
    const std::size_t sign = !text.empty() && (text.front() == '-' || text.front() == '+') ? 1 : 0;
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::size_t firstComma = text.find(',');
    if (firstComma == std::string_view::npos || firstComma >= end || firstComma == sign
        || firstComma > sign + 3 || text[sign] == '0' || (end - firstComma) % 4 != 0
        || text.find(',', end) != std::string_view::npos) {
        return std::nullopt;
    }
    std::string out(text.substr(0, sign));
    for (std::size_t i = sign; i < end; ++i) {
        const bool separator = i >= firstComma && (i - firstComma) % 4 == 0;
        if (separator ? text[i] != ',' : !isDigit(text[i])) {
            return std::nullopt;
        }
        if (!separator) {
            out += text[i];
        }
    }
    return out.append(text.substr(end));
}

Status nonFiniteWord(std::string_view text)
{
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        text.remove_prefix(1);
    }
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
    }
    if (equalsIgnoringCase(text, "nan")) {
        return Status::NotANumber;
    }
    return equalsIgnoringCase(text, "inf") || equalsIgnoringCase(text, "infinity") ? Status::Infinite
                                                                                   : Status::Missing;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool equalsIgnoringCase(std::string_view text, std::string_view lowerCase)
{
    return text.size() == lowerCase.size()
        && std::equal(
            text.begin(), text.end(), lowerCase.begin(), [](char a, char b) { return lower(a) == b; });
}

} // namespace prism::read
