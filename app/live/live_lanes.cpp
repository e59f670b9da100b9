// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_lanes.h"

#include "app/timeline/lane_texts.h"
#include "app/timeline/ruler_ticks.h"

namespace prism::app {

namespace {

constexpr Lane::Heights small { { 22, 30, 48 }, false };
constexpr Lane::Heights latency { { 34, 50, 80 }, false };
constexpr Lane::Heights heat { { 44, 62, 110 }, false };
constexpr Lane::Heights machine { { 24, 34, 60 }, false };
constexpr Lane::Heights waterfall { { 96, 96, 96 }, true };
constexpr int heatBins = 24;

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

QString milliseconds(double value)
{
    return value >= 1000 ? QString::number(value / 1000, 'g', 3) + QStringLiteral("\u2009s")
                         : QString::number(value, 'g', 3) + QStringLiteral("\u2009ms");
}

ValueScale linear(double high)
{
    return { 0, high, false };
}

ValueScale logarithmic(double low, double high)
{
    return { low, high, true };
}

} // namespace

LiveLanes::LiveLanes(TimelineModel& model, RequestRows::AllGaps allGaps, QObject* parent)
    : QObject(parent)
    , m_model(model)
    , m_requests(&model.add(std::make_unique<SpanLane>(
          QStringLiteral("requests"), tr("Requests"), waterfall, liveStages(m_gapLimit))))
    , m_engine(model)
    , m_rows(*m_requests, std::move(allGaps))
{
    makeLanes();
    makeLatencyLanes();
}

SeriesLane& LiveLanes::series(const char* id, const QString& name, Lane::Heights heights, ValueScale scale,
    SeriesLane::Text text, SeriesLane::Text scaleText)
{
    return m_model.add(std::make_unique<SeriesLane>(
        QString::fromLatin1(id), name, heights, scale, std::move(text), std::move(scaleText)));
}

void LiveLanes::makeLanes()
{
    using Form = SeriesLane::Form;
    const auto decode = [](const Tokens& t) { return t.stages.decode; };
    const auto count = [](double v) { return qs(formatNumber(v, Unit::One, NumberStyle::Column)); };
    m_inFlight = &series("inflight", tr("In flight"), small, linear(5), count, plainScaleText);
    m_inFlight->series().push_back({ {}, Form::Steps, false, {}, {} });
    m_tokens = &series(
        "tokens", tr("Token events"), small, linear(10),
        [](double v) { return readingText(v, Unit::One) + QStringLiteral(" /s"); }, plainScaleText);
    m_tokens->series().push_back({ {}, Form::Area, false, decode, {} });
    m_goodput = &series(
        "goodput", tr("Goodput"), small, linear(1),
        [](double v) { return readingText(v, Unit::RequestPerSecond); }, plainScaleText);
    m_goodput->series().push_back({ {}, Form::Line, false, {}, {} });
    m_attainment = &series(
        "attainment", tr("SLO attainment"), small, linear(1),
        [](double v) { return readingText(v, Unit::Ratio); }, percentScaleText);
    m_attainment->series().push_back({ {}, Form::Line, false, {}, {} });
    // Without limits nothing can be attained.
    m_goodput->setHidden(true);
    m_attainment->setHidden(true);
}

void LiveLanes::makeLatencyLanes()
{
    using Form = SeriesLane::Form;
    const auto ms = [](double v) { return readingText(v, Unit::Millisecond); };
    for (const bool ttft : { true, false }) {
        SeriesLane& lane = ttft
            ? series("ttft", tr("TTFT"), latency, logarithmic(10, 1000), ms, milliseconds)
            : series("gap", tr("Chunk gap"), latency, logarithmic(1, 100), ms, milliseconds);
        lane.series().push_back({ QStringLiteral("p50"), Form::Line, false, {}, {} });
        lane.series().push_back({ QStringLiteral("p99"), Form::Line, true, {}, {} });
        (ttft ? m_ttft : m_gap) = &lane;
    }
    m_heat = &m_model.add(std::make_unique<HeatLane>(QStringLiteral("heat"), tr("Gap heatmap"), heat,
        logarithmic(1, 1000), leastStepNs, heatBins, milliseconds));
    m_heat->setNote(tr("gaps in a cell"));
    m_lag = &series("lag", tr("Event-loop lag"), small, logarithmic(0.1, 100), ms, milliseconds);
    m_lag->series().push_back({ {}, Form::Bars, false, [](const Tokens& t) { return t.stages.read; }, {} });
    m_lag->setNote(tr("longest arrival → read"));
    m_cpu = &series(
        "cpu", tr("CPU"), machine, linear(1),
        [](double v) { return tr("%1 cores").arg(readingText(v, Unit::One)); }, plainScaleText);
    m_cpu->series().push_back({ {}, Form::Line, false, {}, {} });
    m_cpu->series().push_back(
        { tr("waiting"), Form::Area, false, [](const Tokens& t) { return t.stages.read; }, {} });
}

SeriesLane& LiveLanes::deviceLane(int device)
{
    const QString id = QStringLiteral("gpu%1").arg(device);
    if (Lane* lane = m_model.lane(id)) {
        return static_cast<SeriesLane&>(*lane);
    }
    SeriesLane& lane
        = m_model.add(std::make_unique<SeriesLane>(
                          id, tr("GPU %1").arg(device), machine, linear(1),
                          [](double v) { return readingText(v, Unit::Ratio); }, percentScaleText),
            EngineLanes::Devices);
    lane.series().push_back({ {}, SeriesLane::Form::Steps, false, {}, {} });
    lane.setNote(tr("busy"));
    lane.setSampled(true);
    return lane;
}

void LiveLanes::clear()
{
    m_rows.clear();
    m_engine.clear();
    m_threadsLeftOut = false;
    m_queueKnown = false;
    m_turnsMissed = 0;
    for (const auto& lane : m_model.lanes()) {
        if (auto* series = dynamic_cast<SeriesLane*>(lane.get())) {
            for (SeriesLane::Series& s : series->series()) {
                s.track.clear();
            }
        }
    }
    m_heat->track().clear();
    if (m_threadRows) {
        m_threadRows->clear();
    }
    m_gaps.clear();
    m_lost.clear();
    m_unobserved.clear();
    m_notObserved.clear();
    m_marks.clear();
    m_jumps.clear();
    m_stops.clear();
    m_stopped.clear();
    m_loaded.reset();
    m_newestRequest = 0;
    m_model.setGaps({});
    m_model.setBands({});
    m_model.setNotes({});
    m_model.overview() = {};
    m_model.touch();
}

void LiveLanes::setLimits(const std::vector<SloLimit>& limits)
{
    m_ttftLimit.reset();
    m_gapLimitIsSlo = false;
    m_gapLimit = { 100 };
    for (const SloLimit& limit : limits) {
        if (limit.metric == findMetric("ttft")) {
            m_ttftLimit = limit.limit;
        } else if (limit.metric == findMetric("itl")) {
            m_gapLimit = { limit.limit };
            m_gapLimitIsSlo = true;
        }
    }
    m_ttft->setLimit(m_ttftLimit);
    m_gap->setLimit(m_gapLimitIsSlo ? std::optional(m_gapLimit.value) : std::nullopt);
    m_heat->setLimit(m_gapLimitIsSlo ? std::optional(m_gapLimit.value) : std::nullopt);
    for (Lane* lane : { m_goodput, m_attainment }) {
        const auto wish = m_model.arrangements().find(lane->id());
        const bool unwanted = wish != m_model.arrangements().end() && wish->second.hidden.value_or(false);
        lane->setHidden(limits.empty() || unwanted);
    }
    m_loaded.reset(); // what is shown was judged by the limits before
    m_rows.setGapLimit(m_gapLimit);
    m_requests->setStages(liveStages(m_gapLimit));
    findBands();
    Q_EMIT m_model.lanesChanged();
    Q_EMIT stagesChanged();
}

void LiveLanes::setStacked(bool stacked)
{
    m_requests->setForm(stacked ? SpanLane::Form::Counts : SpanLane::Form::Rows);
    Q_EMIT m_model.lanesChanged();
}

void LiveLanes::take(const live::Increment& increment, Nanoseconds now, live::TargetNumber target)
{
    if (increment.restarted || increment.endedSkipped) {
        m_rows.clear(); // what runs and what ended comes again, judged anew; else an end was missed
    }
    if (increment.restarted) {
        m_loaded.reset();
    }
    askAnewForLate(increment);
    const std::size_t rows = m_requests->rows().size();
    m_rows.take(increment.ended, increment.running, now);
    const auto told = [](const live::RequestPtr& request) { return request->scheduled.has_value(); };
    if (!m_queueKnown
        && (std::any_of(increment.ended.begin(), increment.ended.end(), told)
            || std::any_of(increment.running.begin(), increment.running.end(), told))) {
        m_queueKnown = true;
        Q_EMIT stagesChanged();
    }
    for (const live::ProbeFact& fact : increment.probes) {
        if (fact.name == live::schedulerProgram) {
            m_threadsLeftOut = fact.state == wire::ProbeState::Costly;
        }
        takeObserved(fact);
    }
    takeSamples(increment.samples);
    m_engine.take(increment);
    takeLosses(increment.losses);
    showGaps(now);
    takeThreads(increment, target);
    takeStops(increment.processes);
    if (increment.marks) {
        setMarks(*increment.marks);
    }
    if (!increment.jumps.empty()) {
        m_jumps.insert(m_jumps.end(), increment.jumps.begin(), increment.jumps.end());
        showNotes();
    }
    if (m_requests->rows().size() != rows) {
        Q_EMIT m_model.lanesChanged();
    }
}

void LiveLanes::takeThreads(const live::Increment& increment, live::TargetNumber target)
{
    m_turnsMissed += increment.spansSkipped;
    m_threads = !m_threadsLeftOut && (m_threads || !increment.spans.empty());
    m_cpu->setSampled(!m_threads);
    if (!m_threadRows && !increment.spans.empty()) {
        m_threadLane = &m_model.add(
            std::make_unique<SpanLane>(QStringLiteral("threads"), tr("Threads"), latency, threadStages()),
            EngineLanes::Threads);
        m_threadRows = std::make_unique<ThreadRows>(*m_threadLane);
        m_threadLane->setReadings([this](std::optional<std::int64_t> ns) {
            if ((m_threadsLeftOut && !ns) || isUnobserved(ns)) { // what was last seen is not what is
                return QList<LaneReading>();
            }
            const ThreadRows::Counts counts = m_threadRows->at(ns.value_or(m_threadRows->newest() - 1));
            const auto& stages = m_threadLane->stages();
            const auto line = [&](ThreadStage stage, int count) {
                const StageStyle& style = stages[std::size_t(stage)];
                return LaneReading { style.name, QString::number(count), LaneReading::Sign::Swatch, false,
                    style.colour };
            };
            return QList<LaneReading> { line(ThreadStage::Running, counts.running),
                line(ThreadStage::Waiting, counts.waiting) };
        });
    }
    if (!m_threadRows) {
        return;
    }
    const std::size_t rows = m_threadLane->rows().size();
    m_threadRows->take(increment.processes);
    m_threadRows->take(increment.spans, target);
    m_threadLane->setNote(m_threadsLeftOut ? tr("left out: it cost too much")
            : m_turnsMissed > 0            ? tr("%1 turns not kept")
                                      .arg(QString::fromStdString(formatNumber(
                                          double(m_turnsMissed), Unit::One, NumberStyle::Column)))
            : m_threadRows->dropped() ? tr("older turns are not kept")
            : m_threadRows->threads() > ThreadRows::mostRows
            ? tr("the busiest of %1").arg(m_threadRows->threads())
            : QString());
    if (m_threadLane->rows().size() != rows) {
        Q_EMIT m_model.lanesChanged();
    }
}

void LiveLanes::takeSamples(const std::vector<live::SampleFact>& samples)
{
    using Metric = wire::SampleMetric;
    for (const live::SampleFact& sample : samples) {
        const std::int64_t at = sample.at.value;
        switch (sample.metric) {
        case Metric::GpuUtilization:
            deviceLane(sample.device).append(0, at, sample.value);
            break;
        case Metric::CpuCores:
        case Metric::RunQueueWait:
            if (!m_threads || m_threadsLeftOut) {
                m_cpu->append(sample.metric == Metric::CpuCores ? 0 : 1, at, sample.value);
            }
            break;
        default:
            break;
        }
    }
}

void LiveLanes::setMarks(const std::vector<live::Mark>& marks)
{
    m_marks = marks;
    showNotes();
}

void LiveLanes::showNotes()
{
    std::vector<TimelineNote> notes;
    for (const live::Mark& mark : m_marks) {
        notes.push_back({ mark.id, { mark.at.value, mark.until.value_or(mark.at).value }, qs(mark.text) });
    }
    for (const live::ClockJump& jump : m_jumps) {
        const double by = toSeconds(jump.by).value;
        const QString length = qs(formatNumber(std::abs(by), Unit::Second, NumberStyle::Reading));
        const QString text = jump.kind == live::ClockJump::Suspend
            ? tr("The machine slept for %1 here; no time on this axis counts it.").arg(length)
            : by > 0 ? tr("The wall clock was set forward by %1; times on this axis go on.").arg(length)
                     : tr("The wall clock was set back by %1; times on this axis go on.").arg(length);
        notes.push_back({ ownNote, { jump.at.value, jump.at.value }, text });
    }
    notes.insert(notes.end(), m_stops.begin(), m_stops.end());
    m_model.setNotes(std::move(notes));
}

/// Stretches in which a p99 lay beyond its limit.
void LiveLanes::findBands()
{
    std::vector<TimelineBand> bands;
    const std::tuple<SeriesLane*, std::optional<double>, QString> lanes[]
        = { { m_ttft, m_ttftLimit, tr("TTFT p99") },
              { m_gap, m_gapLimitIsSlo ? std::optional(m_gapLimit.value) : std::nullopt, tr("gap p99") } };
    for (const auto& [lane, limit, name] : lanes) {
        const SeriesTrack& track = lane->series()[1].track;
        std::optional<std::int64_t> begin;
        for (std::size_t i = 0; limit && i <= track.size(); ++i) {
            const bool breaks = i < track.size() && track.valueAt(i) > *limit;
            if (breaks && !begin) {
                begin = i > 0 ? track.timeAt(i - 1) : track.timeAt(i);
            } else if (!breaks && begin) {
                const std::int64_t end = track.timeAt(i - 1);
                bands.push_back({ { *begin, std::max(end, *begin + 1) },
                    tr("%1 > %2 for %3")
                        .arg(name, readingText(*limit, Unit::Millisecond),
                            qs(durationText(end - *begin, leastStepNs))) });
                begin.reset();
            }
        }
    }
    m_model.setBands(std::move(bands));
}

void LiveLanes::takeOverview(const live::SeriesColumns& columns, const TimeRange& all)
{
    TimelineOverview& overview = m_model.overview();
    overview.name = tr("Session");
    overview.note = tr("last %1").arg(qs(durationText(all.lengthNs(), 1'000'000'000)));
    overview.range = all;
    overview.track.clear();
    overview.flags.clear();
    bool before = false;
    for (std::size_t row = 0; row < columns.size(); ++row) {
        const std::int64_t end = columns.from.value + std::int64_t(row + 1) * columns.step.value;
        overview.track.append(end, columns.tokenEventsPerSecond[row]);
        const bool breaks = (m_ttftLimit && columns.ttftP99[row] > *m_ttftLimit)
            || (m_gapLimitIsSlo && columns.gapP99[row] > m_gapLimit.value);
        if (breaks && !before) {
            overview.flags.push_back(end);
        }
        before = breaks;
    }
}

std::optional<double> LiveLanes::inFlightAt(std::optional<std::int64_t> ns) const
{
    const SeriesTrack& track = m_inFlight->series().front().track;
    if (track.isEmpty()) {
        return std::nullopt;
    }
    const auto value = ns ? track.heldAt(*ns) : track.newest(10 * leastStepNs);
    return value && !std::isnan(*value) ? value : std::nullopt;
}

} // namespace prism::app
