// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/lane.h"

namespace prism::app {

/// What the bars of a timeline look like, by TraceStage: all of full height, for names stand in them. The
/// last one is what a search leaves behind.
std::vector<StageStyle> traceStages();

} // namespace prism::app
