// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/sink.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace prism {

/// Gathers the spans of a timeline into batches and numbers their lanes and names. Memory does not grow with
/// the spans: a batch, and the lanes and names.
class TraceWriter {
public:
    explicit TraceWriter(Sink& sink)
        : m_sink(sink)
    {
    }

    /// The lane of a process and a thread as the producer writes their ids; made where it is new, and named
    /// by the ids until laneNames() says more.
    std::uint32_t lane(std::string_view process, std::string_view thread);
    /// A name in a category; long ones are cut to 1 KiB.
    std::uint32_t name(std::string_view text, std::string_view category);

    const std::string& nameText(std::uint32_t name) const { return m_sheet.names[name].text; }

    /// A span that ends before it starts is kept as an instant and counted; what lies beyond farthestTraceNs
    /// is only counted. `durationNs` may be SpanColumns::open.
    void span(std::uint32_t lane, std::uint32_t name, std::int64_t startNs, std::int64_t durationNs,
        std::uint64_t place);
    /// The duration of a span of any two times of a file, for span().
    static std::int64_t between(std::int64_t startNs, std::int64_t endNs);
    /// A point of an arrow; `key` is what the producer joins by.
    void flow(std::uint32_t lane, std::int64_t timeNs, std::string_view key);
    /// Of a number over time.
    void sample(std::string_view counter, std::string_view unit, std::int64_t timeNs, double value);

    std::uint64_t spans() const { return m_spans; } ///< sent and left out
    std::uint64_t flows() const { return m_flows; }
    std::uint64_t samples() const { return m_samples; }
    /// The instant that series count from: the first that came.
    std::int64_t zeroNs() const { return m_zero.value_or(0); }

    /// Sends what is left, then the sheet: `describe` gives a lane its names from the ids it was made with.
    /// Warns of what is odd about the times. The last call.
    using Describe = std::function<TraceSheet::Lane(const std::string& process, const std::string& thread)>;
    void finish(std::optional<std::int64_t> unixNs, const Describe& describe);

private:
    struct Counter {
        std::string unit;
        TimeSeries part;
    };
    struct LaneIds {
        std::string process;
        std::string thread;
    };
    void flush();
    void flushCounter(const std::string& name, Counter& counter);
    bool seen(std::int64_t ns);
    void warnAboutTimes();

    Sink& m_sink;
    TraceBatch m_batch;
    TraceSheet m_sheet;
    std::vector<LaneIds> m_laneIds;
    std::unordered_map<std::string, std::uint32_t> m_lanes; ///< by both ids
    std::unordered_map<std::string, std::uint32_t> m_names; ///< by category and text
    std::unordered_map<std::string, std::uint32_t> m_categories;
    std::unordered_map<std::string, Counter> m_counters;
    std::size_t m_nameBytes = 0;
    std::uint64_t m_spans = 0;
    std::uint64_t m_flows = 0;
    std::uint64_t m_samples = 0;
    std::uint64_t m_leftOut = 0;
    std::uint64_t m_negative = 0;
    std::uint64_t m_tooFar = 0;
    std::uint64_t m_unnamed = 0; ///< spans whose name had no room
    std::optional<std::int64_t> m_zero;
    /// How many events lie how far from the first: by the bits of the distance in nanoseconds.
    std::array<std::uint64_t, 65> m_distances {};
};

} // namespace prism
