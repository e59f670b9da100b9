// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/metrics_poller.h"

#include "core/live/loopback_get.h"

#include <algorithm>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace prism::live {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC
constexpr milliseconds patience { 2000 };
constexpr int restFactor = 19;
constexpr unsigned mostDoublings = 5;

std::uint64_t nowNs()
{
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count());
}

} // namespace

MetricsPoller::MetricsPoller(
    MetricsAddress address, milliseconds every, std::function<void(MetricsReading)> told)
    : m_address(std::move(address))
    , m_every(every)
    , m_told(std::move(told))
    , m_wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    , m_thread([this] { run(); })
{
}

MetricsPoller::~MetricsPoller()
{
    m_stop = true;
    eventfd_write(m_wake, 1);
    m_thread.join();
    close(m_wake);
}

milliseconds MetricsPoller::pause(milliseconds every, milliseconds took, unsigned failures)
{
    const milliseconds rest = std::max(every - took, took * restFactor);
    const milliseconds backOff = failures > 0 ? every * (1 << std::min(failures, mostDoublings)) : every * 0;
    return std::min(std::max({ rest, backOff, every * 0 }), std::max(longest, every));
}

void MetricsPoller::run()
{
    unsigned failures = 0;
    while (!m_stop) {
        const auto begin = Clock::now();
        MetricsReading reading = ask();
        const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
        failures = reading.problem.empty() ? 0 : failures + 1;
        if (m_stop) {
            return;
        }
        m_told(std::move(reading));
        pollfd polled { m_wake, POLLIN, 0 };
        const auto until = Clock::now() + pause(m_every, took, failures);
        while (!m_stop) {
            const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
            if (left <= 0 || poll(&polled, 1, static_cast<int>(left)) > 0) {
                break;
            }
        }
    }
}

MetricsReading MetricsPoller::ask() const
{
    MetricsReading reading;
    const auto answer = askForMetrics(m_address, patience, m_wake);
    reading.atNs = nowNs();
    if (!answer) {
        reading.problem = "The server's /metrics cannot be read: " + answer.error().reason + '.';
        return reading;
    }
    if (answer->status != 200) {
        reading.problem = refusedMetrics(answer->status, m_address.engine);
        return reading;
    }
    auto metrics = readServerMetrics(answer->body);
    if (!metrics) {
        const std::string place = metrics.error().place.empty() ? "" : " (" + metrics.error().place + ')';
        reading.problem = "The server's /metrics cannot be read: " + metrics.error().reason + place + '.';
        return reading;
    }
    reading.samples = std::move(metrics->samples);
    return reading;
}

} // namespace prism::live
