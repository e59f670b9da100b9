// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/sink.h"
#include "core/read/node.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace prism::formats::otel {

/// What of a file is of one signal: an exporter may write spans and metrics into one file.
class Part {
public:
    virtual ~Part() = default;
    virtual void element(const read::Node& node) = 0;
    /// A complete document, which may be an element itself.
    virtual void document(const read::Node& root) = 0;
    /// Sends what was held back. The points of spans are numbered from 0 on as they are read, so that those
    /// of metrics begin at `firstPoint`.
    virtual void finish(std::uint32_t firstPoint) = 0;
    /// Behind finish().
    virtual std::uint32_t points() const = 0;
    virtual std::uint64_t count() const = 0; ///< elements
};

/// Spans of OTLP/JSON (also JSON lines and arrays of exports) or of the flat form with start_time and
/// end_time. All become a timeline. Calls of a language model that tell tokens or latencies become requests
/// too, and a point for each model, service and kind of call, so that a call seen by client and server is not
/// counted twice. Prompts and answers among the attributes are not looked at.
std::unique_ptr<Part> spansInto(Sink& sink);

/// Metrics of OTLP/JSON, and as Python's console exporter prints them. The histograms of GenAI become a point
/// for each model and service: the newest of cumulative ones, which count since the start, the sum of delta
/// ones.
std::unique_ptr<Part> metricsInto(Sink& sink);

} // namespace prism::formats::otel
