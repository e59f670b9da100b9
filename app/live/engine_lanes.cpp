// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/engine_lanes.h"

#include "app/timeline/lane_texts.h"
#include "core/live/metrics_records.h"

#include <algorithm>
#include <limits>

namespace prism::app {

namespace {

constexpr Lane::Heights twoLines { { 34, 50, 80 }, false }; ///< room for the keys of both at the middle size
constexpr Lane::Heights stepHeights { { 16, 20, 30 }, false };
constexpr int stepPitch = 14; ///< a row an engine
constexpr std::size_t mostEngines = 64;

std::vector<StageStyle> phases()
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("EngineLanes", text); };
    // In the order of wire::StepPhase. Neighbours are told apart where there is room.
    return { { tr("step"), [](const Tokens& t) { return t.stages.queue; }, false, false, true },
        { tr("prefill"), [](const Tokens& t) { return t.stages.prefill; }, false, false, true },
        { tr("decode"), [](const Tokens& t) { return t.stages.decode; }, false, false, true },
        { tr("prefill and decode"), [](const Tokens& t) { return t.stages.gap; }, false, false, true } };
}

/// What holds for the time since the reading before stands from there on.
void since(SeriesLane& lane, std::size_t series, const live::EngineReading& reading, double value)
{
    const SeriesTrack& track = lane.series()[series].track;
    const std::int64_t newest = track.isEmpty() ? reading.since.value : track.timeAt(track.size() - 1);
    lane.append(series, std::max(reading.since.value, newest), value);
}

} // namespace

EngineLanes::EngineLanes(TimelineModel& model)
    : m_model(model)
{
}

SeriesLane& EngineLanes::lane(SeriesLane*& lane, Rank rank, const char* id, const QString& name,
    Lane::Heights heights, const QStringList& series, SeriesLane::Text text, SeriesLane::Text scaleText)
{
    if (!lane) {
        lane = &m_model.add(std::make_unique<SeriesLane>(QString::fromLatin1(id), name, heights,
                                ValueScale { 0, 1, false }, std::move(text), std::move(scaleText)),
            rank);
        for (const QString& label : series) {
            lane->series().push_back(
                { label, SeriesLane::Form::Steps, lane->series().size() % 2 == 1, {}, {} });
        }
        lane->setNote(tr("by its /metrics"));
        lane->setSampled(true);
    }
    if (lane->isHidden()) {
        lane->setHidden(false);
        Q_EMIT m_model.lanesChanged();
    }
    return *lane;
}

void EngineLanes::clear()
{
    for (SeriesLane* lane : { m_requests, m_tokens, m_cache }) {
        if (lane) {
            lane->setHidden(true);
        }
    }
    if (m_steps) {
        m_steps->rows().clear();
        m_steps->setHidden(true);
    }
    if (m_batch) {
        m_batch->setHidden(true);
    }
    m_known.clear();
}

void EngineLanes::take(const live::Increment& increment)
{
    for (const live::Step& step : increment.steps) {
        take(step);
    }
    for (const live::EngineReading& reading : increment.readings) {
        take(reading);
    }
    for (const live::ProbeFact& fact : increment.probes) {
        if (fact.name == live::MetricsRecords::probeName && fact.state == wire::ProbeState::Failed) {
            breakOff(fact.at.value);
        }
    }
}

void EngineLanes::take(const live::Step& step)
{
    if (step.engine >= mostEngines) {
        return;
    }
    if (!m_steps) {
        m_steps = &m_model.add(
            std::make_unique<SpanLane>(QStringLiteral("steps"), tr("Engine steps"), stepHeights, phases()),
            Rank::Steps);
        m_steps->setPitch(stepPitch);
        m_steps->setReadings([this](std::optional<std::int64_t> ns) -> QList<LaneReading> {
            if (m_known.empty() || m_known.front().empty()) {
                return {};
            }
            const std::vector<live::Step>& steps = m_known.front();
            auto at = ns ? std::upper_bound(steps.begin(), steps.end(), *ns,
                          [](std::int64_t t, const live::Step& s) { return t < s.begin.value; })
                         : steps.end();
            at -= at != steps.begin() ? 1 : 0;
            return { { {}, readingText(toMilliseconds(at->end - at->begin).value, Unit::Millisecond),
                LaneReading::Sign::None, false } };
        });
    }
    SeriesLane& batch = lane(m_batch, Rank::Batch, "batch", tr("Batch"), twoLines,
        { tr("requests"), tr("waiting") }, countText, plainScaleText);
    batch.setNote(tr("of each step"));
    batch.setSampled(false);
    if (m_steps->isHidden()) {
        m_steps->setHidden(false);
        Q_EMIT m_model.lanesChanged();
    }
    auto& rows = m_steps->rows();
    while (rows.size() <= step.engine) {
        rows.emplace_back();
        m_known.emplace_back();
    }
    rows[step.engine].append({ step.begin.value, step.end.value, 0, Stage(step.phase) });
    std::vector<live::Step>& known = m_known[step.engine];
    known.push_back(step);
    if (known.size() > mostSteps) {
        const std::int64_t from = known[mostSteps / 2].begin.value;
        known.erase(known.begin(), known.begin() + std::ptrdiff_t(mostSteps / 2));
        rows[step.engine].dropBefore(from);
    }
    if (step.engine == 0) {
        const SeriesTrack& track = batch.series()[0].track;
        const std::int64_t at
            = track.isEmpty() ? step.begin.value : std::max(step.begin.value, track.timeAt(track.size() - 1));
        batch.append(0, at, step.sequences);
        batch.append(1, at, step.waiting);
    }
}

QString EngineLanes::stepText(const Lane& lane, const LaneSpan& span) const
{
    if (&lane != m_steps || std::size_t(span.row) >= m_known.size()) {
        return {};
    }
    const std::vector<live::Step>& steps = m_known[std::size_t(span.row)];
    const auto after = std::upper_bound(steps.begin(), steps.end(), span.span.startNs,
        [](std::int64_t t, const live::Step& s) { return t < s.begin.value; });
    if (after == steps.begin()) {
        return {};
    }
    const live::Step& step = *std::prev(after);
    const auto& styles = m_steps->stages();
    QStringList lines { tr("%1, %2").arg(
        styles[std::min<std::size_t>(std::size_t(step.phase), styles.size() - 1)].name,
        step.end > step.begin ? readingText(toMilliseconds(step.end - step.begin).value, Unit::Millisecond)
                              : tr("its begin is not known")) };
    lines << tr("%n request(s)", nullptr, step.sequences)
          << tr("%n token(s)", nullptr, int(std::min<std::uint32_t>(step.tokens, 1u << 30)));
    lines << tr("%1 running, %2 waiting").arg(step.running).arg(step.waiting);
    if (step.kvUsage) {
        lines << tr("KV cache %1").arg(readingText(*step.kvUsage, Unit::Ratio));
    }
    return lines.join(QLatin1Char('\n'));
}

void EngineLanes::take(const live::EngineReading& reading)
{
    const std::int64_t at = reading.at.value;
    if (reading.running || reading.waiting) {
        SeriesLane& requests = lane(m_requests, Rank::Requests, "engine", tr("Engine"), twoLines,
            { tr("running"), tr("waiting") }, countText, plainScaleText);
        requests.append(0, at, reading.running.value_or(std::numeric_limits<double>::quiet_NaN()));
        requests.append(1, at, reading.waiting.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    if (reading.promptTokensPerSecond || reading.generationTokensPerSecond) {
        SeriesLane& tokens = lane(
            m_tokens, Rank::Tokens, "enginetokens", tr("Engine tokens"), twoLines,
            { tr("output"), tr("prompt") }, [](double v) { return readingText(v, Unit::TokenPerSecond); },
            plainScaleText);
        const double none = std::numeric_limits<double>::quiet_NaN();
        since(tokens, 0, reading, reading.generationTokensPerSecond.value_or(none));
        since(tokens, 1, reading, reading.promptTokensPerSecond.value_or(none));
    }
    if (reading.kvUsage || reading.prefixHitRate) {
        SeriesLane& cache = lane(
            m_cache, Rank::Cache, "enginecache", tr("KV cache"), twoLines,
            { tr("in use"), tr("prefix hits") }, [](double v) { return readingText(v, Unit::Ratio); },
            percentScaleText);
        const double none = std::numeric_limits<double>::quiet_NaN();
        cache.append(0, at, reading.kvUsage.value_or(none));
        since(cache, 1, reading, reading.prefixHitRate.value_or(none));
    }
}

void EngineLanes::breakOff(std::int64_t ns)
{
    for (SeriesLane* lane : { m_requests, m_tokens, m_cache }) {
        for (std::size_t i = 0; lane && i < lane->series().size(); ++i) {
            if (!lane->series()[i].track.isEmpty()) {
                lane->append(i, ns, std::numeric_limits<double>::quiet_NaN());
            }
        }
    }
}

} // namespace prism::app
