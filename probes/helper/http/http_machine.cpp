// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/http_machine.h"

#include <algorithm>

namespace prism::probes::http {

namespace {
constexpr std::uint64_t lossIntervalNs = 1'000'000'000;
constexpr std::uint64_t closedKeptNs = 1'000'000'000;
} // namespace

HttpMachine::HttpMachine(const HttpOptions& options)
    : m_options(options)
    , m_recorder(options.firstText)
{
}

void HttpMachine::attach(std::uint32_t target, std::uint64_t timeNs)
{
    m_targets.try_emplace(target, Target { {}, timeNs, timeNs });
}

void HttpMachine::detach(std::uint32_t target, std::uint64_t timeNs)
{
    const auto found = m_targets.find(target);
    if (found == m_targets.end()) {
        return;
    }
    for (auto entry = m_entries.begin(); entry != m_entries.end();) {
        if (entry->connection.target() != target) {
            ++entry;
            continue;
        }
        entry->connection.detach(timeNs);
        m_connections.erase(entry->number);
        entry = m_entries.erase(entry);
    }
    m_recorder.losses(target, {}, found->second.sinceNs, timeNs, true);
    m_recorder.forgetTarget(target);
    m_targets.erase(found);
}

HttpMachine::Entries::iterator HttpMachine::entryOf(const SocketEvent& event)
{
    if (const auto found = m_connections.find(event.connection); found != m_connections.end()) {
        m_entries.splice(m_entries.end(), m_entries, found->second);
        return found->second;
    }
    if (m_entries.size() >= std::max<std::size_t>(m_options.mostConnections, 1)) {
        m_entries.front().connection.evict(event.exitNs);
        m_connections.erase(m_entries.front().number);
        m_entries.pop_front();
    }
    m_entries.emplace_back(m_recorder, event, m_options.firstRequest);
    const auto added = std::prev(m_entries.end());
    m_connections.emplace(event.connection, added);
    return added;
}

void HttpMachine::event(const SocketEvent& event)
{
    if (!m_targets.contains(event.target)) {
        return;
    }
    const bool ends = event.kind == SocketEventKind::Closed || event.kind == SocketEventKind::PeerFinished
        || event.kind == SocketEventKind::LocalFinished;
    if (ends && !m_connections.contains(event.connection)) {
        return;
    }
    const auto entry = entryOf(event);
    const bool wasClosed = entry->connection.closed();
    entry->connection.event(event);
    if (!wasClosed && entry->connection.closed()) {
        m_closed.emplace_back(event.exitNs, entry->number);
    }
    if (!entry->waits && entry->connection.waiting()) {
        entry->waits = true;
        m_waiting.push_back(entry->number);
    }
}

void HttpMachine::tick(std::uint64_t nowNs)
{
    std::erase_if(m_waiting, [&](std::uint64_t number) {
        const auto found = m_connections.find(number);
        if (found == m_connections.end()) {
            return true;
        }
        found->second->connection.release(nowNs);
        found->second->waits = found->second->connection.waiting();
        return !found->second->waits;
    });
    while (!m_closed.empty()
        && (m_closed.front().first + closedKeptNs <= nowNs || m_closed.size() > m_options.mostConnections)) {
        if (const auto found = m_connections.find(m_closed.front().second); found != m_connections.end()) {
            m_entries.erase(found->second);
            m_connections.erase(found);
        }
        m_closed.pop_front();
    }
    for (auto& [number, target] : m_targets) {
        if (target.toldNs + lossIntervalNs <= nowNs) {
            m_recorder.losses(number, target.told, target.toldNs, nowNs, false);
            target.told = m_recorder.counts(number);
            target.toldNs = nowNs;
        }
    }
}

} // namespace prism::probes::http
