// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/time_span.h"

#include <optional>
#include <string>
#include <string_view>

/// Times of clocks that name no zone. They date nothing, and no attribute or series holds them; they are
/// evidence of which files were written together. All are seconds since 1970 on their own clock.
namespace prism::local {

/// "2026-05-03 06:30:41.123", with "/" or "T" too, "20260503 06:30:41", "20260503-063041"; empty of a text
/// that names a zone or no day.
std::optional<double> epochOf(std::string_view text);

/// The note on a file whose series begin at the time `text` of such a clock (TimeSeries::localBegin).
Warning noteOfSeries(const std::string& text, const std::string& place);

/// When a point was measured: the clients of vLLM's family write the time of their end as "date".
std::optional<TimeSpan> measured(const LoadPoint& point);

} // namespace prism::local
