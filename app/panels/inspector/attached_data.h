// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/store.h"

#include <QString>

#include <optional>
#include <vector>

namespace prism::app {

/// What lies with a run besides its results: twins, configuration, telemetry, timelines.
struct AttachedFile {
    /// One quantity over the time of the point that is inspected.
    struct Series {
        TimeSeries samples; ///< of the point's time alone, where both are told
        double lowest = 0;
        double highest = 0;
        std::size_t count = 0; ///< samples with a number
    };
    LinkRecord link;
    std::vector<Series> series;
    bool cut = false; ///< to the point's time
};

/// Reads it on a worker thread. Series without a sample in the point's time are left out.
Result<std::vector<AttachedFile>> attachedFiles(
    StoreReader& reader, RunId run, const std::optional<TimeSpan>& measured);

} // namespace prism::app
