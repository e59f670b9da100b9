// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/holders.h"
#include "probes/helper/discovery/servers.h"

namespace prism::probes {

/// Something that listens and may be an inference server or a proxy, though its name does not say so.
struct Unnamed {
    int root = 0;
    std::vector<int> members; ///< those that hold the same sockets, ascending
    std::vector<TcpSocket> sockets; ///< those that it is reasonable to ask
    bool proxy = false;
};

/// Listening processes outside the servers found that may be asked: HTTP servers by their looks, and proxies.
/// A training job's rendezvous or a database can be harmed by a stray request, so nothing is asked that
/// listens at a port which the kernel chose (unless its arguments name the port), at the rendezvous port of
/// torch, or that has more than four listening ports.
std::vector<Unnamed> unnamedListeners(const ProcFolder& proc, const ProcessTable& table,
    SocketHolders& holders, const PortRange& ephemeral, const std::vector<Server>& found);

} // namespace prism::probes
