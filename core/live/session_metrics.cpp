// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/loopback_get.h"
#include "core/live/session_state.h"

#include <algorithm>
#include <ctime>

/// The server's own /metrics: asked on a thread beside, taken into the stream on the session's. What belongs
/// to the state runs on the session's thread, the lock not held.
namespace prism::live {

namespace {

constexpr std::chrono::milliseconds patience { 2000 };

std::int64_t clockNs(clockid_t clock)
{
    timespec now {};
    clock_gettime(clock, &now);
    return now.tv_sec * std::int64_t { 1'000'000'000 } + now.tv_nsec;
}

/// A server of which only its port is known, and its engine by the names in its metrics.
Result<FoundServer> serverAt(std::uint16_t port)
{
    FoundServer server;
    server.ports = { port };
    server.role = "server";
    server.tiers = { { 0, true, "Only what the server reports at its /metrics", {}, false },
        { 1, false, "there is no helper: requests are not seen", "Install prism-probed, or run this as root",
            false } };
    Error failure { ":" + std::to_string(port), {}, {}, {} };
    for (const char* host : { "127.0.0.1", "::1" }) {
        const auto answer = askForMetrics({ host, port, {}, {} }, patience);
        if (!answer) {
            failure.reason = failure.reason.empty() ? answer.error().reason : failure.reason;
            continue;
        }
        if (answer->status != 200) {
            failure.reason = refusedMetrics(answer->status, {});
            return failure;
        }
        const auto metrics = readServerMetrics(answer->body);
        if (!metrics) {
            failure.reason = "its /metrics cannot be used: " + metrics.error().reason;
            return failure;
        }
        server.engine = metrics->engine;
        server.addresses = { host };
        return server;
    }
    failure.remedy = "Name the port of a server on this machine";
    return failure;
}

} // namespace

bool seesRequests(const Status& status)
{
    return std::any_of(status.targets.begin(), status.targets.end(), [](const Target& target) {
        return std::any_of(target.tiers.begin(), target.tiers.end(), [](int tier) { return tier > 0; });
    });
}

Result<Target> Session::watchMetrics(std::uint16_t port, std::stop_token stop)
{
    const std::stop_token wanted = std::move(stop);
    if (!m_state->alone()) {
        return Error { {}, {}, "this session has a helper", "Attach to the server" };
    }
    const auto server = serverAt(port);
    if (!server) {
        return server.error();
    }
    if (wanted.stop_requested()) {
        return Error { {}, {}, "stopped", {} };
    }
    Target target;
    target.server = *server;
    target.tiers = { 0 };
    target.start = { clockNs(CLOCK_MONOTONIC) };
    target.startUnixNs = clockNs(CLOCK_REALTIME);
    const bool begun = m_state->onThread([&] {
        const std::size_t before = m_state->status().targets.size();
        target.number = static_cast<TargetNumber>(before + 1);
        m_state->began(target, true, true);
    });
    if (!begun) {
        return Error { {}, {}, "the session is over", "Begin another" };
    }
    return target;
}

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
