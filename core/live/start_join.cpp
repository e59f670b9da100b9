// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/start_join.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace prism::live {

namespace {

constexpr double together = mostScatter; ///< ms: what votes for one distance of the clocks
constexpr double apart = 5; ///< ms between two distances that are tried
constexpr double inseparable = 1; ///< ms
constexpr std::size_t mostTried = 8;
constexpr std::size_t mostVotes = 4'000'000;
constexpr std::size_t mostCells = 10'000'000;
constexpr std::size_t fewRows = 8;

struct Votes {
    std::size_t rows; ///< of the sample that have an arrival at this distance
    double distance;
};

/// Distances of the clocks that many rows of a sample have in common, most first.
std::vector<double> distances(const Sides& sides)
{
    const std::size_t n = sides.client.size();
    const std::size_t sample = std::min(n, std::clamp<std::size_t>(mostVotes / sides.server.size(), 8, 256));
    std::vector<std::pair<double, std::uint32_t>> all;
    all.reserve(sample * sides.server.size());
    for (std::size_t k = 0; k < sample; ++k) {
        for (const Event& arrival : sides.server) {
            all.emplace_back(arrival.at - sides.client[k * n / sample].at, static_cast<std::uint32_t>(k));
        }
    }
    std::sort(all.begin(), all.end());
    std::vector<Votes> votes;
    std::vector<std::uint32_t> has(sample, 0);
    std::size_t rows = 0, most = 0, first = 0;
    for (std::size_t last = 0; last < all.size(); ++last) {
        rows += has[all[last].second]++ == 0 ? 1 : 0;
        for (; all[last].first - all[first].first > together; ++first) {
            rows -= --has[all[first].second] == 0 ? 1 : 0;
        }
        most = std::max(most, rows);
        if (rows * 5 >= most * 4) {
            votes.push_back({ rows, all[(first + last) / 2].first });
        }
    }
    std::stable_sort(
        votes.begin(), votes.end(), [](const Votes& a, const Votes& b) { return a.rows > b.rows; });
    std::vector<double> tried;
    for (const Votes& vote : votes) {
        const bool known = std::any_of(
            tried.begin(), tried.end(), [&](double d) { return std::abs(d - vote.distance) < apart; });
        if (!known) {
            tried.push_back(vote.distance);
        }
        if (tried.size() == mostTried) {
            break;
        }
    }
    return tried;
}

/// No server's part of a request takes longer than the whole of it.
bool fits(const Event& client, const Event& server)
{
    return !client.e2e || !server.e2e || *server.e2e <= *client.e2e + joinTolerance.value;
}

/// Pairs in order, as many and as near as can be: for each client's start the arrivals within the tolerance.
class Matching {
public:
    Matching(const Sides& sides, double distance)
        : m_sides(sides)
        , m_distance(distance)
    {
        const auto& server = sides.server;
        const double tolerance = joinTolerance.value;
        std::size_t low = 0, high = 0;
        for (const Event& event : sides.client) {
            const double at = event.at + distance;
            for (; low < server.size() && server[low].at < at - tolerance; ++low) { }
            for (high = std::max(high, low); high < server.size() && server[high].at <= at + tolerance;
                 ++high) { }
            const std::size_t i = m_low.size();
            const auto& client = sides.client;
            m_alone.push_back((i == 0 || client[i].at - client[i - 1].at >= inseparable)
                && (i + 1 == client.size() || client[i + 1].at - client[i].at >= inseparable));
            m_low.push_back(low);
            m_high.push_back(high);
            m_cells += high - low + 1;
        }
    }

    /// Indices into the sides' lists.
    std::vector<JoinedPair> pairs() const { return m_cells <= mostCells ? nearest() : inOrder(); }

private:
    /// Which of several at one time is which, their ends tell later.
    bool mayPair(std::size_t i, std::size_t j) const
    {
        return !m_alone[i] || fits(m_sides.client[i], m_sides.server[j]);
    }
    /// Two requests without a counterpart are better than a long row of pairs that are all moved by one.
    double gain(std::size_t i, std::size_t j) const
    {
        return joinTolerance.value - std::abs(m_sides.server[j].at - m_sides.client[i].at - m_distance);
    }

    enum Step : std::uint8_t { SkipClient, SkipServer, Pair };

    std::vector<JoinedPair> nearest() const
    {
        const std::size_t n = m_low.size();
        // best[k] of row i: what the first i + 1 clients gain with the servers before low + k.
        std::vector<std::size_t> offset(n);
        std::vector<std::uint8_t> steps;
        steps.reserve(m_cells);
        std::vector<double> before, best;
        std::size_t beforeLow = 0;
        const auto earlier = [&](std::size_t j) { // with the servers before j, without this client
            if (before.empty()) {
                return 0.0;
            }
            return before[std::min(j < beforeLow ? 0 : j - beforeLow, before.size() - 1)];
        };
        for (std::size_t i = 0; i < n; ++i) {
            offset[i] = steps.size();
            best.assign(m_high[i] - m_low[i] + 1, 0);
            best[0] = earlier(m_low[i]);
            steps.push_back(SkipClient);
            for (std::size_t j = m_low[i]; j < m_high[i]; ++j) {
                const std::size_t k = j - m_low[i] + 1;
                Step step = SkipClient;
                best[k] = earlier(j + 1);
                if (best[k - 1] > best[k]) {
                    best[k] = best[k - 1];
                    step = SkipServer;
                }
                if (mayPair(i, j) && earlier(j) + gain(i, j) > best[k]) {
                    best[k] = earlier(j) + gain(i, j);
                    step = Pair;
                }
                steps.push_back(step);
            }
            before.swap(best);
            beforeLow = m_low[i];
        }
        std::vector<JoinedPair> pairs;
        std::size_t j = n > 0 ? m_high[n - 1] : 0;
        for (std::size_t i = n; i > 0;) {
            const std::size_t row = i - 1;
            j = std::min(j, m_high[row]);
            const Step step
                = j < m_low[row] ? SkipClient : static_cast<Step>(steps[offset[row] + j - m_low[row]]);
            if (step == Pair) {
                pairs.push_back({ row, j - 1 });
            }
            j -= step != SkipClient ? 1 : 0;
            i -= step != SkipServer ? 1 : 0;
        }
        std::reverse(pairs.begin(), pairs.end());
        return pairs;
    }

    /// Where thousands come at once nothing tells which is nearest.
    std::vector<JoinedPair> inOrder() const
    {
        std::vector<JoinedPair> pairs;
        std::size_t next = 0;
        for (std::size_t i = 0; i < m_low.size(); ++i) {
            std::size_t j = std::max(next, m_low[i]);
            for (; j < m_high[i] && !mayPair(i, j); ++j) { }
            if (j < m_high[i]) {
                pairs.push_back({ i, j });
                next = j + 1;
            }
        }
        return pairs;
    }

    const Sides& m_sides;
    double m_distance;
    std::vector<std::size_t> m_low, m_high;
    std::vector<bool> m_alone; ///< no other client's start is too near to be told apart
    std::size_t m_cells = 0;
};

struct Tried {
    std::vector<JoinedPair> pairs; ///< indices into the sides' lists
    double distance = 0;
    double residual = 0;
    double score = 0; ///< how far within the tolerance its pairs lie, all together
    double difference = 0; ///< how far the pairs scatter in their starts and in their E2E, ms: medians
};

Tried tryDistance(const Sides& sides, double distance)
{
    Tried tried;
    tried.distance = distance;
    for (int round = 0; round < 3; ++round) {
        tried.pairs = Matching(sides, tried.distance).pairs();
        if (tried.pairs.empty()) {
            return tried;
        }
        std::vector<double> between;
        for (const JoinedPair& pair : tried.pairs) {
            between.push_back(sides.server[pair.server].at - sides.client[pair.client].at);
        }
        tried.distance = median(between);
        for (double& value : between) {
            value = std::abs(value - tried.distance);
        }
        tried.score = 0;
        for (const double value : between) {
            tried.score += std::max(0.0, joinTolerance.value - value);
        }
        tried.residual = median(std::move(between));
    }
    std::vector<double> e2e;
    for (const JoinedPair& pair : tried.pairs) {
        if (const auto& a = sides.client[pair.client].e2e, &b = sides.server[pair.server].e2e; a && b) {
            e2e.push_back(*a - *b);
        }
    }
    tried.difference = tried.residual;
    if (!e2e.empty()) {
        // A client sees all of them longer by what lies between the two.
        const double longer = median(e2e);
        for (double& value : e2e) {
            value = std::abs(value - longer);
        }
        tried.difference += median(std::move(e2e));
    }
    return tried;
}

/// Where starts are too near to each other, the first that ends for the client is the first that ends for the
/// server.
void pairByEnds(const Sides& sides, std::vector<JoinedPair>& pairs)
{
    for (std::size_t from = 0, to = 0; from < pairs.size(); from = to) {
        bool ends = true;
        for (to = from; to < pairs.size()
             && (to == from
                 || sides.client[pairs[to].client].at - sides.client[pairs[to - 1].client].at < inseparable);
             ++to) {
            ends = ends && sides.client[pairs[to].client].e2e && sides.server[pairs[to].server].e2e;
        }
        if (to - from < 2 || !ends) {
            continue;
        }
        const auto end = [](const Event& event) { return event.at + event.e2e.value_or(0); };
        std::vector<std::size_t> servers;
        for (std::size_t k = from; k < to; ++k) {
            servers.push_back(pairs[k].server);
        }
        const auto group = std::span(pairs).subspan(from, to - from);
        std::stable_sort(group.begin(), group.end(), [&](const JoinedPair& a, const JoinedPair& b) {
            return end(sides.client[a.client]) < end(sides.client[b.client]);
        });
        std::stable_sort(servers.begin(), servers.end(),
            [&](auto a, auto b) { return end(sides.server[a]) < end(sides.server[b]); });
        for (std::size_t k = 0; k < group.size(); ++k) {
            group[k].server = servers[k];
        }
    }
}

/// `other` explains the rows as well as `best` does, and by other pairs.
bool rivals(const Tried& best, const Tried& other)
{
    const bool same = std::abs(best.distance - other.distance) < inseparable
        || (best.pairs.front().client == other.pairs.front().client
            && best.pairs.front().server == other.pairs.front().server);
    return !same && other.difference <= 1.25 * best.difference + 0.02;
}

/// Without those that took longer for the server than for the client; as indices into what was given.
Pairs given(const Sides& sides, Pairs pairs)
{
    pairByEnds(sides, pairs);
    std::erase_if(pairs, [&sides](const JoinedPair& pair) {
        return !fits(sides.client[pair.client], sides.server[pair.server]);
    });
    for (JoinedPair& pair : pairs) {
        pair = { sides.client[pair.client].index, sides.server[pair.server].index };
    }
    return pairs;
}

} // namespace

double median(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Pairs pairsAtDistance(const Sides& sides, double distance)
{
    return given(sides, Matching(sides, distance).pairs());
}

Result<Pairs> pairsByStart(const Sides& sides)
{
    const Error nothing { {}, {}, "the client's requests do not fit what the server received", {} };
    if (sides.client.empty() || sides.server.empty()) {
        return nothing;
    }
    std::vector<Tried> all;
    for (const double distance : distances(sides)) {
        if (Tried tried = tryDistance(sides, distance); !tried.pairs.empty()) {
            all.push_back(std::move(tried));
        }
    }
    // Those that come as near as the best of them, the one that scatters least first.
    double most = 0;
    for (const Tried& tried : all) {
        most = std::max(most, tried.score);
    }
    std::erase_if(all, [most](const Tried& tried) { return tried.score < 0.99 * most; });
    std::stable_sort(
        all.begin(), all.end(), [](const Tried& a, const Tried& b) { return a.difference < b.difference; });
    const std::size_t rows = sides.client.size();
    const std::size_t joined = all.empty() ? 0 : all.front().pairs.size();
    if (joined * 2 <= rows || (joined < rows && joined < fewRows) || all.front().residual > together) {
        return nothing;
    }
    if (std::any_of(
            all.begin() + 1, all.end(), [&](const Tried& other) { return rivals(all.front(), other); })) {
        return Error { {}, {}, "the client's requests fit what the server received in more than one way",
            {} };
    }
    return given(sides, std::move(all.front().pairs));
}

} // namespace prism::live
