// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/supervisor.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <sys/epoll.h>
#include <utility>

namespace prism::probes {

namespace {
constexpr std::uint32_t tier0 = 1U << 0;
constexpr std::uint32_t tier1 = 1U << 1;

wire::FieldWriter sentence(std::string_view text)
{
    wire::FieldWriter fields;
    fields.text(wire::AttachKey::Text, text);
    return fields;
}

std::int64_t unixNs()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::system_clock::now().time_since_epoch())
        .count();
}

struct Numbers {
    std::uint32_t target = 0;
    std::uint32_t tiers = 0;
    bool wellFormed = false;
};

Numbers numbersOf(std::span<const std::byte> fields)
{
    Numbers read;
    wire::FieldWalk walk(fields);
    while (const auto field = walk.next()) {
        if (field->is(wire::AttachKey::Target)) {
            read.target = static_cast<std::uint32_t>(field->integer);
        } else if (field->is(wire::AttachKey::Tiers)) {
            read.tiers = static_cast<std::uint32_t>(field->integer);
        }
    }
    read.wellFormed = walk.wellFormed();
    return read;
}
} // namespace

Supervisor::Target* Supervisor::targetOf(std::uint32_t number)
{
    const auto found = m_targets.find(number);
    return found != m_targets.end() ? &found->second : nullptr;
}

const Supervisor::Target* Supervisor::observerOf(std::uint32_t pid) const
{
    const auto found = std::find_if(m_targets.begin(), m_targets.end(), [pid](const auto& entry) {
        return !entry.second.gone && !entry.second.finishing && entry.second.processes.contains(pid);
    });
    return found != m_targets.end() ? &found->second : nullptr;
}

void Supervisor::attach(std::uint64_t id, const Client::Question& question)
{
    Seat& seat = m_clients.at(id);
    Client& client = *seat.client;
    AttachWish wish;
    wish.budget = m_settings.probeBudget;
    wire::FieldWalk walk(question.fields);
    while (const auto field = walk.next()) {
        if (field->is(wire::AttachKey::Pid)) {
            wish.pid = static_cast<std::uint32_t>(std::min<std::uint64_t>(field->integer, UINT32_MAX));
        } else if (field->is(wire::AttachKey::StartTicks)) {
            wish.startTicks = field->integer;
        } else if (field->is(wire::AttachKey::Tiers)) {
            wish.tiers = static_cast<std::uint32_t>(field->integer);
        } else if (field->is(wire::AttachKey::Family)) {
            wish.family = field->integer != 0;
        } else if (field->is(wire::AttachKey::ProbeBudget)) {
            wish.budget = field->kind == wire::FieldKind::Number ? field->number : 0;
        }
    }
    if (!walk.wellFormed() || wish.pid == 0 || wish.tiers == 0) {
        client.reply(question.header, wire::Status::Invalid, false,
            sentence("The question to attach names no process or no tier"));
        return;
    }
    if ((wish.tiers & ~(tier0 | tier1)) != 0) {
        client.reply(question.header, wire::Status::Impossible, false,
            sentence("This version observes with tiers 0 and 1 only"));
        return;
    }
    if (!(wish.budget > 0)) {
        client.reply(question.header, wire::Status::Invalid, false,
            sentence("What probing may cost is a share of a core above 0"));
        return;
    }
    const auto watched = static_cast<std::size_t>(std::ranges::count_if(
        m_targets, [id](const auto& entry) { return entry.second.watchers.contains(id); }));
    if (!seat.limits.mayAttach(watched)) {
        client.reply(question.header, wire::Status::Busy, false, sentence(ClientLimits::tooManyTargets()));
        return;
    }
    std::string why;
    auto process = TargetProcess::open(static_cast<int>(std::min<std::uint32_t>(wish.pid, INT32_MAX)),
        wish.startTicks != 0 ? std::optional(wish.startTicks) : std::nullopt, why);
    if (!process) {
        client.reply(question.header, wire::Status::NotFound, false, sentence(why));
        return;
    }
    auto asking
        = std::make_unique<Asking>(Asking { id, question.header, wish, std::move(*process), nullptr });
    asking->permission = std::make_unique<AttachPermission>(seat.peer, asking->process);
    if (const auto decision = asking->permission->take()) {
        decided(*asking, *decision);
        return;
    }
    const int descriptor = asking->permission->descriptor();
    m_asking[descriptor] = std::move(asking);
    m_poller.add(descriptor, EPOLLIN, [this, descriptor](std::uint32_t) { askOn(descriptor); });
}

void Supervisor::askOn(int descriptor)
{
    const auto found = m_asking.find(descriptor);
    const auto decision = found->second->permission->take();
    if (!decision) {
        return;
    }
    m_poller.remove(descriptor);
    const std::unique_ptr<Asking> asking = std::move(found->second);
    m_asking.erase(found);
    decided(*asking, *decision);
}

void Supervisor::stopAsking(std::uint64_t client)
{
    std::erase_if(m_asking, [this, client](const auto& entry) {
        if (entry.second->client != client) {
            return false;
        }
        m_poller.remove(entry.first);
        return true;
    });
}

void Supervisor::decided(const Asking& asking, const Decision& decision)
{
    Client& client = *m_clients.at(asking.client).client;
    if (!decision.allowed) {
        client.reply(asking.header, wire::Status::Refused, false, sentence(decision.text));
        return;
    }
    std::string reason = "Process " + std::to_string(asking.wish.pid) + " has just ended";
    const auto process = readProcess(asking.wish.pid);
    if (!process || !asking.process.stillThere()) {
        client.reply(asking.header, wire::Status::NotFound, false, sentence(reason));
        return;
    }
    Target* target = begin(asking.wish, *process, reason);
    if (target == nullptr) {
        client.reply(asking.header, wire::Status::Busy, false, sentence(reason));
        return;
    }
    Watcher& watcher = target->watchers[asking.client];
    watcher.tiers |= asking.wish.tiers;
    watcher.budget = asking.wish.budget;
    // While it is there its number cannot have come to mean another process.
    if (!asking.process.stillThere()) {
        leave(*target, asking.client, nullptr);
        client.reply(asking.header, wire::Status::NotFound, false, sentence(reason));
        return;
    }
    welcome(client, *target, asking.header);
}

Supervisor::Target* Supervisor::begin(
    const AttachWish& wish, const ProcessState& process, std::string& reason)
{
    for (auto& [number, target] : m_targets) {
        if (target.pid == process.pid && target.startTicks == process.startTicks && !target.gone
            && !target.finishing && target.family == wish.family) {
            if ((wish.tiers & tier1) != 0 && !target.traced) {
                traceAnew(target); // others who watch were told that it is off
            }
            return &target;
        }
    }
    if (const Target* other = observerOf(process.pid)) {
        reason = "Process " + std::to_string(process.pid) + " is watched already "
            + (other->pid != process.pid ? "as a part of the server of process " + std::to_string(other->pid)
                    : other->family      ? "together with its children"
                                         : "without its children")
            + ". Attach to that, or detach from it first";
        return nullptr;
    }
    if (m_targets.size() >= m_settings.mostTargets) {
        reason = "As many servers are observed as can be at a time. Detach from one first";
        return nullptr;
    }
    const std::uint64_t before = nowNs();
    Target& target = m_targets[m_nextTarget];
    target.number = m_nextTarget++;
    target.pid = process.pid;
    target.startTicks = process.startTicks;
    target.uid = process.realUid;
    target.family = wish.family;
    for (const std::uint32_t pid : wish.family ? familyOf(process.pid) : std::vector { process.pid }) {
        if (observerOf(pid) != nullptr) {
            target.apart.insert(pid);
        } else if (auto member = readProcess(pid)) {
            target.processes.emplace(pid, std::move(*member));
        }
    }
    target.startNs = nowNs();
    if ((wish.tiers & tier1) != 0) {
        traceTimed(target);
    }
    target.startNs = nowNs();
    target.startUnixNs = unixNs();
    target.attachNs = target.startNs - before;
    return &target;
}

/// With what the thread of the target that waited most for CPUs waited meanwhile, in all: nothing of ours
/// stops it, but attaching takes a CPU as everything does. The kernel keeps sums of a thread's waits alone.
bool Supervisor::traceTimed(Target& target)
{
    std::map<std::uint32_t, std::unordered_map<std::uint32_t, std::uint64_t>> before;
    for (const auto& [pid, member] : target.processes) {
        before[pid] = threadWaits(pid);
    }
    const bool traced = trace(target);
    for (const auto& [pid, threads] : before) {
        const auto after = threadWaits(pid);
        for (const auto& [tid, waited] : threads) {
            if (const auto now = after.find(tid); now != after.end() && now->second >= waited) {
                target.cpuWaitNs = std::max(target.cpuWaitNs.value_or(0), now->second - waited);
            }
        }
    }
    return traced;
}

bool Supervisor::trace(Target& target)
{
    target.untraced.clear();
    if (hasForeignCalls(target.pid)) {
        target.untraced = "The process is a 32-bit program: its system calls are not understood";
    } else if (const bool first = !m_tracer.observesAny(); m_tracer.ready(target.untraced)
               && m_tracer.begin({ target.number, target.pid, target.uid, target.family }, target.startNs,
                   target.untraced)) {
        if (first) {
            m_budget.begin();
        }
        target.traced = true;
        target.losses.begin(target.startNs);
        findEngines(target);
    }
    return target.traced;
}

void Supervisor::welcome(Client& client, Target& target, wire::MessageHeader header)
{
    wire::FieldWriter fields;
    fields.integer(wire::AttachKey::Target, target.number)
        .integer(wire::AttachKey::StartNs, target.startNs)
        .integer(wire::AttachKey::StartUnixNs, static_cast<std::uint64_t>(target.startUnixNs))
        .integer(wire::AttachKey::AttachNs, target.attachNs)
        .integer(wire::AttachKey::Tiers, tier0 | (target.traced ? tier1 : 0));
    if (target.cpuWaitNs) {
        fields.integer(wire::AttachKey::CpuWaitNs, *target.cpuWaitNs);
    }
    std::uint64_t attached = 0;
    if (target.traced) {
        for (const Program& program : m_tracer.programs()->list()) {
            attached += program.attached ? 1 : 0;
        }
    }
    fields.integer(wire::AttachKey::Programs, attached);
    const auto process = target.processes.find(target.pid);
    if (m_settings.answers.snapshot && process != target.processes.end()) {
        for (const auto& [name, text] : m_settings.answers.snapshot(process->second)) {
            fields.text(wire::AttachKey::SnapshotName, name).text(wire::AttachKey::SnapshotText, text);
        }
    }
    client.reply(header, wire::Status::Ok, false, fields);

    const std::uint64_t now = nowNs();
    tellClock();
    if (target.traced) {
        tellPrograms(client, target.number);
    } else if (!target.untraced.empty()) {
        tellState(client, target.number, "tier 1", wire::ProbeState::Failed, 1, 0, target.untraced);
    }
    for (const std::uint32_t pid : target.apart) {
        tellState(client, target.number, "process " + std::to_string(pid), wire::ProbeState::Ignored,
            target.traced ? 1 : 0, 0,
            "It was watched as a server of its own when this one was attached, and is left out here. To have "
            "it "
            "with this one, detach from both and attach again");
    }
    for (const auto& [number, text] : target.texts) {
        wire::RecordHeader told {};
        told.timeNs = now;
        told.target = target.number;
        told.source = static_cast<std::uint8_t>(wire::Source::Http);
        client.outbox().record(told, wire::Text { number, static_cast<std::uint32_t>(text.size()) }, text);
    }
    for (const auto& [pid, member] : target.processes) {
        wire::RecordHeader told {};
        told.timeNs = target.startNs;
        told.target = target.number;
        client.outbox().record(told, processRecord(member, wire::ProcessChange::Present, 0));
        if (member.stopped()) { // whoever comes later did not hear of it
            told.timeNs = now;
            client.outbox().record(told, processRecord(member, wire::ProcessChange::Stopped, 0));
        }
    }
}

void Supervisor::detach(std::uint64_t id, const Client::Question& question)
{
    Client& client = *m_clients.at(id).client;
    const Numbers numbers = numbersOf(question.fields);
    Target* target = targetOf(numbers.target);
    if (!numbers.wellFormed || target == nullptr || !target->watchers.contains(id)) {
        client.reply(question.header, wire::Status::NotFound, false,
            sentence("This client does not watch such a target"));
        return;
    }
    const Asked asked { id, question.header };
    leave(*target, id, &asked);
}

void Supervisor::leave(Target& target, std::uint64_t client, const Asked* asked)
{
    const bool last = target.watchers.size() == 1 && target.watchers.contains(client);
    if (asked != nullptr && last && target.traced) {
        // It is told to the end before it is answered.
        target.detaching.push_back(*asked);
        m_tracer.finish(target.number);
        target.finishing = true;
        return;
    }
    target.watchers.erase(client);
    std::erase_if(target.detaching, [client](const Asked& one) { return one.client == client; });
    if (target.watchers.empty() && target.traced && !target.finishing) {
        m_tracer.finish(target.number);
        target.finishing = true;
    }
    if (asked != nullptr) {
        m_clients.at(client).client->reply(asked->header, wire::Status::Ok, false, {});
    }
}

void Supervisor::end(Target& target)
{
    const std::uint64_t now = nowNs();
    tellLosses(target, LossBook::totals(m_tracer.counts(target.number), target.startNs, now), now);
    if (target.gone) {
        tellGone(target); // behind the ends of its requests and what was lost of them
    }
    m_tracer.release(target.number);
    target.traced = false;
    target.finishing = false;
    for (const Asked& asked : std::exchange(target.detaching, {})) {
        target.watchers.erase(asked.client);
        const auto seat = m_clients.find(asked.client);
        if (seat != m_clients.end()) {
            seat->second.client->reply(asked.header, wire::Status::Ok, false, {});
        }
    }
    // Behind the last records of what was under way, which would otherwise be taken for lost.
    if (std::exchange(target.switchedOff, false) && !target.gone) {
        tellState(target, "tier 1", wire::ProbeState::Ignored, 1, 0,
            "Tier 1 is switched off: requests are not seen until it is on again");
    }
    const std::vector<Asked> waiting = std::exchange(target.switchingOn, {});
    const bool done = waiting.empty() || target.gone || !tier1Wanted(target) || traceAnew(target);
    for (const Asked& asked : waiting) {
        if (const auto seat = m_clients.find(asked.client); seat != m_clients.end()) {
            seat->second.client->reply(asked.header, done ? wire::Status::Ok : wire::Status::Impossible,
                false, done ? wire::FieldWriter {} : sentence(target.untraced));
        }
    }
}

void Supervisor::setTiers(std::uint64_t id, const Client::Question& question)
{
    Client& client = *m_clients.at(id).client;
    const Numbers numbers = numbersOf(question.fields);
    Target* target = targetOf(numbers.target);
    if (!numbers.wellFormed || target == nullptr || !target->watchers.contains(id)) {
        client.reply(question.header, wire::Status::NotFound, false,
            sentence("This client does not watch such a target"));
        return;
    }
    target->watchers[id].tiers = numbers.tiers;
    const bool wanted = tier1Wanted(*target);
    if (wanted && target->finishing && !target->gone) {
        // What is being told to the end is on again after that.
        target->switchingOn.push_back({ id, question.header });
        return;
    }
    if (!wanted && target->traced && !target->finishing) {
        m_tracer.finish(target->number);
        target->finishing = target->switchedOff = true;
    }
    const bool done = !wanted || target->traced || target->gone || traceAnew(*target);
    client.reply(question.header, done ? wire::Status::Ok : wire::Status::Impossible, false,
        done ? wire::FieldWriter {} : sentence(target->untraced));
}

bool Supervisor::tier1Wanted(const Target& target)
{
    return std::any_of(target.watchers.begin(), target.watchers.end(),
        [](const auto& watcher) { return (watcher.second.tiers & tier1) != 0; });
}

bool Supervisor::traceAnew(Target& target)
{
    const bool traced = trace(target);
    tellState(
        target, "tier 1", traced ? wire::ProbeState::Ready : wire::ProbeState::Failed, 1, 0, target.untraced);
    if (traced) {
        tellPrograms(target);
    }
    return traced;
}

} // namespace prism::probes
