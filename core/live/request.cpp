// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/request.h"

#include "core/model/percentile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace prism::live {

namespace {

constexpr std::array<std::string_view, 7> endedNames { "", "complete", "client_closed", "server_closed",
    "error", "detached", "unsynchronised" };

std::optional<Milliseconds> between(std::optional<Nanoseconds> from, std::optional<Nanoseconds> to)
{
    if (!from || !to || *to < *from) {
        return std::nullopt;
    }
    return toMilliseconds(*to - *from);
}

/// The statistic of a limit over the gaps of one request; empty when it cannot be told.
std::optional<double> gapStatistic(const Request& request, std::span<const double> ascendingGaps, Stat stat)
{
    if (request.tokenEvents < 2) {
        return std::nullopt;
    }
    switch (stat.kind()) {
    case Stat::Kind::Mean:
    case Stat::Kind::Value: {
        const auto mean = request.chunkGap();
        return mean ? std::optional(mean->value) : std::nullopt;
    }
    case Stat::Kind::Max:
        return request.gapMax ? std::optional(request.gapMax->value) : std::nullopt;
    case Stat::Kind::Percentile:
        if (!ascendingGaps.empty()) {
            return percentileOfSorted(ascendingGaps, stat.percentile());
        }
        // Thinned: these two were kept.
        if (stat.percentile() == 50 && request.gapP50) {
            return request.gapP50->value;
        }
        if (stat.percentile() == 99 && request.gapP99) {
            return request.gapP99->value;
        }
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

std::optional<double> valueOf(
    const Request& request, std::span<const double> ascendingGaps, const SloLimit& limit)
{
    const auto number
        = [](std::optional<Milliseconds> ms) { return ms ? std::optional(ms->value) : std::nullopt; };
    if (limit.metric->id == "ttft") {
        return number(request.ttft());
    }
    if (limit.metric->id == "e2e") {
        return number(request.e2e());
    }
    if (limit.metric->id == "tpot") {
        return number(request.tpot());
    }
    return gapStatistic(request, ascendingGaps, limit.stat);
}

bool judgesRequests(const SloLimit& limit)
{
    const std::string& id = limit.metric->id;
    return id == "ttft" || id == "e2e" || id == "tpot" || id == "itl";
}

} // namespace

std::string_view name(Ended ended)
{
    return endedNames.at(static_cast<std::size_t>(ended));
}

std::optional<Ended> endedFromName(std::string_view name)
{
    const auto at = std::find(endedNames.begin() + 1, endedNames.end(), name);
    if (at == endedNames.end()) {
        return std::nullopt;
    }
    return static_cast<Ended>(at - endedNames.begin());
}

std::optional<Gap> Request::openGap(Nanoseconds now) const
{
    if (!running() || !lastTokenEvent || now <= *lastTokenEvent) {
        return std::nullopt;
    }
    return Gap { *lastTokenEvent, now, static_cast<std::uint32_t>(tokenEvents + 1) };
}

Nanoseconds Request::knownUntil(Nanoseconds now) const
{
    Nanoseconds known = std::max(seen, arrival.value_or(seen));
    for (const auto& instant : { read, header, firstEvent, firstToken, lastTokenEvent }) {
        known = std::max(known, instant.value_or(known));
    }
    return end.value_or(running() ? std::max(now, known) : known);
}

std::optional<Milliseconds> Request::ttft() const
{
    return between(arrival, firstToken);
}

std::optional<Milliseconds> Request::e2e() const
{
    return between(arrival, end);
}

std::optional<Milliseconds> Request::lag() const
{
    return between(arrival, read);
}

std::optional<Milliseconds> Request::chunkGap() const
{
    const auto whole = between(firstTokenEvent, lastTokenEvent);
    if (!whole || tokenEvents < 2 || incomplete) {
        return std::nullopt;
    }
    return *whole / static_cast<double>(tokenEvents - 1);
}

std::optional<Milliseconds> Request::tpot() const
{
    const auto whole = between(firstTokenEvent, lastTokenEvent);
    if (!whole || !outputTokens || *outputTokens < 2 || incomplete || inProgress) {
        return std::nullopt;
    }
    return *whole / static_cast<double>(*outputTokens - 1);
}

bool Request::ok() const
{
    return ended == Ended::Complete && status && *status >= 200 && *status < 400;
}

std::vector<double> tokenGaps(const RequestEvents& events)
{
    std::vector<double> gaps;
    std::optional<Nanoseconds> before;
    for (const EventWrite& write : events.writes) {
        if (write.afterLoss) {
            before.reset();
        }
        if (write.tokenEvents == 0) {
            continue;
        }
        if (before) {
            gaps.push_back(toMilliseconds(write.at - *before).value);
        }
        gaps.insert(gaps.end(), write.tokenEvents - 1u, 0.0);
        before = write.at;
    }
    return gaps;
}

SloVerdict judge(const Request& request, const RequestEvents& events, const std::vector<SloLimit>& limits,
    std::uint32_t& broken)
{
    broken = 0;
    std::vector<double> gaps;
    if (std::any_of(limits.begin(), limits.end(), [](const SloLimit& l) { return l.metric->id == "itl"; })) {
        gaps = ascending(tokenGaps(events));
    }
    bool unknown = false;
    for (std::size_t i = 0; i < limits.size() && i < 32; ++i) {
        if (!judgesRequests(limits[i])) {
            continue;
        }
        const auto value = valueOf(request, gaps, limits[i]);
        if (!value) {
            // A single token has no gap to break a limit with.
            unknown = unknown || limits[i].metric->id != "itl" || request.tokenEvents > 1;
        } else if (*value > limits[i].limit) {
            broken |= 1u << i;
        }
    }
    const bool failed = request.ended == Ended::ServerClosed || request.ended == Ended::Error
        || (request.status && *request.status >= 400);
    if (broken != 0 || failed) {
        return SloVerdict::Breaks;
    }
    return unknown || !request.ok() ? SloVerdict::Unknown : SloVerdict::Holds;
}

} // namespace prism::live
