// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/routers.h"

#include <algorithm>
#include <tuple>

namespace prism::probes {

namespace {

using FourTuple = std::tuple<std::string, std::uint16_t, std::string, std::uint16_t>;

/// Connections as the far end sees them.
std::set<FourTuple> farEnds(SocketHolders& holders, const std::vector<int>& members)
{
    std::set<FourTuple> ends;
    for (const int pid : members) {
        const auto& open = holders.files(pid).sockets;
        for (const TcpSocket& socket : holders.connections(pid)) {
            if (std::ranges::binary_search(open, socket.inode)) {
                ends.emplace(socket.peerAddress, socket.peerPort, socket.address, socket.port);
            }
        }
    }
    return ends;
}

bool listensAt(const Server& server, std::uint16_t port)
{
    return std::ranges::find(server.endpoints, port, &Endpoint::port) != server.endpoints.end();
}

void addUnique(std::vector<int>& all, int pid)
{
    if (std::ranges::find(all, pid) == all.end()) {
        all.push_back(pid);
    }
}

} // namespace

std::vector<int> connectedServers(
    SocketHolders& holders, const std::vector<int>& members, const std::vector<Server>& servers)
{
    std::vector<int> found;
    const std::set<FourTuple> ends = farEnds(holders, members);
    for (const Server& server : servers) {
        if (ends.empty() || std::ranges::find(members, server.pid) != members.end()) {
            continue;
        }
        const bool connected
            = std::ranges::any_of(holders.connections(server.pid), [&](const TcpSocket& socket) {
                  return listensAt(server, socket.port)
                      && ends.contains({ socket.address, socket.port, socket.peerAddress, socket.peerPort });
              });
        if (connected) {
            found.push_back(server.pid);
        }
    }
    return found;
}

void findUpstreams(const ProcessTable& table, SocketHolders& holders, std::vector<Server>& servers)
{
    for (Server& router : servers) {
        if (router.role != Role::Router) {
            continue;
        }
        std::vector<int> members = router.processes;
        members.push_back(router.pid);
        router.upstreams = connectedServers(holders, members, servers);
        const auto& recognised = table.at(router.pid).recognised;
        for (const Server& server : servers) {
            const bool named = recognised && server.pid != router.pid
                && server.netNamespace == router.netNamespace
                && std::ranges::any_of(recognised->upstreamPorts,
                    [&server](std::uint16_t port) { return listensAt(server, port); });
            if (named) {
                addUnique(router.upstreams, server.pid);
            }
        }
        std::ranges::sort(router.upstreams);
    }
}

} // namespace prism::probes
