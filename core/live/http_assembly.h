// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/connections.h"
#include "core/live/facts.h"
#include "core/live/hops.h"
#include "probes/protocol/record.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

namespace prism::live {

/// Told of requests as they go. `counts` is true for requests that come from outside: those between a router
/// and a server that are attached together are told, but counted at the router.
class RequestSink {
public:
    virtual ~RequestSink() = default;
    virtual void arrived(const Request& request, bool counts) { (void)request, (void)counts; }
    virtual void wrote(const Request& request, const EventWrite& write, bool counts)
    {
        (void)request, (void)write, (void)counts;
    }
    virtual void firstToken(const Request& request, bool counts) { (void)request, (void)counts; }
    /// `times` token events followed the one before after `gap` each.
    virtual void gap(Nanoseconds at, Milliseconds gap, std::uint32_t times, bool counts)
    {
        (void)at, (void)gap, (void)times, (void)counts;
    }
    virtual void ended(Request request, RequestEvents events, bool counts) = 0;
};

struct Bounds {
    std::size_t connections = 65536;
    std::size_t running = 65536;
    std::size_t writes = 8'000'000; ///< event times of requests in flight
};

/// Follows the HTTP records of all targets. What Prism itself asks a server for (ownRequestId) is left out.
/// Ended requests are held back for a few milliseconds of the stream's time, because records of different
/// sources overtake each other.
class HttpAssembly {
public:
    HttpAssembly(RequestSink& sink, Bounds bounds = {});

    void attached(TargetNumber target, std::uint32_t pid);
    /// Ends what is in flight there; how, where it did not end with the server.
    void detached(TargetNumber target, Ended how = Ended::Detached);

    void connection(TargetNumber target, const wire::Connection& body);
    /// What is known of a connection; a new one is made where nothing is.
    const Connections::Connection& connectionOf(TargetNumber target, std::uint64_t connection)
    {
        return m_connections.at({ target, connection });
    }
    /// `thread` is the one that read it (or sent it, of a target that asks).
    void request(TargetNumber target, const wire::HttpRequest& body, std::string path, std::string key,
        Nanoseconds at, bool lostBefore, std::uint32_t thread);
    void response(TargetNumber target, const wire::HttpResponse& body, Nanoseconds at);
    struct ChunkDoubts {
        bool lostBefore = false; ///< something of its connection is missing just before it
        bool truncated = false; ///< only a part of the write was looked at
    };
    void chunk(TargetNumber target, const wire::HttpChunk& body, Nanoseconds at, ChunkDoubts doubts);
    /// Keeps the number of an answer's id. The request that it belongs to; 0 when it is not followed (any
    /// more).
    RequestId answerKey(TargetNumber target, const wire::HttpAnswerKey& body);
    /// When the engine queued and scheduled a request.
    void engineTimes(RequestId id, std::optional<Nanoseconds> queued, std::optional<Nanoseconds> scheduled);
    void usage(TargetNumber target, const wire::HttpUsage& body, Nanoseconds at);
    void end(TargetNumber target, const wire::HttpEnd& body, Nanoseconds at);
    /// A process of the target was killed: what ended with its connection just then is taken to be cut,
    /// though another process may have answered it.
    void killed(TargetNumber target, Nanoseconds at);
    /// Hands on what was held back long enough at `now`.
    void settle(Nanoseconds now);
    /// Hands on everything; what runs ends as Detached.
    void finish();

    std::vector<RequestPtr> running() const;
    /// What is known so far of one that has not been handed on; null for others.
    std::shared_ptr<const RequestEvents> eventsOf(RequestId id) const;
    std::size_t inFlight() const { return m_open.size() - m_settling.size() - m_ownRunning; }
    /// Requests and connections forgotten to bound memory, since the last call.
    std::uint64_t takeForgotten();

private:
    struct Key {
        TargetNumber target;
        std::uint32_t request;
        std::uint64_t connection;
        bool operator==(const Key&) const = default;
    };
    struct HashKey {
        std::size_t operator()(const Key& key) const;
    };
    struct Open {
        Request request;
        RequestEvents events;
        std::uint32_t nextChunk = 0;
        std::uint32_t thread = 0;
        bool asked = false; ///< its HttpRequest came
        bool announced = false; ///< the sink has heard of it
        bool counts = false;
        bool untilClose = false; ///< its answer has no length: the connection's end is its own
        bool own = false; ///< our own question for /metrics: nobody is told of it
        bool hole = false; ///< something is missing since the newest token event: no gap over it
        bool uncertainStart = false; ///< something is missing ahead of the first token
        std::optional<wire::HttpEnd> totals;
    };
    using OpenMap = std::unordered_map<Key, std::unique_ptr<Open>, HashKey>;

    /// The request that a record is about; null when it was handed on already.
    Open* find(const Key& key, Nanoseconds at);
    void announce(const Key& key, Open& open);
    void tokens(Open& open, const wire::HttpChunk& body, EventWrite& write);
    void keep(Open& open, const EventWrite& write);
    void join(const Hops::Joined& joined);
    bool wasCut(TargetNumber target, const Open& open) const;
    void handOn(Key key);
    void endEarly(Key key, Ended ended);

    RequestSink& m_sink;
    Bounds m_bounds;
    std::map<TargetNumber, std::uint32_t> m_pids;
    OpenMap m_open; ///< running, and ended but held back
    std::map<RequestId, Key> m_byId;
    std::deque<std::pair<Nanoseconds, Key>> m_settling; ///< ended, by when
    std::deque<std::pair<TargetNumber, Nanoseconds>> m_killed; ///< the newest
    std::deque<Key> m_unannounced; ///< waiting for their connection's record
    std::size_t m_openWrites = 0;
    std::size_t m_ownRunning = 0;
    Hops m_hops;
    Connections m_connections;
    RequestId m_nextId = 1;
    RequestId m_nextOwnId = RequestId { 1 } << 63;
    std::uint64_t m_forgotten = 0;
};

} // namespace prism::live
