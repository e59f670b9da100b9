// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_stages.h"

#include <functional>
#include <unordered_map>

namespace prism::app {

/// Packs requests into the rows of a lane: each takes the first row that is free where it begins, so that as
/// many rows are used as requests ran at once. A request keeps its row. GUI thread.
class RequestRows {
public:
    /// The lane outlives this. `allGaps` gets the gaps over the limit of a request that has more of them than
    /// it keeps itself; it may answer none.
    using AllGaps = std::function<std::vector<live::Gap>(live::RequestId)>;
    RequestRows(SpanLane& lane, AllGaps allGaps);

    void setGapLimit(Milliseconds limit) { m_gapLimit = limit; }
    /// What came since the last call: ended requests, and all that run, as they stand at `now`.
    void take(const std::vector<live::RequestPtr>& ended, const std::vector<live::RequestPtr>& running,
        Nanoseconds now);
    void clear();
    void dropBefore(Nanoseconds time);
    /// The row of a request that is shown; empty for one that is not.
    std::optional<int> rowOf(const live::Request& request) const;

private:
    struct Open {
        int row = 0;
        std::size_t spans = 0; ///< at the end of its row
    };
    int freeRow(Nanoseconds begin) const;
    void put(const live::Request& request, Open& place, Nanoseconds now);

    SpanLane& m_lane;
    AllGaps m_allGaps;
    Milliseconds m_gapLimit { 100 };
    std::unordered_map<live::RequestId, Open> m_open; ///< in flight
    std::vector<std::int64_t> m_ends; ///< of each row's last request; the largest number while it runs
};

/// Span::item of a request: numbers wrap after four thousand million requests.
constexpr std::uint32_t itemOf(live::RequestId id)
{
    return static_cast<std::uint32_t>(id);
}

} // namespace prism::app
