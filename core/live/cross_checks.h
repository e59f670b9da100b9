// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "core/live/request.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

/// What one source tells of a target held against what another tells.
namespace prism::live {

/// Names of the ProbeFacts that these checks make.
inline constexpr std::string_view unseenArrivals = "arrivals";
inline constexpr std::string_view tokenCounter = "token counter";

/// Requests are read and no packet of them is seen: the program at the packets is attached and never fires.
class ArrivalCheck {
public:
    static constexpr int patience = 3; ///< requests in a row

    /// A request that came. What is to be told from now on: that arrivals are not seen, or that they are.
    std::optional<ProbeFact> arrived(const Request& request);
    void forget(TargetNumber target) { m_targets.erase(target); }

private:
    struct Target {
        int without = 0;
        bool told = false;
    };
    std::map<TargetNumber, Target> m_targets;
};

/// The server's own counter of generated tokens (its /metrics) against the token events that were seen.
///
/// Compared over windows of at least `leastLength` in which the counter or the events tell of at least
/// `leastTokens`. Servers count at every step or when a request ends: what was seen is therefore a range,
/// from the smaller to the greater of the token events in the window and the tokens of the requests that
/// ended in it (the larger of what the server told and their token events). A counter is explained that
/// lies within this range, widened by `tolerance` and by two tokens a request: an end-of-text token makes no
/// event of its own. Two windows in a row have to disagree before it is told. A window in which something is
/// not known (records lost, a request that began before the attach, was left, failed or was not streamed
/// without usage) is none.
class TokenCheck {
public:
    static constexpr Seconds leastLength { 10 };
    static constexpr double leastTokens = 500;
    static constexpr double tolerance = 0.1;

    void arrived(const Request& request);
    void wrote(const Request& request, const EventWrite& write);
    void ended(const Request& request);
    /// Something of the target, or of all (0), is missing.
    void missing(TargetNumber target);
    /// What is to be told from now on: that the two do not fit, or that they do.
    std::optional<ProbeFact> reading(const EngineReading& reading);
    void forget(TargetNumber target) { m_targets.erase(target); }

private:
    enum class Verdict : std::uint8_t { Fits, More, Fewer };
    struct Window {
        std::optional<Nanoseconds> begin;
        double counted = 0; ///< by the server
        double events = 0; ///< token events in the window
        double ended = 0; ///< tokens of the requests that ended in it
        std::uint64_t requests = 0; ///< that ended in it
        bool unknown = false;
    };
    struct Target {
        Window window;
        std::set<RequestId> running;
        std::set<RequestId> inProgress; ///< of the running: those that began before the attach
        Verdict before = Verdict::Fits; ///< of the last whole window
        bool told = false;
    };
    Target* of(const Request& request); ///< null where it tells nothing
    static Verdict verdictOf(const Window& window, std::size_t running);
    static std::string sentence(const Window& window, Verdict verdict, Nanoseconds until);

    std::map<TargetNumber, Target> m_targets;
};

} // namespace prism::live
