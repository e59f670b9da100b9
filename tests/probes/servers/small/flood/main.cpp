// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/servers/small/shaped_server/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace prism::test;

namespace {

constexpr std::size_t eventBytes = 512;

sockaddr_in address(int listening)
{
    sockaddr_in own {};
    socklen_t size = sizeof own;
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&own), &size);
    return own;
}

/// The clients of all connections in a process of their own: sends a request on each and throws the answers
/// away, ten times a second, so that receiving costs next to nothing.
void drain(const sockaddr_in& to, int connections)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<int> sockets;
    for (int i = 0; i < connections; ++i) {
        sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(sockets.back(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            ::_exit(1);
        }
        const std::string request
            = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
        ::send(sockets.back(), request.data(), request.size(), MSG_NOSIGNAL);
    }
    while (!sockets.empty()) {
        sleepUntil(nowNs() + 100'000'000);
        std::erase_if(sockets, [](int socket) {
            // TCP throws bytes away without copying them.
            const ssize_t got = ::recv(socket, nullptr, 1u << 20, MSG_TRUNC | MSG_DONTWAIT);
            const bool closed = got == 0 || (got < 0 && errno != EAGAIN);
            return closed && ::close(socket) == 0;
        });
    }
    ::_exit(0);
}

std::string paddedEvent()
{
    // "1f9\r\n" and "\r\n" around it: 512 bytes in one write.
    const std::string event = tokenEvent(0, 0);
    const std::string padded = tokenEvent(0, static_cast<int>(eventBytes - 7 - event.size()));
    char size[8];
    std::snprintf(size, sizeof size, "%zx\r\n", padded.size());
    return size + padded + "\r\n";
}

} // namespace

/// flood CONNECTIONS RATE SECONDS: streams 512-byte events, one a write, over all connections in turn, RATE
/// in all a second. Prints "listening PORT" when the connections stand, begins with a line on its input, and
/// says in the end how many writes it made in how many seconds, and the longest time between two rounds of a
/// millisecond.
int main(int count, char** words)
{
    if (count != 4) {
        return 2;
    }
    const int connections = std::atoi(words[1]); // NOLINT(cert-err34-c)
    const std::int64_t rate = std::atoll(words[2]); // NOLINT(cert-err34-c)
    const std::int64_t seconds = std::atoll(words[3]); // NOLINT(cert-err34-c)
    std::signal(SIGPIPE, SIG_IGN);
    rlimit files {};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);

    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::listen(listening, 4096);
    sockaddr_in to = address(listening);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const pid_t clients = ::fork();
    if (clients == 0) {
        drain(to, connections);
    }
    std::vector<int> sockets;
    for (int i = 0; i < connections; ++i) {
        sockets.push_back(::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
        const int one = 1;
        ::setsockopt(sockets.back(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    std::printf("listening %d\n", ntohs(to.sin_port));
    std::fflush(stdout);
    if (std::getchar() == EOF) {
        return 1;
    }
    char request[512];
    const std::string head
        = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const int socket : sockets) {
        if (::recv(socket, request, sizeof request, 0) <= 0
            || ::send(socket, head.data(), head.size(), MSG_NOSIGNAL) < 0) {
            return 1;
        }
    }
    // The rate must hold beside whatever else runs; refused without root, then it may be lower than asked.
    const sched_param priority { 5 };
    ::sched_setscheduler(0, SCHED_FIFO, &priority);
    const std::string event = paddedEvent();
    const std::int64_t begin = nowNs();
    const std::int64_t perRound = rate / 1000;
    std::int64_t sent = 0;
    std::int64_t latest = 0;
    for (std::int64_t round = 0; round < seconds * 1000; ++round) {
        sleepUntil(begin + round * 1'000'000);
        latest = std::max(latest, nowNs() - begin - round * 1'000'000);
        for (std::int64_t i = 0; i < perRound; ++i, ++sent) {
            if (::send(sockets[static_cast<std::size_t>(sent % connections)], event.data(), event.size(),
                    MSG_NOSIGNAL)
                != static_cast<ssize_t>(event.size())) {
                return 1;
            }
        }
    }
    const double took = static_cast<double>(nowNs() - begin) / 1e9;
    for (const int socket : sockets) {
        ::send(socket, "0\r\n\r\n", 5, MSG_NOSIGNAL);
        ::close(socket);
    }
    std::printf("{\"writes\":%lld,\"seconds\":%.6f,\"latest_ms\":%.3f}\n", static_cast<long long>(sent), took,
        static_cast<double>(latest) / 1e6);
    return ::waitpid(clients, nullptr, 0) == clients ? 0 : 1;
}
