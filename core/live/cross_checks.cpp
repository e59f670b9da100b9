// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/cross_checks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace prism::live {

namespace {

/// Tokens of a request that ended: what the server told or its token events, whichever is more, as an event
/// carries one at least.
double tokensOf(const Request& request)
{
    const double events = static_cast<double>(request.tokenEvents);
    return std::max(events, static_cast<double>(request.outputTokens.value_or(0)));
}

/// What it generated cannot be known from outside.
bool isUnclear(const Request& request)
{
    const bool untold = !request.streamed && !request.outputTokens;
    return request.ended != Ended::Complete || request.incomplete || request.inProgress
        || request.opaqueEvents || (request.ok() && request.method == "POST" && untold);
}

/// A stream may name any number of targets: of more nothing is said.
constexpr std::size_t mostTargets = 4096;

template <class Targets>
auto* placeOf(Targets& targets, TargetNumber number)
{
    const auto it = targets.find(number);
    return it != targets.end() ? &it->second : targets.size() < mostTargets ? &targets[number] : nullptr;
}

} // namespace

std::optional<ProbeFact> ArrivalCheck::arrived(const Request& request)
{
    // Behind another in the same packet, or from before the attach: its packet is no news.
    if (request.role != ConnectionRole::Server || request.inProgress || request.pipelined) {
        return std::nullopt;
    }
    Target* const place = placeOf(m_targets, request.target);
    if (!place) {
        return std::nullopt;
    }
    Target& target = *place;
    target.without = request.arrival ? 0 : target.without + 1;
    const bool silent = target.without >= patience;
    if (silent == target.told || (!silent && target.without > 0)) {
        return std::nullopt;
    }
    target.told = silent;
    ProbeFact fact { request.seen, request.target, std::string(unseenArrivals),
        silent ? wire::ProbeState::Silent : wire::ProbeState::Ready, 1, 0, {} };
    if (silent) {
        fact.hint
            = "Requests are read, but their packets are not seen: when they arrived is not known, and so "
              "neither TTFT nor E2E is";
    }
    return fact;
}

TokenCheck::Target* TokenCheck::of(const Request& request)
{
    return request.role == ConnectionRole::Server ? placeOf(m_targets, request.target) : nullptr;
}

void TokenCheck::arrived(const Request& request)
{
    Target* const target = of(request);
    if (target) {
        target->running.insert(request.id);
    }
    if (target && request.inProgress) {
        target->inProgress.insert(request.id);
    }
}

void TokenCheck::wrote(const Request& request, const EventWrite& write)
{
    if (Target* const target = of(request)) {
        target->window.events += write.tokenEvents;
    }
}

void TokenCheck::ended(const Request& request)
{
    Target* const target = of(request);
    if (!target) {
        return;
    }
    target->running.erase(request.id);
    target->inProgress.erase(request.id);
    target->window.ended += tokensOf(request);
    ++target->window.requests;
    target->window.unknown = target->window.unknown || isUnclear(request);
}

void TokenCheck::missing(TargetNumber number)
{
    for (auto& [target, state] : m_targets) {
        state.window.unknown = state.window.unknown || number == 0 || number == target;
    }
}

TokenCheck::Verdict TokenCheck::verdictOf(const Window& window, std::size_t running)
{
    const double slack = 2.0 * static_cast<double>(window.requests + running);
    const auto [least, most] = std::minmax(window.events, window.ended);
    return window.counted > most * (1 + tolerance) + slack ? Verdict::More
        : window.counted < least * (1 - tolerance) - slack ? Verdict::Fewer
                                                           : Verdict::Fits;
}

std::string TokenCheck::sentence(const Window& window, Verdict verdict, Nanoseconds until)
{
    char numbers[128];
    std::snprintf(numbers, sizeof numbers,
        "In %.0f s the server counted %.0f generated tokens, and %.0f token "
        "events were seen: ",
        toSeconds(until - *window.begin).value, window.counted, std::max(window.events, window.ended));
    return std::string(numbers)
        + (verdict == Verdict::Fewer ? "its /metrics may tell of one of several processes only"
                : window.events == 0 && window.ended == 0
                ? "it answers requests that are not read here"
                : "it puts several tokens into an event, so that gaps are not those of tokens, or answers "
                  "requests "
                  "that are not read here");
}

std::optional<ProbeFact> TokenCheck::reading(const EngineReading& reading)
{
    const auto rate = reading.generationTokensPerSecond;
    Target* const place = placeOf(m_targets, reading.target);
    if (!place) {
        return std::nullopt;
    }
    Target& target = *place;
    Window& window = target.window;
    const bool whole = rate && window.begin && *window.begin <= reading.since && !window.unknown;
    if (whole) {
        window.counted += *rate * toSeconds(reading.at - reading.since).value;
        const bool enough = std::max({ window.counted, window.events, window.ended }) >= leastTokens;
        if (toSeconds(reading.at - *window.begin) < leastLength || !enough) {
            return std::nullopt;
        }
        const Verdict verdict = verdictOf(window, target.running.size());
        const bool again = verdict == target.before;
        target.before = verdict;
        const std::string text
            = verdict == Verdict::Fits ? std::string() : sentence(window, verdict, reading.at);
        window = {};
        window.begin = reading.at;
        if (!again || target.told == (verdict != Verdict::Fits)) {
            return std::nullopt;
        }
        target.told = verdict != Verdict::Fits;
        return ProbeFact { reading.at, reading.target, std::string(tokenCounter),
            target.told ? wire::ProbeState::Silent : wire::ProbeState::Ready, 0, 0, text };
    }
    // From here on, unless something goes on whose beginning is not known.
    window = {};
    if (target.inProgress.empty()) {
        window.begin = reading.at;
    }
    return std::nullopt;
}

} // namespace prism::live
