// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/session_state.h"

/// The server's own /metrics: asked on a thread beside, taken into the stream on the session's. Everything
/// here runs on the session's thread, the lock not held.
namespace prism::live {

void Session::State::watchMetrics(TargetNumber number)
{
    FoundServer server;
    {
        const std::lock_guard lock(m_mutex);
        const auto it = m_targets.find(number);
        if (it == m_targets.end() || !it->second.attached || m_pollers.contains(number)) {
            return;
        }
        server = it->second.server;
    }
    const auto now = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count());
    auto address = metricsAddressOf(server, m_here);
    if (!address) {
        const std::lock_guard lock(m_mutex);
        m_targets[number].metricsProblem
            = "The server's /metrics is not read: " + address.error().reason + '.';
        return;
    }
    (void)records(m_metricsRecords.begins(number, now, address->url()));
    m_pollers[number] = std::make_unique<MetricsPoller>(
        std::move(*address), MetricsPoller::usual, [this, number](MetricsReading reading) {
            {
                const std::lock_guard lock(m_commandMutex);
                if (m_closedForCommands) {
                    return;
                }
                m_commands.push_back([this, number, reading = std::move(reading)] {
                    if (m_pollers.contains(number)) {
                        (void)records(m_metricsRecords.reading(number, reading));
                    }
                });
            }
            wake();
        });
}

void Session::State::dropMetrics(TargetNumber number)
{
    if (m_pollers.erase(number) > 0) {
        m_metricsRecords.ends(number);
    }
}

void Session::State::metricsFact(const ProbeFact& fact)
{
    const auto it = m_targets.find(fact.target);
    if (it == m_targets.end()) {
        return;
    }
    if (fact.state == wire::ProbeState::Pending) {
        it->second.metricsUrl = fact.hint;
    }
    it->second.metricsProblem = fact.state == wire::ProbeState::Failed ? fact.hint : std::string();
}

} // namespace prism::live
