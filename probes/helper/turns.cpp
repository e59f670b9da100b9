// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/turns.h"

#include <algorithm>

namespace prism::probes {

namespace {
/// When the thread got the CPU, not before it left the last one: an arrival that is counted back over a long
/// turn may be off by a 2000th of it (events.h). One that lies further back belongs to an earlier turn.
std::uint64_t arrivalOf(const prism_departure& departure, std::uint64_t leftNs)
{
    const std::uint64_t arrived = departure.arrived_ns;
    if (arrived >= leftNs) {
        return arrived;
    }
    const std::uint64_t off = (departure.event.time_ns - arrived) / 2000 + 1000;
    return leftNs - arrived <= off ? leftNs : 0;
}
} // namespace

ThreadTurn ThreadTurns::turnOf(const prism_departure& departure)
{
    const prism_event& event = departure.event;
    ThreadTurn turn;
    turn.endNs = event.time_ns;
    turn.target = event.target;
    turn.tgid = event.tgid;
    turn.tid = event.tid;
    turn.cpu = departure.cpu;
    if (m_last.size() >= most && !m_last.contains(event.tid)) {
        m_last.clear();
    }
    Last& last = m_last[event.tid];
    if (last.target != event.target) {
        last = {};
    }
    const bool first = last.leftNs == 0;
    const bool counted = (event.flags & PRISM_COUNTED) != 0;
    const bool follows = first || (counted && departure.arrivals - last.arrivals == 1);
    turn.uninterruptible = last.uninterruptible && follows;
    if (const std::uint64_t arrived = arrivalOf(departure, last.leftNs);
        departure.arrived_ns != 0 && arrived != 0) {
        // Without the count this turn's arrival is known, but not whether one was missed in between.
        turn.runningNs = follows || !counted ? arrived : 0;
        if (!first && follows && !last.blocked) {
            turn.runnableNs = last.leftNs; // preempted: it could have gone on
        } else if (follows && counted && (!first || departure.arrivals == 1)) {
            const std::uint64_t waited = departure.waited_ns - last.waitedNs;
            turn.runnableNs = std::max(waited < turn.runningNs ? turn.runningNs - waited : 0, last.leftNs);
            turn.blockedNs = last.leftNs;
        }
    }
    if ((event.flags & PRISM_DEAD) != 0) {
        m_last.erase(event.tid);
    } else {
        last = { event.time_ns, departure.waited_ns, event.target, departure.arrivals,
            (event.flags & PRISM_PREEMPTED) == 0, (event.flags & PRISM_UNINTERRUPTIBLE) != 0 };
    }
    return turn;
}

void ThreadTurns::forget(std::uint32_t target)
{
    std::erase_if(m_last, [target](const auto& entry) { return entry.second.target == target; });
}

ThreadSpans spansOf(const ThreadTurn& turn)
{
    ThreadSpans made;
    const auto add = [&](std::uint64_t from, std::uint64_t to, wire::ThreadState state) {
        if (from == 0 || to < from) {
            return;
        }
        ThreadSpan& span = made.spans[made.count++];
        span.header.timeNs = from;
        span.header.durationNs
            = to - from < wire::durationInBody ? static_cast<std::uint32_t>(to - from) : wire::durationInBody;
        span.header.source = static_cast<std::uint8_t>(wire::Source::Scheduler);
        span.header.target = turn.target;
        span.header.thread = turn.tid;
        const bool blocked = state == wire::ThreadState::Blocked;
        span.body = { to, blocked ? 0 : turn.cpu, static_cast<std::uint8_t>(state),
            static_cast<std::uint8_t>(blocked && turn.uninterruptible), 0 };
    };
    if (turn.runnableNs != 0) {
        add(turn.blockedNs, turn.runnableNs, wire::ThreadState::Blocked);
    }
    if (turn.runningNs != 0) {
        add(turn.runnableNs, turn.runningNs, wire::ThreadState::Runnable);
        add(turn.runningNs, turn.endNs, wire::ThreadState::Running);
    }
    return made;
}

} // namespace prism::probes
