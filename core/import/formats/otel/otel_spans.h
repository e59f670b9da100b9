// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats::otel {

/// Spans of OTLP/JSON (also JSON lines and arrays of exports) or of the flat form with start_time and
/// end_time. All become a timeline. Calls of a language model that tell tokens or latencies become requests
/// too, and a point for each model, service and kind of call, so that a call seen by client and server is not
/// counted twice. Prompts and answers among the attributes are not looked at.
Result<void> readSpans(Input& input, Sink& sink);

} // namespace prism::formats::otel
