// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/servers/small/shaped_server/shapes.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
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
int listener(std::uint16_t port, bool ipv6)
{
    const int socket = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    sockaddr_in v4 {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6 {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    const int bound = ipv6 ? ::bind(socket, reinterpret_cast<const sockaddr*>(&v6), sizeof v6)
                           : ::bind(socket, reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    if (bound != 0 || ::listen(socket, 1024) != 0) {
        std::perror("shaped_server");
        std::exit(1); // NOLINT(concurrency-mt-unsafe)
    }
    return socket;
}

/// Goes on in network, process and mount namespaces of its own, as in a container. A process namespace begins
/// with the first child, so that this one stays outside and waits.
bool goApart()
{
    ifreq loopback {};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    if (::unshare(CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS) != 0) {
        return false;
    }
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool raised = ::ioctl(socket, SIOCSIFFLAGS, &loopback) == 0;
    ::close(socket);
    const pid_t inner = raised ? ::fork() : -1;
    if (inner > 0) {
        ::waitpid(inner, nullptr, 0);
        ::_exit(0);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return inner == 0;
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

/// shaped_server [ipv6|apart] [PORT [PROCESSES]]: an OpenAI-like server whose every write is decided by the
/// client. Prints its port. `apart`: in namespaces of its own. With PROCESSES it forks so many that accept
/// from one socket, as a pre-forking server does.
int main(int count, char** words)
{
    const bool ipv6 = count > 1 && std::strcmp(words[1], "ipv6") == 0;
    const bool apart = count > 1 && std::strcmp(words[1], "apart") == 0;
    if (apart && !goApart()) {
        std::puts("impossible");
        return 1;
    }
    if (ipv6 || apart) {
        ++words;
        --count;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = orders();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    const int socket
        = listener(count > 1 ? static_cast<std::uint16_t>(std::atoi(words[1])) : 0, ipv6); // NOLINT
    const int processes = count > 2 ? std::atoi(words[2]) : 0; // NOLINT
    sockaddr_in6 own {}; // the port stands at the same place in both families
    socklen_t size = sizeof own;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size);
    for (int i = 0; i < processes; ++i) {
        if (::fork() == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            accept(socket);
        }
    }
    say("listening", ntohs(own.sin6_port));
    if (processes > 0) {
        obey(socket, words);
    }
    std::thread(obey, socket, words).detach();
    accept(socket);
}
