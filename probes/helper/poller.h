// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace prism::probes {

/// epoll with a function a descriptor.
class Poller {
public:
    using Ready = std::function<void(std::uint32_t events)>;

    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Until remove(), which comes before the descriptor is closed. Regular files are always ready: not for
    /// them.
    void add(int fd, std::uint32_t events, Ready ready);
    void change(int fd, std::uint32_t events);
    void remove(int fd);
    /// Waits at most so long and calls what is ready. A function may add and remove any.
    void wait(int milliseconds);

private:
    struct Watched {
        std::uint32_t events = 0;
        Ready ready;
    };

    int m_epoll;
    std::unordered_map<int, Watched> m_watched;
};

} // namespace prism::probes
