// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/engine/zmtp_stream.h"
#include "probes/protocol/frame.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace prism::probes::engine {

/// What vLLM's EngineCore tells its API server after every iteration, read off its local socket: one
/// EngineStep an iteration and one EngineRequest an output of it, as wire records. The layout is that of vLLM
/// 0.32: [engine, outputs, scheduler stats, timestamp, …], positional; longer arrays of later versions are
/// taken, a message of another shape is counted and left out. No token, no text and no prompt is kept.
///
/// A step's end is the engine's own stamp. Its begin is the end of the one before, where requests were
/// running in between, or the engine's elapsed_ms where iteration details are switched on; else it is not
/// known and the duration is 0. `tokens` and `sequences` are those of the batch with iteration details, else
/// the tokens that came out and the requests that they came out of (a prompt that is read in pieces then
/// counts none).
class EngineOutputs {
public:
    EngineOutputs(std::uint32_t target, std::vector<std::byte>& out)
        : m_target(target)
        , m_out(out)
    {
    }
    /// One send of the engine's I/O thread on this socket. `seen`: the copied part of its `total` bytes.
    void send(Bytes seen, std::uint64_t total, std::uint32_t thread);
    /// Sends of this socket are missing from here.
    void lose();

    const ZmtpStream& stream() const { return m_stream; }
    std::uint64_t steps() const { return m_steps; }
    std::uint64_t outputTokens() const { return m_outputTokens; }
    std::uint64_t finished() const { return m_finished; }
    std::uint64_t misshapen() const { return m_misshapen; }

private:
    struct Message;
    void message(Bytes body, std::uint32_t thread);
    static bool read(Bytes body, Message& message);
    static bool readOutput(Msgpack& reader, Message& message);
    static bool readStats(Msgpack& reader, Message& message);
    static bool readDetails(Msgpack& reader, Message& message);
    void tell(const Message& message, std::uint32_t thread);

    std::uint32_t m_target;
    std::vector<std::byte>& m_out;
    ZmtpStream m_stream;
    std::uint64_t m_lastEndNs = 0; ///< of a step behind which requests were running
    std::uint64_t m_steps = 0;
    std::uint64_t m_outputTokens = 0;
    std::uint64_t m_finished = 0;
    std::uint64_t m_misshapen = 0;
};

/// Number for a request id of the engine: wire::idNumber() of the API server's own ("chatcmpl-…", the `id` of
/// its events), which it carries between a prefix for the choice ("1_") and a suffix of eight hexadecimal
/// digits; that of a text completion has the number of the prompt behind it ("cmpl-…-0").
std::uint64_t requestKey(std::string_view id);

} // namespace prism::probes::engine
