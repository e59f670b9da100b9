// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/slo.h"
#include "core/units/quantity.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What is known of the requests of an attached server. Every instant is CLOCK_MONOTONIC nanoseconds of the
/// observed machine (Session::unixTime() makes wall time of it). Absent is unknown, never zero.
namespace prism::live {

using RequestId = std::uint64_t; ///< from 1, in the order in which requests were first seen; 0: none
using TargetNumber = std::uint32_t; ///< the helper's number of an attached target

/// How a request ended; the names are those of contract.md, `unsynchronised` comes on top.
enum class Ended : std::uint8_t {
    Running,
    Complete,
    ClientClosed,
    ServerClosed,
    Error,
    Detached,
    Unsynchronised, ///< its bytes could no longer be followed, or it was forgotten to bound memory
};
std::string_view name(Ended ended); ///< "complete"; empty for Running
std::optional<Ended> endedFromName(std::string_view name);

/// One write of the server that completed server-sent events.
struct EventWrite {
    Nanoseconds
        at; ///< the write returned: later than it began where it waited for a reader with a full buffer
    std::uint16_t events = 0;
    std::uint16_t tokenEvents = 0; ///< those with generated content
    std::uint32_t bytes : 31 = 0;
    std::uint32_t afterLoss : 1 = 0; ///< something is missing just before it: no gap is measured over that
};

/// The time between two token events that follow each other.
struct Gap {
    Nanoseconds begin; ///< the earlier token event
    Nanoseconds end;
    std::uint32_t token = 0; ///< number of the later token event, from 1 for the first of the request
    Milliseconds length() const { return toMilliseconds(end - begin); }
};

enum class ConnectionRole : std::uint8_t {
    Server, ///< the target answers
    Client, ///< the target asks: the far side of a router
};

/// One HTTP request. Immutable once it has ended; while it runs each snapshot is a copy.
struct Request {
    RequestId id = 0;
    TargetNumber target = 0;
    std::uint32_t pid = 0; ///< of the target
    ConnectionRole role = ConnectionRole::Server;
    std::uint64_t connection = 0;
    std::uint32_t onConnection = 0; ///< number of the request on its connection, from 0
    /// The request one hop nearer to the client that caused this one, where targets are attached together:
    /// of a server its router's outgoing request, of that the router's incoming one. 0: none, or not certain.
    RequestId cause = 0;

    std::string method; ///< "POST"; "OTHER" for methods without a name of ours; empty when not seen
    std::string path; ///< without the query; empty when not seen
    std::string key; ///< the client's X-Request-Id, empty without
    /// wire::idNumber() of the id that the answer names itself by ("chatcmpl-…"): the id itself is not kept.
    std::optional<std::uint64_t> answerId;
    std::optional<std::uint16_t> status;
    bool streamed = false; ///< answered as text/event-stream
    bool inProgress = false; ///< ran already at the attach: no arrival, no TTFT
    bool pipelined = false;
    bool opaqueEvents = false; ///< Content-Encoding hides the events: times and bytes only

    std::optional<Nanoseconds> arrival; ///< the packet with its first byte reached the socket
    std::optional<Nanoseconds> read; ///< the server's first read of it ended
    /// The engine took it into its queue, and began with it; where the engine's messages tell.
    std::optional<Nanoseconds> queued, scheduled;
    std::optional<Nanoseconds> header; ///< the status line was sent
    std::optional<Nanoseconds> firstEvent; ///< the first body bytes of the answer were sent
    std::optional<Nanoseconds> firstToken; ///< first event with generated text, reasoning or a tool call
    std::optional<Nanoseconds> firstTokenEvent; ///< the same or an earlier token event without text
    std::optional<Nanoseconds> lastTokenEvent;
    std::optional<Nanoseconds> end; ///< the last byte was sent or the end was seen; absent while it runs
    Ended ended = Ended::Running;
    Nanoseconds seen; ///< first instant known of it: always set, what lists sort by

    std::uint64_t events = 0; ///< server-sent events
    std::uint64_t tokenEvents = 0; ///< those with generated content (role, usage and [DONE] have none)
    std::uint64_t writes = 0; ///< writes of body bytes
    /// Header and body; while it runs: what was announced. Not known where its beginning was not seen.
    std::optional<std::uint64_t> bytesIn;
    std::uint64_t bytesOut = 0;
    std::optional<std::uint64_t> inputTokens; ///< from the usage record
    std::optional<std::uint64_t> outputTokens;
    std::optional<std::uint64_t> cachedTokens;
    std::optional<std::uint64_t> reasoningTokens;

    /// The longest gaps between token events, at most 16, by time. Kept when the events are thinned.
    std::vector<Gap> slowestGaps;
    std::optional<Milliseconds> gapP50, gapP99, gapMax; ///< over its gaps; set when it has ended
    SloVerdict verdict = SloVerdict::Unknown; ///< against the session's limits; set when it has ended
    /// Limits that it breaks, as bits by their index in Session::limits(). While it runs, those that it
    /// breaks whatever comes yet: see brokenSoFar() in limits.h.
    std::uint32_t broken = 0;
    /// Records of it were lost: counts and gaps may miss something.
    bool incomplete = false;

    /// first token − arrival.
    std::optional<Milliseconds> ttft() const;
    /// end − arrival.
    std::optional<Milliseconds> e2e() const;
    /// read − arrival: the wait for the server's event loop.
    std::optional<Milliseconds> lag() const;
    /// (last token event − first)/(token events − 1): events are not tokens when chunks are merged. Absent
    /// when records of it were lost.
    std::optional<Milliseconds> chunkGap() const;
    /// (last token event − first)/(output tokens − 1), only where the usage record told output tokens and the
    /// whole request was seen.
    std::optional<Milliseconds> tpot() const;
    bool running() const { return ended == Ended::Running; }
    /// Since its newest token event, while it runs: it is at least as long.
    std::optional<Gap> openGap(Nanoseconds now) const;
    /// Until when it is known: its end; `now` while it runs; else, as it was left while it ran, the last
    /// instant that was seen of it.
    Nanoseconds knownUntil(Nanoseconds now) const;
    /// Answered completely and without an error status.
    bool ok() const;
};
using RequestPtr = std::shared_ptr<const Request>;

/// Every write of one request, by time. Thinned (no longer kept) for old requests: see Session::events().
struct RequestEvents {
    std::vector<EventWrite> writes;
    bool cut = false; ///< there were more than a request may keep (mostWritesOfRequest)
};
inline constexpr std::size_t mostWritesOfRequest = 1u << 18;

/// Every gap between token events, in milliseconds: several events of one write have a gap of 0 between
/// them.
std::vector<double> tokenGaps(const RequestEvents& events);

/// Verdict of an ended request: `ttft`, `e2e`, `tpot` against the limit itself, whatever the statistic; `itl`
/// by that statistic over the request's own gaps (p50, mean, p99 …). A request that failed breaks; one that
/// its client left is unknown. `broken` gets a bit a broken limit. Other metrics do not judge requests.
SloVerdict judge(const Request& request, const RequestEvents& events, const std::vector<SloLimit>& limits,
    std::uint32_t& broken);

} // namespace prism::live
