// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/tracer.h"

#include "probes/helper/process_state.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <linux/membarrier.h>
#include <set>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
constexpr std::size_t eventsAtOnce = 65536;
/// Until a turn that has ended is in its queue, with time to spare.
constexpr std::uint64_t turnsSettleNs = 1'000'000;
/// A parser that lives shorter, again and again, cannot do its work here: the next attach tries anew.
constexpr std::uint64_t shortLifeNs = 1'000'000'000;
constexpr unsigned mostShortLives = 5;

/// Returns when every kernel program that ran at the call has ended.
void awaitRunningPrograms()
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

std::unique_ptr<RingReader> mapRing(int fd, std::size_t bytes)
{
    auto mapped = RingReader::map(fd, bytes);
    return mapped ? std::make_unique<RingReader>(std::move(*mapped)) : nullptr;
}

std::unique_ptr<TurnQueues> mapTurns(const Programs& programs)
{
    auto mapped = TurnQueues::map(
        programs.turnQueues(), programs.turnPlaces(), programs.cpuNumbers(), programs.turnSlots());
    return mapped ? std::make_unique<TurnQueues>(std::move(*mapped)) : nullptr;
}

template <class Event>
void each(RingReader& ring, const std::function<void(const Event&)>& use)
{
    ring.consume(
        [&use](std::span<const std::byte> bytes) {
            Event event;
            if (bytes.size() >= sizeof event) {
                std::memcpy(&event, bytes.data(), sizeof event);
                use(event);
            }
        },
        eventsAtOnce);
}
} // namespace

Tracer::Tracer(const ProgramSettings& settings, ParserLink::Entry parser, Poller& poller,
    Background& background, Handlers handlers)
    : m_settings(settings)
    , m_entry(parser)
    , m_poller(poller)
    , m_background(background)
    , m_handlers(std::move(handlers))
{
}

Tracer::~Tracer()
{
    if (m_parser) {
        m_poller.remove(m_parser->fd());
    }
    if (m_programs) {
        m_poller.remove(m_programs->processRing());
    }
}

bool Tracer::ready(std::string& reason)
{
    if (m_programs && (m_parser || startParser())) {
        return true;
    }
    if (!m_failure.empty()) {
        reason = m_failure;
        return false;
    }
    m_programs = Programs::load(m_settings, m_failure);
    if (!m_programs) {
        reason = m_failure;
        return false;
    }
    m_payloads = mapRing(m_programs->payloadRing(), m_settings.payloadRingBytes);
    m_processes = mapRing(m_programs->processRing(), m_settings.processRingBytes);
    m_turns = mapTurns(*m_programs);
    if (!m_payloads || !m_processes || !m_turns || !startParser()) {
        reason = m_failure
            = "The kernel programs' rings cannot be read: " + std::string(std::strerror(errno));
        m_programs.reset();
        return false;
    }
    m_poller.add(m_programs->processRing(), EPOLLIN, [this](std::uint32_t) { readProcesses(); });
    return true;
}

bool Tracer::startParser()
{
    m_parser = ParserLink::start(*m_payloads, m_entry, m_generation++);
    if (!m_parser) {
        return false;
    }
    m_parserStartedNs = nowNs();
    m_poller.add(m_parser->fd(), EPOLLIN, [this](std::uint32_t events) {
        if ((events & EPOLLOUT) != 0) {
            flushParser();
        }
        if (m_parser && (events & ~EPOLLOUT) != 0) {
            readParser();
        }
    });
    return true;
}

void Tracer::readParser()
{
    const auto onRecord = [this](const wire::RecordView& record) {
        m_running.follow(record);
        m_handlers.onRecord(record);
    };
    // Told when nothing of the link is on the stack: what follows may find it broken and replace it.
    std::vector<std::uint32_t> answered;
    const bool alive
        = m_parser->read(onRecord, [&](std::uint32_t question) { answered.push_back(question); });
    if (!alive) {
        parserLost();
        return;
    }
    for (const std::uint32_t question : answered) {
        tellFinished(question);
    }
}

void Tracer::tellFinished(std::uint32_t question)
{
    const auto found = std::find_if(m_targets.begin(), m_targets.end(),
        [question](const auto& entry) { return entry.second.question == question; });
    if (question != 0 && found != m_targets.end()) {
        m_handlers.onFinished(found->first);
    }
}

void Tracer::flushParser()
{
    if (!m_parser->flush()) {
        parserLost();
        return;
    }
    m_poller.change(m_parser->fd(), m_parser->wantsToWrite() ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Tracer::parserLost()
{
    m_poller.remove(m_parser->fd());
    m_parser.reset();
    const std::uint64_t now = nowNs();
    m_shortLives = now - m_parserStartedNs < shortLifeNs ? m_shortLives + 1 : 0;
    m_running.endAll(now, m_handlers.onRecord);
    const bool restarted = m_shortLives < mostShortLives && startParser();
    std::vector<std::uint32_t> asked;
    std::vector<std::uint32_t> left;
    for (const auto& [number, slot] : m_targets) {
        if (slot.question != 0) {
            asked.push_back(slot.question);
        } else if (restarted) {
            m_parser->ask(wire::Verb::Attach, number, slot.startNs);
        } else {
            left.push_back(number);
        }
    }
    m_handlers.onParserLost(restarted);
    if (restarted) {
        flushParser();
    }
    for (const std::uint32_t question : asked) {
        tellFinished(question);
    }
    for (const std::uint32_t number : left) {
        finish(number);
    }
}

prism_target Tracer::entry(const Slot& slot, std::uint32_t uid) const
{
    prism_target made {};
    made.target = slot.observed.number;
    made.slot = slot.slot;
    made.uid = uid;
    made.family = slot.observed.family ? 1 : 0;
    return made;
}

bool Tracer::begin(const Observed& target, std::uint64_t startNs, std::string& reason)
{
    std::set<std::uint32_t> used;
    for (const auto& [number, slot] : m_targets) {
        used.insert(slot.slot);
    }
    Slot slot;
    while (used.contains(slot.slot)) {
        ++slot.slot;
    }
    if (slot.slot >= PRISM_SLOTS) {
        reason = "As many servers are observed as can be at a time (" + std::to_string(PRISM_SLOTS)
            + "). Detach from one first";
        return false;
    }
    awaitTakenAway();
    slot.observed = target;
    slot.startNs = startNs;
    m_programs->clearCounts(slot.slot);
    m_parser->ask(wire::Verb::Attach, target.number, startNs);
    flushParser();
    if (!m_programs->attached()) {
        m_programs->attach();
    }
    m_targets[target.number] = slot;
    // The kernel follows what a process in the table forks; so each that is put in is followed from then on,
    // and the search ends when it finds none that is new.
    std::set<std::uint32_t> known;
    const prism_target value = entry(slot, target.uid);
    for (bool found = true; found;) {
        found = false;
        for (const std::uint32_t pid :
            target.family ? familyOf(target.pid) : std::vector<std::uint32_t> { target.pid }) {
            const bool passed = known.contains(pid) || m_programs->isOfAnother(pid, target.number);
            const auto process = passed ? std::nullopt : readProcess(pid);
            if (process && process->belongsTo(target.uid)) {
                m_programs->observe(pid, value);
                found = true;
                // One that ended meanwhile would leave its number to another.
                const auto after = readProcess(pid);
                if (!after || after->startTicks != process->startTicks) {
                    m_programs->unobserve(pid);
                }
            }
            known.insert(pid);
        }
    }
    m_programs->walkFiles(m_programs->observed(target.number));
    return true;
}

void Tracer::resume(std::uint32_t target, std::uint32_t pid, std::uint32_t uid)
{
    const auto found = m_targets.find(target);
    if (found != m_targets.end() && !found->second.finishing) {
        m_programs->observe(pid, entry(found->second, uid));
    }
}

bool Tracer::followEngine(std::uint32_t target, std::uint32_t pid, std::uint32_t uid)
{
    const auto slot = m_targets.find(target);
    if (slot == m_targets.end() || slot->second.finishing || !m_programs->attachEngine()) {
        return false;
    }
    prism_target value = entry(slot->second, uid);
    value.engine = 1;
    return m_programs->observe(pid, value) == 0;
}

void Tracer::finish(std::uint32_t target)
{
    const auto found = m_targets.find(target);
    if (found == m_targets.end() || std::exchange(found->second.finishing, true)) {
        return;
    }
    m_programs->switchOff(target, found->second.slot);
    m_background.post(awaitRunningPrograms, [this, target] { askToFinish(target); });
}

void Tracer::askToFinish(std::uint32_t target)
{
    readRings();
    readTurns(UINT64_MAX);
    const auto found = m_targets.find(target);
    if (found == m_targets.end()) {
        return;
    }
    if (!m_parser) {
        m_handlers.onFinished(target);
        return;
    }
    found->second.question = m_parser->ask(wire::Verb::Detach, target, found->second.startNs);
    flushParser();
}

void Tracer::release(std::uint32_t target)
{
    if (m_targets.erase(target) == 0) {
        return;
    }
    m_threads.forget(target);
    std::shared_ptr<Links> links;
    if (m_targets.empty()) {
        links = std::make_shared<Links>(m_programs->takeLinks());
    }
    takeAway([programs = m_programs, links, target] {
        if (links) {
            links->close();
        }
        programs->forget(target);
    });
}

/// In the background: closing a link waits for the kernel.
void Tracer::takeAway(std::function<void()> work)
{
    std::erase_if(m_goingAway, [](const auto& earlier) { return earlier.expired(); });
    const auto once = std::make_shared<Once>(std::move(work));
    m_goingAway.push_back(once);
    m_background.post([once] { (*once)(); }, nullptr);
}

/// With links of before still there each program would run twice and tell everything twice; and an entry that
/// is being forgotten may be that of a process which is put in again.
void Tracer::awaitTakenAway()
{
    for (const auto& earlier : std::exchange(m_goingAway, {})) {
        if (const auto once = earlier.lock()) {
            (*once)();
        }
    }
}

std::vector<ProgramCost> Tracer::costs(bool& sampled)
{
    sampled = !Programs::measuredByKernel();
    return sampled ? m_programs->sampledCosts() : m_programs->costs();
}

bool Tracer::leaveSchedulerOut()
{
    const auto links = std::make_shared<Links>(m_programs->takeSchedulerLinks());
    if (links->size() == 0) {
        return false;
    }
    takeAway([programs = m_programs, links] { links->close(); });
    return true;
}

bool Tracer::takeSchedulerBack()
{
    awaitTakenAway();
    return m_programs->attachScheduler();
}

ProgramCounts Tracer::counts(std::uint32_t target) const
{
    const auto found = m_targets.find(target);
    return found != m_targets.end() ? m_programs->counts(found->second.slot) : ProgramCounts {};
}

void Tracer::readTurns(std::uint64_t untilNs)
{
    m_turns->consume(untilNs,
        [this](const prism_departure& departure) { m_handlers.onTurn(m_threads.turnOf(departure)); });
}

void Tracer::readProcesses()
{
    each<prism_process>(*m_processes, [this](const prism_process& event) {
        if (event.event.kind == PRISM_PACKETS_WANTED) {
            m_programs->followLatePackets();
        } else {
            m_handlers.onProcess(event);
        }
    });
}

void Tracer::readRings()
{
    if (m_programs) {
        m_programs->followLatePackets();
        readProcesses();
        readTurns(nowNs() - turnsSettleNs);
    }
}

} // namespace prism::probes
