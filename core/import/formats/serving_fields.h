// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <string_view>
#include <utility>

/// What the serving benchmarks of vLLM and SGLang, their forks and their console texts have in common.
namespace prism::formats {

/// A statistic's spelling in keys such as "p99_ttft_ms", "median_tpot_ms", "P99.9": empty when it is none.
std::optional<Stat> servingStat(std::string_view word);

/// What a key such as "p99_ttft" measures.
struct ServingLatency {
    std::string_view metric;
    Stat stat;
    std::string_view semantics;
};
/// With "_ms" behind the key or without; empty when it is none.
std::optional<ServingLatency> servingLatency(std::string_view key);

/// Maps every "<stat>_<metric>[_ms]" member of an object: ttft, tpot, itl, e2el, e2e_latency and
/// client_queue_time. Where a median stands beside a p50, the p50 is left to the extras. `latency` is the
/// unit of members without a suffix.
void servingLatencies(PointWriter& point, const read::Node& object, SourceUnit latency);

/// Mean lengths from the totals, which count the successful requests only; nothing where a total is missing.
void derivedLengths(PointWriter& point);

/// With no request completed every number is 0 or NaN, which is no measurement.
void warnWhenAllFailed(PointWriter& point);

/// Requests that were answered had prompts: where the producer counted no token of them (conversations of
/// several turns), the input and its rates are missing, not 0.
void dropUncountedInput(PointWriter& point);

/// load_mode from a rate and a cap: a finite rate is "rate", an infinite one "concurrency" under a cap and
/// "burst" without; the word "trace" stands for the times of a trace. Sets request_rate and concurrency too;
/// an infinite rate is no attribute.
void servingLoad(PointWriter& point, const read::Node* rate, const read::Node* cap);

} // namespace prism::formats
