// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/client_join.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace prism::live {

/// One side's request, in milliseconds of its own clock.
struct Event {
    std::size_t index; ///< in what was joined
    double at;
    std::optional<double> e2e;
};

/// Both sides' requests by time: what joinClient() joins by time alone.
struct Sides {
    std::vector<Event> client, server;
};

using Pairs = std::vector<JoinedPair>;

/// How far starts may scatter around one distance of the clocks, half of them, before they tell nothing; ms.
inline constexpr double mostScatter = 20;

/// Pairs by Event::index where the clocks are `distance` ms apart (server - client).
Pairs pairsAtDistance(const Sides& sides, double distance);
/// The same where the distance is to be found: see joinClient().
Result<Pairs> pairsByStart(const Sides& sides);

double median(std::vector<double> values); ///< the upper one of two; of at least one

} // namespace prism::live
