// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/span_track.h"

namespace prism::app {

Span SpanTrack::at(std::size_t index) const
{
    const std::size_t i = index + m_dropped;
    return { m_starts[i], m_ends[i], m_items[i], m_stages[i] };
}

void SpanTrack::append(const Span& span)
{
    const std::int64_t start = isEmpty() ? span.startNs : std::max(span.startNs, m_starts.back());
    const std::int64_t end = std::max(start, span.endNs);
    m_starts.push_back(start);
    m_ends.push_back(end);
    m_reach.push_back(m_reach.empty() ? end : std::max(m_reach.back(), end));
    m_items.push_back(span.item);
    m_stages.push_back(Stage(span.stage % stageCount));
}

void SpanTrack::setLast(std::int64_t endNs, Stage stage)
{
    if (isEmpty()) {
        return;
    }
    m_ends.back() = std::max(m_starts.back(), endNs);
    const std::size_t count = m_reach.size();
    m_reach.back() = count > 1 ? std::max(m_reach[count - 2], m_ends.back()) : m_ends.back();
    m_stages.back() = Stage(stage % stageCount);
}

void SpanTrack::dropLast(std::size_t spans)
{
    const std::size_t keep = m_starts.size() - std::min(spans, size());
    m_starts.resize(keep);
    m_ends.resize(keep);
    m_reach.resize(keep);
    m_items.resize(keep);
    m_stages.resize(keep);
}

void SpanTrack::reserve(std::size_t spans)
{
    m_starts.reserve(spans);
    m_ends.reserve(spans);
    m_reach.reserve(spans);
    m_items.reserve(spans);
    m_stages.reserve(spans);
}

void SpanTrack::clear()
{
    *this = SpanTrack();
}

void SpanTrack::dropBefore(std::int64_t ns)
{
    m_dropped += firstIndex(ns);
    if (m_dropped < 1024 || m_dropped < m_starts.size() / 2) {
        return;
    }
    const auto cut
        = [this](auto& column) { column.erase(column.begin(), column.begin() + std::ptrdiff_t(m_dropped)); };
    cut(m_starts);
    cut(m_ends);
    cut(m_reach);
    cut(m_items);
    cut(m_stages);
    m_dropped = 0;
}

std::size_t SpanTrack::firstIndex(std::int64_t fromNs) const
{
    const auto begin = m_reach.begin() + std::ptrdiff_t(m_dropped);
    return std::size_t(std::upper_bound(begin, m_reach.end(), fromNs) - begin);
}

std::size_t SpanTrack::lastIndex(std::int64_t toNs) const
{
    const auto begin = m_starts.begin() + std::ptrdiff_t(m_dropped);
    return std::size_t(std::lower_bound(begin, m_starts.end(), toNs) - begin);
}

std::optional<std::size_t> SpanTrack::nearest(std::int64_t ns, std::int64_t reachNs) const
{
    std::optional<std::size_t> best;
    std::int64_t distance = reachNs;
    const std::size_t last = lastIndex(ns + reachNs + 1);
    for (std::size_t i = firstIndex(ns - reachNs - 1); i < last; ++i) {
        const std::int64_t away = ns < starts()[i] ? starts()[i] - ns : ns > ends()[i] ? ns - ends()[i] : 0;
        if (away <= distance) {
            distance = away;
            best = i; // of equals the later one: it is painted over the others
        }
    }
    return best;
}

TimeRange SpanTrack::extent() const
{
    return isEmpty() ? TimeRange() : TimeRange { starts()[0], m_reach.back() };
}

namespace {

/// Collects the columns from left to right; the current one is open until a span goes beyond it.
class ColumnWalk {
public:
    ColumnWalk(const TimeAxis& axis, StageSet kept, std::vector<SpanRun>& runs)
        : m_axis(axis)
        , m_kept(kept)
        , m_runs(runs)
    {
        m_runs.clear();
        open(0);
    }

    std::int64_t columnEnd() const { return m_end; }

    /// The part of a span in the open column. An instant counts as one nanosecond: it is seen too.
    void cover(Stage stage, std::int64_t ns)
    {
        m_cover[stage] += std::max<std::int64_t>(1, ns);
        m_seen |= stageBit(stage);
    }

    void open(int column)
    {
        close();
        m_column = column;
        m_start = m_axis.timeAt(column);
        m_end = m_axis.timeAt(column + 1);
    }

    void close()
    {
        if (m_seen == 0) {
            return;
        }
        const StageSet among = (m_seen & m_kept) != 0 ? m_seen & m_kept : m_seen;
        Stage longest = 0;
        std::int64_t most = -1;
        for (Stage stage = 0; stage < stageCount; ++stage) {
            if ((among & stageBit(stage)) != 0 && m_cover[stage] > most) {
                most = m_cover[stage];
                longest = stage;
            }
            m_cover[stage] = 0;
        }
        m_seen = 0;
        add(m_column, m_column + 1, longest);
    }

    void add(int from, int to, Stage stage)
    {
        if (from >= to) {
            return;
        }
        if (!m_runs.empty() && m_runs.back().to == from && m_runs.back().stage == stage) {
            m_runs.back().to = to;
        } else {
            m_runs.push_back({ from, to, stage });
        }
    }

    int column() const { return m_column; }
    std::int64_t columnStart() const { return m_start; }

private:
    const TimeAxis& m_axis;
    StageSet m_kept;
    std::vector<SpanRun>& m_runs;
    std::array<std::int64_t, stageCount> m_cover {};
    StageSet m_seen = 0;
    int m_column = 0;
    std::int64_t m_start = 0;
    std::int64_t m_end = 0;
};

/// The column whose rounded edges hold an instant: near an edge the division alone may be one off.
int columnHolding(const TimeAxis& axis, std::int64_t ns)
{
    int column = axis.columnOf(ns);
    column += axis.timeAt(column + 1) <= ns ? 1 : 0;
    return column - (axis.timeAt(column) > ns ? 1 : 0);
}

} // namespace

void spanRuns(
    const SpanTrack& track, const TimeAxis& axis, StageSet kept, StageSet seamed, std::vector<SpanRun>& runs)
{
    ColumnWalk walk(axis, kept, runs);
    const std::int64_t* const starts = track.starts();
    const std::int64_t* const ends = track.ends();
    const Stage* const stages = track.stages();
    const std::size_t last = track.lastIndex(axis.range().toNs);
    const std::int64_t viewEnd = axis.range().toNs;
    for (std::size_t i = track.firstIndex(axis.range().fromNs); i < last; ++i) {
        const std::int64_t end = std::min(ends[i], viewEnd);
        std::int64_t start = starts[i];
        if (start >= walk.columnEnd()) {
            walk.open(std::max(walk.column() + 1, columnHolding(axis, start)));
        }
        start = std::max(start, walk.columnStart());
        if (end < start) {
            continue; // hidden behind a span that reached further
        }
        if (end <= walk.columnEnd()) {
            walk.cover(stages[i], end - start);
            continue;
        }
        const int first = walk.column();
        const int stop = std::min(axis.pixels() - 1, columnHolding(axis, end - 1)); // its last column
        walk.cover(stages[i], walk.columnEnd() - start);
        const bool seam = (seamed & stageBit(stages[i])) != 0 && stop - first >= 4 && ends[i] <= viewEnd;
        walk.close();
        walk.add(first + 1, stop, stages[i]);
        walk.open(stop);
        if (!seam) {
            walk.cover(stages[i], end - walk.columnStart());
        } else {
            walk.open(stop + 1); // its last column stays empty
        }
    }
    walk.close();
    while (!runs.empty() && runs.back().from >= axis.pixels()) {
        runs.pop_back();
    }
}

} // namespace prism::app
