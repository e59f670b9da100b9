// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// Spans that are kept of one trace; what a file holds beyond them is counted and said.
inline constexpr std::size_t mostSpansOfTrace = 5'000'000;
/// Spans and flow points of one batch, each.
inline constexpr std::size_t mostOfTraceBatch = 1u << 16;

/// Times of a trace and the ends of its spans lie within this of its zero, 146 years, so that no difference
/// of two overflows.
inline constexpr std::int64_t farthestTraceNs = INT64_MAX / 2;

/// Spans in columns, in the order of the file: one entry a span in each.
struct SpanColumns {
    /// Duration of a span whose end the file does not tell.
    static constexpr std::int64_t open = -1;

    std::vector<std::int64_t> startNs; ///< on the trace's own clock
    std::vector<std::int64_t> durationNs; ///< 0: an instant
    std::vector<std::uint32_t> lane; ///< index into TraceSheet::lanes
    std::vector<std::uint32_t> name; ///< index into TraceSheet::names
    std::vector<std::uint64_t> place; ///< first byte of the event in the decoded text, or row in its table

    std::size_t size() const { return startNs.size(); }
    friend bool operator==(const SpanColumns&, const SpanColumns&) = default;
};

/// Points of arrows: those of one id, in the order of their times, are joined from one to the next.
struct FlowColumns {
    std::vector<std::int64_t> timeNs;
    std::vector<std::uint32_t> lane;
    /// A hash of what the producer joins by, 64 bits: among a million arrows two meet by chance once in
    /// 10^7 traces.
    std::vector<std::uint64_t> id;

    std::size_t size() const { return timeNs.size(); }
    friend bool operator==(const FlowColumns&, const FlowColumns&) = default;
};

struct TraceBatch {
    SpanColumns spans;
    FlowColumns flows;
    friend bool operator==(const TraceBatch&, const TraceBatch&) = default;
};

/// What the columns point to.
struct TraceSheet {
    struct Lane {
        std::string process; ///< "python3 (1166)"
        std::string thread; ///< "stream 7", "thread 2571 (pt_autograd_0)"
        std::int64_t processOrder = 0; ///< the producer's sort index
        std::int64_t threadOrder = 0;
        friend bool operator==(const Lane&, const Lane&) = default;
    };
    struct Name {
        std::string text;
        std::uint32_t category = 0; ///< index into `categories`
        friend bool operator==(const Name&, const Name&) = default;
    };
    std::vector<Lane> lanes;
    std::vector<Name> names;
    std::vector<std::string> categories; ///< as the producer writes them: "kernel", "cpu_op"
    std::optional<std::int64_t> unixNs; ///< UTC of instant 0 of the trace's clock, where the file tells it
    std::int64_t zeroNs = 0; ///< from where the seconds of the trace's series count
    friend bool operator==(const TraceSheet&, const TraceSheet&) = default;
};

/// A whole trace.
struct Trace {
    TraceSheet sheet;
    TraceBatch events;
};

} // namespace prism
