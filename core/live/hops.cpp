// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/hops.h"

#include <algorithm>
#include <vector>

namespace prism::live {

namespace {

/// Stamps of two probes on one packet differ by less.
constexpr Nanoseconds tolerance { 1'000'000 };
constexpr std::size_t mostUnpaired = 64;

std::array<std::uint8_t, 16> address(const std::uint8_t (&bytes)[16], std::uint8_t family)
{
    std::array<std::uint8_t, 16> out {};
    constexpr std::array<std::uint8_t, 12> mapped { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    if (family == 4) {
        std::copy(mapped.begin(), mapped.end(), out.begin());
        std::copy(bytes, bytes + 4, out.begin() + 12);
    } else {
        std::copy(bytes, bytes + 16, out.begin());
    }
    return out;
}

} // namespace

std::optional<Endpoints> endpointsOf(const wire::Connection& body)
{
    if (body.localPort == 0 || body.peerPort == 0 || (body.family != 4 && body.family != 6)) {
        return std::nullopt;
    }
    return Endpoints { address(body.localAddress, body.family), address(body.peerAddress, body.family),
        body.localPort, body.peerPort };
}

void Hops::outgoing(const Endpoints& endpoints)
{
    m_links.try_emplace(endpoints);
}

void Hops::closed(const Endpoints& endpoints)
{
    m_links.erase(endpoints);
}

std::optional<Hops::Joined> Hops::pair(Link& link)
{
    if (link.sent.empty() || link.received.empty()) {
        return std::nullopt;
    }
    // What was received first was sent last before it: what was sent earlier was not seen by the server's
    // side (it ran at the attach).
    const Unpaired received = link.received.front();
    auto sent = link.sent.begin();
    if (sent->at > received.at + tolerance) {
        link.received.pop_front();
        return pair(link);
    }
    while (std::next(sent) != link.sent.end() && std::next(sent)->at <= received.at) {
        ++sent;
    }
    const Joined joined { received.id, sent->id };
    link.received.pop_front();
    link.sent.erase(link.sent.begin(), std::next(sent));
    return joined;
}

std::optional<Hops::Joined> Hops::sent(const Endpoints& endpoints, RequestId id, Nanoseconds at)
{
    const auto link = m_links.find(endpoints);
    if (link == m_links.end()) {
        return std::nullopt;
    }
    link->second.sent.push_back({ id, at });
    if (link->second.sent.size() > mostUnpaired) {
        link->second.sent.pop_front();
    }
    return pair(link->second);
}

std::optional<Hops::Joined> Hops::received(const Endpoints& endpoints, RequestId id, Nanoseconds at)
{
    const auto link = m_links.find(endpoints.reversed());
    if (link == m_links.end()) {
        return std::nullopt;
    }
    link->second.received.push_back({ id, at });
    if (link->second.received.size() > mostUnpaired) {
        link->second.received.pop_front();
    }
    return pair(link->second);
}

void Hops::waiting(TargetNumber target, const Request& request, std::uint32_t thread)
{
    m_waiting[target].emplace(request.id, Waiting { request.path, request.key, request.seen, thread, false });
}

void Hops::answered(TargetNumber target, RequestId id)
{
    if (const auto it = m_waiting.find(target); it != m_waiting.end()) {
        it->second.erase(id);
    }
}

RequestId Hops::causeOf(TargetNumber target, const Request& outgoing, std::uint32_t thread)
{
    const auto it = m_waiting.find(target);
    if (it == m_waiting.end()) {
        return 0;
    }
    std::vector<std::pair<const RequestId, Waiting>*> same;
    for (auto& entry : it->second) {
        const Waiting& waiting = entry.second;
        if (waiting.caused || waiting.path != outgoing.path || waiting.seen > outgoing.seen + tolerance) {
            continue;
        }
        if (!outgoing.key.empty() && waiting.key == outgoing.key) {
            entry.second.caused = true;
            return entry.first;
        }
        same.push_back(&entry);
    }
    if (same.size() > 1) {
        std::erase_if(
            same, [thread](const auto* entry) { return thread == 0 || entry->second.thread != thread; });
    }
    if (same.size() != 1) {
        return 0;
    }
    same.front()->second.caused = true;
    return same.front()->first;
}

} // namespace prism::live
