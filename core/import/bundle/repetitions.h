// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/plan.h"

#include <vector>

namespace prism {

/// The points of one part of a file.
struct PointsOfFile {
    std::size_t file = 0;
    std::size_t part = 0;
};

/// Loads of a run that were measured several times, by what its points say of their load. Points that say
/// nothing of it repeat nothing.
std::vector<BundlePlan::Repetition> repetitionsOf(
    const std::vector<FileSummary>& files, const std::vector<PointsOfFile>& run);

} // namespace prism
