// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace prism {

/// The units that the store and every chart use; one a metric (see model/metric.h).
enum class Unit {
    One,
    Second,
    Millisecond,
    RequestPerSecond,
    TokenPerSecond,
    Ratio,
    Byte,
    Watt,
    Joule,
    JoulePerToken,
    UsdPerMegatoken,
};

/// The symbol that contract.md fixes, for example "tok/s".
std::string_view symbol(Unit unit);
std::optional<Unit> unitFromSymbol(std::string_view symbol);

/// A unit as a producer writes it: a factor to one of ours. Units without a factor between them
/// (a time and a rate, say) are different `target`s, and an importer that meets the wrong one must refuse.
struct SourceUnit {
    Unit target = Unit::One;
    double factor = 1.0;
};

namespace source {
inline constexpr SourceUnit one { Unit::One, 1 };
inline constexpr SourceUnit seconds { Unit::Second, 1 };
/// A latency that the file states in seconds, kept in milliseconds.
inline constexpr SourceUnit latencySeconds { Unit::Millisecond, 1e3 };
inline constexpr SourceUnit latencyMilliseconds { Unit::Millisecond, 1 };
inline constexpr SourceUnit latencyMicroseconds { Unit::Millisecond, 1e-3 };
inline constexpr SourceUnit latencyNanoseconds { Unit::Millisecond, 1e-6 };
inline constexpr SourceUnit milliseconds { Unit::Second, 1e-3 };
inline constexpr SourceUnit nanoseconds { Unit::Second, 1e-9 };
inline constexpr SourceUnit requestsPerSecond { Unit::RequestPerSecond, 1 };
inline constexpr SourceUnit requestsPerMinute { Unit::RequestPerSecond, 1.0 / 60 };
inline constexpr SourceUnit tokensPerSecond { Unit::TokenPerSecond, 1 };
inline constexpr SourceUnit ratio { Unit::Ratio, 1 };
inline constexpr SourceUnit percent { Unit::Ratio, 1e-2 };
inline constexpr SourceUnit bytes { Unit::Byte, 1 };
inline constexpr SourceUnit mebibytes { Unit::Byte, 1048576.0 };
inline constexpr SourceUnit gibibytes { Unit::Byte, 1073741824.0 };
inline constexpr SourceUnit gigabytes { Unit::Byte, 1e9 };
inline constexpr SourceUnit watts { Unit::Watt, 1 };
inline constexpr SourceUnit joules { Unit::Joule, 1 };
inline constexpr SourceUnit joulesPerToken { Unit::JoulePerToken, 1 };
} // namespace source

/// Reads a unit that a file spells out ("ms", "s/token", "queries/s", "percent", "MiB" …) for a metric
/// kept in `target`. Empty when the text is unknown or does not measure the same thing: then the caller
/// leaves the number out and says so, because a guessed unit is a wrong number.
std::optional<SourceUnit> sourceUnit(std::string_view text, Unit target);

/// The units that people choose from for such a metric, a spelling each; ours is the first. Empty where there
/// is nothing to choose.
std::vector<std::string_view> sourceUnits(Unit target);

} // namespace prism
