// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/request_rows.h"

#include <limits>

namespace prism::app {

namespace {

constexpr std::int64_t restNs = 20'000'000; ///< between two requests of a row, so that they stay apart
constexpr std::int64_t runs = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t gapsKept = 16; ///< what a request itself keeps at most

Nanoseconds beginOf(const live::Request& request)
{
    return request.arrival.value_or(request.seen);
}

} // namespace

RequestRows::RequestRows(SpanLane& lane, AllGaps allGaps)
    : m_lane(lane)
    , m_allGaps(std::move(allGaps))
{
}

int RequestRows::freeRow(Nanoseconds begin) const
{
    for (std::size_t row = 0; row < m_ends.size(); ++row) {
        if (m_ends[row] != runs && m_ends[row] + restNs <= begin.value) {
            return int(row);
        }
    }
    return int(m_ends.size());
}

void RequestRows::put(const live::Request& request, Open& place, Nanoseconds now)
{
    SpanTrack& track = m_lane.rows()[std::size_t(place.row)];
    track.dropLast(place.spans);
    std::vector<live::Gap> all;
    const auto& kept = request.slowestGaps;
    // As many as it keeps, and all too long: there may be more of them.
    const bool more = !request.running() && kept.size() >= gapsKept
        && std::all_of(
            kept.begin(), kept.end(), [this](const live::Gap& g) { return g.length() > m_gapLimit; });
    if (more && m_allGaps) {
        all = m_allGaps(request.id);
    }
    const auto parts = stageParts(request, all.empty() ? kept : all, m_gapLimit, now);
    for (const StagePart& part : parts) {
        track.append({ part.begin.value, part.end.value, itemOf(request.id), Stage(part.stage) });
    }
    if (parts.empty()) { // all in one instant: it is there all the same
        const std::int64_t at = beginOf(request).value;
        track.append({ at, at, itemOf(request.id), Stage(LiveStage::Answer) });
    }
    place.spans = std::max<std::size_t>(1, parts.size());
    m_ends[std::size_t(place.row)]
        = request.running() ? runs : std::max(beginOf(request), request.end.value_or(now)).value;
}

void RequestRows::take(
    const std::vector<live::RequestPtr>& ended, const std::vector<live::RequestPtr>& running, Nanoseconds now)
{
    std::vector<const live::Request*> fresh;
    for (const auto* list : { &ended, &running }) {
        for (const live::RequestPtr& request : *list) {
            const auto open = m_open.find(request->id);
            if (open == m_open.end()) {
                fresh.push_back(request.get());
                continue;
            }
            put(*request, open->second, now);
            if (!request->running()) {
                m_open.erase(open);
            }
        }
    }
    std::sort(fresh.begin(), fresh.end(), [](const live::Request* a, const live::Request* b) {
        return beginOf(*a) != beginOf(*b) ? beginOf(*a) < beginOf(*b) : a->id < b->id;
    });
    for (const live::Request* request : fresh) {
        Open place { freeRow(beginOf(*request)), 0 };
        if (std::size_t(place.row) == m_ends.size()) {
            m_ends.push_back(0);
            m_lane.rows().emplace_back();
        }
        put(*request, place, now);
        if (request->running()) {
            m_open[request->id] = place;
        }
    }
}

void RequestRows::clear()
{
    m_open.clear();
    m_ends.clear();
    m_lane.rows().clear();
}

void RequestRows::dropBefore(Nanoseconds time)
{
    for (SpanTrack& track : m_lane.rows()) {
        track.dropBefore(time.value);
    }
    while (!m_ends.empty() && m_ends.back() != runs && m_lane.rows().back().isEmpty()) {
        m_lane.rows().pop_back();
        m_ends.pop_back();
    }
}

std::optional<int> RequestRows::rowOf(const live::Request& request) const
{
    if (const auto open = m_open.find(request.id); open != m_open.end()) {
        return open->second.row;
    }
    const std::int64_t begin = beginOf(request).value;
    for (std::size_t row = 0; row < m_lane.rows().size(); ++row) {
        const SpanTrack& track = m_lane.rows()[row];
        const std::size_t last = track.lastIndex(begin + 1);
        if (last > 0 && track.at(last - 1).item == itemOf(request.id)) {
            return int(row);
        }
    }
    return std::nullopt;
}

} // namespace prism::app
