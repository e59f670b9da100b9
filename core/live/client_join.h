// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/request.h"
#include "core/model/load_point.h"
#include "core/model/result.h"

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
    std::size_t byId = 0; ///< of the pairs: one id names both; time joins the others
    std::size_t clientAlone = 0; ///< rows with a start or an id that have no counterpart
    std::size_t serverAlone = 0; ///< requests that no row belongs to: warm-up, other clients
    /// How far the starts of a pair lie apart once the clocks are put on each other: half of the pairs
    /// within. Empty where no row has a start.
    std::optional<Milliseconds> residual;
};

/// How far a start and an arrival of a pair that time joins may lie apart at most, with the clocks put on
/// each other.
inline constexpr Milliseconds joinTolerance { 50 };

/// Joins a benchmark client's rows with the requests that a server received meanwhile: first by id, then by
/// time.
///
/// A row and a request that one id names (RequestRow::id is the request's X-Request-Id or the id of its
/// answer) are a pair whatever their times say. An id that several rows or several requests have names none.
///
/// The rest is joined by time. Clients tell starts on a clock of their own: the distance of the two clocks is
/// that of the pairs that ids name, unless these scatter by more than 20 ms: then starts tell nothing, and
/// the rest stays alone. Without such pairs the one distance is looked for under which as many starts as can
/// be have an arrival within joinTolerance, in the same order and as near as can be; where several are as
/// good, the one whose pairs scatter least in their starts and their E2E. Whatever fits nothing stays alone:
/// one request of another client shifts no pair. A request that took longer for the server than for the
/// client is no pair. Starts less than a millisecond apart tell nothing: there the order of the ends decides.
///
/// An error (a sentence) where ids name no pair and more than half of the rows fit nothing, of fewer than
/// eight not all fit, or several ways fit alike: no join is guessed. Failed rows of the client and rows with
/// neither start nor id are left out; of the server's only POSTs that went well count, and of a router and
/// the servers behind it only the router's.
Result<ClientJoin> joinClient(std::span<const RequestRow> client, std::span<const RequestPtr> server);

} // namespace prism::live
