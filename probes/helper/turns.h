// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/events.h"
#include "probes/protocol/record.h"

#include <array>
#include <cstddef>

namespace prism::probes {

/// One span of a thread, ready to be sent.
struct ThreadSpan {
    wire::RecordHeader header {};
    wire::Sched body {};
};

struct ThreadSpans {
    std::array<ThreadSpan, 3> spans {};
    std::size_t count = 0;
};

/// The spans of one turn: blocked, runnable, running. What began before the attach is left out.
ThreadSpans spansOf(const prism_cycle& turn);

} // namespace prism::probes
