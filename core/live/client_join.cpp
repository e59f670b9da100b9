// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/client_join.h"

#include "core/live/start_join.h"
#include "probes/protocol/id_number.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace prism::live {

namespace {

bool counts(const RequestRow& row)
{
    return row.ok && (row.start || !row.id.empty());
}

/// What comes from a router that is attached too is the router's: the client asked that.
bool counts(const Request& request)
{
    return request.role == ConnectionRole::Server && request.cause == 0 && request.arrival && request.ok()
        && request.method == "POST";
}

/// Where an id, by its number, stands among rows or requests; `several` where more than one has it.
class Named {
public:
    static constexpr std::size_t several = SIZE_MAX;

    void add(std::uint64_t number, std::size_t at)
    {
        const auto [it, isNew] = m_at.try_emplace(number, at);
        it->second = isNew || it->second == at ? at : several;
    }
    std::optional<std::size_t> only(std::uint64_t number) const
    {
        const auto it = m_at.find(number);
        return it == m_at.end() || it->second == several ? std::nullopt : std::optional(it->second);
    }

private:
    std::unordered_map<std::uint64_t, std::size_t> m_at;
};

/// Rows and requests that one id names: a client's retry under the same id names nothing.
Pairs pairsById(std::span<const RequestRow> rows, std::span<const RequestPtr> requests)
{
    Named ofRows, ofRequests;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (counts(rows[i]) && !rows[i].id.empty()) {
            ofRows.add(wire::idNumber(rows[i].id), i);
        }
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const Request& r = *requests[i];
        if (counts(r) && !r.key.empty()) {
            ofRequests.add(wire::idNumber(r.key), i);
        }
        if (counts(r) && r.answerId) {
            ofRequests.add(*r.answerId, i);
        }
    }
    Pairs pairs;
    std::vector<bool> taken(requests.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::uint64_t number = wire::idNumber(rows[i].id);
        const auto request = ofRequests.only(number);
        if (!rows[i].id.empty() && ofRows.only(number) == i && request && !taken[*request]) {
            taken[*request] = true;
            pairs.push_back({ i, *request });
        }
    }
    return pairs;
}

/// What ids did not join, for time to join.
Sides othersOf(std::span<const RequestRow> rows, std::span<const RequestPtr> requests, const Pairs& named)
{
    std::vector<bool> namedRow(rows.size()), namedRequest(requests.size());
    for (const JoinedPair& pair : named) {
        namedRow[pair.client] = true;
        namedRequest[pair.server] = true;
    }
    const auto valueOf
        = [](std::optional<Milliseconds> time) { return time ? std::optional(time->value) : std::nullopt; };
    Sides sides;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (counts(rows[i]) && rows[i].start && !namedRow[i]) {
            sides.client.push_back({ i, rows[i].start->value * 1e3, valueOf(rows[i].e2e) });
        }
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const Request& r = *requests[i];
        if (counts(r) && !namedRequest[i]) {
            sides.server.push_back({ i, toMilliseconds(*r.arrival).value, valueOf(r.e2e()) });
        }
    }
    for (std::vector<Event>* side : { &sides.client, &sides.server }) {
        std::stable_sort(
            side->begin(), side->end(), [](const Event& a, const Event& b) { return a.at < b.at; });
    }
    return sides;
}

/// How far the clocks of the two sides lie apart (server - client), and half of the pairs within how much of
/// that.
struct ClockDistance {
    double ms = 0;
    double residual = 0;
};

std::optional<ClockDistance> clocksOf(
    std::span<const RequestRow> rows, std::span<const RequestPtr> requests, const Pairs& pairs)
{
    std::vector<double> between;
    for (const JoinedPair& pair : pairs) {
        if (const auto& start = rows[pair.client].start) {
            between.push_back(toMilliseconds(*requests[pair.server]->arrival).value - start->value * 1e3);
        }
    }
    if (between.empty()) {
        return std::nullopt;
    }
    ClockDistance clocks { median(between), 0 };
    for (double& value : between) {
        value = std::abs(value - clocks.ms);
    }
    clocks.residual = median(std::move(between));
    return clocks;
}

} // namespace

Result<ClientJoin> joinClient(std::span<const RequestRow> client, std::span<const RequestPtr> server)
{
    Pairs pairs = pairsById(client, server);
    ClientJoin join;
    join.byId = pairs.size();
    const Sides rest = othersOf(client, server, pairs);
    if (pairs.empty()) {
        auto timed = pairsByStart(rest);
        if (!timed) {
            return timed.error();
        }
        pairs = std::move(*timed);
    } else if (const auto clocks = clocksOf(client, server, pairs);
               clocks && clocks->residual <= mostScatter) {
        // What the ids tell of the clocks needs no search.
        const Pairs timed = pairsAtDistance(rest, clocks->ms);
        pairs.insert(pairs.end(), timed.begin(), timed.end());
    }
    const auto start = [&client](const JoinedPair& pair) {
        const auto& seconds = client[pair.client].start;
        return seconds ? seconds->value : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(pairs.begin(), pairs.end(),
        [&](const JoinedPair& a, const JoinedPair& b) { return start(a) < start(b); });
    const auto countOf = [](const auto& all, const auto& valueOf) {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [&](const auto& one) { return counts(valueOf(one)); }));
    };
    join.clientAlone = countOf(client, [](const RequestRow& row) -> const RequestRow& { return row; });
    join.serverAlone = countOf(server, [](const RequestPtr& r) -> const Request& { return *r; });
    join.clientAlone -= pairs.size();
    join.serverAlone -= pairs.size();
    if (const auto clocks = clocksOf(client, server, pairs)) {
        join.residual = Milliseconds { clocks->residual };
    }
    join.pairs = std::move(pairs);
    return join;
}

} // namespace prism::live
