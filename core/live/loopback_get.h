// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/server_metrics.h"

#include <chrono>
#include <cstddef>

namespace prism::live {

struct LoopbackAnswer {
    int status = 0;
    std::string body;
};

/// The `X-Request-Id` of our own question: a session that observes the server leaves the request out by it.
inline constexpr std::string_view ownRequestId = "prism-metrics";

inline constexpr std::size_t mostMetricsBytes = 8u << 20;

/// Asks for `path` once, over a connection of its own, in HTTP/1.0 (an answer then is never in chunks).
/// Blocks until the answer is there, `patience` is over, or `wake` (a descriptor, -1: none) becomes readable.
/// Nothing but a numeric address is taken: no name is looked up, no proxy used, no redirect followed.
Result<LoopbackAnswer> askLoopback(const MetricsAddress& address, std::string_view path,
    std::string_view accept, std::chrono::milliseconds patience, int wake = -1);

inline Result<LoopbackAnswer> askForMetrics(
    const MetricsAddress& address, std::chrono::milliseconds patience, int wake = -1)
{
    return askLoopback(address, "/metrics", "text/plain", patience, wake);
}

} // namespace prism::live
