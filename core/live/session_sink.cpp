// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/session_state.h"

#include <algorithm>

/// What a session makes of what its stream's assembly tells. Everything here runs with the lock held.
namespace prism::live {

namespace {

constexpr std::size_t judgedAtOnce = 2000;

Nanoseconds endOf(const Request& request, Nanoseconds now)
{
    return request.end.value_or(std::max(now, request.seen));
}

} // namespace

void Session::State::arrived(const Request& request, bool counts)
{
    ++m_seen;
    m_dirty = true; // it may have been held back until nothing else came
    m_tokenCheck.arrived(request);
    if (const auto fact = m_arrivalCheck.arrived(request)) {
        probe(*fact);
    }
    if (!counts) {
        return;
    }
    if (!request.inProgress) {
        m_series.add(request.seen, [](Bucket& bucket) { ++bucket.arrived; });
    }
    m_series.inFlight(request.seen, 1);
    if (const auto lag = request.lag()) {
        m_series.add(*request.read, [&](Bucket& bucket) { bucket.lag.add(lag->value); });
    }
}

void Session::State::wrote(const Request& request, const EventWrite& write, bool counts)
{
    m_tokenCheck.wrote(request, write);
    if (counts) {
        m_series.add(write.at, [&](Bucket& bucket) {
            bucket.events += write.events;
            bucket.tokenEvents += write.tokenEvents;
            bucket.bytesOut += write.bytes;
        });
    }
}

void Session::State::firstToken(const Request& request, bool counts)
{
    if (const auto ttft = request.ttft(); counts && ttft) {
        m_series.add(*request.firstToken, [&](Bucket& bucket) { bucket.ttft.add(ttft->value); });
    }
}

void Session::State::gap(Nanoseconds at, Milliseconds gap, std::uint32_t times, bool counts)
{
    if (counts) {
        m_series.add(at, [&](Bucket& bucket) { bucket.gap.add(gap.value, times); });
    }
}

void Session::State::ended(Request request, RequestEvents events, bool counts)
{
    request.verdict = judge(request, events, m_limits, request.broken);
    m_tokenCheck.ended(request);
    m_dirty = true;
    const Nanoseconds at = endOf(request, m_assembly.now());
    if (counts) {
        m_series.inFlight(at, -1);
    }
    if (counts && request.ended != prism::live::Ended::Detached) {
        m_series.add(at, [&](Bucket& bucket) {
            ++bucket.ended;
            const bool failed = request.ended == prism::live::Ended::ServerClosed
                || request.ended == prism::live::Ended::Error || (request.status && *request.status >= 400);
            bucket.failed += failed ? 1 : 0;
            bucket.holds += request.verdict == SloVerdict::Holds ? 1 : 0;
            bucket.breaks += request.verdict == SloVerdict::Breaks ? 1 : 0;
            if (const auto e2e = request.e2e(); e2e && request.ok()) {
                bucket.e2e.add(e2e->value);
            }
            if (const auto tpot = request.tpot(); tpot && request.ok()) {
                bucket.tpot.add(tpot->value);
            }
        });
    }
    if (!events.writes.empty()) {
        m_keptWrites += events.writes.size();
        m_eventOrder.push_back(request.id);
        m_events.emplace(request.id, std::make_shared<const RequestEvents>(std::move(events)));
    }
    m_ended.add({ std::make_shared<const Request>(std::move(request)), counts });
}

void Session::State::thin()
{
    if (untaken()) {
        return;
    }
    while (m_keptWrites > m_budgets.writes && !m_eventOrder.empty()) {
        const auto it = m_events.find(m_eventOrder.front());
        m_eventOrder.pop_front();
        const auto& writes = it->second->writes;
        m_eventsFrom = std::max(m_eventsFrom.value_or(writes.back().at), writes.back().at);
        m_keptWrites -= writes.size();
        m_events.erase(it);
    }
    if (m_ended.droppedAny()) {
        m_requestsFrom = m_ended.items().front().request->seen;
    }
    if (m_spans.droppedAny()) {
        m_spansFrom = m_spans.items().front().begin;
    }
    if (m_steps.droppedAny()) {
        m_stepsFrom = m_steps.items().front().begin;
    }
    const auto from = [](const auto& log, std::optional<Nanoseconds>& out) {
        if (log.droppedAny()) {
            out = std::max(out.value_or(log.items().front().at), log.items().front().at);
        }
    };
    from(m_samples, m_samplesFrom);
    from(m_readings, m_samplesFrom);
    from(m_probes, m_factsFrom);
    from(m_processes, m_factsFrom);
    from(m_jumps, m_factsFrom);
    if (m_losses.droppedAny()) {
        m_factsFrom = std::max(m_factsFrom.value_or(Nanoseconds {}), m_losses.items().front().from);
    }
}

void Session::State::judgeAgain()
{
    if (!m_judgeFrom) {
        return;
    }
    std::uint64_t at = std::max(*m_judgeFrom, m_ended.begin());
    const std::uint64_t end = std::min(m_ended.end(), at + judgedAtOnce);
    static const RequestEvents none;
    for (; at < end; ++at) {
        Ended& ended = m_ended.items()[at - m_ended.begin()];
        const auto events = m_events.find(ended.request->id);
        auto copy = std::make_shared<Request>(*ended.request);
        copy->verdict
            = judge(*copy, events == m_events.end() ? none : *events->second, m_limits, copy->broken);
        if (ended.counts && copy->ended != prism::live::Ended::Detached
            && copy->verdict != ended.request->verdict) {
            const auto count = [this, &copy](SloVerdict verdict, std::uint32_t by) {
                m_series.add(endOf(*copy, m_assembly.now()), [&](Bucket& bucket) {
                    bucket.holds += verdict == SloVerdict::Holds ? by : 0;
                    bucket.breaks += verdict == SloVerdict::Breaks ? by : 0;
                });
            };
            count(ended.request->verdict, ~0u); // one fewer
            count(copy->verdict, 1);
        }
        ended.request = std::move(copy);
    }
    m_judgeFrom = at;
    if (at == m_ended.end()) {
        m_judgeFrom.reset();
        ++m_limitsRevision;
    }
    m_dirty = true;
}

void Session::State::loss(const LossGap& gap)
{
    if (gap.missing()) {
        m_tokenCheck.missing(0);
    }
    m_losses.add(gap);
    m_series.lost(gap);
}

void Session::State::probe(const ProbeFact& fact)
{
    if (fact.name == MetricsRecords::probeName) {
        metricsFact(fact);
    }
    if (fact.name == schedulerProgram) {
        m_series.threadsSeen(fact.at, fact.state == wire::ProbeState::Ready);
    }
    if (const auto seen = saysObserved(fact)) {
        m_tokenCheck.missing(fact.target);
        if (*seen) {
            m_unobserved.erase({ fact.target, fact.name });
        } else if (m_targets.contains(fact.target)) { // and a stream names no end of them
            m_unobserved.emplace(fact.target, fact.name);
        }
        m_series.observed(fact.at, m_unobserved.empty());
    }
    m_probes.add(fact);
}

void Session::State::process(const ProcessFact& fact)
{
    m_processes.add(fact);
}

void Session::State::sample(const SampleFact& fact)
{
    if (fact.metric == wire::SampleMetric::ProbeCores) {
        m_probeCores = fact.value;
    } else if (fact.metric == wire::SampleMetric::HelperCores) {
        m_helperCores = fact.value;
    }
    m_samples.add(fact);
}

void Session::State::reading(const EngineReading& reading)
{
    m_readings.add(reading);
    if (const auto fact = m_tokenCheck.reading(reading)) {
        probe(*fact);
    }
}

void Session::State::sched(const SchedSpan& span)
{
    m_spans.add(span);
    m_series.sched(span);
}

void Session::State::step(const Step& step)
{
    m_stepRequests += step.requests.size();
    m_steps.add(step);
    m_dirty = true;
    m_namelessUntil = std::max(m_namelessUntil, m_steps.begin());
    while (m_stepRequests > m_budgets.stepRequests && m_namelessUntil < m_steps.end()) {
        auto& requests = m_steps.items()[m_namelessUntil++ - m_steps.begin()].requests;
        m_stepRequests -= requests.size();
        requests = {};
    }
}

void Session::State::jump(const ClockJump& jump)
{
    m_jumps.add(jump);
}

void Session::State::keep(Target target)
{
    m_assembly.attached(target);
    const TargetNumber number = target.number;
    const Nanoseconds start = target.start;
    m_targets[number] = std::move(target);
    if (isObserving()) {
        m_series.observedFrom(start);
    }
    m_dirty = true;
}

void Session::State::tellSeries()
{
    if (isAttached()) { // where it is not observed, a fact says so
        m_series.observedUntil(m_assembly.now());
    }
}

void Session::State::targetGone(TargetNumber number, Nanoseconds at, const std::string& why)
{
    const auto it = m_targets.find(number);
    if (it != m_targets.end() && it->second.attached) {
        it->second.attached = false;
        it->second.end = at;
        it->second.endReason = why;
    }
    if (std::erase_if(m_unobserved, [number](const auto& entry) { return entry.first == number; }) > 0) {
        m_series.observed(at, m_unobserved.empty());
    }
    m_arrivalCheck.forget(number);
    m_tokenCheck.forget(number);
    const std::lock_guard lock(m_commandMutex);
    m_commands.push_back([this, number] { dropMetrics(number); });
    m_dirty = true;
}

} // namespace prism::live
