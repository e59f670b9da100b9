// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/assembly.h"

#include <algorithm>
#include <cstring>

namespace prism::live {

namespace {

constexpr std::size_t mostOpaque = 1024;
constexpr std::size_t mostTotals = 4096;
constexpr Nanoseconds latest { std::int64_t(1) << 62 };

std::optional<std::uint32_t> cpuOf(std::uint32_t cpu)
{
    return cpu == wire::noCpu ? std::nullopt : std::optional(cpu);
}

std::string terminated(const char* bytes, std::size_t size)
{
    return { bytes, strnlen(bytes, size) };
}

} // namespace

Nanoseconds instant(std::uint64_t wireNs)
{
    return { static_cast<std::int64_t>(std::min<std::uint64_t>(wireNs, std::uint64_t(latest.value))) };
}

Assembly::Assembly(AssemblySink& sink)
    : m_sink(sink)
    , m_http(sink)
{
}

void Assembly::attached(const Target& target)
{
    m_http.attached(target.number, target.server.pid);
    m_clocks.begin(target.start, target.startUnixNs);
}

void Assembly::detached(TargetNumber target)
{
    m_steps.forget(target);
    m_http.detached(target);
}

bool Assembly::records(std::span<const std::byte> payload)
{
    wire::RecordWalk walk(payload);
    while (const auto view = walk.next()) {
        record(*view);
    }
    // What a server says of its engine comes in one piece.
    if (const auto reading = m_readings.flush()) {
        m_sink.reading(*reading);
    }
    settle(m_now);
    return walk.wellFormed();
}

void Assembly::known(std::span<const std::byte> payload)
{
    m_sequences.beginsLate();
    wire::RecordWalk walk(payload);
    while (const auto view = walk.next()) {
        if (const auto connection = view->as<wire::Connection>()) {
            m_http.connection(view->header.target, *connection);
        } else {
            keepText(*view);
        }
    }
}

void Assembly::settle(Nanoseconds now)
{
    for (const Step& step : m_steps.settle(now)) {
        m_sink.step(step);
    }
    m_http.settle(now);
}

void Assembly::idle()
{
    settle({ INT64_MAX });
}

void Assembly::finish()
{
    settle({ INT64_MAX });
    m_http.finish();
}

void Assembly::record(const wire::RecordView& view)
{
    ++m_records;
    const wire::RecordHeader& header = view.header;
    const Nanoseconds at = instant(header.timeNs);
    // The helper's stream tells the time: what we were told ourselves is ahead of it, and what is held back
    // for records that overtake each other would be handed on too early.
    const bool ours = header.source == static_cast<std::uint8_t>(wire::Source::Metrics);
    m_received += ours ? 0 : 1;
    Nanoseconds& now = ours ? m_ownNow : m_now;
    now = std::max(now, at);
    const auto hole = m_sequences.check(header, at);
    if (hole) {
        m_sink.loss(*hole);
    }
    switch (static_cast<wire::RecordType>(header.type)) {
    case wire::RecordType::Text:
        keepText(view);
        break;
    case wire::RecordType::ClockSync:
        if (const auto body = view.as<wire::ClockSync>()) {
            if (const auto jump = m_clocks.read(at, *body)) {
                m_sink.jump(*jump);
            }
        }
        break;
    case wire::RecordType::State:
        if (const auto body = view.as<wire::State>()) {
            state(header, *body, at);
        }
        break;
    case wire::RecordType::Loss:
        if (const auto body = view.as<wire::Loss>()) {
            loss(header, *body);
        }
        break;
    case wire::RecordType::Cost:
        if (const auto body = view.as<wire::Cost>(); body && m_costs.size() < mostTotals) {
            const std::string program = m_texts.text(body->program);
            m_costs[program] = { program, body->runs, instant(body->runNs) };
        }
        break;
    case wire::RecordType::Process:
        if (const auto body = view.as<wire::Process>()) {
            process(header, *body, at);
        }
        break;
    case wire::RecordType::Sample:
        if (const auto body = view.as<wire::Sample>()) {
            sample({ at, header.target, static_cast<wire::SampleMetric>(body->metric), body->device,
                body->value });
        }
        break;
    case wire::RecordType::OpaqueBytes:
        if (const auto body = view.as<wire::OpaqueBytes>()) {
            opaque(header, *body, at);
        }
        break;
    case wire::RecordType::Sched:
        if (const auto body = view.as<wire::Sched>()) {
            sched(header, *body, at);
        }
        break;
    case wire::RecordType::EngineStep:
        if (const auto body = view.as<wire::EngineStep>()) {
            step(header, *body, at);
        }
        break;
    case wire::RecordType::EngineRequest:
        if (const auto body = view.as<wire::EngineRequest>()) {
            // Either side may speak first.
            const auto [request, times] = m_steps.output(header.target, *body);
            if (request != 0 && body->scheduledNs != 0) {
                m_http.engineTimes(request, times.queued, times.scheduled);
            }
        }
        break;
    case wire::RecordType::HttpAnswerKey:
        if (const auto body = view.as<wire::HttpAnswerKey>()) {
            const RequestId request = m_http.answerKey(header.target, *body);
            if (request != 0) {
                const auto times = m_steps.answered(header.target, body->key, request);
                m_http.engineTimes(request, times.queued, times.scheduled);
            }
        }
        break;
    default:
        http(view, at, hole.has_value());
        break;
    }
    if (const std::uint64_t count = m_http.takeForgotten(); count > 0) {
        forgotten(count, at);
    }
}

void Assembly::http(const wire::RecordView& view, Nanoseconds at, bool afterHole)
{
    const TargetNumber target = view.header.target;
    // Behind a hole in the source's numbers the flag says the same of the source as a whole; which requests
    // miss a write is then told by the writes' own numbers.
    const bool lostBefore = (view.header.flags & wire::LostBefore) != 0 && !afterHole;
    if (const auto connection = view.as<wire::Connection>()) {
        m_http.connection(target, *connection);
    } else if (const auto request = view.as<wire::HttpRequest>()) {
        m_http.request(target, *request, m_texts.text(request->path), m_texts.take(request->key), at,
            lostBefore, view.header.thread);
    } else if (const auto response = view.as<wire::HttpResponse>()) {
        m_http.response(target, *response, at);
    } else if (const auto chunk = view.as<wire::HttpChunk>()) {
        m_http.chunk(target, *chunk, at, { lostBefore, (view.header.flags & wire::Truncated) != 0 });
    } else if (const auto usage = view.as<wire::HttpUsage>()) {
        m_http.usage(target, *usage, at);
    } else if (const auto end = view.as<wire::HttpEnd>()) {
        m_http.end(target, *end, at);
    }
}

void Assembly::sample(const SampleFact& fact)
{
    if (!EngineReadings::isOfEngine(fact.metric)) {
        m_sink.sample(fact);
    } else if (const auto reading = m_readings.sample(fact)) {
        m_sink.reading(*reading);
    }
}

void Assembly::keepText(const wire::RecordView& view)
{
    if (const auto body = view.as<wire::Text>()) {
        m_texts.keep(body->id, view.text());
    }
}

void Assembly::forgotten(std::uint64_t count, Nanoseconds at)
{
    m_forgotten += count;
    LossGap gap;
    gap.from = gap.to = at;
    gap.program = "prism";
    gap.stage = LossStage::Here;
    gap.reason = wire::LossReason::Evicted;
    gap.dropped = count;
    m_sink.loss(gap);
}

void Assembly::loss(const wire::RecordHeader& header, const wire::Loss& body)
{
    // attempted = emitted + dropped holds or the record is not believed in what it emitted.
    const std::uint64_t attempted
        = body.dropped > UINT64_MAX - body.emitted ? UINT64_MAX : body.emitted + body.dropped;
    const std::string program = m_texts.text(body.program);
    const TotalKey key { program, body.cpu, body.reason };
    auto& totals = body.final != 0 ? m_finals : m_totals;
    if (body.final != 0) {
        // The totals since the attach take the place of what the intervals told.
        std::erase_if(m_totals,
            [&](const auto& entry) { return entry.first.program == program && entry.first.cpu == body.cpu; });
    }
    if (totals.size() < mostTotals || totals.contains(key)) {
        LossTotal& total = totals[key];
        total.program = program;
        total.cpu = cpuOf(body.cpu);
        total.reason = static_cast<wire::LossReason>(body.reason);
        total.attempted += attempted;
        total.emitted += body.emitted;
        total.dropped += body.dropped;
        total.bytes += body.bytes;
    }
    if (body.final != 0 || body.dropped == 0) {
        return;
    }
    LossGap gap;
    gap.from = instant(body.fromNs != 0 ? body.fromNs : header.timeNs);
    gap.to = std::max(gap.from, instant(body.toNs));
    gap.program = program;
    gap.cpu = cpuOf(body.cpu);
    gap.reason = static_cast<wire::LossReason>(body.reason);
    gap.dropped = body.dropped;
    gap.bytes = body.bytes;
    m_sink.loss(gap);
}

std::vector<LossTotal> Assembly::lossTotals() const
{
    std::vector<LossTotal> out;
    std::uint64_t onTheWay = 0;
    for (const auto& [key, total] : m_totals) {
        out.push_back(total);
        if (total.reason == wire::LossReason::SocketBackpressure) {
            onTheWay += total.dropped;
        }
    }
    for (const auto& [key, total] : m_finals) {
        out.push_back(total);
        if (total.reason == wire::LossReason::SocketBackpressure) {
            onTheWay += total.dropped;
        }
    }
    // What the helper could not send is told by itself and is a hole in the numbers too: counted once.
    if (m_sequences.missing() > onTheWay) {
        const std::uint64_t missing = m_sequences.missing() - onTheWay;
        out.push_back({ "stream", std::nullopt, wire::LossReason::SocketBackpressure,
            m_sequences.received() + missing, m_sequences.received(), missing });
    }
    if (m_forgotten > 0) {
        out.push_back({ "prism", std::nullopt, wire::LossReason::Evicted, m_records + m_forgotten, m_records,
            m_forgotten });
    }
    return out;
}

std::vector<ProgramCost> Assembly::costs() const
{
    std::vector<ProgramCost> out;
    for (const auto& [program, cost] : m_costs) {
        out.push_back(cost);
    }
    return out;
}

void Assembly::state(const wire::RecordHeader& header, const wire::State& body, Nanoseconds at)
{
    ProbeFact fact { at, header.target, m_texts.text(body.name), static_cast<wire::ProbeState>(body.state),
        int(body.tier), body.error, m_texts.text(body.hint) };
    const bool gone = fact.name == "target" && fact.state == wire::ProbeState::Gone;
    if (!saysObserved(fact).value_or(true)) {
        // How they go on is not seen: without this they would be in flight for ever.
        m_http.detached(header.target);
    }
    m_sink.probe(fact);
    if (gone) {
        m_http.detached(header.target, Ended::ServerClosed); // nobody is left who could answer
        m_sink.targetGone(header.target, at, fact.hint);
    }
}

void Assembly::process(const wire::RecordHeader& header, const wire::Process& body, Nanoseconds at)
{
    const bool bySignal = (body.exitCode & 0x7f) != 0; // of a wait status
    if (body.change == static_cast<std::uint16_t>(wire::ProcessChange::Exited) && bySignal) {
        m_http.killed(header.target, at);
    }
    m_sink.process({ at, header.target, body.pid, body.parent, body.innerPid, body.uid, body.startTicks,
        static_cast<wire::ProcessChange>(body.change), body.exitCode,
        terminated(body.name, sizeof body.name) });
}

/// Once a target and reason: bytes go, and no request is made up of them. What one client speaks says nothing
/// of the server, which may well refuse it.
void Assembly::opaque(const wire::RecordHeader& header, const wire::OpaqueBytes& body, Nanoseconds at)
{
    const Connections::Connection& connection = m_http.connectionOf(header.target, body.connection);
    const bool asks = connection.role == ConnectionRole::Client;
    std::string why;
    switch (static_cast<wire::OpaqueReason>(body.reason)) {
    case wire::OpaqueReason::Tls:
        why = asks ? "the server asked another by TLS" : "a client spoke TLS";
        break;
    case wire::OpaqueReason::Http2:
        why = asks ? "the server asked another by HTTP/2" : "a client spoke HTTP/2";
        break;
    case wire::OpaqueReason::IoUring:
        why = "the server reads or writes by io_uring, splice or several messages a call";
        break;
    case wire::OpaqueReason::Websocket:
        why = "a connection became a websocket";
        break;
    case wire::OpaqueReason::Unsynchronised:
        // Joined in the middle, or behind a loss, the next request is read.
        if (!asks && connection.noHttp && body.sent == 0 && (header.flags & wire::LostBefore) == 0) {
            why = "a client spoke something that is no HTTP";
        }
        break;
    }
    if (!why.empty() && m_opaque.size() < mostOpaque && m_opaque.emplace(header.target, why).second) {
        m_sink.probe({ at, header.target, std::string(unreadBytes), wire::ProbeState::Silent, 1, 0,
            "Some requests are not seen: " + why + ", of which only times and bytes are told" });
    }
}

void Assembly::sched(const wire::RecordHeader& header, const wire::Sched& body, Nanoseconds at)
{
    if (body.state > static_cast<std::uint8_t>(wire::ThreadState::Blocked)) {
        return;
    }
    SchedSpan span;
    span.begin = at;
    span.end = std::max(at, instant(body.endNs));
    span.thread = header.thread;
    span.target = header.target;
    span.cpu = body.cpu;
    span.state = static_cast<wire::ThreadState>(body.state);
    span.uninterruptible = body.uninterruptible != 0;
    m_sink.sched(span);
}

void Assembly::step(const wire::RecordHeader& header, const wire::EngineStep& body, Nanoseconds at)
{
    Step step;
    step.begin = at;
    step.end = at + Nanoseconds { header.durationNs == wire::durationInBody ? 0 : header.durationNs };
    step.target = header.target;
    step.engine = body.engine;
    step.phase = body.phase <= static_cast<std::uint8_t>(wire::StepPhase::Mixed)
        ? static_cast<wire::StepPhase>(body.phase)
        : wire::StepPhase::Unknown;
    step.tokens = body.tokens;
    step.sequences = body.sequences;
    step.running = body.running;
    step.waiting = body.waiting;
    if (body.kvPermille != 0xffff) {
        step.kvUsage = body.kvPermille / 1000.0;
    }
    m_steps.step(step);
}

} // namespace prism::live
