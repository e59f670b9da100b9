// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism::app {

/// Lets screen readers see a TimelineView as a chart whose children are its lanes. Safe to call again.
void installTimelineAccess();

} // namespace prism::app
