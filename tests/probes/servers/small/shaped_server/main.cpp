// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/servers/small/shaped_server/shapes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

using namespace prism::test;

namespace {

void serve(int socket)
{
    Connection connection(socket);
    Connection::Request request;
    while (connection.readRequest(request) && answer(connection, readWanted(request.target))
        && request.whole) { }
    connection.hangUp();
}

/// A listening socket on the loopback; with a port given, one of several by SO_REUSEPORT.
int listener(std::uint16_t port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
        || ::listen(socket, 1024) != 0) {
        std::perror("shaped_server");
        std::exit(1); // NOLINT(concurrency-mt-unsafe)
    }
    return socket;
}

} // namespace

/// shaped_server [PORT [PROCESSES]]: an OpenAI-like server whose every write is decided by the client. Prints
/// its port. With PROCESSES it forks so many that accept from one socket, as a pre-forking server does.
int main(int count, char** words)
{
    std::signal(SIGPIPE, SIG_IGN);
    const int socket = listener(count > 1 ? static_cast<std::uint16_t>(std::atoi(words[1])) : 0); // NOLINT
    const int processes = count > 2 ? std::atoi(words[2]) : 0; // NOLINT
    sockaddr_in own {};
    socklen_t size = sizeof own;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size);
    std::printf("listening %d\n", ntohs(own.sin_port));
    std::fflush(stdout);
    bool parent = processes > 0;
    for (int i = 0; i < processes && parent; ++i) {
        if (::fork() == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            parent = false;
        }
    }
    while (parent) {
        ::pause();
    }
    for (;;) {
        const int client = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) {
            continue;
        }
        const int one = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        std::thread(serve, client).detach();
    }
}
