// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/units/convert.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

/// llmperf, whose summary and console name the same numbers alike. Times are in seconds.
namespace prism::formats::llmperf {

struct Distribution {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
inline constexpr std::array distributions {
    Distribution { "ttft_s", "ttft", source::latencySeconds },
    Distribution { "end_to_end_latency_s", "e2e", source::latencySeconds },
    Distribution { "number_input_tokens", "isl", source::one },
    Distribution { "number_output_tokens", "osl", source::one },
};
inline constexpr Distribution tokenLatency { "inter_token_latency_s", "ntpot", source::latencySeconds };

inline constexpr std::array<std::string_view, 6> quantiles { "p25", "p50", "p75", "p90", "p95", "p99" };
inline constexpr std::array<std::pair<std::string_view, Stat>, 4> moments { {
    { "mean", Stat::mean() },
    { "min", Stat::min() },
    { "max", Stat::max() },
    { "stddev", Stat::std() },
} };

/// The meaning of the inter-token latency changed at the end of 2023, the version in the file did not. The
/// file itself tells: stated and e2e / n of its means, in seconds. A date only says how close they must be,
/// for an old copy of the tool may have run later; it decides alone where there is nothing to compare.
struct TokenLatency {
    bool known = true; ///< it is e2e / n
    std::optional<double> stated;
    std::optional<double> each; ///< e2e / n

    /// Of the means, and of the time that the file was written at (seconds since 1970), which it may not
    /// tell.
    TokenLatency(std::optional<double> stated, std::optional<double> latency, std::optional<double> tokens,
        std::optional<double> written);
    /// Why the inter-token latency is kept as an extra only.
    std::string unclearText() const;
};

/// The means of latency, TTFT and tokens are over the same requests, so their ratio weighs each by its
/// tokens.
void deriveFromMeans(PointWriter& out, bool known);

/// What the tool prints at the end of a run.
bool isConsole(const Sample& sample);
Result<void> readConsole(Input& input, Sink& sink);

} // namespace prism::formats::llmperf
