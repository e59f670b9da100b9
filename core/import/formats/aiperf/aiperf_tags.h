// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/metric.h"

#include <array>
#include <optional>
#include <string_view>

/// AIPerf's names of metrics and ours, for its documents and its tables.
namespace prism::formats {

struct AiperfTag {
    std::string_view key;
    std::string_view metric;
};

inline constexpr std::array aiperfDistributions {
    AiperfTag { "time_to_first_token", "ttft" },
    AiperfTag { "inter_token_latency", "tpot" },
    AiperfTag { "inter_chunk_latency", "itl" },
    AiperfTag { "request_latency", "e2e" },
    AiperfTag { "output_token_throughput_per_user", "output_throughput_per_user" },
    AiperfTag { "input_sequence_length", "isl" },
    AiperfTag { "output_sequence_length", "osl" },
};
/// Of several tags of one metric the first that is there counts: `total_osl` holds reasoning tokens,
/// `total_output_tokens` does not.
inline constexpr std::array aiperfNumbers {
    AiperfTag { "request_count", "requests_ok" },
    AiperfTag { "error_request_count", "requests_failed" },
    AiperfTag { "benchmark_duration", "duration" },
    AiperfTag { "request_throughput", "request_throughput" },
    AiperfTag { "goodput", "request_goodput" },
    AiperfTag { "output_token_throughput", "output_throughput" },
    AiperfTag { "input_token_throughput", "input_throughput" },
    AiperfTag { "total_token_throughput", "total_throughput" },
    AiperfTag { "total_isl", "input_tokens" },
    AiperfTag { "total_osl", "output_tokens" },
};

/// "avg", "p99", "std": the keys of a metric object.
inline std::optional<Stat> aiperfStat(std::string_view key)
{
    return key == "avg" ? std::optional(Stat::mean()) : Stat::parse(key);
}

} // namespace prism::formats
