// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prism::cli {

/// What `prismctl live top` shows of one instant.
struct TopView {
    live::Status status;
    live::Bucket window; ///< the newest `seconds`
    double seconds = 0; ///< no longer than what was observed
    /// The longest since a token event of a request that is in flight: no event has ended this gap yet.
    std::optional<Milliseconds> runningGap;
    /// Why something is not seen or why a target has ended: a sentence that may be printed; empty mostly.
    std::string note;
    std::vector<SloLimit> limits;
    std::map<live::TargetNumber, live::EngineReading> readings; ///< newest of each server's own /metrics
    std::vector<live::RequestPtr> slowest; ///< longest first, in flight or ended within the window
};

/// The lines of the screen, each at most `width` columns, at most `height` of them. Text of the observed
/// process never carries control characters.
std::vector<std::string> topScreen(const TopView& view, std::size_t width, std::size_t height);

/// The requests that took longest so far: those in flight by their age, the ended ones by their E2E.
std::vector<live::RequestPtr> slowestOf(const std::vector<live::RequestPtr>& running,
    const std::vector<live::RequestPtr>& ended, Nanoseconds now, std::size_t most);

} // namespace prism::cli
