// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/probes/servers/small/shaped_server/wanted.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::test {

/// Sleeps until an instant of CLOCK_MONOTONIC.
void sleepUntil(std::int64_t ns);
std::int64_t nowNs();

/// A client's connection: reads whole requests, keeps what came of the next one, and writes each piece by
/// exactly one call of the wanted kind.
class Connection {
public:
    explicit Connection(int socket)
        : m_socket(socket)
    {
    }
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    struct Request {
        std::string target;
        bool whole = false; ///< false: answered before its body had come
        bool last = false; ///< the client wants no other on this connection
    };
    /// False when the client has left or what it sent is no HTTP (then 400 was answered).
    bool readRequest(Request& request);

    /// One call. False when the client has left.
    bool write(const std::string& bytes, const std::string& call);
    /// Ends the connection as llama-server does: waits for the client's end, and reads once more behind it.
    void hangUp();

private:
    bool fill();
    bool readHeader(std::string& header);
    bool readBody(const std::string& header);
    bool readChunkedBody();
    bool readLine(std::string& line);
    bool skip(std::uint64_t bytes);

    int m_socket;
    std::string m_buffer;
};

} // namespace prism::test
