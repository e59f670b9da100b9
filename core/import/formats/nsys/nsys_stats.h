// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sample.h"
#include "core/import/sink.h"

namespace prism::formats::nsys {

/// Reports of `nsys stats`: sums by kernel, call or range, which have no timeline and are counted, and traces
/// (Start, Duration), which have one.
bool isStatsTable(const Sample& sample);
bool isStatsText(const Sample& sample);
Result<void> readStatsTable(Input& input, Sink& sink);
Result<void> readStatsText(Input& input, Sink& sink);

} // namespace prism::formats::nsys
