// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats::chrome_trace {

/// Reads the Trace Event Format, an object with traceEvents or a bare array, into lanes by process and
/// thread. Times become nanoseconds from the digits of the file.
Result<void> readTraceEvents(Input& input, Sink& sink);

} // namespace prism::formats::chrome_trace
