// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/request.h"
#include "probes/protocol/record.h"

#include <array>
#include <compare>
#include <deque>
#include <map>
#include <optional>

namespace prism::live {

/// Both ends of a TCP connection as one of them sees it.
struct Endpoints {
    std::array<std::uint8_t, 16> localAddress {};
    std::array<std::uint8_t, 16> peerAddress {};
    std::uint16_t localPort = 0;
    std::uint16_t peerPort = 0;

    Endpoints reversed() const { return { peerAddress, localAddress, peerPort, localPort }; }
    auto operator<=>(const Endpoints&) const = default;
};
/// An IPv4 address and the same mapped into IPv6 are one.
std::optional<Endpoints> endpointsOf(const wire::Connection& body);

/// Joins the requests of a router and of the server behind it when both are attached: the router's outgoing
/// connection is the server's incoming one (same addresses and ports, turned round), and requests on it
/// follow each other in the same order. Within the router an outgoing request belongs to the incoming one
/// with the same X-Request-Id, else to the only one that waits for an answer and has the same path, or of
/// several the only one that was read by the thread that sends; else the cause stays unknown, because it
/// would be a guess.
class Hops {
public:
    void outgoing(const Endpoints& endpoints);
    void closed(const Endpoints& endpoints);
    /// The connection that a server sees comes from an attached router.
    bool fromRouter(const Endpoints& serverSide) const { return m_links.contains(serverSide.reversed()); }

    struct Joined {
        RequestId effect = 0;
        RequestId cause = 0;
    };
    /// A request of a router went out; `endpoints` as the router sees them. The pair found with it, if any.
    std::optional<Joined> sent(const Endpoints& endpoints, RequestId id, Nanoseconds at);
    /// A request came in at the server; `endpoints` as the server sees them.
    std::optional<Joined> received(const Endpoints& endpoints, RequestId id, Nanoseconds at);

    /// Incoming requests of a target that wait for an answer.
    void waiting(TargetNumber target, const Request& request, std::uint32_t thread);
    void answered(TargetNumber target, RequestId id);
    /// The incoming request that caused an outgoing one of the same target; 0 when not certain.
    RequestId causeOf(TargetNumber target, const Request& outgoing, std::uint32_t thread);

private:
    struct Unpaired {
        RequestId id;
        Nanoseconds at;
    };
    struct Link {
        std::deque<Unpaired> sent, received;
    };
    struct Waiting {
        std::string path, key;
        Nanoseconds seen;
        std::uint32_t thread = 0;
        bool caused = false;
    };
    static std::optional<Joined> pair(Link& link);

    std::map<Endpoints, Link> m_links; ///< by the router's view
    std::map<TargetNumber, std::map<RequestId, Waiting>> m_waiting;
};

} // namespace prism::live
