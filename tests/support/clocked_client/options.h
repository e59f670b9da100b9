// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prism::test {

struct ClientOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    int networkOf = 0; ///< in the network namespace of this process; 0: its own
    int connections = 1;
    int requests = 1; ///< on each connection
    std::int64_t forMs = 0; ///< instead of `requests`: new ones until then
    std::string method = "POST";
    std::string path = "/v1/chat/completions";
    std::string body;
    std::vector<std::string> headers;
    bool chunkedBody = false; ///< no Content-Length: one chunk a piece
    bool expectContinue = false; ///< the body waits for "100 Continue"
    std::size_t pieceBytes = 0; ///< the request goes in pieces of so many bytes …
    std::int64_t pieceGapUs = 0; ///< … so long after one another
    int pipeline = 1; ///< so many requests in one write
    int abortAfter = -1; ///< the client hangs up after so many events
    int fifo = 10; ///< SCHED_FIFO priority; 0: an ordinary client
    bool awake = false; ///< keeps every CPU from sleeping by threads that anything else displaces
    bool summaryOnly = false; ///< for load: no line a request

    /// Each request asks for a connection of its own.
    bool closes() const
    {
        return std::find(headers.begin(), headers.end(), "Connection:close") != headers.end();
    }
};

/// Empty after a sentence on stderr when the words make no sense.
std::optional<ClientOptions> readOptions(int count, char** words);

} // namespace prism::test
