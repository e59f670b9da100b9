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
    while (connection.readRequest(request) && answer(connection, readWanted(request.target)) && request.whole
        && !request.last) { }
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

void say(const char* what, long number)
{
    std::printf("%s %ld\n", what, number);
    std::fflush(stdout);
}

[[noreturn]] void accept(int socket)
{
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

sigset_t orders()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int number : { SIGUSR1, SIGUSR2, SIGHUP }) {
        sigaddset(&set, number);
    }
    return set;
}

/// What a test wants to happen to the process while it serves, by signal: USR1 executes the program anew,
/// USR2 forks a worker that serves from the same socket, HUP gives the root user up.
[[noreturn]] void obey(int socket, char** words)
{
    const sigset_t set = orders();
    for (int number = 0; ::sigwait(&set, &number) == 0;) {
        if (number == SIGUSR1) {
            ::execv("/proc/self/exe", words);
        } else if (number == SIGUSR2) {
            const pid_t worker = ::fork();
            if (worker == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                say("worker", ::getpid());
                accept(socket);
            }
        } else {
            say("uid", ::setresuid(65534, 65534, 65534) == 0 ? 65534 : -1);
        }
    }
    std::abort();
}

} // namespace

/// shaped_server [PORT [PROCESSES]]: an OpenAI-like server whose every write is decided by the client. Prints
/// its port. With PROCESSES it forks so many that accept from one socket, as a pre-forking server does.
int main(int count, char** words)
{
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = orders();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    const int socket = listener(count > 1 ? static_cast<std::uint16_t>(std::atoi(words[1])) : 0); // NOLINT
    const int processes = count > 2 ? std::atoi(words[2]) : 0; // NOLINT
    sockaddr_in own {};
    socklen_t size = sizeof own;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size);
    for (int i = 0; i < processes; ++i) {
        if (::fork() == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            accept(socket);
        }
    }
    say("listening", ntohs(own.sin_port));
    if (processes > 0) {
        obey(socket, words);
    }
    std::thread(obey, socket, words).detach();
    accept(socket);
}
