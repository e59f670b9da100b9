// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/request.h"
#include "core/model/load_point.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace prism::live {

/// One request as its client and as the server's side saw it: indices into what was joined.
struct JoinedPair {
    std::size_t client;
    std::size_t server;
};

struct ClientJoin {
    std::vector<JoinedPair> pairs; ///< by the client's start
    /// How far the starts of a pair lie apart once the clocks are put on each other: half of the pairs
    /// within.
    Milliseconds residual;
};

/// Joins a benchmark client's rows with the requests that a server received meanwhile. Clients tell starts on
/// a clock of their own: the one distance of the two clocks is looked for under which the i-th start of the
/// client is the (i + k)-th arrival (k warm-up requests come first), and it is believed only where half of
/// the starts then lie within 20 ms and the order is the same. Empty when nothing fits: no join is guessed.
/// Failed rows of the client and rows without a start are left out.
std::optional<ClientJoin> joinByStart(std::span<const RequestRow> client, std::span<const RequestPtr> server);

} // namespace prism::live
