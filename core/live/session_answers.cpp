// SPDX-License-Identifier: GPL-3.0-or-later
// What a session is asked and told while it runs: limits, marks, how it stands, what is new.
#include "core/live/session_state.h"

#include "core/live/limits.h"

#include <algorithm>

namespace prism::live {

namespace {

/// Without news the clock runs on for this long: the helper tells the time every second.
constexpr std::int64_t mostSilence = 2'000'000'000;

} // namespace

void Session::State::setLimits(std::vector<SloLimit> given)
{
    {
        const std::lock_guard lock(m_recordingMutex);
        m_recording.limits(given);
    }
    {
        const std::lock_guard lock(m_mutex);
        m_limits = std::move(given);
        m_limitsGiven = true;
        judgeFromBegin();
    }
    wake();
}

void Session::State::limits(const std::vector<SloLimit>& limits)
{
    const std::lock_guard lock(m_mutex);
    if (!m_limitsGiven) {
        m_limits = limits;
        judgeFromBegin();
    }
}

void Session::State::judgeFromBegin()
{
    if (m_ended.begin() == m_ended.end()) {
        ++m_limitsRevision; // there is nothing to judge anew
    } else {
        m_judgeFrom = m_ended.begin();
    }
    m_dirty = true;
}

bool Session::State::isAttached() const
{
    return std::any_of(
        m_targets.begin(), m_targets.end(), [](const auto& entry) { return entry.second.attached; });
}

bool Session::State::isObserving() const
{
    return std::any_of(m_targets.begin(), m_targets.end(), [](const auto& entry) {
        const Target& target = entry.second;
        return target.attached
            && std::any_of(target.tiers.begin(), target.tiers.end(), [](int tier) { return tier > 0; });
    });
}

Nanoseconds Session::State::currentTime() const
{
    Nanoseconds now = m_assembly.now();
    if (!m_targets.empty() && !isAttached()) {
        Nanoseconds last {};
        for (const auto& [number, target] : m_targets) {
            last = std::max(last, target.end.value_or(Nanoseconds {}));
        }
        return last;
    }
    if (m_phase == Phase::Live && now.value > 0) {
        const std::chrono::nanoseconds since = Clock::now() - m_toldAt;
        now += Nanoseconds { std::min<std::int64_t>(since.count(), mostSilence) };
    }
    return now;
}

void Session::State::mark(const Mark& mark)
{
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_marks, [&](const Mark& other) { return other.id == mark.id; });
    if (!mark.text.empty()) {
        m_marks.push_back(mark);
    }
    m_nextMark = std::max(m_nextMark, mark.id + 1);
    ++m_marksRevision;
    m_dirty = true;
}

std::uint64_t Session::State::addMark(Mark added)
{
    {
        const std::lock_guard lock(m_mutex);
        added.id = m_nextMark;
    }
    mark(added);
    const std::lock_guard lock(m_recordingMutex);
    m_recording.mark(added);
    return added.id;
}

void Session::State::changeMark(std::uint64_t id, std::string text)
{
    Mark changed;
    {
        const std::lock_guard lock(m_mutex);
        const auto it
            = std::find_if(m_marks.begin(), m_marks.end(), [id](const Mark& mark) { return mark.id == id; });
        if (it == m_marks.end()) {
            return;
        }
        changed = *it;
    }
    changed.text = std::move(text);
    mark(changed);
    const std::lock_guard lock(m_recordingMutex);
    m_recording.mark(changed);
}

Status Session::State::status() const
{
    const std::lock_guard lock(m_mutex);
    Status s;
    s.phase = m_phase;
    s.replay = m_reader != nullptr;
    s.endReason = m_endReason;
    s.helper = m_helper;
    s.where = m_where;
    s.now = currentTime();
    s.told = std::min(s.now, m_assembly.now());
    for (const auto& [number, target] : m_targets) {
        s.start = s.targets.empty() ? target.start : std::min(s.start, target.start);
        s.targets.push_back(target);
    }
    s.requests = m_seen;
    s.inFlight = m_assembly.inFlight();
    s.records = m_assembly.recordCount();
    s.recordsPerSecond = m_rate;
    s.loss = sumOf(m_assembly.lossTotals(), m_assembly.receivedCount());
    s.probeCores = m_probeCores;
    s.helperCores = m_helperCores;
    s.requestsFrom = m_requestsFrom;
    s.eventsFrom = m_eventsFrom;
    s.spansFrom = m_spansFrom;
    s.stepsFrom = m_stepsFrom;
    s.samplesFrom = m_samplesFrom;
    s.factsFrom = m_factsFrom;
    s.recordingBudget = m_budgets.recordingBytes;
    s.judging = m_judgeFrom.has_value();
    return s;
}

Increment Session::State::since(const Cursor& cursor) const
{
    const std::lock_guard lock(m_mutex);
    Increment out;
    out.next = cursor;
    out.restarted = cursor.limits != m_limitsRevision;
    out.next.limits = m_limitsRevision;
    std::uint64_t from = out.restarted ? m_ended.begin() : cursor.ended;
    std::vector<Ended> ended;
    out.skipped = out.endedSkipped = m_ended.since(from, ended);
    out.next.ended = from;
    out.ended.reserve(ended.size());
    for (Ended& entry : ended) {
        out.ended.push_back(std::move(entry.request));
    }
    out.running = m_assembly.running();
    const Nanoseconds now = currentTime();
    for (RequestPtr& request : out.running) {
        if (const std::uint32_t broken = brokenSoFar(*request, m_limits, now); broken != 0) {
            auto copy = std::make_shared<Request>(*request);
            copy->broken = broken;
            request = std::move(copy);
        }
    }
    out.skipped = m_losses.since(out.next.losses, out.losses) || out.skipped;
    out.skipped = m_probes.since(out.next.probes, out.probes) || out.skipped;
    out.skipped = m_processes.since(out.next.processes, out.processes) || out.skipped;
    out.skipped = m_samples.since(out.next.samples, out.samples) || out.skipped;
    out.skipped = m_readings.since(out.next.readings, out.readings) || out.skipped;
    out.spansSkipped = m_spans.begin() - std::min(m_spans.begin(), out.next.spans);
    out.skipped = m_spans.since(out.next.spans, out.spans) || out.skipped;
    out.skipped = m_steps.since(out.next.steps, out.steps) || out.skipped;
    out.skipped = m_jumps.since(out.next.jumps, out.jumps) || out.skipped;
    if (cursor.marks != m_marksRevision) {
        out.marks = m_marks;
        out.next.marks = m_marksRevision;
    }
    return out;
}

std::shared_ptr<const RequestEvents> Session::State::events(RequestId id) const
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_events.find(id);
    return it != m_events.end() ? it->second : m_assembly.eventsOf(id);
}

} // namespace prism::live
