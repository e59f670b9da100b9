// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/proc.h"

namespace prism::probes {

/// One TCP socket of /proc/PID/net/tcp or tcp6.
struct TcpSocket {
    std::string address; ///< local, as text: "127.0.0.1", "::"
    std::uint16_t port = 0;
    std::string peerAddress; ///< of a connection
    std::uint16_t peerPort = 0;
    std::uint64_t inode = 0;
    uid_t uid = 0;
    bool listening = false;
    bool v6 = false;

    bool loopback() const;
    bool anyAddress() const { return address == "0.0.0.0" || address == "::"; }
};

/// The sockets that listen, and those with a connection when asked for. The kernel lists those that listen
/// first, so that without connections a table of any length costs little.
std::vector<TcpSocket> parseTcpTable(std::string_view table, bool v6, bool connections);

/// Both tables of the process's network namespace. Bounded: of connections the first 4 MB of a table.
std::vector<TcpSocket> readTcpSockets(const ProcFolder& proc, int pid, bool connections);

} // namespace prism::probes
