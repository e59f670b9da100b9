// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
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
    virtual void warn(Warning warning) = 0; ///< about the whole file
    /// The file is no result of its own but belongs to one: a sidecar, telemetry, a timeline. `counts` says
    /// what it holds ("events", "samples", …); the outcome becomes `attached`.
    virtual void attach(std::map<std::string, std::uint64_t> counts) = 0;

    /// Warnings about oddities of the text: truncated, lenient numbers, duplicate keys, replaced characters.
    void report(const read::ReadReport& report);
};

} // namespace prism
