// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/families.h"
#include "probes/helper/discovery/listeners.h"

#include <set>

namespace prism::probes {

/// Who has which TCP sockets open: the tables of every network namespace joined with the processes' files.
class SocketHolders {
public:
    SocketHolders(const ProcFolder& proc, const ProcessTable& table, std::size_t budget);

    /// What this process has open, read once.
    const OpenFiles& files(int pid);
    /// Sockets that listen and that the process has open.
    std::vector<TcpSocket> listening(int pid);
    /// Sockets that listen in the process's network namespace, whoever has them.
    const std::vector<TcpSocket>& allListening(int pid);
    /// Connections of the process's network namespace.
    const std::vector<TcpSocket>& connections(int pid);
    /// Processes that have the socket open, among those whose files were read.
    std::vector<int> holders(std::uint64_t inode) const;
    bool budgetSpent() const { return m_budget == 0; }

private:
    std::uint64_t spaceOf(int pid) const;

    const ProcFolder& m_proc;
    const ProcessTable& m_table;
    std::size_t m_budget;
    std::map<int, OpenFiles> m_files;
    std::map<std::uint64_t, std::vector<TcpSocket>> m_listening;
    std::map<std::uint64_t, std::vector<TcpSocket>> m_connections;
    std::multimap<std::uint64_t, int> m_holders;
};

/// Ports that the kernel hands out by itself: what listens there was, as a rule, not told to.
struct PortRange {
    std::uint16_t first = 32768;
    std::uint16_t last = 60999;
    bool contains(std::uint16_t port) const { return port >= first && port <= last; }
};
PortRange ephemeralPorts(const ProcFolder& proc);

} // namespace prism::probes
