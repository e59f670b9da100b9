// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/units/unit.h"

#include <algorithm>
#include <array>
#include <string>

namespace prism {

namespace {

struct Symbol {
    Unit unit;
    std::string_view text;
};

constexpr std::array symbols {
    Symbol { Unit::One, "1" },
    Symbol { Unit::Second, "s" },
    Symbol { Unit::Millisecond, "ms" },
    Symbol { Unit::RequestPerSecond, "req/s" },
    Symbol { Unit::TokenPerSecond, "tok/s" },
    Symbol { Unit::Ratio, "ratio" },
    Symbol { Unit::Byte, "B" },
    Symbol { Unit::Watt, "W" },
    Symbol { Unit::Joule, "J" },
    Symbol { Unit::JoulePerToken, "J/tok" },
    Symbol { Unit::UsdPerMegatoken, "USD/Mtok" },
};

/// What convert() relies on: a factor below 1 is one over a whole number.
constexpr bool isFraction(double factor)
{
    const double whole = static_cast<double>(static_cast<long long>(1 / factor + 0.5));
    const double off = factor * whole - 1;
    return factor >= 1 || (off < 1e-12 && off > -1e-12);
}

struct Spelling {
    std::string_view text;
    Unit target;
    double factor;
};

// Spellings met in result files, lower case. Sizes: MB is 10^6 and MiB is 2^20 (reference: formats, 7.1).
constexpr std::array spellings {
    Spelling { "1", Unit::One, 1 },
    Spelling { "count", Unit::One, 1 },
    Spelling { "tokens", Unit::One, 1 },
    Spelling { "requests", Unit::One, 1 },
    Spelling { "s", Unit::Second, 1 },
    Spelling { "sec", Unit::Second, 1 },
    Spelling { "secs", Unit::Second, 1 },
    Spelling { "seconds", Unit::Second, 1 },
    Spelling { "ms", Unit::Second, 1e-3 },
    Spelling { "us", Unit::Second, 1e-6 },
    Spelling { "µs", Unit::Second, 1e-6 },
    Spelling { "ns", Unit::Second, 1e-9 },
    Spelling { "s", Unit::Millisecond, 1e3 },
    Spelling { "sec", Unit::Millisecond, 1e3 },
    Spelling { "secs", Unit::Millisecond, 1e3 },
    Spelling { "seconds", Unit::Millisecond, 1e3 },
    Spelling { "ms", Unit::Millisecond, 1 },
    Spelling { "us", Unit::Millisecond, 1e-3 },
    Spelling { "µs", Unit::Millisecond, 1e-3 },
    Spelling { "ns", Unit::Millisecond, 1e-6 },
    Spelling { "s/token", Unit::Millisecond, 1e3 },
    Spelling { "ms/token", Unit::Millisecond, 1 },
    Spelling { "queries/s", Unit::RequestPerSecond, 1 },
    Spelling { "requests/s", Unit::RequestPerSecond, 1 },
    Spelling { "requests/sec", Unit::RequestPerSecond, 1 },
    Spelling { "req/s", Unit::RequestPerSecond, 1 },
    Spelling { "requests/min", Unit::RequestPerSecond, 1.0 / 60 },
    Spelling { "req/min", Unit::RequestPerSecond, 1.0 / 60 },
    Spelling { "tokens/s", Unit::TokenPerSecond, 1 },
    Spelling { "tokens/sec", Unit::TokenPerSecond, 1 },
    Spelling { "tok/s", Unit::TokenPerSecond, 1 },
    Spelling { "tokens/sec/user", Unit::TokenPerSecond, 1 },
    Spelling { "tokens/s/user", Unit::TokenPerSecond, 1 },
    Spelling { "ratio", Unit::Ratio, 1 },
    Spelling { "fraction", Unit::Ratio, 1 },
    Spelling { "percent", Unit::Ratio, 1e-2 },
    Spelling { "%", Unit::Ratio, 1e-2 },
    Spelling { "bytes", Unit::Byte, 1 },
    Spelling { "b", Unit::Byte, 1 },
    Spelling { "kb", Unit::Byte, 1e3 },
    Spelling { "mb", Unit::Byte, 1e6 },
    Spelling { "gb", Unit::Byte, 1e9 },
    Spelling { "tb", Unit::Byte, 1e12 },
    Spelling { "kib", Unit::Byte, 1024.0 },
    Spelling { "mib", Unit::Byte, 1048576.0 },
    Spelling { "gib", Unit::Byte, 1073741824.0 },
    Spelling { "tib", Unit::Byte, 1099511627776.0 },
    Spelling { "w", Unit::Watt, 1 },
    Spelling { "watts", Unit::Watt, 1 },
    Spelling { "j", Unit::Joule, 1 },
    Spelling { "joules", Unit::Joule, 1 },
    Spelling { "mj", Unit::Joule, 1e6 },
    Spelling { "j/token", Unit::JoulePerToken, 1 },
    Spelling { "j/tok", Unit::JoulePerToken, 1 },
};
static_assert(
    std::all_of(spellings.begin(), spellings.end(), [](const Spelling& s) { return isFraction(s.factor); }));

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

} // namespace

std::string_view symbol(Unit unit)
{
    const auto it
        = std::find_if(symbols.begin(), symbols.end(), [unit](const Symbol& s) { return s.unit == unit; });
    return it->text;
}

std::optional<Unit> unitFromSymbol(std::string_view text)
{
    const auto it
        = std::find_if(symbols.begin(), symbols.end(), [text](const Symbol& s) { return s.text == text; });
    return it == symbols.end() ? std::nullopt : std::optional(it->unit);
}

std::optional<SourceUnit> sourceUnit(std::string_view text, Unit target)
{
    // The one pair of units that case alone tells apart: a millijoule is no megajoule.
    if (target == Unit::Joule && text == "mJ") {
        return SourceUnit { target, 1e-3 };
    }
    const std::string wanted = lower(text);
    for (const Spelling& s : spellings) {
        if (s.target == target && s.text == wanted) {
            return SourceUnit { target, s.factor };
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> sourceUnits(Unit target)
{
    switch (target) {
    case Unit::Second:
        return { "s", "ms", "us", "ns" };
    case Unit::Millisecond:
        return { "ms", "s", "us", "ns" };
    case Unit::RequestPerSecond:
        return { "req/s", "req/min" };
    case Unit::TokenPerSecond:
        return { "tok/s" };
    case Unit::Ratio:
        return { "ratio", "percent" };
    case Unit::Byte:
        return { "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB" };
    case Unit::Watt:
        return { "W" };
    case Unit::Joule:
        return { "J", "mJ" };
    case Unit::JoulePerToken:
        return { "J/tok" };
    case Unit::One: // counts have no unit
    case Unit::UsdPerMegatoken: // costs follow from a price, they are not read
        return {};
    }
    return {};
}

} // namespace prism
