// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "core/live/sketch.h"

#include <array>
#include <limits>
#include <map>

namespace prism::live {

/// What happened in one interval. A request counts where it arrived, a TTFT where its first token was sent,
/// a gap where the later token event was sent, an end where it ended. Only requests that come from outside
/// count: where a router and the server behind it are attached together, each request counts once.
struct Bucket {
    std::uint32_t arrived = 0;
    std::uint32_t ended = 0;
    std::uint32_t failed = 0; ///< of `ended`: error status, closed by the server, error
    std::uint32_t holds = 0; ///< of `ended`: within every limit
    std::uint32_t breaks = 0; ///< of `ended`: beyond one
    std::uint32_t events = 0;
    std::uint32_t tokenEvents = 0;
    std::int32_t inFlightChange = 0; ///< requests that came into flight less those that left it
    std::uint64_t bytesOut = 0;
    Sketch ttft, gap, e2e, tpot, lag; ///< milliseconds
    /// Thread time of the targets, from scheduler spans; too little where `threadsUnseen`.
    Nanoseconds running {}, runnable {};
    bool threadsUnseen = false; ///< of a total: the scheduler was not seen in all of the range
    bool unseen = false; ///< of a total: a target was not observed in all of the range
    std::uint64_t lost = 0; ///< records missing in this interval or one that it overlaps

    void merge(const Bucket& later);
};

struct TimeRange {
    Nanoseconds from;
    Nanoseconds to; ///< exclusive
};

/// A number over an interval, and whether something is missing there.
struct Reading {
    std::optional<double> value;
    std::uint64_t count = 0; ///< how many values it stands for
    std::uint64_t lost = 0; ///< records lost in the interval: the value may miss them
};

/// Columns over time for lanes: one row a bucket of `step`, the first begins at `from`. Percentiles at a row
/// are over the window that ends with that bucket (`window` long); NaN without a value. Where a target was
/// not observed nothing is known: counts and rates of what touches such a stretch, and everything within it,
/// are NaN. So are those before the first thing that was told, and behind the newest.
struct SeriesColumns {
    Nanoseconds from;
    Nanoseconds step;
    Nanoseconds window;
    /// At the end of the bucket; the highest at the ends of the finest buckets within it.
    std::vector<double> inFlight, inFlightMost;
    std::vector<double> arrivedPerSecond, endedPerSecond, tokenEventsPerSecond, bytesPerSecond;
    std::vector<double> ttftP50, ttftP99, gapP50, gapP99, e2eP50, e2eP99, lagP50, lagMax; ///< ms
    std::vector<double> goodputPerSecond; ///< requests that ended in the window within every limit
    std::vector<double> attainment; ///< holds/(holds + breaks) in the window; NaN when none was judged
    /// Thread seconds a second, from scheduler spans; NaN where the scheduler was not seen all the time.
    std::vector<double> cpuCores, runnableCores;
    std::vector<std::uint64_t> lost; ///< records lost within the bucket
    /// What ends behind this is not told yet; the last possible instant where that is not known.
    Nanoseconds told { std::numeric_limits<std::int64_t>::max() };
    std::size_t size() const { return lost.size(); }
};

/// Cells of a latency heatmap: a column a bucket, rows by Sketch::Cell.
struct HeatColumn {
    Nanoseconds from;
    std::vector<Sketch::Count> cells; ///< ascending
};
enum class HeatOf : std::uint8_t { Gap, Ttft, E2e, Lag };

/// Buckets of 100 ms for the newest 10 minutes, of 1 s for 6 hours, of 10 s for 5 days, side by side: what is
/// too old for a step is still told by the coarser ones. A question about a range gets the finest step that
/// reaches back to its begin.
class SeriesStore {
public:
    static constexpr Nanoseconds finest { 100'000'000 };

    SeriesStore();

    /// Changes the buckets that hold `time`. Times may come late and in any order; one that is older than
    /// everything that a step keeps is counted by the coarser steps only.
    template <class Change>
    void add(Nanoseconds time, Change change)
    {
        for (Level& level : m_levels) {
            if (Bucket* bucket = level.at(time)) {
                change(*bucket);
            }
        }
    }
    /// `change` requests more are in flight from `time` on.
    void inFlight(Nanoseconds time, int change);
    void lost(const LossGap& gap);
    /// Thread time; spread over the buckets that it touches.
    void sched(const SchedSpan& span);
    /// From `at` on the scheduler is seen, or is not: no spans then are no rest.
    void threadsSeen(Nanoseconds at, bool seen) { m_threadsUnseen.change(at, seen); }
    /// The first instant at which requests are seen; a later call changes nothing.
    void observedFrom(Nanoseconds at);
    /// Everything up to here was told: nothing seen since observedFrom() is nought, not unknown.
    void observedUntil(Nanoseconds at);
    /// From `at` on all targets are observed, or one is not: no requests then are no rest.
    void observed(Nanoseconds at, bool seen) { m_unseen.change(at, seen); }

    /// `step` is a wish: the answer's step is a multiple of the step of the level that it is read from.
    SeriesColumns columns(TimeRange range, Nanoseconds step, Nanoseconds window) const;
    std::vector<HeatColumn> heat(HeatOf of, TimeRange range, Nanoseconds step) const;
    /// Everything in the buckets that touch the range, as one.
    Bucket total(TimeRange range) const;
    std::optional<TimeRange> extent() const;

private:
    struct Level {
        Nanoseconds step;
        std::size_t most; ///< buckets
        std::map<std::int64_t, Bucket> buckets {}; ///< by time / step

        Bucket* at(Nanoseconds time);
    };
    /// Stretches in which something was not seen, in order of time; the last one may have no end yet.
    class Unseen {
    public:
        void change(Nanoseconds at, bool seen);
        bool touches(TimeRange range) const;
        bool covers(TimeRange range) const;

    private:
        std::vector<TimeRange> m_stretches;
    };
    const Level& levelFor(TimeRange range, Nanoseconds step) const;

    std::array<Level, 3> m_levels;
    Unseen m_threadsUnseen, m_unseen;
    std::optional<TimeRange> m_observed; ///< what was told of, whether anything happened or not
    std::int64_t m_inFlight = 0; ///< now: the sum of all changes, also of those that are kept no longer
};

} // namespace prism::live
