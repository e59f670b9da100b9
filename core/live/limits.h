// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/request.h"
#include "core/model/result.h"

#include <string>
#include <vector>

/// Limits on single requests as text: what the command line takes and a recording keeps.
namespace prism::live {

/// "ttft:p99<=500": metric, statistic, limit in the metric's unit.
std::string limitText(const SloLimit& limit);
/// Reads what limitText() writes. The statistic may be left out (p99). Of ttft, tpot, itl and e2e only: other
/// metrics do not judge a request.
Result<SloLimit> limitFromText(const std::string& text);

/// Those of `limits` that a request breaks whatever comes yet, as bits by index: a first token that came, or
/// did not come by `now`, too late; an end that did not come in time. Statistics over its gaps and its TPOT
/// are open until it ends.
std::uint32_t brokenSoFar(const Request& running, const std::vector<SloLimit>& limits, Nanoseconds now);

} // namespace prism::live
