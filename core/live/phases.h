// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/units/quantity.h"

#include <cstdint>
#include <map>
#include <vector>

namespace prism::live {

/// A stretch of a session in which the load was steady.
struct LoadPhase {
    Nanoseconds begin;
    Nanoseconds end; ///< exclusive
    double inFlight = 0; ///< mean over its time
};

/// Cuts a session into phases of steady load by the number of requests in flight.
///
/// The rule: the time is cut into slots of a second, each with its mean number in flight. A phase goes on
/// while the median of the next five slots stays within 25 % of the phase's mean so far, or within 1 request;
/// else a new one begins. Phases shorter than ten seconds (steps between levels) and those with less than
/// half a request in flight (pauses) are no load points; when nothing else is there, the whole session is
/// one.
class PhaseFinder {
public:
    void arrived(Nanoseconds at) { change(at, 1); }
    void ended(Nanoseconds at) { change(at, -1); }

    std::vector<LoadPhase> phases() const;
    /// Mean number in flight a second, from the first arrival on.
    std::vector<double> slots() const;
    Nanoseconds begin() const;

private:
    void change(Nanoseconds at, int by);

    struct Slot {
        std::int64_t change = 0; ///< of the number in flight
        double within = 0; ///< what the changes add to this slot's own mean
    };
    std::map<std::int64_t, Slot> m_slots; ///< by second
};

} // namespace prism::live
