// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace prism::probes {

/// One thread for what takes long: detaching, looking for servers. Work is done in order.
class Background {
public:
    Background();
    /// Waits for all work; what was to follow it is not called.
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    /// `work` on the thread, then `after` where finished() is called.
    void post(std::function<void()> work, std::function<void()> after);
    /// Becomes readable when something is finished.
    int fd() const { return m_event; }
    /// Calls what follows the finished work.
    void finished();
    bool busy() const;

private:
    struct Job {
        std::function<void()> work;
        std::function<void()> after;
    };
    void run();

    int m_event;
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Job> m_todo;
    std::deque<std::function<void()>> m_done;
    bool m_stop = false;
    std::size_t m_open = 0; ///< posted and not yet finished
    std::thread m_thread;
};

/// Work that is done once, on whichever thread comes first; another that comes meanwhile waits for its end.
class Once {
public:
    explicit Once(std::function<void()> work)
        : m_work(std::move(work))
    {
    }
    void operator()() { std::call_once(m_flag, m_work); }

private:
    std::once_flag m_flag;
    std::function<void()> m_work;
};

} // namespace prism::probes
