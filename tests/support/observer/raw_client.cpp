// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

namespace prism::test {

RawClient::RawClient(std::uint16_t port)
    : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    const timeval patience { 30, 0 };
    ::setsockopt(m_socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        sockaddr_in own {};
        socklen_t size = sizeof own;
        ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&own), &size);
        m_localPort = ntohs(own.sin_port);
    }
}

RawClient::~RawClient()
{
    ::close(m_socket);
}

bool RawClient::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t done = ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (done <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
}

bool RawClient::readUntil(std::string_view bytes)
{
    std::array<char, 4096> piece {};
    for (;;) {
        const std::size_t found = m_read.find(bytes);
        if (found != std::string::npos) {
            m_read.erase(0, found + bytes.size());
            return true;
        }
        const ssize_t got = ::recv(m_socket, piece.data(), piece.size(), 0);
        if (got <= 0) {
            return false;
        }
        m_read.append(piece.data(), static_cast<std::size_t>(got));
    }
}

std::string RawClient::readAll()
{
    std::array<char, 4096> piece {};
    ssize_t got = 0;
    while ((got = ::recv(m_socket, piece.data(), piece.size(), 0)) > 0) {
        m_read.append(piece.data(), static_cast<std::size_t>(got));
    }
    return std::move(m_read);
}

} // namespace prism::test
