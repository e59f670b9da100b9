// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace prism::app {

struct LaneRequest {
    int least = 0; ///< logical pixels
    bool grows = false;
};

struct LanePlace {
    int top = 0; ///< from the top of the first lane
    int height = 0;
};

/// Lanes below each other with a line of one pixel under each. What is left of `room` goes to those that
/// grow, in equal parts; where the lanes need more than the room, they are laid out at their least heights.
std::vector<LanePlace> placeLanes(const std::vector<LaneRequest>& lanes, int room);

} // namespace prism::app
