// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace prism {

/// A number that knows what it counts, so that seconds never meet milliseconds unconverted.
/// Arithmetic stays within one quantity; changing it is always a named conversion.
template <class Tag, class Number = double>
struct Quantity {
    Number value {};

    friend constexpr auto operator<=>(const Quantity&, const Quantity&) = default;
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return { a.value + b.value }; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return { a.value - b.value }; }
    friend constexpr Quantity operator*(Quantity a, Number factor) { return { a.value * factor }; }
    friend constexpr Quantity operator/(Quantity a, Number divisor) { return { a.value / divisor }; }
    friend constexpr Number operator/(Quantity a, Quantity b) { return a.value / b.value; }
    constexpr Quantity& operator+=(Quantity other)
    {
        value += other.value;
        return *this;
    }
};

using Nanoseconds = Quantity<struct NanosecondsTag, std::int64_t>;
using Milliseconds = Quantity<struct MillisecondsTag>;
using Seconds = Quantity<struct SecondsTag>;
using Bytes = Quantity<struct BytesTag, std::uint64_t>;
using Tokens = Quantity<struct TokensTag, std::int64_t>;
using TokensPerSecond = Quantity<struct TokensPerSecondTag>;
using RequestsPerSecond = Quantity<struct RequestsPerSecondTag>;
using Usd = Quantity<struct UsdTag>;
using UsdPerMegatoken = Quantity<struct UsdPerMegatokenTag>;
using Watts = Quantity<struct WattsTag>;
using Joules = Quantity<struct JoulesTag>;

constexpr Milliseconds toMilliseconds(Seconds s)
{
    return { s.value * 1e3 };
}
constexpr Milliseconds toMilliseconds(Nanoseconds ns)
{
    return { static_cast<double>(ns.value) * 1e-6 };
}
constexpr Seconds toSeconds(Milliseconds ms)
{
    return { ms.value * 1e-3 };
}
constexpr Seconds toSeconds(Nanoseconds ns)
{
    return { static_cast<double>(ns.value) * 1e-9 };
}

} // namespace prism
