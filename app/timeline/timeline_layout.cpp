// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/timeline_layout.h"

#include <algorithm>

namespace prism::app {

std::vector<LanePlace> placeLanes(const std::vector<LaneRequest>& lanes, int room)
{
    int needed = 0;
    int growing = 0;
    for (const LaneRequest& lane : lanes) {
        needed += lane.least + 1;
        growing += lane.grows ? 1 : 0;
    }
    int left = std::max(0, room - needed);
    std::vector<LanePlace> places;
    int top = 0;
    for (const LaneRequest& lane : lanes) {
        int height = lane.least;
        if (lane.grows && growing > 0) {
            const int more = left / growing;
            height += more;
            left -= more;
            --growing;
        }
        places.push_back({ top, height });
        top += height + 1;
    }
    return places;
}

} // namespace prism::app
