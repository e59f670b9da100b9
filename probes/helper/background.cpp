// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/background.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

Background::Background()
    : m_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    , m_thread([this] { run(); })
{
}

Background::~Background()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_wake.notify_one();
    m_thread.join();
    close(m_event);
}

void Background::post(std::function<void()> work, std::function<void()> after)
{
    {
        const std::lock_guard lock(m_mutex);
        m_todo.push_back({ std::move(work), std::move(after) });
        ++m_open;
    }
    m_wake.notify_one();
}

void Background::run()
{
    std::unique_lock lock(m_mutex);
    while (true) {
        m_wake.wait(lock, [this] { return m_stop || !m_todo.empty(); });
        if (m_todo.empty()) {
            return;
        }
        Job job = std::move(m_todo.front());
        m_todo.pop_front();
        lock.unlock();
        job.work();
        job.work = nullptr;
        lock.lock();
        m_done.push_back(std::move(job.after));
        eventfd_write(m_event, 1);
    }
}

void Background::finished()
{
    eventfd_t count = 0;
    eventfd_read(m_event, &count);
    std::deque<std::function<void()>> done;
    {
        const std::lock_guard lock(m_mutex);
        done.swap(m_done);
        m_open -= done.size();
    }
    for (const auto& after : done) {
        if (after) {
            after();
        }
    }
}

bool Background::busy() const
{
    const std::lock_guard lock(m_mutex);
    return m_open != 0;
}

} // namespace prism::probes
