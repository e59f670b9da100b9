// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats::otel {

/// Metrics of OTLP/JSON. The histograms of GenAI become a point for each model and service: the newest of
/// cumulative ones, which count since the start, the sum of delta ones.
Result<void> readMetrics(Input& input, Sink& sink);

} // namespace prism::formats::otel
