// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/observation.h"

#include <atomic>
#include <functional>
#include <stdexcept>
#include <sys/mman.h>
#include <thread>

/// What tests of the running helper share: a server of threads that throws, a client that never stops, and
/// waits.
namespace prism::test {

/// What targets and the test see of each other.
struct Shared {
    std::atomic<std::uint64_t> answered;
    std::atomic<std::uint64_t> failed;
    std::atomic<std::uint64_t> caught;
    std::atomic<std::uint64_t> longestGapNs;
    std::atomic<int> measure;
    std::atomic<int> stop;

    static Shared* make()
    {
        return static_cast<Shared*>(
            mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    }
};

[[noreturn]] inline void refuse(int depth)
{
    if (depth == 0) {
        throw std::runtime_error("every request is refused, deep down");
    }
    refuse(depth - 1);
}

/// A server of several threads that throws for each request and catches far up.
inline void serveThrowing(const Listener& listener, Shared* shared)
{
    while (true) {
        const int connection = accept(listener.fd, nullptr, nullptr);
        std::thread([connection, shared] {
            char room[256];
            while (read(connection, room, sizeof room) > 0) {
                try {
                    refuse(20);
                } catch (const std::runtime_error&) {
                    ++shared->caught;
                }
                const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                if (write(connection, answer, sizeof answer - 1) < 0) {
                    break;
                }
            }
            close(connection);
        }).detach();
    }
}

/// Asks again and again; counts answers and failures.
inline void askForever(std::uint16_t port, Shared* shared)
{
    while (true) {
        const int connection = connectTo(port);
        for (int i = 0; i < 20; ++i) {
            const char question[] = "GET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\n";
            char room[256];
            const bool fine = connection >= 0 && write(connection, question, sizeof question - 1) > 0
                && read(connection, room, sizeof room) > 0;
            ++(fine ? shared->answered : shared->failed);
        }
        close(connection);
    }
}

inline bool eventually(const std::function<bool()>& done)
{
    const std::uint64_t end = probes::nowNs() + 20'000'000'000U;
    while (!done()) {
        if (probes::nowNs() > end) {
            return false;
        }
        poll(nullptr, 0, 5);
    }
    return true;
}

inline bool exists(std::uint32_t pid)
{
    const auto process = probes::readProcess(pid);
    return process && process->state != 'Z';
}

} // namespace prism::test
