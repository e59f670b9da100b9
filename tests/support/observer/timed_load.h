// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/observer/running_program.h"

#include <cstdint>
#include <string>
#include <vector>

/// What the client that keeps its own clock says (tests/support/clocked_client).
namespace prism::test {

struct TimedExchange {
    std::uint16_t localPort = 0;
    int index = 0; ///< on its TCP connection
    std::string ended;
    int status = 0;
    bool streamed = false;
    std::int64_t sendNs = 0;
    std::int64_t sentNs = 0;
    std::int64_t firstByteNs = 0;
    std::int64_t firstTokenNs = 0;
    std::int64_t endNs = 0;
    std::uint64_t bytesSent = 0;
    std::uint64_t bytesReceived = 0;
    std::int64_t usageTokens = -1;
    std::string
        classes; ///< a letter an event: r role, t text, e token without text, f finish, u usage, d done
    std::vector<std::int64_t> eventNs;

    /// Read times of the events that carry a token.
    std::vector<std::int64_t> tokenNs() const;
    int tokens() const { return static_cast<int>(tokenNs().size()); }
};

struct TimedLoad {
    std::vector<TimedExchange> exchanges;
    bool fifo = false; ///< its threads ran under SCHED_FIFO
    double worstRunQueueShare = 1; ///< of the thread that waited longest for a CPU
    double runQueueShare = 1; ///< of all its threads together
    int complete = 0;
    int requests = 0;
};

QString clockedClient();
/// Reads what the client printed; without its summary there are no requests.
TimedLoad readLoad(const QByteArray& output);
/// Runs the client to its end.
TimedLoad runLoad(std::uint16_t port, const QStringList& arguments);

} // namespace prism::test
