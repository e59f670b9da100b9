// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metric.h"

#include <array>
#include <charconv>
#include <cmath>

namespace prism {

namespace {

constexpr std::string_view thinSpace = "\u2009";
constexpr std::string_view minus = "\u2212";

std::string fixed(double value, int decimals)
{
    std::array<char, 400> text {};
    const auto end = std::to_chars(
        text.data(), text.data() + text.size(), std::abs(value), std::chars_format::fixed, decimals)
                         .ptr;
    return { text.data(), end };
}

/// Groups the digits before the point by three; four digits stand together only when alone.
std::string grouped(const std::string& digits, bool negative)
{
    const std::size_t point = std::min(digits.find('.'), digits.size());
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && i < point && (point - i) % 3 == 0) {
            out += thinSpace;
        }
        out += digits[i];
    }
    const bool zero = digits.find_first_not_of("0.") == std::string::npos;
    return negative && !zero ? std::string(minus) + out : out;
}

std::string significant(double value, int digits)
{
    if (value == 0) {
        return "0";
    }
    const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
    return grouped(fixed(value, std::max(0, digits - 1 - magnitude)), value < 0);
}

struct Scaled {
    double value;
    std::string_view unit;
};

/// Times read in µs below 1 ms, in ms below 10 s, in s above; sizes in powers of ten.
Scaled scaled(double value, Unit unit)
{
    const double size = std::abs(value);
    switch (unit) {
    case Unit::Millisecond:
        return size != 0 && size < 1 ? Scaled { value * 1e3, "µs" }
            : size < 1e4             ? Scaled { value, "ms" }
                                     : Scaled { value / 1e3, "s" };
    case Unit::Second:
        return size != 0 && size < 1e-3 ? Scaled { value * 1e6, "µs" }
            : size != 0 && size < 1     ? Scaled { value * 1e3, "ms" }
                                        : Scaled { value, "s" };
    case Unit::Byte:
        return size >= 1e9 ? Scaled { value / 1e9, "GB" }
            : size >= 1e6  ? Scaled { value / 1e6, "MB" }
            : size >= 1e3  ? Scaled { value / 1e3, "kB" }
                           : Scaled { value, "B" };
    case Unit::Ratio:
        return { value * 100, "%" };
    case Unit::UsdPerMegatoken:
        return { value, "$ / 1M" };
    case Unit::One:
        return { value, "" };
    default:
        return { value, symbol(unit) };
    }
}

int columnDecimals(Unit unit)
{
    switch (unit) {
    case Unit::One:
    case Unit::Byte:
    case Unit::Joule:
        return 0;
    case Unit::Ratio:
        return 3;
    case Unit::Second:
    case Unit::Millisecond:
    case Unit::RequestPerSecond:
    case Unit::UsdPerMegatoken:
        return 2;
    case Unit::JoulePerToken:
        return 4;
    default:
        return 1;
    }
}

} // namespace

std::string formatNumber(double value, Unit unit, NumberStyle style)
{
    if (style == NumberStyle::Full) {
        std::array<char, 32> text {};
        return { text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr };
    }
    if (!std::isfinite(value)) {
        return std::isnan(value) ? "—" : value > 0 ? "∞" : std::string(minus) + "∞";
    }
    if (style == NumberStyle::Column) {
        const std::string digits = fixed(value, columnDecimals(unit));
        // What is not zero must not read as zero.
        const bool lost = value != 0 && digits.find_first_not_of("0.") == std::string::npos;
        return lost ? significant(value, 2) : grouped(digits, value < 0);
    }
    const Scaled s = scaled(value, unit);
    // There is no tenth of a byte.
    std::string out = s.unit == "B" ? grouped(fixed(s.value, 0), s.value < 0) : significant(s.value, 3);
    if (!s.unit.empty()) {
        out += thinSpace;
        out += s.unit;
    }
    return out;
}

} // namespace prism
