// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/supervisor.h"

#include "probes/helper/turns.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

namespace prism::probes {

namespace {
constexpr std::size_t mostTexts = 4096; ///< of the parser, kept for clients that come later

std::uint64_t clockNs(clockid_t clock)
{
    timespec now {};
    clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

struct ClockPair {
    std::uint64_t monotonicNs = 0;
    wire::ClockSync sync {};
};

/// The clocks at one instant. When something comes between the readings they are taken again, and what is
/// told is the closest of a few.
ClockPair readClocks()
{
    constexpr std::uint64_t closeEnoughNs = 50'000;
    ClockPair best;
    best.sync.errorNs = UINT64_MAX;
    for (int attempt = 0; attempt < 5 && best.sync.errorNs > closeEnoughNs; ++attempt) {
        const std::uint64_t before = clockNs(CLOCK_MONOTONIC);
        const std::uint64_t boot = clockNs(CLOCK_BOOTTIME);
        const auto real = static_cast<std::int64_t>(clockNs(CLOCK_REALTIME));
        const std::uint64_t error = clockNs(CLOCK_MONOTONIC) - before;
        if (error < best.sync.errorNs) {
            best = { before, { boot, real, 0, error } };
        }
    }
    return best;
}
} // namespace

template <class Use>
void Supervisor::eachWatcher(Target& target, Use use)
{
    for (const auto& [id, watcher] : target.watchers) {
        const auto seat = m_clients.find(id);
        if (seat != m_clients.end()) {
            use(*seat->second.client);
        }
    }
}

void Supervisor::onRecord(const wire::RecordView& view)
{
    Target* target = targetOf(view.header.target);
    if (target == nullptr) {
        return;
    }
    target->parserToldNs = std::max(target->parserToldNs, view.header.timeNs);
    if (const auto text = view.as<wire::Text>()) {
        target->texts[text->id] = std::string(view.text());
        if (target->texts.size() > mostTexts) {
            target->texts.erase(target->texts.begin());
        }
    } else if (const auto request = view.as<wire::HttpRequest>()) {
        target->texts.erase(request->key); // its id names nothing else
        if ((request->flags & wire::InProgress) == 0) {
            target->silence.noteRequest((request->flags & wire::ArrivalUnknown) == 0);
        }
    }
    if (!target->engines.empty()) {
        const auto chunk = view.as<wire::HttpChunk>();
        target->silence.noteText(chunk ? chunk->text : 0U);
    }
    wire::RecordView told = view;
    std::optional<wire::HttpEnd> cut;
    if (target->gone) {
        // The parser stops looking as with any detach; but nobody is left who could answer.
        cut = view.as<wire::HttpEnd>();
        if (cut && cut->reason == static_cast<std::uint8_t>(wire::EndReason::Detached)) {
            cut->reason = static_cast<std::uint8_t>(wire::EndReason::ServerClosed);
            told.body = std::as_bytes(std::span(&*cut, 1));
            told.header.timeNs = target->goneNs;
        }
    }
    const bool engine = view.as<wire::EngineStep>().has_value() || view.as<wire::EngineRequest>().has_value();
    told.header.source = static_cast<std::uint8_t>(engine ? wire::Source::Engine : wire::Source::Http);
    eachWatcher(*target, [&](Client& client) { client.outbox().record(told); });
}

void Supervisor::onTurn(const ThreadTurn& event)
{
    Target* target = targetOf(event.target);
    if (target == nullptr) {
        return;
    }
    const ThreadSpans spans = spansOf(event);
    for (std::size_t i = 0; i < spans.count; ++i) {
        const ThreadSpan& span = spans.spans[i];
        if (span.header.timeNs >= target->startNs) {
            eachWatcher(*target, [&](Client& client) { client.outbox().record(span.header, span.body); });
        }
    }
}

void Supervisor::onProcess(const prism_process& event)
{
    Target* target = targetOf(event.event.target);
    if (target == nullptr) {
        return;
    }
    const std::uint32_t pid = event.event.tgid;
    ProcessState process;
    if (auto read = readProcess(pid)) {
        process = std::move(*read);
    } else if (const auto known = target->processes.find(pid); known != target->processes.end()) {
        process = known->second;
    }
    process.pid = pid;
    process.name.assign(event.name, strnlen(event.name, sizeof event.name));
    auto change = wire::ProcessChange::Executed;
    switch (event.event.kind) {
    case PRISM_FORKED:
        change = wire::ProcessChange::Forked;
        process.parent = event.other;
        target->processes[pid] = process;
        break;
    case PRISM_EXITED:
        change = wire::ProcessChange::Exited;
        target->processes.erase(pid);
        target->missing.erase(pid);
        break;
    case PRISM_UID_CHANGED:
        target->processes[pid] = process;
        change = wire::ProcessChange::UidChanged;
        break;
    default:
        target->processes[pid] = process;
        break;
    }
    tellProcess(*target, process, change, event.status, event.event.time_ns);
    if (change == wire::ProcessChange::UidChanged) {
        // Allowed for one user is not allowed for another; who is root may anyway.
        const bool allowed
            = std::all_of(target->watchers.begin(), target->watchers.end(), [&](const auto& watcher) {
                  const auto seat = m_clients.find(watcher.first);
                  return seat != m_clients.end() && seat->second.peer.uid == 0;
              });
        // One that is between two users, as a setuid program is, would be left again at its next turn.
        if (allowed && process.belongsTo(process.realUid)) {
            m_tracer.resume(target->number, pid, process.realUid);
        } else {
            const bool others
                = std::any_of(target->processes.begin(), target->processes.end(), [&](const auto& member) {
                      return member.first != pid && member.second.belongsTo(target->uid);
                  });
            tellState(*target, others ? "process" : "target", wire::ProbeState::Failed, 1, 0,
                "Process " + std::to_string(pid)
                    + " became another user's and is no longer observed. Attach to it again");
        }
    }
    noteGone(*target, event.event.time_ns);
}

/// Once its last process has ended. Where it is traced that is told behind what is still to come.
void Supervisor::noteGone(Target& target, std::uint64_t timeNs)
{
    if (!target.processes.empty() || target.gone) {
        return;
    }
    target.gone = true;
    target.goneNs = timeNs;
    if (!target.traced) {
        tellGone(target);
    } else if (!target.finishing) {
        m_tracer.finish(target.number);
        target.finishing = true;
    }
}

void Supervisor::onParserLost(bool restarted)
{
    const std::uint64_t now = nowNs();
    for (auto& entry : m_targets) {
        Target& target = entry.second;
        if (!target.traced) {
            continue;
        }
        if (restarted) {
            tellState(target, "parser", wire::ProbeState::Failed, 1, 0,
                "The process that reads requests ended and was started again; requests that were under "
                "way are lost");
        } else {
            tellState(target, "tier 1", wire::ProbeState::Failed, 1, 0,
                "The process that reads requests ended again and again: requests are not seen. Attach "
                "again to try anew");
            target.finishing = true; // the tracer tells it to its end: who attaches now begins anew
        }
        eachWatcher(target, [&](Client& client) {
            wire::Loss loss {};
            loss.program = text(client, "parser", now);
            loss.cpu = wire::noCpu;
            loss.reason = static_cast<std::uint16_t>(wire::LossReason::Parser);
            loss.attempted = loss.dropped = 1;
            loss.fromNs = std::clamp(target.parserToldNs, target.startNs, now);
            loss.toNs = now;
            client.outbox().record(recordHeader(now, wire::Source::Supervisor, target.number), loss);
        });
    }
}

void Supervisor::tick(std::uint64_t now)
{
    tellClock();
    tellCosts(now);
    const auto tellSamples = [&](std::uint32_t target, const std::vector<Measured>& samples,
                                 const std::function<void(const std::function<void(Client&)>&)>& each) {
        for (const Measured& sample : samples) {
            each([&](Client& client) {
                client.outbox().record(recordHeader(now, wire::Source::Sampler, target),
                    wire::Sample {
                        static_cast<std::uint16_t>(sample.metric), sample.device, 0, sample.value });
            });
        }
    };
    for (auto& [number, target] : m_targets) {
        if (target.gone || target.watchers.empty()) {
            continue;
        }
        checkProcesses(target, now);
        findEngines(target);
        std::vector<ProcessState> members;
        for (const auto& [pid, member] : target.processes) {
            members.push_back(member);
        }
        Target& one = target;
        tellSamples(number, target.sampler.sample(members, now),
            [&](const std::function<void(Client&)>& use) { eachWatcher(one, use); });
        if (target.traced && !target.finishing) {
            const ProgramCounts counts = m_tracer.counts(number);
            tellLosses(target, target.losses.interval(counts, now), now);
            tellSilence(target, target.silence.fellSilent(counts));
        }
    }
    if (!m_targets.empty()) {
        tellSamples(
            0, m_machine.sample(now, m_tracer.parserPid()), [&](const std::function<void(Client&)>& use) {
                for (auto& [id, seat] : m_clients) {
                    use(*seat.client);
                }
            });
    }
}

void Supervisor::tellSilence(Target& target, SilenceWatch::Silent silent)
{
    const bool byCall = m_tracer.programs()->byCall();
    if (silent == SilenceWatch::Silent::Calls) {
        tellState(target, byCall ? "on_call_end" : "on_received", wire::ProbeState::Silent, 1, 0,
            "Packets reach the server's connections, but none of its reads and writes is seen. "
            "Another process may answer for it: list the servers again");
    } else if (silent == SilenceWatch::Silent::Packets) {
        tellState(target, byCall ? "on_packet_in" : "on_arrival", wire::ProbeState::Silent, 1, 0,
            "Requests are read, but none of their packets is seen: when they arrived is not known, and "
            "times begin with the server's read. prism-probed doctor says what this kernel allows");
    } else if (silent == SilenceWatch::Silent::Engine) {
        tellState(target, "on_engine_sent", wire::ProbeState::Silent, 1, 0,
            "The server generates text, but none of its engine's messages is seen: its steps are not told. "
            "Only what goes over local sockets of this machine can be read");
    }
}

void Supervisor::tellGone(Target& target)
{
    tellState(target, "target", wire::ProbeState::Gone, target.traced ? 1 : 0, 0, "The server has ended");
}

/// What no kernel program tells, and everything where there are none.
void Supervisor::checkProcesses(Target& target, std::uint64_t now)
{
    if (!target.traced && target.family) {
        for (const std::uint32_t pid : familyOf(target.pid)) {
            if (observerOf(pid) == nullptr) {
                if (auto found = readProcess(pid)) {
                    tellProcess(target, *found, wire::ProcessChange::Forked, 0, now);
                    target.processes.emplace(pid, std::move(*found));
                }
            }
        }
    }
    for (auto at = target.processes.begin(); at != target.processes.end();) {
        ProcessState& before = at->second;
        auto after = readProcess(at->first);
        const bool same
            = after && after->startTicks == before.startTicks && after->state != 'Z' && after->state != 'X';
        if (!same) {
            // With kernel programs their word comes, with the wait status; unless it had ended before they
            // looked, as a child that nobody has waited for.
            if (!target.traced || !target.missing.insert(at->first).second) {
                tellProcess(target, before, wire::ProcessChange::Exited, 0, now);
                target.missing.erase(at->first);
                at = target.processes.erase(at);
                continue;
            }
            ++at;
            continue;
        }
        if (after->stopped() != before.stopped()) {
            tellProcess(target, *after,
                after->stopped() ? wire::ProcessChange::Stopped : wire::ProcessChange::Continued, 0, now);
        }
        before = std::move(*after);
        ++at;
    }
    noteGone(target, now);
}

/// vLLM names the process of its engine some seconds after it began: names are looked at again and again.
void Supervisor::findEngines(Target& target)
{
    constexpr std::string_view engineCore = "VLLM::EngineCor"; // names have 15 bytes
    if (!target.traced || target.finishing) {
        target.engines.clear();
        return;
    }
    for (const auto& [pid, member] : target.processes) {
        if (member.name == engineCore && member.belongsTo(target.uid) && !target.engines.contains(pid)
            && m_tracer.followEngine(target.number, pid, target.uid)) {
            target.engines.insert(pid);
        }
    }
    std::erase_if(target.engines, [&](std::uint32_t pid) { return !target.processes.contains(pid); });
}

void Supervisor::tellClock()
{
    const ClockPair pair = readClocks();
    for (auto& [id, seat] : m_clients) {
        seat.client->outbox().record(recordHeader(pair.monotonicNs, wire::Source::Supervisor, 0), pair.sync);
    }
}

void Supervisor::tellLosses(Target& target, const std::vector<LossOf>& losses, std::uint64_t now)
{
    for (const LossOf& loss : losses) {
        eachWatcher(target, [&](Client& client) {
            wire::Loss told = loss.record;
            told.program = text(client, programName(loss.program), now);
            client.outbox().record(recordHeader(now, wire::Source::Supervisor, target.number), told);
        });
    }
}

void Supervisor::tellState(
    Target& target, std::string_view name, wire::ProbeState state, int tier, int error, std::string_view hint)
{
    eachWatcher(
        target, [&](Client& client) { tellState(client, target.number, name, state, tier, error, hint); });
}

void Supervisor::tellState(Client& client, std::uint32_t target, std::string_view name,
    wire::ProbeState state, int tier, int error, std::string_view hint)
{
    const std::uint64_t now = nowNs();
    const std::uint32_t named = text(client, name, now);
    const std::uint32_t hinted = text(client, hint, now);
    client.outbox().record(recordHeader(now, wire::Source::Supervisor, target),
        wire::State {
            named, static_cast<std::uint16_t>(state), static_cast<std::uint16_t>(tier), error, hinted });
}

void Supervisor::tellPrograms(Target& target)
{
    eachWatcher(target, [&](Client& client) { tellPrograms(client, target.number); });
}

void Supervisor::tellPrograms(Client& client, std::uint32_t target)
{
    for (const Program& program : m_tracer.programs()->list()) {
        auto state = wire::ProbeState::Ready;
        std::string hint;
        if (program.error != 0) {
            state = wire::ProbeState::Failed;
            hint = "Not seen on this kernel: " + program.feature + " (" + std::strerror(program.error) + ")";
        } else if (program.scheduler && !program.attached) {
            state = wire::ProbeState::Costly;
            hint = "Not seen, as the kernel programs took too much with it: " + program.feature;
        }
        tellState(client, target, program.name, state, 1, program.error, hint);
    }
}

void Supervisor::tellProcess(Target& target, const ProcessState& process, wire::ProcessChange change,
    std::uint32_t exitCode, std::uint64_t timeNs)
{
    eachWatcher(target, [&](Client& client) {
        client.outbox().record(recordHeader(timeNs, wire::Source::Supervisor, target.number),
            processRecord(process, change, exitCode));
    });
}

wire::RecordHeader recordHeader(std::uint64_t timeNs, wire::Source source, std::uint32_t target)
{
    wire::RecordHeader made {};
    made.timeNs = timeNs;
    made.source = static_cast<std::uint8_t>(source);
    made.target = target;
    return made;
}

wire::Process processRecord(const ProcessState& process, wire::ProcessChange change, std::uint32_t exitCode)
{
    wire::Process told {};
    told.pid = process.pid;
    told.parent = process.parent;
    told.innerPid = process.innerPid;
    told.uid = process.realUid;
    told.startTicks = process.startTicks;
    told.change = static_cast<std::uint16_t>(change);
    told.exitCode = exitCode;
    const std::size_t length = std::min(process.name.size(), sizeof told.name - 1);
    std::memcpy(told.name, process.name.data(), length);
    return told;
}

void Supervisor::tellQueue(Client& client, std::uint64_t now)
{
    Outbox::Left left;
    if (!client.outbox().takeLeft(left)) {
        return;
    }
    wire::Loss loss {};
    loss.program = text(client, "client queue", now);
    loss.cpu = wire::noCpu;
    loss.reason = static_cast<std::uint16_t>(wire::LossReason::SocketBackpressure);
    loss.attempted = left.attempted;
    loss.emitted = left.attempted - left.dropped;
    loss.dropped = left.dropped;
    loss.fromNs = left.fromNs;
    loss.toNs = left.toNs;
    client.outbox().record(recordHeader(now, wire::Source::Supervisor, 0), loss);
}

} // namespace prism::probes
