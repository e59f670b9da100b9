// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism {

/// A piece of absolute time: seconds since 1970, UTC. `end` is `begin` where only an instant is known.
struct TimeSpan {
    double begin = 0;
    double end = 0;

    bool overlaps(const TimeSpan& other) const { return begin <= other.end && other.begin <= end; }
    friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

} // namespace prism
