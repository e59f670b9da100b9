// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/request.h"
#include "core/model/load_point.h"
#include "core/model/result.h"

#include <cstddef>
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
    std::size_t clientAlone = 0; ///< rows with a start that no request fits
    std::size_t serverAlone = 0; ///< requests that no row fits: warm-up, other clients
    /// How far the starts of a pair lie apart once the clocks are put on each other: half of the pairs
    /// within.
    Milliseconds residual {};
};

/// How far a start and an arrival of one pair may lie apart at most, with the clocks put on each other.
inline constexpr Milliseconds joinTolerance { 50 };

/// Joins a benchmark client's rows with the requests that a server received meanwhile. Clients tell starts on
/// a clock of their own: the one distance of the two clocks is looked for under which as many starts as can
/// be have an arrival within joinTolerance, in the same order and as near as can be; where several are as
/// good, the one whose pairs scatter least in their starts and their E2E. Whatever fits nothing stays alone:
/// one request of another client shifts no pair. A request that took longer for the server than for the
/// client is no pair. Starts less than a millisecond apart tell nothing: there the order of the ends decides.
///
/// An error (a sentence) where more than half of the rows fit nothing, where of fewer than eight not all fit,
/// or where several ways fit alike: no join is guessed. Failed rows of the client and rows without a start
/// are left out; of the server's only POSTs that went well count.
Result<ClientJoin> joinByStart(std::span<const RequestRow> client, std::span<const RequestPtr> server);

} // namespace prism::live
