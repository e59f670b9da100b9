// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/holders.h"

#include <algorithm>

namespace prism::probes {

SocketHolders::SocketHolders(const ProcFolder& proc, const ProcessTable& table, std::size_t budget)
    : m_proc(proc)
    , m_table(table)
    , m_budget(budget)
{
}

std::uint64_t SocketHolders::spaceOf(int pid) const
{
    const auto process = m_table.find(pid);
    const std::uint64_t space = process == m_table.end() ? 0 : process->second.facts.netNamespace;
    // A namespace that we may not name is read for each process: the tables themselves are open to all.
    return space != 0 ? space : (std::uint64_t { 1 } << 63 | static_cast<std::uint64_t>(pid));
}

const OpenFiles& SocketHolders::files(int pid)
{
    const auto known = m_files.find(pid);
    if (known != m_files.end()) {
        return known->second;
    }
    OpenFiles& files = m_files[pid];
    files = m_proc.openFiles(pid, m_budget);
    for (const std::uint64_t inode : files.sockets) {
        m_holders.emplace(inode, pid);
    }
    return files;
}

const std::vector<TcpSocket>& SocketHolders::allListening(int pid)
{
    const auto [at, fresh] = m_listening.try_emplace(spaceOf(pid));
    if (fresh) {
        at->second = readTcpSockets(m_proc, pid, false);
    }
    return at->second;
}

const std::vector<TcpSocket>& SocketHolders::connections(int pid)
{
    const auto [at, fresh] = m_connections.try_emplace(spaceOf(pid));
    if (fresh) {
        at->second = readTcpSockets(m_proc, pid, true);
        std::erase_if(at->second, [](const TcpSocket& socket) { return socket.listening; });
    }
    return at->second;
}

std::vector<TcpSocket> SocketHolders::listening(int pid)
{
    const std::vector<std::uint64_t>& open = files(pid).sockets;
    std::vector<TcpSocket> own;
    std::ranges::copy_if(allListening(pid), std::back_inserter(own), [&open](const TcpSocket& socket) {
        return socket.inode != 0 && std::ranges::binary_search(open, socket.inode);
    });
    return own;
}

std::vector<int> SocketHolders::holders(std::uint64_t inode) const
{
    std::vector<int> all;
    const auto [begin, end] = m_holders.equal_range(inode);
    for (auto it = begin; it != end; ++it) {
        if (all.empty() || all.back() != it->second) {
            all.push_back(it->second);
        }
    }
    std::ranges::sort(all);
    return all;
}

PortRange ephemeralPorts(const ProcFolder& proc)
{
    PortRange range;
    const std::string text = readFile(proc.root() + "/sys/net/ipv4/ip_local_port_range", 64).value_or("");
    const auto ends = words(text);
    if (ends.size() == 2) {
        range.first = numberIn<std::uint16_t>(ends[0]).value_or(range.first);
        range.last = numberIn<std::uint16_t>(ends[1]).value_or(range.last);
    }
    return range;
}

} // namespace prism::probes
