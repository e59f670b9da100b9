// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/same_points.h"

#include <set>
#include <string_view>
#include <unordered_map>

namespace prism::store {

namespace {

/// A place and what holds it: "/results/3" of "/results/3/p99", "17:" of "17:4".
std::set<std::string> placesWithHolders(const ReadPoint& point)
{
    std::set<std::string> out;
    for (const std::string& place : point.places) {
        out.insert(place);
        const std::size_t end = place.find_last_of("/:");
        if (end != std::string::npos && end > 0) {
            out.insert(place.substr(0, place[end] == ':' ? end + 1 : end));
        }
    }
    return out;
}

} // namespace

std::map<std::uint32_t, std::uint32_t> samePoints(
    const std::vector<ReadPoint>& before, const std::vector<ReadPoint>& now)
{
    constexpr std::size_t several = static_cast<std::size_t>(-1);
    std::unordered_map<std::string, std::size_t> holderOf; ///< place to the only new point read from it
    std::map<std::uint32_t, std::set<std::string>> placesNow;
    for (std::size_t i = 0; i < now.size(); ++i) {
        std::set<std::string>& places = placesNow[now[i].index];
        places = placesWithHolders(now[i]);
        for (const std::string& place : places) {
            const auto [it, fresh] = holderOf.emplace(place, i);
            it->second = fresh ? i : several;
        }
    }
    std::unordered_map<std::string, std::size_t> oldHolders; ///< how many points were read from a place
    for (const ReadPoint& old : before) {
        for (const std::string& place : placesWithHolders(old)) {
            ++oldHolders[place];
        }
    }
    std::map<std::uint32_t, std::uint32_t> same;
    for (const ReadPoint& old : before) {
        const std::set<std::string> places = placesWithHolders(old);
        std::map<std::size_t, std::size_t> votes;
        bool shared = false; // with the new point of the same number
        const auto sameNumber = placesNow.find(old.index);
        for (const std::string& place : places) {
            if (const auto it = holderOf.find(place);
                it != holderOf.end() && it->second != several && oldHolders[place] == 1) {
                ++votes[it->second];
            }
            shared = shared || (sameNumber != placesNow.end() && sameNumber->second.contains(place));
        }
        std::size_t best = 0;
        std::size_t winners = 0;
        std::uint32_t winner = 0;
        for (const auto& [at, count] : votes) {
            winners = count > best ? 1 : count == best ? winners + 1 : winners;
            winner = count > best ? now[at].index : winner;
            best = std::max(best, count);
        }
        const bool nothingSaid
            = sameNumber != placesNow.end() && places.empty() && sameNumber->second.empty();
        if (winners == 1) {
            same.emplace(old.index, winner);
        } else if (winners == 0 && before.size() == now.size() && (shared || nothingSaid)) {
            same.emplace(old.index, old.index);
        }
    }
    return same;
}

} // namespace prism::store
