// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/prism_live/engine_series.h"

#include "core/units/quantity.h"

#include <algorithm>

namespace prism::formats {

namespace {

constexpr const char* running = "requests_running";
constexpr const char* waiting = "requests_waiting";
constexpr const char* kvUsage = "kv_cache_usage";
/// A recording may name any number of engines.
constexpr std::size_t mostSeries = 256;

} // namespace

EngineSeries::EngineSeries(const std::vector<live::LoadPhase>& phases)
    : m_phases(phases)
    , m_values(phases.size())
{
}

void EngineSeries::add(Nanoseconds at, const Key& key, double value)
{
    const auto phase = std::find_if(m_phases.begin(), m_phases.end(),
        [at](const live::LoadPhase& one) { return one.begin <= at && at < one.end; });
    if (phase == m_phases.end()) {
        return;
    }
    auto& all = m_values[static_cast<std::size_t>(phase - m_phases.begin())];
    if (all.size() >= mostSeries && !all.contains(key)) {
        return;
    }
    Values& values = all[key];
    values.highest = values.seen == 0 ? value : std::max(values.highest, value);
    values.sum += value;
    if (values.seen++ % values.stride != 0) {
        return;
    }
    TimeSeries& series = values.series;
    if (series.values.size() >= most) {
        for (std::size_t i = 0; 2 * i < series.values.size(); ++i) {
            series.seconds[i] = series.seconds[2 * i];
            series.values[i] = series.values[2 * i];
        }
        series.seconds.resize((most + 1) / 2);
        series.values.resize((most + 1) / 2);
        values.stride *= 2;
        if ((values.seen - 1) % values.stride != 0) {
            return;
        }
    }
    series.seconds.push_back(toSeconds(at - phase->begin).value);
    series.values.push_back(value);
}

void EngineSeries::reading(const live::EngineReading& reading)
{
    const auto put = [&](std::string_view name, const std::optional<double>& value) {
        if (value) {
            add(reading.at, { From::Metrics, reading.target, 0, name }, *value);
        }
    };
    put(running, reading.running);
    put(waiting, reading.waiting);
    put(kvUsage, reading.kvUsage);
}

void EngineSeries::step(const live::Step& step)
{
    const auto put = [&](std::string_view name, double value) {
        add(step.end, { From::Steps, step.target, step.engine, name }, value);
    };
    put(running, step.running);
    put(waiting, step.waiting);
    if (step.kvUsage) {
        put(kvUsage, *step.kvUsage);
    }
}

std::vector<TimeSeries> EngineSeries::of(std::size_t phase, std::size_t& thinned) const
{
    std::vector<TimeSeries> out;
    for (const auto& [key, values] : m_values[phase]) {
        TimeSeries series = values.series;
        series.name = key.name;
        series.unit = key.name == kvUsage ? "ratio" : "1";
        series.path = key.from == From::Metrics
            ? "server /metrics, target " + std::to_string(key.target)
            : "steps of engine " + std::to_string(key.engine) + ", target " + std::to_string(key.target);
        thinned += values.stride > 1 ? 1 : 0;
        out.push_back(std::move(series));
    }
    return out;
}

void EngineSeries::write(std::size_t phase, PointWriter& out) const
{
    // Of several targets or engines the fullest: a mean over them would say that there is room where there is
    // none.
    const Values* fullest = nullptr;
    From from = From::Metrics;
    for (const From source : { From::Metrics, From::Steps }) {
        for (const auto& [key, values] : m_values[phase]) {
            if (key.from == source && key.name == kvUsage
                && (!fullest || values.highest > fullest->highest)) {
                fullest = &values;
                from = source;
            }
        }
        if (fullest) {
            break;
        }
    }
    if (!fullest) {
        return;
    }
    const std::string of = std::to_string(fullest->seen)
        + (from == From::Metrics ? " values that the server reported at its /metrics"
                                 : " values that the engine told with its steps");
    out.derived(kvUsage, Stat::mean(), fullest->sum / static_cast<double>(fullest->seen), "mean of " + of);
    out.derived(kvUsage, Stat::max(), fullest->highest, "highest of " + of);
}

} // namespace prism::formats
