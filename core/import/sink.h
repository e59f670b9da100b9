// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/trace.h"
#include "core/read/documents.h"

#include <cstdint>
#include <map>
#include <string>

namespace prism {

/// Where an importer's rows go. Points may come in any order; rows and series of a point may come before it,
/// because files tell requests first and totals last. The sink checks nothing and keeps nothing: what is sent
/// crosses a process boundary.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void point(LoadPoint point) = 0;
    /// A request of point `point` (LoadPoint::index). One call a request, in the order of RequestRow::index.
    /// A producer whose gaps stand apart from its other columns sends them through gaps() instead.
    virtual void request(std::uint32_t point, RequestRow row) = 0;
    virtual void gaps(std::uint32_t point, std::uint32_t request, std::span<const double> gapsMs) = 0;
    virtual void series(std::uint32_t point, TimeSeries series) = 0;
    /// Spans of a timeline, at most mostOfTraceBatch a call; what they point to comes once, behind them.
    virtual void spans(const TraceBatch& batch) = 0;
    virtual void traceSheet(const TraceSheet& sheet) = 0;
    virtual void warn(Warning warning) = 0; ///< about the whole file
    /// What a file holds besides its points ("events", "samples", …).
    virtual void holds(std::map<std::string, std::uint64_t> counts) = 0;
    /// The same of a file that is no result of its own but belongs to one: a sidecar, telemetry, a timeline.
    /// The outcome becomes `attached`.
    virtual void attach(std::map<std::string, std::uint64_t> counts) = 0;

    /// Warnings about oddities of the text: truncated, lenient numbers, duplicate keys, replaced characters.
    void report(const read::ReadReport& report);
};

} // namespace prism
