// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/observer/observed_session.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <vector>

/// What the tests of cost share: windows of time, and when a goal is asserted.
namespace prism::test {

inline std::int64_t nowNs()
{
    timespec now {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// Reads what comes for so long.
inline void readFor(ObservedSession& session, int ms)
{
    session.readUntil([] { return false; }, ms);
}

struct Window {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;

    double seconds() const { return static_cast<double>(toNs - fromNs) / 1e9; }
};

/// Events a second that the client got in the window.
inline double rateIn(const Window& window, const std::vector<std::int64_t>& sorted)
{
    const auto from = std::lower_bound(sorted.begin(), sorted.end(), window.fromNs);
    const auto to = std::lower_bound(sorted.begin(), sorted.end(), window.toNs);
    return static_cast<double>(to - from) / window.seconds();
}

/// A goal of time holds on a machine that does nothing else; elsewhere the figures are printed.
inline bool goalsAreAsserted()
{
    return qEnvironmentVariableIntValue("PRISM_COST_GOALS") != 0;
}
constexpr const char* notAsserted
    = "counts are right; the goals of time are asserted by packaging/test --servers";
constexpr const char* needsRelease
    = "not measured: this build has sanitizers, and PRISM_PROBED_RELEASE names "
      "no other (packaging/test builds one)";

} // namespace prism::test
