// SPDX-License-Identifier: GPL-3.0-or-later
// How requests end.
#include "core/live/http_assembly.h"

#include "core/model/percentile.h"

#include <algorithm>

namespace prism::live {

namespace {

/// Of the stream's time: as much as records of different sources overtake each other.
constexpr Nanoseconds settleTime { 20'000'000 };
constexpr std::size_t keptKills = 16;
/// The kernel closes a killed process's connections right behind its end; threads may see the end late.
constexpr Nanoseconds closesAfter { 50'000'000 }, closesBefore { 5'000'000 };

Ended endedOf(std::uint8_t reason)
{
    switch (static_cast<wire::EndReason>(reason)) {
    case wire::EndReason::Complete:
        return Ended::Complete;
    case wire::EndReason::ClientClosed:
        return Ended::ClientClosed;
    case wire::EndReason::ServerClosed:
        return Ended::ServerClosed;
    case wire::EndReason::Error:
        return Ended::Error;
    case wire::EndReason::Detached:
        return Ended::Detached;
    case wire::EndReason::Unsynchronised:
        break;
    }
    return Ended::Unsynchronised;
}

/// What the whole of a request tells once nothing more can come.
void summarise(Request& request, RequestEvents& events, const std::optional<wire::HttpEnd>& totals)
{
    if (totals) {
        request.incomplete = request.incomplete || totals->events != request.events
            || totals->tokenEvents != request.tokenEvents;
        request.events = std::max<std::uint64_t>(request.events, totals->events);
        request.tokenEvents = std::max<std::uint64_t>(request.tokenEvents, totals->tokenEvents);
        request.writes = std::max<std::uint64_t>(request.writes, totals->writes);
        if (!request.inProgress && totals->bytesIn > 0) { // 0: its line was not seen
            request.bytesIn = totals->bytesIn;
        }
        request.bytesOut = totals->bytesOut;
    }
    events.writes.shrink_to_fit();
    const std::vector<double> gaps = ascending(tokenGaps(events));
    if (!gaps.empty() && !events.cut) {
        request.gapP50 = Milliseconds { percentileOfSorted(gaps, 50) };
        request.gapP99 = Milliseconds { percentileOfSorted(gaps, 99) };
    }
    if (!request.slowestGaps.empty()) {
        const auto longest = std::max_element(request.slowestGaps.begin(), request.slowestGaps.end(),
            [](const Gap& a, const Gap& b) { return a.end - a.begin < b.end - b.begin; });
        request.gapMax = longest->length();
    }
}

} // namespace

void HttpAssembly::detached(TargetNumber target, Ended how)
{
    std::vector<Key> keys;
    for (const auto& [id, key] : m_byId) {
        if (key.target == target) {
            keys.push_back(key);
        }
    }
    for (const Key& key : keys) {
        endEarly(key, how);
    }
}

void HttpAssembly::end(TargetNumber target, const wire::HttpEnd& body, Nanoseconds at)
{
    const Key key { target, body.request, body.connection };
    Open* open = find(key, at);
    if (!open || !open->request.running()) {
        return;
    }
    announce(key, *open);
    open->totals = body;
    open->request.ended = endedOf(body.reason);
    // When we stopped looking is no end of the request.
    if (open->request.ended != Ended::Detached) {
        open->request.end = at;
    }
    if (wasCut(target, *open)) {
        open->request.ended = Ended::ServerClosed;
    }
    m_hops.answered(target, open->request.id);
    m_ownRunning -= open->own ? 1 : 0;
    m_settling.emplace_back(at, key);
}

/// Without a length a whole answer and one that the server's death cut short look alike on the connection.
bool HttpAssembly::wasCut(TargetNumber target, const Open& open) const
{
    const Request& request = open.request;
    return open.untilClose && request.role == ConnectionRole::Server && request.ended == Ended::Complete
        && request.end && std::any_of(m_killed.begin(), m_killed.end(), [&](const auto& kill) {
               const auto& [of, at] = kill;
               return of == target && *request.end >= at - closesBefore && *request.end <= at + closesAfter;
           });
}

void HttpAssembly::killed(TargetNumber target, Nanoseconds at)
{
    m_killed.emplace_back(target, at);
    if (m_killed.size() > keptKills) {
        m_killed.pop_front();
    }
    for (const auto& [ended, key] : m_settling) {
        if (Open& open = *m_open.at(key); key.target == target && wasCut(target, open)) {
            open.request.ended = Ended::ServerClosed;
        }
    }
}

void HttpAssembly::settle(Nanoseconds now)
{
    while (!m_unannounced.empty()) {
        const auto it = m_open.find(m_unannounced.front());
        if (it != m_open.end() && !it->second->announced) {
            if (now - it->second->request.seen < settleTime) {
                break;
            }
            announce(it->first, *it->second);
        }
        m_unannounced.pop_front();
    }
    while (!m_settling.empty() && now - m_settling.front().first >= settleTime) {
        const Key key = m_settling.front().second;
        m_settling.pop_front();
        handOn(key);
    }
}

void HttpAssembly::endEarly(Key key, Ended ended)
{
    Open& open = *m_open.at(key);
    if (open.request.running()) {
        announce(key, open);
        open.request.ended = ended;
        open.request.incomplete = open.request.incomplete || ended == Ended::Unsynchronised;
        m_ownRunning -= open.own ? 1 : 0;
    } else {
        std::erase_if(m_settling, [&key](const auto& entry) { return entry.second == key; });
    }
    m_hops.answered(key.target, open.request.id);
    handOn(key);
}

void HttpAssembly::handOn(Key key)
{
    const auto it = m_open.find(key);
    const std::unique_ptr<Open> open = std::move(it->second);
    m_open.erase(it);
    m_byId.erase(open->request.id);
    m_openWrites -= open->events.writes.size();
    auto& done = m_connections.at({ key.target, key.connection }).done;
    done = std::max(done.value_or(0), key.request);
    if (open->own) {
        return;
    }
    summarise(open->request, open->events, open->totals);
    m_sink.ended(std::move(open->request), std::move(open->events), open->counts);
}

void HttpAssembly::finish()
{
    while (!m_byId.empty()) {
        endEarly(m_byId.begin()->second, Ended::Detached);
    }
    m_unannounced.clear();
}

} // namespace prism::live
