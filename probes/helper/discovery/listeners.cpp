// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/listeners.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>

namespace prism::probes {

namespace {

constexpr std::size_t mostListeners = 512u << 10;
constexpr std::size_t mostConnections = 4u << 20;

template <class Number>
std::optional<Number> hexIn(std::string_view text)
{
    Number value {};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

/// "0100007F:1F90": 32-bit words as the machine has them in memory, then the port.
bool parseEndpoint(std::string_view text, bool v6, std::string& address, std::uint16_t& port)
{
    const std::size_t digits = v6 ? 32 : 8;
    if (text.size() != digits + 5 || text[digits] != ':') {
        return false;
    }
    std::array<std::uint32_t, 4> raw {};
    for (std::size_t i = 0; i < digits / 8; ++i) {
        const auto word = hexIn<std::uint32_t>(text.substr(8 * i, 8));
        if (!word) {
            return false;
        }
        raw[i] = *word;
    }
    const auto number = hexIn<std::uint16_t>(text.substr(digits + 1));
    std::array<char, INET6_ADDRSTRLEN> out {};
    if (!number || !::inet_ntop(v6 ? AF_INET6 : AF_INET, raw.data(), out.data(), out.size())) {
        return false;
    }
    address = out.data();
    constexpr std::string_view mapped = "::ffff:";
    if (address.starts_with(mapped) && address.find('.') != std::string::npos) {
        address.erase(0, mapped.size());
    }
    port = *number;
    return true;
}

} // namespace

bool TcpSocket::loopback() const
{
    return address.starts_with("127.") || address == "::1";
}

std::vector<TcpSocket> parseTcpTable(std::string_view table, bool v6, bool connections)
{
    constexpr std::string_view listen = "0A";
    constexpr std::string_view established = "01";
    std::vector<TcpSocket> sockets;
    for (const std::string_view line : lines(table)) {
        const auto fields = words(line);
        if (fields.size() < 10 || !fields[0].ends_with(':')) {
            continue; // the heading, or a line that the bound cut
        }
        TcpSocket socket;
        socket.v6 = v6;
        socket.listening = fields[3] == listen;
        if (!socket.listening && !connections) {
            break;
        }
        if (!socket.listening && fields[3] != established) {
            continue;
        }
        const auto uid = numberIn<unsigned>(fields[7]);
        const auto inode = numberIn<std::uint64_t>(fields[9]);
        if (!parseEndpoint(fields[1], v6, socket.address, socket.port)
            || !parseEndpoint(fields[2], v6, socket.peerAddress, socket.peerPort) || !uid || !inode) {
            continue;
        }
        socket.uid = *uid;
        socket.inode = *inode;
        sockets.push_back(std::move(socket));
    }
    return sockets;
}

std::vector<TcpSocket> readTcpSockets(const ProcFolder& proc, int pid, bool connections)
{
    std::vector<TcpSocket> all;
    for (const bool v6 : { false, true }) {
        const auto table = readFile(
            proc.path(pid, v6 ? "net/tcp6" : "net/tcp"), connections ? mostConnections : mostListeners);
        if (table) {
            auto sockets = parseTcpTable(*table, v6, connections);
            all.insert(
                all.end(), std::make_move_iterator(sockets.begin()), std::make_move_iterator(sockets.end()));
        }
    }
    return all;
}

} // namespace prism::probes
