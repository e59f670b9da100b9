// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// Processes that look like those of inference servers from outside: name, title, arguments, sockets. A fake
/// is the test's own program started anew under other arguments; it says when all is set up, and it and all
/// that it started end when the test closes its end of a pipe, or dies.
namespace prism::test::fake {

inline constexpr const char* stageVariable = "PRISM_FAKE_STAGE";
inline constexpr int readyPipe = 200; ///< a byte is written when all is set up
inline constexpr int lifePipe = 201; ///< ends when the test does

/// Writes a title over the arguments, as setproctitle does, and blanks over the rest of them.
inline void setTitle(char** arguments, const std::string& title, const std::string& comm)
{
    char* const begin = arguments[0];
    char* end = begin;
    for (char** argument = arguments; *argument; ++argument) {
        end = *argument + std::strlen(*argument) + 1;
    }
    const auto room = static_cast<std::size_t>(end - begin);
    std::memset(begin, ' ', room - 1);
    begin[room - 1] = '\0';
    std::memcpy(begin, title.data(), title.size() < room - 1 ? title.size() : room - 1);
    ::prctl(PR_SET_NAME, comm.c_str());
}

/// A socket that listens on the loopback address; port 0 lets the kernel choose.
inline int listenOn(int port, bool share = false)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (share) {
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
        || ::listen(fd, 16) != 0) {
        ::_exit(3);
    }
    return fd;
}

/// A port below those that the kernel chooses, free now.
inline int freePort()
{
    for (int port = 20'000 + ::getpid() % 8'000; port < 32'000; ++port) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        if (free) {
            return port;
        }
    }
    return 0;
}

inline void ready()
{
    const char yes = 1;
    if (::write(readyPipe, &yes, 1) != 1) {
        ::_exit(1);
    }
}

[[noreturn]] inline void stay()
{
    char nothing = 0;
    while (::read(lifePipe, &nothing, 1) > 0) { }
    ::_exit(0);
}

/// Switches the loopback device of a new network namespace on.
inline void raiseLoopback()
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request {};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    ::ioctl(fd, SIOCSIFFLAGS, &request);
    ::close(fd);
}

/// Answers each connection with one fixed answer, one after the other, until the life pipe ends.
[[noreturn]] inline void answerAlways(int listening, const std::string& response)
{
    for (;;) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(listening, &readable);
        FD_SET(lifePipe, &readable);
        ::select(std::max(listening, lifePipe) + 1, &readable, nullptr, nullptr, nullptr);
        if (FD_ISSET(lifePipe, &readable)) {
            ::_exit(0);
        }
        const int connection = ::accept(listening, nullptr, nullptr);
        char request[4096];
        if (::recv(connection, request, sizeof request, 0) > 0) {
            ::send(connection, response.data(), response.size(), MSG_NOSIGNAL);
        }
        ::close(connection);
    }
}

/// A running fake.
class Server {
public:
    /// `stage` names what the program does then (the test's main decides), `ready` how many bytes it writes
    /// when all is set up. `before` runs in the child ahead of the program: for namespaces and users.
    Server(
        const std::string& stage, const std::vector<std::string>& arguments, int ready = 1,
        const std::function<void()>& before = [] {})
    {
        int readiness[2];
        int life[2];
        if (::pipe2(readiness, O_CLOEXEC) != 0 || ::pipe2(life, O_CLOEXEC) != 0) {
            ::abort();
        }
        m_pid = ::fork();
        if (m_pid == 0) {
            ::dup2(readiness[1], readyPipe);
            ::dup2(life[0], lifePipe);
            ::close_range(3, readyPipe - 1, 0); // the other ends of all pipes, this one's and earlier fakes'
            ::setenv(stageVariable, stage.c_str(), 1);
            before();
            std::vector<char*> values;
            for (const std::string& argument : arguments) {
                values.push_back(const_cast<char*>(argument.c_str()));
            }
            values.push_back(nullptr);
            ::execv("/proc/self/exe", values.data());
            ::_exit(127);
        }
        ::close(readiness[1]);
        ::close(life[0]);
        m_life = life[1];
        for (int i = 0; i < ready; ++i) {
            char yes = 0;
            m_running = ::read(readiness[0], &yes, 1) == 1;
        }
        ::close(readiness[0]);
    }
    ~Server()
    {
        ::close(m_life);
        ::waitpid(m_pid, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    pid_t pid() const { return m_pid; }
    bool running() const { return m_running; }

private:
    pid_t m_pid = -1;
    int m_life = -1;
    bool m_running = false;
};

} // namespace prism::test::fake
