// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "core/live/foreign_network.h"
#include "core/model/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The state of an engine as the server itself reports it at /metrics.
namespace prism::live {

struct MetricSample {
    wire::SampleMetric metric = wire::SampleMetric::EngineRunning;
    double value = 0;
};

struct ServerMetrics {
    std::string engine; ///< whose names were found: "vllm", "sglang", "tgi", "llama.cpp"
    /// Each metric at most once, in the order of their numbers. Over the engines behind one server counts are
    /// summed; of shares (KV cache, hit rate) the highest is told.
    std::vector<MetricSample> samples;
};

/// Finds what we know in a Prometheus text of at most a few MiB. What is not finite or cannot be (a negative
/// count, a share above 1) is left out. llama.cpp counts prompt tokens without those that its cache had: the
/// tokens looked up are the sum of both. Fails on a text that is none, or that names none of the engines.
Result<ServerMetrics> readServerMetrics(std::string text);

/// Where a server is asked.
struct MetricsAddress {
    std::string host; ///< numeric: "127.0.0.1", "::1"
    std::uint16_t port = 0;
    std::string engine; ///< empty: whichever answers
    std::shared_ptr<const ForeignNetwork> network {}; ///< of a container; null: ours

    std::string url() const;
};

/// The address of a server that was found, or a sentence why it is not asked: its engine has no metrics that
/// we know, it has no port, it runs on another machine (`here` false), or in a network of its own where this
/// program may not go.
Result<MetricsAddress> metricsAddressOf(const FoundServer& server, bool here);

/// Where a server of this machine answers HTTP; a sentence when that is not known or cannot be reached.
Result<MetricsAddress> addressOf(const FoundServer& server);

/// A sentence for an answer that is none: what it means for this engine and what would help.
std::string refusedMetrics(int status, std::string_view engine);

} // namespace prism::live
