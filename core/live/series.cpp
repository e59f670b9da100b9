// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/series.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prism::live {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t mostColumns = 1 << 16;
/// An interval makes no more empty buckets than this; a longer one marks those that are there.
constexpr std::int64_t mostMadeAtOnce = 600;

std::int64_t floorDiv(std::int64_t a, std::int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// Counts of the cells within a window that moves on: buckets are added in front and taken away behind.
class Sliding {
public:
    void add(const Sketch& sketch)
    {
        for (const Sketch::Count& cell : sketch.cells()) {
            m_counts[cell.cell] += cell.count;
        }
        m_count += sketch.count();
    }
    void remove(const Sketch& sketch)
    {
        for (const Sketch::Count& cell : sketch.cells()) {
            const auto at = m_counts.find(cell.cell);
            at->second -= cell.count;
            if (at->second == 0) {
                m_counts.erase(at);
            }
        }
        m_count -= sketch.count();
    }
    double percentile(double p) const
    {
        if (m_count == 0) {
            return none;
        }
        const auto rank = std::max<std::uint64_t>(
            1, static_cast<std::uint64_t>(std::ceil(p / 100 * static_cast<double>(m_count))));
        std::uint64_t seen = 0;
        for (const auto& [cell, count] : m_counts) {
            seen += count;
            if (seen >= rank) {
                return Sketch::valueOf(cell);
            }
        }
        return none;
    }

private:
    std::map<Sketch::Cell, std::uint64_t> m_counts;
    std::uint64_t m_count = 0;
};

/// What is summed over the window that ends with a row.
struct Window {
    Sliding ttft, gap, e2e, lag;
    std::int64_t holds = 0, breaks = 0;

    void add(const Bucket& bucket)
    {
        ttft.add(bucket.ttft);
        gap.add(bucket.gap);
        e2e.add(bucket.e2e);
        lag.add(bucket.lag);
        holds += bucket.holds;
        breaks += bucket.breaks;
    }
    void remove(const Bucket& bucket)
    {
        ttft.remove(bucket.ttft);
        gap.remove(bucket.gap);
        e2e.remove(bucket.e2e);
        lag.remove(bucket.lag);
        holds -= bucket.holds;
        breaks -= bucket.breaks;
    }
};

const Sketch& sketchOf(const Bucket& bucket, HeatOf of)
{
    switch (of) {
    case HeatOf::Ttft:
        return bucket.ttft;
    case HeatOf::E2e:
        return bucket.e2e;
    case HeatOf::Lag:
        return bucket.lag;
    case HeatOf::Gap:
        break;
    }
    return bucket.gap;
}

struct InFlight {
    std::int64_t last = 0;
    std::int64_t most = 0;
};

/// What is known of a row: something at all, its own interval, the whole window that ends with it.
struct Known {
    bool anything = false;
    bool interval = false;
    bool window = false;
};

void appendRow(
    SeriesColumns& out, const Bucket& row, const InFlight& inFlight, const Window& window, const Known& known)
{
    const double seconds = toSeconds(out.step).value;
    const double windowSeconds = toSeconds(out.window).value;
    const auto rate = [&](double count) { return known.interval ? count / seconds : none; };
    const auto percentile
        = [&](const Sliding& sliding, double p) { return known.anything ? sliding.percentile(p) : none; };
    out.inFlight.push_back(known.interval ? static_cast<double>(inFlight.last) : none);
    out.inFlightMost.push_back(known.interval ? static_cast<double>(inFlight.most) : none);
    out.arrivedPerSecond.push_back(rate(row.arrived));
    out.endedPerSecond.push_back(rate(row.ended));
    out.tokenEventsPerSecond.push_back(rate(row.tokenEvents));
    out.bytesPerSecond.push_back(rate(static_cast<double>(row.bytesOut)));
    out.ttftP50.push_back(percentile(window.ttft, 50));
    out.ttftP99.push_back(percentile(window.ttft, 99));
    out.gapP50.push_back(percentile(window.gap, 50));
    out.gapP99.push_back(percentile(window.gap, 99));
    out.e2eP50.push_back(percentile(window.e2e, 50));
    out.e2eP99.push_back(percentile(window.e2e, 99));
    out.lagP50.push_back(percentile(window.lag, 50));
    out.lagMax.push_back(known.anything ? row.lag.max().value_or(none) : none);
    out.goodputPerSecond.push_back(known.window ? static_cast<double>(window.holds) / windowSeconds : none);
    const auto judged = static_cast<double>(window.holds + window.breaks);
    out.attainment.push_back(
        known.anything && judged > 0 ? static_cast<double>(window.holds) / judged : none);
    out.cpuCores.push_back(row.threadsUnseen ? none : rate(toSeconds(row.running).value));
    out.runnableCores.push_back(row.threadsUnseen ? none : rate(toSeconds(row.runnable).value));
    out.lost.push_back(row.lost);
}

} // namespace

void Bucket::merge(const Bucket& later)
{
    arrived += later.arrived;
    ended += later.ended;
    failed += later.failed;
    holds += later.holds;
    breaks += later.breaks;
    events += later.events;
    tokenEvents += later.tokenEvents;
    inFlightChange += later.inFlightChange;
    bytesOut += later.bytesOut;
    ttft.merge(later.ttft);
    gap.merge(later.gap);
    e2e.merge(later.e2e);
    tpot.merge(later.tpot);
    lag.merge(later.lag);
    running += later.running;
    runnable += later.runnable;
    lost += later.lost;
}

SeriesStore::SeriesStore()
    : m_levels { Level { finest, 6000 }, Level { { 1'000'000'000 }, 21600 },
        Level { { 10'000'000'000 }, 43200 } }
{
}

Bucket* SeriesStore::Level::at(Nanoseconds time)
{
    const std::int64_t key = floorDiv(time.value, step.value);
    if (!buckets.empty() && buckets.size() >= most && key < buckets.begin()->first) {
        return nullptr;
    }
    const auto it = buckets.try_emplace(key).first;
    if (buckets.size() > most) {
        const bool own = it == buckets.begin();
        buckets.erase(buckets.begin());
        return own ? nullptr : &it->second;
    }
    return &it->second;
}

void SeriesStore::inFlight(Nanoseconds time, int change)
{
    m_inFlight += change;
    add(time, [change](Bucket& bucket) { bucket.inFlightChange += change; });
}

void SeriesStore::observedFrom(Nanoseconds at)
{
    if (!m_observed) {
        m_observed = TimeRange { at, at };
    }
}

void SeriesStore::observedUntil(Nanoseconds at)
{
    if (m_observed) {
        m_observed->to = std::max(m_observed->to, at);
    }
}

void SeriesStore::lost(const LossGap& gap)
{
    if (!gap.missing() || gap.to < gap.from) {
        return;
    }
    // Which bucket of the interval lost how many is not known: each that it touches says the whole number.
    for (Level& level : m_levels) {
        const std::int64_t first = floorDiv(gap.from.value, level.step.value);
        const std::int64_t last = floorDiv(gap.to.value, level.step.value);
        for (std::int64_t key = first; last - first < mostMadeAtOnce && key <= last; ++key) {
            (void)level.at({ key * level.step.value });
        }
        const auto end = level.buckets.upper_bound(last);
        for (auto it = level.buckets.lower_bound(first); it != end; ++it) {
            it->second.lost += gap.dropped;
        }
    }
}

void SeriesStore::sched(const SchedSpan& span)
{
    if (span.state == wire::ThreadState::Blocked || span.end <= span.begin) {
        return;
    }
    for (Level& level : m_levels) {
        const std::int64_t last = floorDiv(span.end.value - 1, level.step.value);
        std::int64_t key = floorDiv(span.begin.value, level.step.value);
        key = std::max(key, last - mostMadeAtOnce);
        for (; key <= last; ++key) {
            Bucket* bucket = level.at({ key * level.step.value });
            if (!bucket) {
                continue;
            }
            const Nanoseconds from { std::max(span.begin.value, key * level.step.value) };
            const Nanoseconds to { std::min(span.end.value, (key + 1) * level.step.value) };
            (span.state == wire::ThreadState::Running ? bucket->running : bucket->runnable) += to - from;
        }
    }
}

const SeriesStore::Level& SeriesStore::levelFor(TimeRange range, Nanoseconds step) const
{
    const auto coarsest = std::prev(m_levels.end());
    for (auto level = m_levels.begin(); level != coarsest; ++level) {
        const auto coarser = std::next(level);
        const bool fineEnough = step < coarser->step;
        const bool full = level->buckets.size() >= level->most;
        const bool reaches = !full || level->buckets.begin()->first * level->step.value <= range.from.value;
        if (fineEnough && reaches) {
            return *level;
        }
    }
    return *coarsest;
}

SeriesColumns SeriesStore::columns(TimeRange range, Nanoseconds step, Nanoseconds window) const
{
    const Level& level = levelFor(range, step);
    const std::int64_t factor = std::max<std::int64_t>(1, step.value / level.step.value);
    SeriesColumns out;
    out.step = { level.step.value * factor };
    const std::int64_t windowBuckets
        = std::max<std::int64_t>(factor, (window.value + level.step.value - 1) / level.step.value);
    out.window = { windowBuckets * level.step.value };
    const std::int64_t firstRow = floorDiv(range.from.value, out.step.value);
    const std::int64_t rows
        = std::clamp<std::int64_t>(-floorDiv(-range.to.value, out.step.value) - firstRow, 0, mostColumns);
    out.from = { firstRow * out.step.value };
    out.told = m_observed ? m_observed->to : out.told;

    Window sums;
    auto front = level.buckets.lower_bound(firstRow * factor - windowBuckets + factor);
    auto back = front;
    const auto firstShown = level.buckets.lower_bound(firstRow * factor);
    InFlight inFlight { m_inFlight, 0 };
    for (auto it = level.buckets.end(); it != firstShown;) {
        inFlight.last -= (--it)->second.inFlightChange;
    }
    bool anything = firstShown != level.buckets.begin();
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t begin = (firstRow + row) * factor;
        Bucket whole;
        inFlight.most = inFlight.last;
        for (; front != level.buckets.end() && front->first < begin + factor; ++front) {
            sums.add(front->second);
            if (front->first >= begin) {
                whole.merge(front->second);
                inFlight.last += front->second.inFlightChange;
                inFlight.most = std::max(inFlight.most, inFlight.last);
                anything = true;
            }
        }
        for (; back != front && back->first < begin + factor - windowBuckets; ++back) {
            sums.remove(back->second);
        }
        const Nanoseconds from { (firstRow + row) * out.step.value };
        const Nanoseconds to = from + out.step;
        // Behind the newest bucket nothing is known but what was told of as a whole.
        const bool counted = anything && begin <= level.buckets.rbegin()->first;
        const bool known
            = counted || (m_observed && m_observed->to >= to && (anything || m_observed->from <= from));
        whole.threadsUnseen = m_threadsUnseen.touches({ from, to });
        appendRow(out, whole, inFlight, sums,
            { !m_unseen.covers({ from, to }), known && !m_unseen.touches({ from, to }),
                known && !m_unseen.touches({ to - out.window, to }) });
    }
    return out;
}

std::vector<HeatColumn> SeriesStore::heat(HeatOf of, TimeRange range, Nanoseconds step) const
{
    const Level& level = levelFor(range, step);
    const std::int64_t factor = std::max<std::int64_t>(1, step.value / level.step.value);
    const std::int64_t width = factor * level.step.value;
    std::vector<HeatColumn> out;
    Sketch sketch;
    std::optional<std::int64_t> current;
    const auto flush = [&] {
        if (current && sketch.count() > 0) {
            out.push_back({ { *current * width }, sketch.cells() });
        }
        sketch.clear();
    };
    auto it = level.buckets.lower_bound(floorDiv(range.from.value, width) * factor);
    for (; it != level.buckets.end() && it->first * level.step.value < range.to.value; ++it) {
        const std::int64_t column = floorDiv(it->first, factor);
        if (column != current) {
            flush();
            current = column;
        }
        sketch.merge(sketchOf(it->second, of));
    }
    flush();
    return out;
}

Bucket SeriesStore::total(TimeRange range) const
{
    const Level& level = levelFor(range, finest);
    Bucket whole;
    auto it = level.buckets.lower_bound(floorDiv(range.from.value, level.step.value));
    for (; it != level.buckets.end() && it->first * level.step.value < range.to.value; ++it) {
        whole.merge(it->second);
    }
    whole.unseen = m_unseen.touches(range);
    whole.threadsUnseen = whole.unseen || m_threadsUnseen.touches(range);
    return whole;
}

void SeriesStore::Unseen::change(Nanoseconds at, bool seen)
{
    constexpr Nanoseconds open { std::numeric_limits<std::int64_t>::max() };
    const bool unseenNow = !m_stretches.empty() && m_stretches.back().to == open;
    constexpr std::size_t most = 1000; // a stream may say anything; then the last one stays open
    if (seen && unseenNow && m_stretches.size() < most) {
        m_stretches.back().to = at;
    } else if (!seen && !unseenNow) {
        m_stretches.push_back({ at, open });
    }
}

bool SeriesStore::Unseen::touches(TimeRange range) const
{
    return std::any_of(m_stretches.begin(), m_stretches.end(),
        [&](const TimeRange& unseen) { return unseen.from < range.to && unseen.to > range.from; });
}

bool SeriesStore::Unseen::covers(TimeRange range) const
{
    return std::any_of(m_stretches.begin(), m_stretches.end(),
        [&](const TimeRange& unseen) { return unseen.from <= range.from && unseen.to >= range.to; });
}

std::optional<TimeRange> SeriesStore::extent() const
{
    const auto& coarse = m_levels.back().buckets;
    if (coarse.empty()) {
        return std::nullopt;
    }
    const auto& fine = m_levels.front().buckets;
    const std::int64_t last = (fine.rbegin()->first + 1) * m_levels.front().step.value;
    const std::int64_t first = fine.size() < m_levels.front().most
        ? fine.begin()->first * m_levels.front().step.value
        : coarse.begin()->first * m_levels.back().step.value;
    return TimeRange { { first }, { last } };
}

} // namespace prism::live
