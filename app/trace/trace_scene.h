// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/span_track.h"
#include "core/model/trace.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prism::app {

/// What the bars of a timeline are; their colours are in trace_stages.h.
enum class TraceStage : Stage { Kernel, Copy, Call, Operator, Annotation, Other, Dimmed };

/// A timeline, laid out: spans in rows of lanes, arrows joined. Made on any thread, then read by all.
class TraceScene {
public:
    struct SceneLane {
        std::uint32_t lane = 0; ///< index into the sheet's lanes
        std::vector<std::uint32_t> spans; ///< in the order of their starts
        std::size_t rows = 0;
        TimeRange extent;
    };
    /// An arrow from one instant of a lane to a later one of another.
    struct Arrow {
        std::uint32_t fromLane = 0, toLane = 0; ///< as SceneLane::lane
        std::int64_t fromNs = 0, toNs = 0;
    };
    struct Statistic {
        std::uint32_t name = 0;
        std::uint64_t count = 0; ///< spans that touch the stretch
        std::int64_t totalNs = 0; ///< their time inside it
        std::int64_t leastNs = 0, mostNs = 0; ///< of whole spans
    };
    static constexpr std::size_t mostRows = 64; ///< of a lane; what is deeper shares the last
    static constexpr std::size_t mostLanes = 1000;
    using Cancelled = std::function<bool()>;

    /// Takes a second for five million spans; empty when it was cancelled. Spans without an end end with
    /// their lane.
    static std::shared_ptr<const TraceScene> of(Trace trace, const Cancelled& cancelled = {});

    const TraceSheet& sheet() const { return m_trace.sheet; }
    const SpanColumns& spans() const { return m_trace.events.spans; }
    const std::vector<SceneLane>& lanes() const { return m_lanes; }
    std::size_t hiddenLanes() const { return m_hiddenLanes; } ///< those behind mostLanes
    const TimeRange& extent() const { return m_extent; }
    /// Where most events are, where clocks jump; else all.
    const TimeRange& mainRange() const { return m_mainRange; }

    std::int64_t startOf(std::uint32_t span) const { return spans().startNs[span]; }
    std::int64_t endOf(std::uint32_t span) const { return spans().startNs[span] + spans().durationNs[span]; }
    const std::string& nameOf(std::uint32_t span) const { return sheet().names[spans().name[span]].text; }
    const std::string& categoryOf(std::uint32_t span) const;
    std::size_t rowOf(std::uint32_t span) const { return m_rows[span]; }
    /// The innermost span of a lane that holds an instant.
    std::optional<std::uint32_t> spanAt(std::uint32_t lane, std::int64_t ns) const;

    /// Which names hold a text, in any case; all of them for an empty one.
    std::vector<bool> namesWith(const std::string& text) const;
    /// The rows of one lane to be painted; spans whose name does not count are dimmed.
    std::vector<SpanTrack> tracksOf(const SceneLane& lane, const std::vector<bool>& names) const;
    /// Sums by name over a stretch, the largest total first.
    std::vector<Statistic> statistics(
        const TimeRange& range, const std::vector<bool>& names, const Cancelled& cancelled = {}) const;
    /// The next span of these names that starts after an instant, or the last before it.
    std::optional<std::uint32_t> nextOf(const std::vector<bool>& names, std::int64_t ns, bool forwards) const;
    /// Arrows that begin or end within a span, at most `most`.
    std::vector<Arrow> arrowsOf(std::uint32_t span, std::size_t most = 200) const;
    std::size_t arrows() const { return m_arrows.size(); }
    std::uint64_t matches(const std::vector<bool>& names) const;

private:
    struct End {
        std::uint32_t lane;
        std::int64_t ns;
        std::uint32_t arrow;
    };
    void resolveOpen();
    void layOut(SceneLane& lane);
    void joinArrows();
    void findMainRange();

    Trace m_trace;
    std::vector<SceneLane> m_lanes;
    std::vector<std::int32_t> m_sceneLane; ///< by lane of the sheet; -1 where it is not shown
    std::vector<std::uint8_t> m_rows; ///< by span
    std::vector<Stage> m_stages; ///< by name
    std::vector<Arrow> m_arrows;
    std::vector<End> m_ends; ///< of arrows, by lane and time
    std::size_t m_hiddenLanes = 0;
    TimeRange m_extent;
    TimeRange m_mainRange;
};

} // namespace prism::app
