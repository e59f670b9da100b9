// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/simulated_server.h"

#include <algorithm>
#include <cmath>

namespace prism::test {

SimulatedServer::SimulatedServer(const Load& load, std::int64_t startNs)
    : m_load(load)
    , m_now(startNs)
    , m_nextArrival(startNs + 10 * millisecond)
    , m_nextGiant(startNs + 7 * second)
    , m_nextSample(startNs)
    , m_nextLoss(startNs + 13 * second)
{
    m_stream.clock(startNs);
}

void SimulatedServer::arrive(std::int64_t ns)
{
    Running r;
    const bool giant = m_load.giants && ns >= m_nextGiant;
    if (giant) {
        m_nextGiant = ns + 10 * second;
    }
    r.script.connection = ++m_connections;
    r.script.arrival = ns;
    r.script.readAfter = (200 + std::int64_t(m_random() % 900)) * 1'000;
    const std::int64_t prompt
        = giant ? 400 * millisecond : (15 + std::int64_t(m_random() % 40)) * millisecond;
    r.ready = ns + r.script.readAfter + prompt;
    r.wanted = m_load.tokens / 2 + unsigned(m_random() % std::max(1u, m_load.tokens));
    m_stream.connection(ns - 1'000, r.script.connection, wire::ConnectionRole::Server, 8000,
        std::uint16_t(30'000 + m_connections % 20'000));
    m_stream.asked(r.script);
    if (giant) { // everybody waits for it
        for (Running& other : m_running) {
            other.ready = std::max(other.ready, r.ready);
        }
    }
    m_running.push_back(r);
}

void SimulatedServer::finish(const Running& r, std::int64_t ns)
{
    wire::HttpUsage usage {};
    usage.connection = r.script.connection;
    usage.known = 3;
    usage.promptTokens = std::uint32_t((r.script.readAfter % 3000) + 100);
    usage.completionTokens = r.sent;
    m_stream.add(wire::Source::Http, ns, usage);
    m_stream.end(r.script, ns + 100'000, r.sent + 4, r.sent, r.sent + 2);
}

void SimulatedServer::step(std::int64_t ns)
{
    for (Running& r : m_running) {
        if (r.ready > ns) {
            continue;
        }
        const std::int64_t at = ns + std::int64_t(m_random() % 300'000);
        if (r.sent == 0) {
            m_stream.head(r.script, at - 20'000);
            m_stream.chunk(r.script, 0, at - 10'000, 1, 0);
        }
        m_stream.chunk(r.script, r.sent + 1, at, 0, 1);
        ++r.sent;
        ++m_tokenEvents;
        if (r.sent >= r.wanted) {
            finish(r, at);
        }
    }
    std::erase_if(m_running, [](const Running& r) { return r.sent >= r.wanted; });
}

void SimulatedServer::machine(std::int64_t ns)
{
    const auto sample = [&](wire::SampleMetric metric, double value) {
        wire::Sample body {};
        body.metric = std::uint16_t(metric);
        body.value = value;
        m_stream.add(wire::Source::Sampler, ns, body);
    };
    const double busy = 0.8 + 0.1 * std::sin(double(ns) * 1e-9);
    sample(wire::SampleMetric::CpuCores, 1.2 + 0.4 * busy);
    sample(wire::SampleMetric::RunQueueWait, 0.02 + 0.03 * double(m_random() % 10) / 10);
    sample(wire::SampleMetric::GpuUtilization, busy);
    sample(wire::SampleMetric::ProbeCores, 0.0019);
    sample(wire::SampleMetric::HelperCores, 0.0005);
    m_stream.clock(ns);
}

std::vector<std::byte> SimulatedServer::until(std::int64_t ns)
{
    while (m_now < ns) {
        const std::int64_t next = m_now + m_load.stepNs;
        while (m_nextArrival < next) {
            arrive(m_nextArrival);
            const double share = double(m_random() % 100'000 + 1) / 100'001;
            m_nextArrival += std::int64_t(-std::log(share) / m_load.requestsPerSecond * 1e9);
        }
        step(next);
        if (m_nextSample <= next) {
            machine(next);
            m_nextSample = next + second / 4;
        }
        if (m_load.losses && m_nextLoss <= next) {
            wire::Loss loss {};
            loss.program = m_stream.text("http_send");
            loss.cpu = 1;
            loss.reason = std::uint16_t(wire::LossReason::RingFull);
            loss.attempted = 1'312;
            loss.emitted = 1'000;
            loss.dropped = 312;
            loss.fromNs = std::uint64_t(next - 400 * millisecond);
            loss.toNs = std::uint64_t(next);
            m_stream.add(wire::Source::Supervisor, next, loss);
            m_nextLoss = next + 60 * second;
        }
        m_now = next;
    }
    return m_stream.take();
}

} // namespace prism::test
