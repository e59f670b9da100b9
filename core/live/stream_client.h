// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/transport.h"
#include "probes/protocol/frame.h"
#include "probes/protocol/message.h"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace prism::live {

/// One end of the conversation with a helper: handshake, questions and answers, records. What the helper
/// sends is treated as hostile: bounded, checksummed, and after the first fault nothing is read. For one
/// thread; wake() may be called from any.
class StreamClient {
public:
    /// Connects and shakes hands. The error says who does not speak, or which version it speaks.
    static Result<std::unique_ptr<StreamClient>> connect(
        const HelperAddress& address, const std::stop_token& stop = {});
    static Result<std::unique_ptr<StreamClient>> connect(std::unique_ptr<Transport> transport,
        std::string shown, std::chrono::milliseconds patience, const std::stop_token& stop = {});

    /// Told what comes; the spans are valid during the call.
    class Handler {
    public:
        virtual ~Handler() = default;
        /// The payload of a Records frame; an error ends the stream.
        virtual Result<void> records(std::span<const std::byte> payload) = 0;
        virtual Result<void> reply(const wire::MessageHeader& header, std::span<const std::byte> fields) = 0;
    };

    /// Queues a question and returns its id. Questions go out while pump() runs.
    std::uint32_t ask(wire::Verb verb, const wire::FieldWriter& fields = {});
    enum class Pumped { Something, Nothing, Ended };
    /// Waits at most `patience` and hands on what came. Ended: the other side closed the stream in good
    /// order.
    Result<Pumped> pump(std::chrono::milliseconds patience, Handler& handler);
    void wake() { m_transport->wake(); }

    const std::string& program() const { return m_program; } ///< name and version of the helper
    std::uint64_t features() const { return m_features; } ///< bits of wire::Feature

private:
    StreamClient(std::unique_ptr<Transport> transport, std::string shown);
    Result<void> shakeHands(std::chrono::milliseconds patience, const std::stop_token& stop);
    Result<void> hello(std::span<const std::byte> payload);
    Result<void> frame(const wire::Frame& frame, Handler& handler);
    Result<void> flush();
    /// Reads once; false at the end of the stream.
    Result<bool> fill();
    Error fault() const;
    Error hungUp();

    std::unique_ptr<Transport> m_transport;
    std::string m_shown;
    std::string m_program;
    std::uint64_t m_features = 0;
    wire::FrameReader m_reader;
    std::vector<std::byte> m_out;
    std::uint32_t m_nextQuestion = 1;
};

} // namespace prism::live
