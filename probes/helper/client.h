// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/outbox.h"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::probes {

/// One program that watches: a socket, or standard input and output. Its bytes are hostile.
class Client {
public:
    /// Takes over the descriptors (equal for a socket) and makes them non-blocking.
    Client(std::uint64_t id, int in, int out, std::size_t queueLimit = Outbox::shippedLimit);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    std::uint64_t id() const { return m_id; }
    int in() const { return m_in; }
    int out() const { return m_out; }
    Outbox& outbox() { return m_outbox; }
    const Outbox& outbox() const { return m_outbox; }

    struct Question {
        wire::MessageHeader header {};
        std::span<const std::byte> fields; ///< valid during the call
    };
    /// Reads what is there and hands out the questions. False when the client is gone or broke the rules;
    /// then the last frame (Fault) waits in the outbox.
    bool read(const std::function<void(const Question&)>& ask);

    void reply(wire::MessageHeader header, wire::Status status, bool more, const wire::FieldWriter& fields);
    /// The last frame. Nothing is read any more.
    void fault(std::string_view reason);
    bool faulted() const { return m_faulted; }

    /// Tells a string of the helper, unless this client has been told of it. Returns its number.
    std::uint32_t text(std::uint32_t id, std::string_view text, std::uint64_t timeNs);

private:
    bool take(const wire::Frame& frame, const std::function<void(const Question&)>& ask);
    bool takeHello(std::span<const std::byte> payload);

    std::uint64_t m_id;
    int m_in;
    int m_out;
    wire::FrameReader m_reader;
    Outbox m_outbox;
    bool m_greeted = false;
    bool m_faulted = false;
    std::vector<bool> m_told; ///< by number of a string of the helper
};

} // namespace prism::probes
