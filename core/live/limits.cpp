// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/limits.h"

#include <charconv>
#include <cmath>

namespace prism::live {

std::string limitText(const SloLimit& limit)
{
    return limit.metric->id + ':' + limit.stat.name()
        + "<=" + formatNumber(limit.limit, limit.metric->unit, NumberStyle::Full);
}

Result<SloLimit> limitFromText(const std::string& text)
{
    const Error unreadable { text, {}, "this is no limit on a request",
        "Write ttft, tpot, itl or e2e, a statistic and milliseconds: ttft:p99<=500" };
    const auto sign = text.find("<=");
    if (sign == std::string::npos) {
        return unreadable;
    }
    std::string id = text.substr(0, sign);
    Stat stat = Stat::percentile(99);
    if (const auto colon = id.find(':'); colon != std::string::npos) {
        const auto parsed = Stat::parse(id.substr(colon + 1));
        if (!parsed) {
            return unreadable;
        }
        stat = *parsed;
        id.resize(colon);
    }
    const Metric* metric = findMetric(id);
    double limit = 0;
    const char* const last = text.data() + text.size();
    const auto read = std::from_chars(text.data() + sign + 2, last, limit);
    const bool judges = id == "ttft" || id == "tpot" || id == "itl" || id == "e2e";
    if (!metric || !judges || read.ec != std::errc() || read.ptr != last || !std::isfinite(limit)
        || limit <= 0) {
        return unreadable;
    }
    return SloLimit { metric, stat, limit };
}

std::uint32_t brokenSoFar(const Request& running, const std::vector<SloLimit>& limits, Nanoseconds now)
{
    std::uint32_t broken = 0;
    for (std::size_t i = 0; i < limits.size() && i < 32 && running.arrival; ++i) {
        const Milliseconds age = toMilliseconds(now - *running.arrival);
        std::optional<Milliseconds> least;
        if (limits[i].metric->id == "ttft") {
            least = running.firstToken ? running.ttft() : age;
        } else if (limits[i].metric->id == "e2e") {
            least = age;
        }
        broken |= least && least->value > limits[i].limit ? 1u << i : 0;
    }
    return broken;
}

} // namespace prism::live
