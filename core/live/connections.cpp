// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/connections.h"

namespace prism::live {

Connections::Connections(std::size_t most, Hops& hops)
    : m_most(most)
    , m_hops(hops)
{
}

Connections::Connection& Connections::at(const Key& key)
{
    const auto [it, fresh] = m_connections.try_emplace(key);
    if (fresh) {
        it->second.age = m_ages.insert(m_ages.end(), key);
        if (m_connections.size() > m_most) {
            const auto oldest = m_connections.find(m_ages.front());
            closed(oldest->second.connection);
            m_ages.pop_front();
            m_connections.erase(oldest);
            ++m_forgotten;
        }
    }
    return it->second.connection;
}

void Connections::closed(const Connection& connection)
{
    if (connection.endpoints && connection.role == ConnectionRole::Client) {
        m_hops.closed(*connection.endpoints);
    }
}

void Connections::told(TargetNumber target, const wire::Connection& body)
{
    const Key key { target, body.connection };
    if (static_cast<wire::ConnectionChange>(body.change) == wire::ConnectionChange::Closed) {
        // Kept: records of its last request may still come.
        if (const auto it = m_connections.find(key); it != m_connections.end()) {
            closed(it->second.connection);
        }
        return;
    }
    Connection& connection = at(key);
    connection.known = true;
    connection.noHttp
        = static_cast<wire::ConnectionChange>(body.change) == wire::ConnectionChange::Established
        && static_cast<wire::ApplicationProtocol>(body.protocol) == wire::ApplicationProtocol::Unknown;
    connection.role = body.role == static_cast<std::uint8_t>(wire::ConnectionRole::Client)
        ? ConnectionRole::Client
        : ConnectionRole::Server;
    // A parser that was started again meets the connection without its addresses.
    if (const auto endpoints = endpointsOf(body)) {
        connection.endpoints = endpoints;
    }
    if (connection.role == ConnectionRole::Client && connection.endpoints) {
        m_hops.outgoing(*connection.endpoints);
    }
}

} // namespace prism::live
