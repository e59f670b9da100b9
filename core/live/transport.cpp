// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/transport.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace prism::live {

namespace {

constexpr std::size_t mostWords = 4096;

Error failed(const std::string& what, const std::string& file = {})
{
    return { file, {}, what + ": " + std::strerror(errno), {} };
}

/// Runs in the forked child; only calls that are safe there.
[[noreturn]] void becomeProgram(char* const* arguments, int stream, int words)
{
    const int s = fcntl(stream, F_DUPFD, 10);
    const int w = fcntl(words, F_DUPFD, 10);
    dup2(s, STDIN_FILENO);
    dup2(s, STDOUT_FILENO);
    dup2(w, STDERR_FILENO);
    close_range(3, ~0u, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    // Ctrl+C in the terminal is for us: we detach first.
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    execvp(arguments[0], arguments);
    static constexpr std::string_view text = "the program cannot be started\n";
    (void)!::write(STDERR_FILENO, text.data(), text.size());
    _exit(127);
}

Result<int> connectTo(const std::string& path)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error { path, {}, "the name of the socket is too long", {} };
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return failed("no socket");
    }
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        Error error = failed("the service cannot be reached", path);
        error.remedy
            = errno == EACCES ? "Join the group prism-probe and log in again" : "Start prism-probed.socket";
        close(descriptor);
        return error;
    }
    return descriptor;
}

} // namespace

Result<std::unique_ptr<Transport>> Transport::adopt(int descriptor)
{
    const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) {
        close(descriptor);
        return failed("no connection to the helper");
    }
    return std::unique_ptr<Transport>(new Transport(descriptor, -1, -1, wake));
}

Result<std::unique_ptr<Transport>> Transport::open(const HelperAddress& address)
{
    if (address.kind == HelperAddress::Socket) {
        const auto descriptor = connectTo(address.path);
        if (!descriptor) {
            return descriptor.error();
        }
        return adopt(*descriptor);
    }
    int stream[2];
    int words[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) != 0) {
        return failed("no socket for the helper");
    }
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0) {
        close(stream[0]);
        close(stream[1]);
        return failed("no pipe for the helper");
    }
    std::vector<char*> arguments;
    for (const std::string& argument : address.command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        becomeProgram(arguments.data(), stream[1], words[1]);
    }
    close(stream[1]);
    close(words[1]);
    auto transport = pid < 0 ? Result<std::unique_ptr<Transport>>(failed("the helper cannot be started"))
                             : adopt(stream[0]);
    if (!transport) {
        if (pid < 0) {
            close(stream[0]);
        }
        close(words[0]);
        return transport.error();
    }
    (*transport)->m_words = words[0];
    (*transport)->m_child = pid;
    return transport;
}

Transport::~Transport()
{
    close(m_descriptor);
    close(m_wake);
    if (m_words >= 0) {
        close(m_words);
    }
    if (m_child > 0) {
        // Taking probes off takes the kernel seconds: nobody waits for it here.
        std::thread([child = m_child] { waitpid(child, nullptr, 0); }).detach();
    }
}

Transport::Ready Transport::wait(std::chrono::milliseconds patience, bool wantsToWrite)
{
    pollfd polled[3] { { m_descriptor, static_cast<short>(POLLIN | (wantsToWrite ? POLLOUT : 0)), 0 },
        { m_wake, POLLIN, 0 }, { m_words, POLLIN, 0 } };
    if (poll(polled, m_words >= 0 ? 3 : 2, static_cast<int>(patience.count())) <= 0) {
        return {};
    }
    if ((polled[1].revents & POLLIN) != 0) {
        std::uint64_t count = 0;
        (void)!::read(m_wake, &count, sizeof count);
    }
    if (m_words >= 0 && polled[2].revents != 0) {
        hear();
    }
    return { (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0, (polled[0].revents & POLLOUT) != 0 };
}

Result<ssize_t> Transport::read(std::span<std::byte> to)
{
    const ssize_t size = ::recv(m_descriptor, to.data(), to.size(), 0);
    if (size >= 0) {
        return size;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return ssize_t(-1);
    }
    if (errno == ECONNRESET) {
        return ssize_t(0);
    }
    return failed("the helper cannot be heard");
}

Result<std::size_t> Transport::write(std::span<const std::byte> bytes)
{
    const ssize_t size = ::send(m_descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
        return static_cast<std::size_t>(size);
    }
    if (errno == EAGAIN || errno == EINTR) {
        return std::size_t(0);
    }
    return failed("the helper hung up");
}

void Transport::wake()
{
    const std::uint64_t one = 1;
    (void)!::write(m_wake, &one, sizeof one);
}

void Transport::hear()
{
    char buffer[512];
    while (true) {
        const ssize_t size = ::read(m_words, buffer, sizeof buffer);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (size <= 0) {
            close(m_words);
            m_words = -1;
            return;
        }
        // The end tells most: warnings come first.
        m_heard.append(buffer, static_cast<std::size_t>(size));
        if (m_heard.size() > mostWords) {
            m_heard.erase(0, m_heard.size() - mostWords);
        }
    }
}

std::string Transport::lastWords()
{
    pollfd polled { m_words, POLLIN, 0 };
    while (m_words >= 0 && poll(&polled, 1, 200) > 0) {
        hear();
    }
    std::string out;
    for (const char c : m_heard) {
        const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
        out += plain ? c : ' ';
    }
    while (!out.empty() && out.back() == ' ') {
        out.pop_back();
    }
    return out;
}

void Transport::abandon()
{
    if (m_child > 0) {
        kill(m_child, SIGTERM);
    }
}

} // namespace prism::live
