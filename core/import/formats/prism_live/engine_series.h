// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"
#include "core/live/facts.h"
#include "core/live/phases.h"
#include "core/model/load_point.h"

#include <map>
#include <string_view>
#include <vector>

namespace prism::formats {

/// How full the engine was in each phase of a recording: requests that run and wait, KV cache in use. As the
/// server reports it at its /metrics, a value a second, and as vLLM's engine says in the message of each
/// step; both are kept, apart, as both are somebody else's word.
class EngineSeries {
public:
    explicit EngineSeries(const std::vector<live::LoadPhase>& phases);

    void reading(const live::EngineReading& reading);
    void step(const live::Step& step);

    /// Those of one phase, each with what it is from as its path. Of a series with more than `most` values
    /// every second was left out, and again, until it fitted; `thinned` counts such series.
    std::vector<TimeSeries> of(std::size_t phase, std::size_t& thinned) const;
    /// Mean and maximum of the KV cache in use over a phase, of what /metrics said, else of the steps.
    void write(std::size_t phase, PointWriter& out) const;

    static constexpr std::size_t most = 65536;

private:
    enum class From { Metrics, Steps };
    struct Key {
        From from;
        live::TargetNumber target;
        std::uint16_t engine;
        std::string_view name; ///< one of this file's
        auto operator<=>(const Key&) const = default;
    };
    struct Values {
        TimeSeries series;
        std::size_t stride = 1; ///< of so many values one is kept
        std::size_t seen = 0;
        double sum = 0, highest = 0; ///< over all that were seen
    };

    void add(Nanoseconds at, const Key& key, double value);

    std::vector<live::LoadPhase> m_phases;
    std::vector<std::map<Key, Values>> m_values; ///< by phase
};

} // namespace prism::formats
