// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/made_stream.h"

#include <deque>
#include <random>

namespace prism::test {

/// Records of an inference server under load, as a helper would tell them, for any stretch of time: a batch
/// that decodes in steps, prompts that hold it up, scheduler spans, samples, and once in a while a loss.
class SimulatedServer {
public:
    struct Load {
        double requestsPerSecond = 6;
        unsigned tokens = 200; ///< of a request, about
        std::int64_t stepNs = 8 * millisecond; ///< a token of every request that decodes
        bool giants = true; ///< every ten seconds a prompt that holds the batch up
        bool losses = true;
    };
    SimulatedServer(const Load& load, std::int64_t startNs);

    /// Everything from where the last call ended to an instant, by time.
    std::vector<std::byte> until(std::int64_t ns);
    std::uint64_t tokenEvents() const { return m_tokenEvents; }

private:
    struct Running {
        ScriptedRequest script;
        unsigned sent = 0;
        unsigned wanted = 0;
        std::int64_t ready = 0; ///< its prompt is worked off
    };
    void arrive(std::int64_t ns);
    void step(std::int64_t ns);
    void finish(const Running& request, std::int64_t ns);
    void machine(std::int64_t ns);

    Load m_load;
    MadeStream m_stream;
    std::mt19937 m_random { 20 };
    std::int64_t m_now;
    std::int64_t m_nextArrival;
    std::int64_t m_nextGiant;
    std::int64_t m_nextSample;
    std::int64_t m_nextLoss;
    std::uint64_t m_connections = 0;
    std::uint64_t m_tokenEvents = 0;
    std::deque<Running> m_running;
};

} // namespace prism::test
