// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"

#include <array>
#include <map>
#include <optional>

namespace prism::live {

/// Makes readings of the samples that a server's /metrics gave. Samples of one instant belong together.
class EngineReadings {
public:
    /// Takes a sample of the engine (wire::SampleMetric::EngineRunning and what follows). The reading before
    /// it, when this one is of another instant or target.
    std::optional<EngineReading> sample(const SampleFact& sample);
    /// What was collected, once nothing more of its instant follows.
    std::optional<EngineReading> flush();

    static bool isOfEngine(wire::SampleMetric metric);

private:
    /// A counter as it stood last.
    struct Counter {
        Nanoseconds at;
        double value = 0;
    };
    /// How much a counter grew since the reading before; unknown at first, and where it fell (the server was
    /// started again: what it counted until then is not known).
    std::optional<double> grown(wire::SampleMetric metric, double value, Nanoseconds at);
    std::optional<double> rate(wire::SampleMetric metric, double value, Nanoseconds at);

    std::map<std::pair<TargetNumber, wire::SampleMetric>, Counter> m_counters;
    std::optional<EngineReading> m_reading;
    std::optional<double> m_queries, m_hits; ///< grown since the reading before
};

} // namespace prism::live
