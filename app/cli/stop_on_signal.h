// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

#include <pthread.h>

namespace prism::cli {

/// Ctrl+C and SIGTERM ask the job to stop instead of ending the process: what is committed stays, the rest
/// leaves nothing behind. The signals are taken by a thread of their own.
class StopOnSignal {
public:
    StopOnSignal()
    {
        sigemptyset(&m_set);
        sigaddset(&m_set, SIGINT);
        sigaddset(&m_set, SIGTERM);
        sigaddset(&m_set, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &m_set, &m_before);
        m_thread = std::thread([this] {
            int signal = 0;
            sigwait(&m_set, &signal);
            m_stop.request_stop();
        });
    }
    ~StopOnSignal()
    {
        pthread_kill(m_thread.native_handle(), SIGUSR1);
        m_thread.join();
        pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
    }
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    std::stop_token token() const { return m_stop.get_token(); }

private:
    std::stop_source m_stop;
    sigset_t m_set {};
    sigset_t m_before {};
    std::thread m_thread;
};

} // namespace prism::cli
