// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <functional>
#include <string_view>

namespace prism {

using WriteText = std::function<void(std::string_view)>;

/// Trace Event JSON that Perfetto and chrome://tracing open: a process a target; its requests in rows, each
/// with the stages lag, prefill and decode below it and an instant a write of token events; steps of its
/// engines; threads with their scheduler spans; counters of requests in flight and of what the server reports
/// itself at /metrics; marks, notes, clock jumps and losses in a process 0, "session". Times are microseconds
/// of the observed machine's CLOCK_MONOTONIC.
void writeChromeTrace(const live::Session& session, const WriteText& write);

/// One row a request, with the names of AIPerf's per-request records: request_start_ns and request_end_ns are
/// wall time, latencies milliseconds; an unknown value is an empty cell.
void writeRequestsCsv(const live::Session& session, const WriteText& write);

} // namespace prism
