// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <string>
#include <string_view>

namespace prism::live {

/// What the helper's kernel programs may cost together, in cores. Above it those that tell when threads run
/// are left out, and the session says so.
namespace budget {
inline constexpr double shipped = 0.005;
/// "0.5" and "0.5%": percent of one core; "keep": no limit, scheduler events stay whatever they cost, which
/// is infinite here.
Result<double> fromText(std::string_view text);
/// What fromText() reads: "0.5", "keep".
std::string text(double cores);
/// The setting "live_probe_budget"; the shipped one where that cannot be read.
double fromSettings();
} // namespace budget

} // namespace prism::live
