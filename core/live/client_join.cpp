// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/client_join.h"

#include <algorithm>
#include <cmath>

namespace prism::live {

namespace {

constexpr double believed = 20; ///< ms
constexpr std::size_t mostWarmUp = 256;

double median(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

std::optional<ClientJoin> joinByStart(std::span<const RequestRow> client, std::span<const RequestPtr> server)
{
    std::vector<std::size_t> theirs;
    for (std::size_t i = 0; i < client.size(); ++i) {
        if (client[i].ok && client[i].start) {
            theirs.push_back(i);
        }
    }
    std::vector<std::size_t> ours;
    for (std::size_t i = 0; i < server.size(); ++i) {
        if (server[i]->role == ConnectionRole::Server && server[i]->arrival && server[i]->ok()
            && server[i]->method == "POST") {
            ours.push_back(i);
        }
    }
    if (theirs.empty() || ours.size() < theirs.size()) {
        return std::nullopt;
    }
    const auto start = [&](std::size_t i) { return client[i].start->value * 1e3; };
    const auto arrival = [&](std::size_t i) { return toMilliseconds(*server[i]->arrival).value; };
    std::stable_sort(theirs.begin(), theirs.end(), [&](auto a, auto b) { return start(a) < start(b); });
    std::stable_sort(ours.begin(), ours.end(), [&](auto a, auto b) { return arrival(a) < arrival(b); });

    std::optional<ClientJoin> best;
    const std::size_t spare = ours.size() - theirs.size();
    for (std::size_t skip = 0; skip <= std::min(spare, mostWarmUp); ++skip) {
        std::vector<double> offsets;
        offsets.reserve(theirs.size());
        for (std::size_t i = 0; i < theirs.size(); ++i) {
            offsets.push_back(arrival(ours[i + skip]) - start(theirs[i]));
        }
        const double offset = median(offsets);
        std::vector<double> apart;
        apart.reserve(offsets.size());
        for (const double o : offsets) {
            apart.push_back(std::abs(o - offset));
        }
        const double residual = median(apart);
        if (residual > believed || (best && best->residual.value <= residual)) {
            continue;
        }
        ClientJoin join;
        join.residual = { residual };
        for (std::size_t i = 0; i < theirs.size(); ++i) {
            join.pairs.push_back({ theirs[i], ours[i + skip] });
        }
        best = std::move(join);
    }
    return best;
}

} // namespace prism::live
