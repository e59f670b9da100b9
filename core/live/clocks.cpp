// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/clocks.h"

#include <algorithm>
#include <cstdlib>

namespace prism::live {

namespace {

constexpr std::int64_t leastSuspend = 1'000'000;
constexpr std::int64_t leastWallJump = 50'000'000;
constexpr std::int64_t leastKept = 1'000'000;

/// Hostile readings must not overflow.
std::int64_t difference(std::int64_t a, std::int64_t b)
{
    std::int64_t out = 0;
    return __builtin_sub_overflow(a, b, &out) ? 0 : out;
}

bool moved(std::int64_t by, std::int64_t least)
{
    return by > least || by < -least;
}

} // namespace

void Clocks::begin(Nanoseconds at, std::int64_t unixNs)
{
    if (m_readings.empty()) {
        m_readings.push_back({ at, difference(unixNs, at.value), std::nullopt });
    }
}

std::optional<ClockJump> Clocks::read(Nanoseconds at, const wire::ClockSync& sync)
{
    const auto boot
        = static_cast<std::int64_t>(std::min<std::uint64_t>(sync.bootNs, std::uint64_t(INT64_MAX)));
    const Reading now { at, difference(sync.realNs, at.value), difference(boot, at.value) };
    const std::optional<Reading> before = m_newest;
    m_newest = now;
    if (m_readings.empty() || moved(difference(now.realOffset, m_readings.back().realOffset), leastKept)) {
        m_readings.push_back(now);
        if (m_readings.size() > mostReadings) {
            m_readings.pop_front();
        }
    }
    if (!before) {
        return std::nullopt;
    }
    const std::int64_t slept = difference(*now.bootOffset, *before->bootOffset);
    const std::int64_t wall = difference(difference(now.realOffset, before->realOffset), slept);
    const auto uncertain = static_cast<std::int64_t>(std::min<std::uint64_t>(sync.errorNs, leastWallJump));
    if (slept > leastSuspend + uncertain) {
        return ClockJump { ClockJump::Suspend, at, { slept } };
    }
    if (moved(wall, leastWallJump + uncertain)) {
        return ClockJump { ClockJump::WallClock, at, { wall } };
    }
    return std::nullopt;
}

std::optional<std::int64_t> Clocks::unixTime(Nanoseconds time) const
{
    if (m_readings.empty()) {
        return std::nullopt;
    }
    auto after = std::upper_bound(m_readings.begin(), m_readings.end(), time,
        [](Nanoseconds t, const Reading& reading) { return t < reading.at; });
    const Reading& reading = after == m_readings.begin() ? *after : *std::prev(after);
    std::int64_t out = 0;
    if (__builtin_add_overflow(reading.realOffset, time.value, &out)) {
        return std::nullopt;
    }
    return out;
}

} // namespace prism::live
