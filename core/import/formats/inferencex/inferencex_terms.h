// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <cstdint>
#include <optional>

/// InferenceX's (before: InferenceMAX's) names and ours.
namespace prism::formats {

/// Who was measured, on what, under which load. GPUs of the whole system, where the row settles their number.
std::optional<std::int64_t> inferencexSystem(PointWriter& out, const read::Node& row);

/// Rates per GPU, and how many GPUs there are: of the system and, where there are two pools, of each; 0 where
/// a row does not tell.
struct InferencexPerGpu {
    double total = 0, input = 0, output = 0; ///< tok/s
    bool inputIsZero = false; ///< the row says so
    double gpus = 0, prefill = 0, decode = 0;
};

/// The system's throughputs from those per GPU. Input and output are per GPU of the pool that does the work
/// where there are two; they count only where they add up to the total. Zero is "not measured" in hand-made
/// rows, whose total then lacks the input.
void inferencexThroughputs(PointWriter& out, const InferencexPerGpu& rates);

/// "<stat>_<metric>" members of a flat row, in seconds. `itl` holds raw gaps in rows of fixed lengths only:
/// agentic rows repeat the TPOT there.
void inferencexFlatLatencies(PointWriter& out, const read::Node& row, bool agentic);
/// The same as objects of statistics: latency/ttft/p50.
void inferencexNestedLatencies(PointWriter& out, const read::Node& latency);
/// Lengths of agentic rows: "<stat>_input_tokens", or tokens/input/p50.
void inferencexFlatLengths(PointWriter& out, const read::Node& row);
void inferencexNestedLengths(PointWriter& out, const read::Node& tokens);

} // namespace prism::formats
