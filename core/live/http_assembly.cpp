// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/http_assembly.h"

#include "core/live/assembly.h"
#include "core/live/loopback_get.h"

#include <algorithm>
#include <array>
#include <utility>

namespace prism::live {

namespace {

constexpr std::size_t keptGaps = 16;

std::string methodName(std::uint8_t method)
{
    constexpr std::array<std::string_view, 8> names { "OTHER", "GET", "POST", "PUT", "DELETE", "HEAD",
        "OPTIONS", "PATCH" };
    return std::string(names[method < names.size() ? method : 0]);
}

void keepSlowest(std::vector<Gap>& gaps, const Gap& gap)
{
    gaps.push_back(gap);
    if (gaps.size() > keptGaps) {
        gaps.erase(std::min_element(gaps.begin(), gaps.end(),
            [](const Gap& a, const Gap& b) { return a.end - a.begin < b.end - b.begin; }));
    }
}

} // namespace

std::size_t HttpAssembly::HashKey::operator()(const Key& key) const
{
    std::uint64_t h = key.connection * 0x9e3779b97f4a7c15u + key.request;
    h ^= (h >> 29) + key.target * 0xbf58476d1ce4e5b9u;
    return static_cast<std::size_t>(h * 0x94d049bb133111ebu);
}

HttpAssembly::HttpAssembly(RequestSink& sink, Bounds bounds)
    : m_sink(sink)
    , m_bounds(bounds)
    , m_connections(bounds.connections, m_hops)
{
}

void HttpAssembly::attached(TargetNumber target, std::uint32_t pid)
{
    m_pids[target] = pid;
}

void HttpAssembly::connection(TargetNumber target, const wire::Connection& body)
{
    m_connections.told(target, body);
}

HttpAssembly::Open* HttpAssembly::find(const Key& key, Nanoseconds at)
{
    if (const auto it = m_open.find(key); it != m_open.end()) {
        return it->second.get();
    }
    const Connections::Connection& info = m_connections.at({ key.target, key.connection });
    if (info.done && key.request <= *info.done) {
        ++m_forgotten; // a record that came after its request was handed on
        return nullptr;
    }
    if (m_open.size() >= m_bounds.running) {
        ++m_forgotten;
        endEarly(m_byId.begin()->second, Ended::Unsynchronised);
    }
    auto open = std::make_unique<Open>();
    Request& request = open->request;
    request.id = m_nextId++;
    request.target = key.target;
    const auto pid = m_pids.find(key.target);
    request.pid = pid == m_pids.end() ? 0 : pid->second;
    request.connection = key.connection;
    request.onConnection = key.request;
    request.inProgress = true; // until its beginning is told
    request.seen = at;
    m_byId.emplace(request.id, key);
    m_unannounced.push_back(key);
    return m_open.emplace(key, std::move(open)).first->second.get();
}

void HttpAssembly::announce(const Key& key, Open& open)
{
    if (open.announced || open.own) {
        return;
    }
    open.announced = true;
    const Connections::Connection& info = m_connections.at({ key.target, key.connection });
    Request& request = open.request;
    request.role = info.role;
    open.counts
        = info.role == ConnectionRole::Server && !(info.endpoints && m_hops.fromRouter(*info.endpoints));
    if (info.role == ConnectionRole::Client) {
        request.cause = m_hops.causeOf(key.target, request, open.thread);
    } else {
        m_hops.waiting(key.target, request, open.thread);
    }
    m_sink.arrived(request, open.counts);
    if (!info.endpoints) {
        return;
    }
    const auto joined = info.role == ConnectionRole::Client
        ? m_hops.sent(*info.endpoints, request.id, request.seen)
        : m_hops.received(*info.endpoints, request.id, request.seen);
    if (joined) {
        join(*joined);
    }
}

void HttpAssembly::join(const Hops::Joined& joined)
{
    if (const auto effect = m_byId.find(joined.effect); effect != m_byId.end()) {
        m_open.at(effect->second)->request.cause = joined.cause;
    }
}

void HttpAssembly::request(TargetNumber target, const wire::HttpRequest& body, std::string path,
    std::string key, Nanoseconds at, bool lostBefore, std::uint32_t thread)
{
    const Key name { target, body.request, body.connection };
    Open* open = find(name, at);
    if (!open) {
        return;
    }
    if (open->asked) {
        // The same number twice: the earlier one can no longer be followed.
        ++m_forgotten;
        return;
    }
    open->asked = true;
    open->thread = thread;
    Request& request = open->request;
    request.path = std::move(path);
    request.key = std::move(key);
    if (request.key == ownRequestId && request.path == "/metrics" && !open->announced) {
        open->own = true;
        ++m_ownRunning;
        // It takes no number away from those that are shown.
        m_byId.erase(request.id);
        m_nextId -= request.id + 1 == m_nextId ? 1 : 0;
        request.id = m_nextOwnId++;
        m_byId.emplace(request.id, name);
    }
    request.pipelined = (body.flags & wire::Pipelined) != 0;
    request.inProgress = (body.flags & wire::InProgress) != 0;
    // Of one that ran already, or is no request that could be read, the line was not seen.
    const bool lineSeen = !request.path.empty() || body.method != 0;
    if (lineSeen) {
        request.method = methodName(body.method);
    }
    request.incomplete = request.incomplete || lostBefore;
    if (body.readNs != 0) {
        request.read = instant(body.readNs);
    }
    if (!request.inProgress && (body.flags & wire::ArrivalUnknown) == 0 && body.arrivalNs != 0) {
        request.arrival = instant(body.arrivalNs);
    }
    request.seen = request.arrival.value_or(std::min(request.seen, request.read.value_or(at)));
    if (lineSeen && !request.inProgress && body.bodyBytes != wire::unknownBytes) {
        request.bytesIn = body.bodyBytes;
    }
    if (m_connections.at({ target, body.connection }).known) {
        announce(name, *open);
    }
}

void HttpAssembly::response(TargetNumber target, const wire::HttpResponse& body, Nanoseconds at)
{
    const Key key { target, body.request, body.connection };
    Open* open = find(key, at);
    if (!open) {
        return;
    }
    announce(key, *open);
    Request& request = open->request;
    request.status = body.status;
    request.header = at;
    request.streamed = (body.flags & wire::Streamed) != 0;
    request.opaqueEvents = (body.flags & wire::Encoded) != 0;
    open->untilClose = (body.flags & wire::UntilClose) != 0;
    m_hops.answered(target, request.id);
}

void HttpAssembly::chunk(TargetNumber target, const wire::HttpChunk& body, Nanoseconds at, ChunkDoubts doubts)
{
    bool lostBefore = doubts.lostBefore;
    const Key key { target, body.request, body.connection };
    Open* open = find(key, at);
    if (!open) {
        return;
    }
    announce(key, *open);
    Request& request = open->request;
    const bool known = !request.inProgress;
    if (body.index == 0 && known) {
        request.firstEvent = at;
    }
    // A number that was passed over is a write that we do not have; one that comes late fills no hole,
    // because what was measured over it is not measured again.
    if (body.index > open->nextChunk && (known || open->nextChunk > 0)) {
        lostBefore = true;
    }
    open->nextChunk = std::max(open->nextChunk, body.index + (body.index != UINT32_MAX ? 1 : 0));
    // Events in the part that was not looked at may have been tokens.
    const bool anyClass = body.text + body.empty + body.role + body.finish + body.usage + body.done > 0;
    if (lostBefore || (doubts.truncated && !anyClass)) {
        request.incomplete = true;
        open->hole = true;
        open->uncertainStart = open->uncertainStart || !request.firstTokenEvent;
    }
    EventWrite write;
    write.at = at;
    write.events = body.events;
    write.tokenEvents
        = static_cast<std::uint16_t>(std::min<unsigned>(body.events, unsigned(body.text) + body.empty));
    write.bytes = body.bytes & 0x7fffffffu;
    write.afterLoss = lostBefore ? 1 : 0;
    // The header of an answer that was running at the attach is not seen: its events tell what it is.
    request.streamed = request.streamed || (request.inProgress && write.events > 0);
    ++request.writes;
    request.events += write.events;
    request.bytesOut += body.bytes;
    if (write.tokenEvents > 0) {
        tokens(*open, body, write);
    }
    keep(*open, write);
    if (!open->own) {
        m_sink.wrote(request, write, open->counts);
    }
}

void HttpAssembly::tokens(Open& open, const wire::HttpChunk& body, EventWrite& write)
{
    Request& request = open.request;
    const bool certain = !open.uncertainStart && !request.inProgress;
    // Of an answer that was running at the attach the first token event seen begins what is measured.
    if (!request.firstTokenEvent && !open.uncertainStart) {
        request.firstTokenEvent = write.at;
    }
    if (!request.firstToken && certain && body.text > 0) {
        request.firstToken = write.at;
        m_sink.firstToken(request, open.counts);
    }
    if (request.lastTokenEvent && !open.hole) {
        const Gap gap { *request.lastTokenEvent, std::max(*request.lastTokenEvent, write.at),
            static_cast<std::uint32_t>(request.tokenEvents + 1) };
        m_sink.gap(write.at, gap.length(), 1, open.counts);
        keepSlowest(request.slowestGaps, gap);
    }
    if (write.tokenEvents > 1) {
        m_sink.gap(write.at, {}, write.tokenEvents - 1u, open.counts);
    }
    open.hole = false;
    request.tokenEvents += write.tokenEvents;
    request.lastTokenEvent = request.lastTokenEvent ? std::max(*request.lastTokenEvent, write.at) : write.at;
}

void HttpAssembly::keep(Open& open, const EventWrite& write)
{
    auto& writes = open.events.writes;
    if (write.events == 0) {
        return;
    }
    if (writes.size() >= mostWritesOfRequest || m_openWrites >= m_bounds.writes) {
        open.events.cut = true;
        return;
    }
    ++m_openWrites;
    const auto place = std::upper_bound(writes.begin(), writes.end(), write.at,
        [](Nanoseconds at, const EventWrite& other) { return at < other.at; });
    writes.insert(place, write);
}

RequestId HttpAssembly::answerKey(TargetNumber target, const wire::HttpAnswerKey& body)
{
    const auto it = m_open.find({ target, body.request, body.connection });
    if (it == m_open.end()) {
        return 0;
    }
    it->second->request.answerId = body.key;
    return it->second->request.id;
}

void HttpAssembly::engineTimes(
    RequestId id, std::optional<Nanoseconds> queued, std::optional<Nanoseconds> scheduled)
{
    if (const auto it = m_byId.find(id); it != m_byId.end()) {
        Request& request = m_open.at(it->second)->request;
        request.queued = queued;
        request.scheduled = scheduled;
    }
}

void HttpAssembly::usage(TargetNumber target, const wire::HttpUsage& body, Nanoseconds at)
{
    const Key key { target, body.request, body.connection };
    Open* open = find(key, at);
    if (!open) {
        return;
    }
    Request& request = open->request;
    const auto take = [&body](std::optional<std::uint64_t>& to, unsigned bit, std::uint32_t tokens) {
        if ((body.known & (1u << bit)) != 0) {
            to = tokens;
        }
    };
    take(request.inputTokens, 0, body.promptTokens);
    take(request.outputTokens, 1, body.completionTokens);
    take(request.cachedTokens, 2, body.cachedTokens);
    take(request.reasoningTokens, 3, body.reasoningTokens);
}

std::vector<RequestPtr> HttpAssembly::running() const
{
    std::vector<RequestPtr> out;
    for (const auto& [id, key] : m_byId) {
        const Open& open = *m_open.at(key);
        if (open.request.running() && open.announced) {
            out.push_back(std::make_shared<const Request>(open.request));
        }
    }
    return out;
}

std::shared_ptr<const RequestEvents> HttpAssembly::eventsOf(RequestId id) const
{
    const auto it = m_byId.find(id);
    return it == m_byId.end() ? nullptr
                              : std::make_shared<const RequestEvents>(m_open.at(it->second)->events);
}

std::uint64_t HttpAssembly::takeForgotten()
{
    return std::exchange(m_forgotten, 0) + m_connections.takeForgotten();
}

} // namespace prism::live
