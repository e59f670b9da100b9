// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/formats/prometheus/snapshots.h"
#include "core/model/load_point.h"

#include <vector>

namespace prism::formats::prometheus {

/// A point for each engine and model that `growth` tells anything of, in the terms of each engine's own
/// metrics; series of its replicas, ranks and pods are added up. `semantics` is "since-start" for the totals
/// of one snapshot, empty for what came between two.
std::vector<LoadPoint> enginePoints(const Growth& growth, std::string_view semantics);

} // namespace prism::formats::prometheus
