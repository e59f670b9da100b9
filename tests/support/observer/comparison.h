// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/observer/observed_session.h"
#include "tests/support/observer/timed_load.h"

#include <QStringList>

#include <vector>

namespace prism::test {

/// What the client saw beside what the helper told, request by request (client's port and number on the
/// connection).
struct Comparison {
    int matched = 0;
    QStringList differences; ///< empty: every request, status, byte and event is equal
    std::vector<double> ttftErrorUs; ///< observed minus the client's
    std::vector<double> gapErrorUs; ///< observed minus the client's, of neighbouring tokens
    std::vector<double> wireErrorUs; ///< as ttftErrorUs, but until the first token's packet left
    /// Of first tokens without a packet: how long after the server's write the client had them, by its clock.
    std::vector<double> unseenPacketUs;
    std::vector<double> readLagUs; ///< from the packet to the server's first read
    int events = 0;

    void add(const Comparison& other);
    /// "32 requests, 900 events; TTFT error median -31 µs, p99 of |error| 80 µs; gap …"
    QString figures() const;
};

/// Runs the client to its end and reads what the helper tells meanwhile, as a program that watches does.
TimedLoad runLoad(ObservedSession& session, std::uint16_t port, const QStringList& arguments);

struct CompareWhat {
    bool bytes = true; ///< of requests and answers
    bool tokenTimes = true; ///< the n-th token event here is the n-th there
};

Comparison compare(const TimedLoad& load, const ObservedSession& observation, CompareWhat what = {});

/// Nearest rank of sorted copies; NaN of nothing.
double quantile(std::vector<double> values, double q);
/// The same of the absolute values.
double absoluteQuantile(std::vector<double> values, double q);

/// The client's clock can be believed: it waited less than a hundredth of its time for a CPU.
inline constexpr double believableRunQueueShare = 0.01;

/// The p99 of |error| of a time to first token that is allowed.
inline constexpr double mostTtftErrorUs = 250;

/// So often a load is measured before its times are beyond the limits: one hiccup of a virtual machine, in
/// which other threads get the CPU for milliseconds, is no fault of the observer; a bias shows each time.
inline constexpr int timedTries = 5;

} // namespace prism::test
