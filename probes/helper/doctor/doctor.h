// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/doctor/feature.h"
#include "probes/protocol/message.h"

namespace prism::probes {

/// What works here, a feature each: programs are really loaded and attached, to this process or to the
/// kernel's events, and taken off again at once. Takes some 300 ms, most of it for attaching.
std::vector<Feature> examine();

void appendFeature(wire::FieldWriter& fields, const Feature& feature);
std::string jsonLine(const Feature& feature);
std::string humanTable(const std::vector<Feature>& features);

} // namespace prism::probes
