// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/server_metrics.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace prism::live {

/// What a server said, or why it said nothing.
struct MetricsReading {
    std::uint64_t atNs = 0; ///< CLOCK_MONOTONIC, when the answer was there
    std::vector<MetricSample> samples;
    std::string problem; ///< a sentence; then there are no samples
};

/// Asks a server for its /metrics again and again, on a thread of its own: the one thing of ours that talks
/// to the server. Never more than one question is under way, and none takes longer than two seconds.
class MetricsPoller {
public:
    /// `told` is called on the poller's thread after every answer.
    MetricsPoller(
        MetricsAddress address, std::chrono::milliseconds every, std::function<void(MetricsReading)> told);
    /// Gives up a question that is under way; `told` is not called any more.
    ~MetricsPoller();
    MetricsPoller(const MetricsPoller&) = delete;
    MetricsPoller& operator=(const MetricsPoller&) = delete;

    const MetricsAddress& address() const { return m_address; }

    static constexpr std::chrono::milliseconds usual { 1000 };
    static constexpr std::chrono::milliseconds longest { 30'000 };
    /// From one answer to the next question. A server is left alone for 19 times as long as it took to
    /// answer (making the text costs it time that its requests wait for), and after a failure for twice as
    /// long as after the one before.
    static std::chrono::milliseconds pause(
        std::chrono::milliseconds every, std::chrono::milliseconds took, unsigned failures);

private:
    void run();
    MetricsReading ask() const;

    MetricsAddress m_address;
    std::chrono::milliseconds m_every;
    std::function<void(MetricsReading)> m_told;
    int m_wake;
    std::atomic<bool> m_stop = false;
    std::thread m_thread;
};

} // namespace prism::live
