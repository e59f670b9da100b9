// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/span_lane.h"
#include "core/live/facts.h"

#include <deque>
#include <map>

namespace prism::app {

/// The stages of a thread, as positions in threadStages().
enum class ThreadStage : Stage { Running, Waiting, Blocked };

/// Running, waiting for a CPU, blocked.
std::vector<StageStyle> threadStages();

/// What the scheduler did with the threads of one target, a row a thread. There are as many rows as can be
/// told apart, for the threads that ran or waited most; a row changes its thread only for one that is clearly
/// busier, so that nothing jumps. Turns come when they are over: a thread that is blocked now shows so later.
class ThreadRows {
public:
    static constexpr std::size_t mostRows = 16;
    static constexpr std::size_t mostTurns = 1'500'000; ///< some 40 MB; the oldest go

    explicit ThreadRows(SpanLane& lane);

    /// Turns of `target` alone; of another target than the last time everything before is forgotten.
    void take(const std::vector<live::SchedSpan>& spans, live::TargetNumber target);
    /// Names of processes: of their main threads.
    void take(const std::vector<live::ProcessFact>& processes);
    void clear();
    /// Older turns were forgotten to bound memory.
    bool dropped() const { return m_dropped; }

    std::size_t threads() const { return m_threads.size(); }
    std::uint32_t threadOf(int row) const { return m_shown[std::size_t(row)]; }
    /// "thread 4712 (vllm)"
    QString name(std::uint32_t thread) const;
    /// What a tooltip says of one turn.
    QString describe(const LaneSpan& span) const;
    /// How many of the rows ran and waited at an instant.
    struct Counts {
        int running = 0, waiting = 0;
    };
    Counts at(std::int64_t ns) const;
    /// When the newest turn ended.
    std::int64_t newest() const { return m_newest; }

private:
    struct Thread {
        SpanTrack track; ///< while it has no row
        std::optional<std::size_t> row;
        std::int64_t busyNs = 0; ///< ran or waited
    };
    void append(const live::SchedSpan& span);
    void chooseRows();
    void bound();

    SpanLane& m_lane;
    live::TargetNumber m_target = 0;
    std::map<std::uint32_t, Thread> m_threads;
    std::map<std::uint32_t, QString> m_names;
    std::vector<std::uint32_t> m_shown; ///< thread of each row
    struct Batch {
        std::int64_t newest = 0;
        std::size_t turns = 0;
    };
    std::deque<Batch> m_batches; ///< what each take() brought, oldest first
    std::size_t m_turns = 0;
    bool m_dropped = false;
    std::int64_t m_newest = 0;
    std::int64_t m_chosenAt = 0;
};

} // namespace prism::app
