// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace prism::probes {

/// Something that observing needs or profits from, tried on this kernel with the rights in force.
struct Feature {
    std::string name;
    bool works = false;
    bool needed = true; ///< false: this version does without, or loses little
    std::string reason; ///< what was found; of what does not work why. No full stop
    std::string remedy; ///< what would change it
};

} // namespace prism::probes
