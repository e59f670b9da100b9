// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/ring.h"

namespace prism::probes {

/// Tells connections and bytes, and looks into no payload. Runs in the forked child; never returns.
[[noreturn]] void runOpaqueChild(RingReader& ring, int channel);

} // namespace prism::probes
