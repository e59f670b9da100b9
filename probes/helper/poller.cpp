// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/poller.h"

#include <array>
#include <sys/epoll.h>
#include <unistd.h>

namespace prism::probes {

Poller::Poller()
    : m_epoll(epoll_create1(EPOLL_CLOEXEC))
{
}

Poller::~Poller()
{
    close(m_epoll);
}

void Poller::add(int fd, std::uint32_t events, Ready ready)
{
    epoll_event event {};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
    m_watched[fd] = { events, std::move(ready) };
}

void Poller::change(int fd, std::uint32_t events)
{
    const auto found = m_watched.find(fd);
    if (found == m_watched.end() || found->second.events == events) {
        return;
    }
    found->second.events = events;
    epoll_event event {};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd)
{
    epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, nullptr);
    m_watched.erase(fd);
}

void Poller::wait(int milliseconds)
{
    std::array<epoll_event, 64> events {};
    const int count = epoll_wait(m_epoll, events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < count; ++i) {
        const auto found = m_watched.find(events[static_cast<std::size_t>(i)].data.fd);
        if (found != m_watched.end()) {
            const Ready ready = found->second.ready; // it may remove itself
            ready(events[static_cast<std::size_t>(i)].events);
        }
    }
}

} // namespace prism::probes
