// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/engine_readings.h"

#include <utility>

namespace prism::live {

namespace {

using Metric = wire::SampleMetric;
/// Of counters: targets come and go in a long session.
constexpr std::size_t mostCounters = 4096;

} // namespace

bool EngineReadings::isOfEngine(Metric metric)
{
    return metric >= Metric::EngineRunning && metric <= Metric::EnginePrefixHitRate;
}

std::optional<double> EngineReadings::grown(Metric metric, double value, Nanoseconds at)
{
    const std::pair key { m_reading->target, metric };
    const auto it = m_counters.find(key);
    if (it == m_counters.end()) {
        if (m_counters.size() < mostCounters) {
            m_counters.emplace(key, Counter { at, value });
        }
        return std::nullopt;
    }
    const Counter before = std::exchange(it->second, { at, value });
    m_reading->since = before.at;
    return value >= before.value && at > before.at ? std::optional(value - before.value) : std::nullopt;
}

std::optional<double> EngineReadings::rate(Metric metric, double value, Nanoseconds at)
{
    const auto growth = grown(metric, value, at);
    return growth ? std::optional(*growth / toSeconds(at - m_reading->since).value) : std::nullopt;
}

std::optional<EngineReading> EngineReadings::sample(const SampleFact& sample)
{
    std::optional<EngineReading> before;
    if (m_reading && (m_reading->at != sample.at || m_reading->target != sample.target)) {
        before = flush();
    }
    if (!m_reading) {
        m_reading.emplace();
        m_reading->at = m_reading->since = sample.at;
        m_reading->target = sample.target;
    }
    EngineReading& reading = *m_reading;
    switch (sample.metric) {
    case Metric::EngineRunning:
        reading.running = sample.value;
        break;
    case Metric::EngineWaiting:
        reading.waiting = sample.value;
        break;
    case Metric::EngineKvUsage:
        reading.kvUsage = sample.value;
        break;
    case Metric::EnginePrefixHitRate:
        reading.prefixHitRate = sample.value;
        break;
    case Metric::EnginePromptTokens:
        reading.promptTokensPerSecond = rate(sample.metric, sample.value, sample.at);
        break;
    case Metric::EngineGenerationTokens:
        reading.generationTokensPerSecond = rate(sample.metric, sample.value, sample.at);
        break;
    case Metric::EngineRequestsDone:
        reading.requestsPerSecond = rate(sample.metric, sample.value, sample.at);
        break;
    case Metric::EnginePreemptions:
        reading.preemptions = grown(sample.metric, sample.value, sample.at);
        break;
    case Metric::EnginePrefixQueries:
        m_queries = grown(sample.metric, sample.value, sample.at);
        break;
    case Metric::EnginePrefixHits:
        m_hits = grown(sample.metric, sample.value, sample.at);
        break;
    default:
        break;
    }
    return before;
}

std::optional<EngineReading> EngineReadings::flush()
{
    if (m_reading && m_queries && m_hits && *m_queries > 0 && *m_hits <= *m_queries) {
        m_reading->prefixHitRate = *m_hits / *m_queries;
    }
    m_queries.reset();
    m_hits.reset();
    return std::exchange(m_reading, std::nullopt);
}

} // namespace prism::live
