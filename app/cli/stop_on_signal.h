// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include <pthread.h>

namespace prism::cli {

/// Ctrl+C and SIGTERM ask the job to stop instead of ending the process: what is committed stays, the rest
/// leaves nothing behind. Further ones call `again` (on the thread that takes the signals), where there is
/// one.
class StopOnSignal {
public:
    explicit StopOnSignal(std::function<void()> again = {})
        : m_again(std::move(again))
    {
        sigemptyset(&m_set);
        sigaddset(&m_set, SIGINT);
        sigaddset(&m_set, SIGTERM);
        sigaddset(&m_set, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &m_set, &m_before);
        m_thread = std::thread([this] {
            siginfo_t info {};
            for (int signal = 0; (signal = sigwaitinfo(&m_set, &info)) != SIGUSR1;) {
                if (signal < 0) {
                    continue; // interrupted
                }
                if (m_stop.stop_requested()) {
                    m_again();
                    continue;
                }
                m_fromTerminal = info.si_code == SI_KERNEL;
                m_stop.request_stop();
                if (!m_again) {
                    return;
                }
            }
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
    /// The stop was Ctrl+C at the terminal, which every process of the group was sent.
    bool fromTerminal() const { return m_fromTerminal; }

private:
    std::stop_source m_stop;
    std::function<void()> m_again;
    std::atomic<bool> m_fromTerminal = false;
    sigset_t m_set {};
    sigset_t m_before {};
    std::thread m_thread;
};

} // namespace prism::cli
