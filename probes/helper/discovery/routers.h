// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/holders.h"
#include "probes/helper/discovery/servers.h"

namespace prism::probes {

/// Which of the servers the processes have a connection to: the same four numbers stand on both ends, so this
/// is certain, also across network namespaces without address translation.
std::vector<int> connectedServers(
    SocketHolders& holders, const std::vector<int>& members, const std::vector<Server>& servers);

inline bool forwardsToAny(
    SocketHolders& holders, const std::vector<int>& members, const std::vector<Server>& servers)
{
    return !connectedServers(holders, members, servers).empty();
}

/// Fills `upstreams` of the routers: by their connections, and by the ports that their arguments name.
void findUpstreams(const ProcessTable& table, SocketHolders& holders, std::vector<Server>& servers);

} // namespace prism::probes
