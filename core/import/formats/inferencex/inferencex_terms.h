// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <cstdint>
#include <optional>

/// InferenceX's (before: InferenceMAX's) names and ours.
namespace prism::formats {

/// Who was measured, on what, under which load. GPUs of the whole system, where the row settles their number.
std::optional<std::int64_t> inferencexSystem(PointWriter& out, const read::Node& row);

/// "<stat>_<metric>" members of a flat row, in seconds. `itl` holds raw gaps in rows of fixed lengths only:
/// agentic rows repeat the TPOT there.
void inferencexFlatLatencies(PointWriter& out, const read::Node& row, bool agentic);
/// The same as objects of statistics: latency/ttft/p50.
void inferencexNestedLatencies(PointWriter& out, const read::Node& latency);
/// Lengths of agentic rows: "<stat>_input_tokens", or tokens/input/p50.
void inferencexFlatLengths(PointWriter& out, const read::Node& row);
void inferencexNestedLengths(PointWriter& out, const read::Node& tokens);

} // namespace prism::formats
