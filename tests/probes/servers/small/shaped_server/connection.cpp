// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/servers/small/shaped_server/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace prism::test {

std::int64_t nowNs()
{
    timespec now {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void sleepUntil(std::int64_t ns)
{
    const timespec until { ns / 1'000'000'000, ns % 1'000'000'000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) { }
}

Connection::~Connection()
{
    if (m_socket >= 0) {
        ::close(m_socket);
    }
}

void Connection::hangUp()
{
    ::shutdown(m_socket, SHUT_WR);
    while (fill()) {
        m_buffer.clear();
    }
    fill();
}

bool Connection::fill()
{
    std::array<char, 4096> piece {};
    const ssize_t got = ::recv(m_socket, piece.data(), piece.size(), 0);
    if (got <= 0) {
        return false;
    }
    m_buffer.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

bool Connection::readHeader(std::string& header)
{
    std::size_t end = 0;
    while ((end = m_buffer.find("\r\n\r\n")) == std::string::npos) {
        // A header without an end is refused here as real servers do.
        if (m_buffer.size() > (64u << 10) || !fill()) {
            return false;
        }
    }
    header = m_buffer.substr(0, end + 4);
    m_buffer.erase(0, end + 4);
    return true;
}

bool Connection::readRequest(Request& request)
{
    std::string header;
    if (!readHeader(header)) {
        return false;
    }
    const std::size_t space = header.find(' ');
    const std::size_t second = header.find(" HTTP/1.1\r\n");
    if (second == std::string::npos || space >= second) {
        write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "send");
        return false;
    }
    request.target = header.substr(space + 1, second - space - 1);
    request.last = header.find("Connection:close") != std::string::npos
        || header.find("Connection: close") != std::string::npos;
    const bool early = readWanted(request.target).shape == "early";
    if (header.find("Expect: 100-continue") != std::string::npos && !early) {
        // As llama-server does it: the interim answer comes in two writes.
        if (!write("HTTP/1.1 100 Continue\r\n", "send") || !write("\r\n", "send")) {
            return false;
        }
    }
    request.whole = !early;
    return early || readBody(header);
}

bool Connection::readBody(const std::string& header)
{
    if (header.find("Transfer-Encoding: chunked") != std::string::npos) {
        return readChunkedBody();
    }
    const std::size_t length = header.find("Content-Length: ");
    return length == std::string::npos || skip(std::strtoull(header.c_str() + length + 16, nullptr, 10));
}

bool Connection::readChunkedBody()
{
    std::string line;
    while (readLine(line)) {
        char* end = nullptr;
        errno = 0;
        const std::uint64_t size = std::strtoull(line.c_str(), &end, 16);
        if (end == line.c_str() || errno != 0) {
            return false;
        }
        if (!skip(size) || !readLine(line)) {
            return false;
        }
        if (size == 0) {
            return true;
        }
    }
    return false;
}

bool Connection::readLine(std::string& line)
{
    std::size_t end = 0;
    while ((end = m_buffer.find("\r\n")) == std::string::npos) {
        if (m_buffer.size() > (64u << 10) || !fill()) {
            return false;
        }
    }
    line = m_buffer.substr(0, end);
    m_buffer.erase(0, end + 2);
    return true;
}

bool Connection::skip(std::uint64_t bytes)
{
    while (bytes > m_buffer.size()) {
        bytes -= m_buffer.size();
        m_buffer.clear();
        if (!fill()) {
            return false;
        }
    }
    m_buffer.erase(0, static_cast<std::size_t>(bytes));
    return true;
}

bool Connection::write(const std::string& bytes, const std::string& call)
{
    // Vectors of four pieces: headers, chunk size, data and end are such pieces in real servers.
    std::array<iovec, 4> pieces {};
    const std::size_t each = std::max<std::size_t>(1, (bytes.size() + 3) / 4);
    std::size_t used = 0;
    for (iovec& piece : pieces) {
        const std::size_t at = std::min(bytes.size(), used);
        piece = { const_cast<char*>(bytes.data() + at), std::min(each, bytes.size() - at) };
        used += each;
    }
    mmsghdr message {};
    message.msg_hdr.msg_iov = pieces.data();
    message.msg_hdr.msg_iovlen = pieces.size();
    ssize_t done = -1;
    if (call == "write") {
        done = ::write(m_socket, bytes.data(), bytes.size());
    } else if (call == "writev") {
        done = ::writev(m_socket, pieces.data(), static_cast<int>(pieces.size()));
    } else if (call == "sendmsg") {
        done = ::sendmsg(m_socket, &message.msg_hdr, MSG_NOSIGNAL);
    } else if (call == "sendmmsg") {
        done = ::sendmmsg(m_socket, &message, 1, MSG_NOSIGNAL) == 1 ? message.msg_len : -1;
    } else {
        done = ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    return done == static_cast<ssize_t>(bytes.size());
}

} // namespace prism::test
