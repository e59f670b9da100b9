// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/ruler_ticks.h"

#include <array>
#include <cstdio>

namespace prism::app {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::array longSteps { 15 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute,
    15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour };

/// Small steps between two labels: as many as are round numbers themselves.
int divisions(std::int64_t step)
{
    for (const int parts : { 5, 4, 3, 2 }) {
        if (step % parts == 0 && niceStep(double(step / parts)) == step / parts) {
            return parts;
        }
    }
    return 1;
}

std::string decimals(double value, int digits)
{
    std::array<char, 64> text {};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

} // namespace

std::int64_t niceStep(double leastNs)
{
    if (leastNs <= double(10 * second)) {
        for (std::int64_t decade = 1; decade <= 10 * second; decade *= 10) {
            for (const std::int64_t factor : { 1, 2, 5 }) {
                if (double(decade * factor) >= leastNs) {
                    return decade * factor;
                }
            }
        }
    }
    for (const std::int64_t step : longSteps) {
        if (double(step) >= leastNs) {
            return step;
        }
    }
    std::int64_t days = 24 * hour;
    while (double(days) < leastNs && days < (std::int64_t { 1 } << 61)) {
        days *= 2;
    }
    return days;
}

std::vector<RulerTick> rulerTicks(const TimeAxis& axis, std::int64_t zeroNs, int labelPixels)
{
    const std::int64_t step = niceStep(axis.nsPerPixel() * std::max(1, labelPixels));
    const int parts = divisions(step);
    const std::int64_t small = step / parts;
    std::vector<RulerTick> ticks;
    const std::int64_t offset = axis.range().fromNs - zeroNs;
    std::int64_t number = offset / small - (offset % small < 0 ? 1 : 0);
    for (std::int64_t ns = zeroNs + number * small; ns <= axis.range().toNs; ++number, ns += small) {
        if (ns >= axis.range().fromNs) {
            ticks.push_back({ ns, number % parts == 0 });
        }
    }
    return ticks;
}

std::string durationText(std::int64_t ns, std::int64_t stepNs)
{
    const std::string sign = ns < 0 ? "\u2212" : "";
    const std::int64_t size = ns < 0 ? -ns : ns;
    if (size >= minute && stepNs >= second) {
        const std::int64_t hours = size / hour;
        const std::int64_t minutes = size % hour / minute;
        const std::int64_t seconds = size % minute / second;
        std::string text = sign;
        text += hours > 0 ? std::to_string(hours) + "\u2009h" : "";
        text += minutes > 0 ? (hours > 0 ? " " : "") + std::to_string(minutes) + "\u2009min" : "";
        text += seconds > 0 ? " " + std::to_string(seconds) + "\u2009s" : "";
        return text;
    }
    struct Unit {
        std::int64_t ns;
        const char* name;
    };
    constexpr std::array units { Unit { second, "s" }, Unit { 1'000'000, "ms" }, Unit { 1'000, "µs" },
        Unit { 1, "ns" } };
    Unit unit = units.back();
    for (const Unit& u : units) {
        if (stepNs >= u.ns || (size >= u.ns && stepNs * 1'000 > u.ns)) {
            unit = u;
            break;
        }
    }
    int digits = 0;
    for (std::int64_t rest = unit.ns; rest > stepNs && digits < 3; rest /= 10) {
        ++digits;
    }
    return sign + decimals(double(size) / double(unit.ns), digits) + "\u2009" + unit.name;
}

} // namespace prism::app
