// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/doctor/feature.h"

#include <cstdint>
#include <string_view>

namespace prism::probes {

/// Says why a trial failed with this errno, and what would change it, given the rights in force.
Feature refused(Feature feature, std::string_view what, int error);

/// Effective capabilities of this process.
std::uint64_t effectiveCapabilities();
/// "CAP_BPF, CAP_PERFMON": those of `wanted` that are not in `have`.
std::string missingCapabilities(std::uint64_t wanted, std::uint64_t have);

} // namespace prism::probes
