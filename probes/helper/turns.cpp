// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/turns.h"

namespace prism::probes {

ThreadSpans spansOf(const prism_cycle& turn)
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
        span.header.target = turn.event.target;
        span.header.thread = turn.event.tid;
        const bool blocked = state == wire::ThreadState::Blocked;
        span.body = { to, blocked ? 0 : turn.cpu, static_cast<std::uint8_t>(state),
            static_cast<std::uint8_t>(blocked && (turn.event.flags & PRISM_UNINTERRUPTIBLE) != 0), 0 };
    };
    if (turn.runnable_ns != 0) {
        add(turn.blocked_ns, turn.runnable_ns, wire::ThreadState::Blocked);
    }
    if (turn.running_ns != 0) {
        add(turn.runnable_ns, turn.running_ns, wire::ThreadState::Runnable);
        add(turn.running_ns, turn.event.time_ns, wire::ThreadState::Running);
    }
    return made;
}

} // namespace prism::probes
