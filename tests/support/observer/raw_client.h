// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace prism::test {

/// A client that sends whatever bytes a test says, on the loopback.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the server has closed.
    bool send(std::string_view bytes);
    /// Reads until these bytes have come since the last call; false when the server closes or is silent for
    /// 30 s.
    bool readUntil(std::string_view bytes);
    /// Everything until the server closes.
    std::string readAll();
    std::uint16_t localPort() const { return m_localPort; }

private:
    int m_socket;
    std::uint16_t m_localPort = 0;
    std::string m_read;
};

} // namespace prism::test
