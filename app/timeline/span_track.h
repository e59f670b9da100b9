// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/time_axis.h"

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace prism::app {

/// A stage is a small number; what it means and its colour belong to whoever paints.
inline constexpr std::size_t stageCount = 16;
using Stage = std::uint8_t;
/// A set of stages, a bit each.
using StageSet = std::uint32_t;
constexpr StageSet stageBit(Stage stage)
{
    return StageSet { 1 } << stage;
}

struct Span {
    std::int64_t startNs = 0;
    std::int64_t endNs = 0; ///< not before the start; equal: an instant
    std::uint32_t item = 0; ///< what it belongs to: a request, a call
    Stage stage = 0;
};

/// One line of spans in the order of their starts, in columns: 25 bytes a span. A range is found by two
/// binary searches. Not thread-safe.
class SpanTrack {
public:
    std::size_t size() const { return m_starts.size() - m_dropped; }
    bool isEmpty() const { return size() == 0; }
    Span at(std::size_t index) const;

    /// A start before that of the last span is moved to it, so that the order holds.
    void append(const Span& span);
    /// Moves the end of the last span, and sets its stage.
    void setLast(std::int64_t endNs, Stage stage);
    /// Takes the last spans back, so that they can be told anew.
    void dropLast(std::size_t spans);
    void reserve(std::size_t spans);
    void clear();
    /// Forgets spans that end before an instant; the memory goes back in steps.
    void dropBefore(std::int64_t ns);

    /// The first span that may reach beyond an instant: all before it end at or before it.
    std::size_t firstIndex(std::int64_t fromNs) const;
    /// One behind the last span that starts before an instant.
    std::size_t lastIndex(std::int64_t toNs) const;
    /// The span at an instant, or the nearest whose distance is at most `reachNs`.
    std::optional<std::size_t> nearest(std::int64_t ns, std::int64_t reachNs) const;
    TimeRange extent() const;

    // Columns, from the first span that is kept.
    const std::int64_t* starts() const { return m_starts.data() + m_dropped; }
    const std::int64_t* ends() const { return m_ends.data() + m_dropped; }
    const Stage* stages() const { return m_stages.data() + m_dropped; }

private:
    std::vector<std::int64_t> m_starts;
    std::vector<std::int64_t> m_ends;
    std::vector<std::int64_t> m_reach; ///< the largest end so far: sorted even where spans overlap
    std::vector<std::uint32_t> m_items;
    std::vector<Stage> m_stages;
    std::size_t m_dropped = 0;
};

/// Neighbouring pixel columns of one stage: [from, to).
struct SpanRun {
    int from = 0;
    int to = 0;
    Stage stage = 0;
    friend bool operator==(const SpanRun&, const SpanRun&) = default;
};

/// What a line of spans looks like on an axis. A column takes the stage that fills the most of it, never less
/// than a column; a stage of `kept` keeps its column however short it is. A span of `seamed` that is at least
/// four columns wide ends one column early, so that neighbours can be counted. Where spans overlap, the later
/// one shows where it is alone. Costs one visit a visible span; `runs` is overwritten.
void spanRuns(
    const SpanTrack& track, const TimeAxis& axis, StageSet kept, StageSet seamed, std::vector<SpanRun>& runs);

} // namespace prism::app
