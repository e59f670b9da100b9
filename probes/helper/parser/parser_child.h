// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/http_machine.h"
#include "probes/helper/parser/engine_streams.h"
#include "probes/helper/ring.h"
#include "probes/protocol/message.h"

#include <cstdint>
#include <vector>

namespace prism::probes {

/// What the child does, without its confinement: reads the payload ring every 20 ms while a target is
/// attached, runs the HTTP machine, sends its records, and answers the helper's questions (Attach and Detach;
/// other questions and anything malformed end it).
class Parser {
public:
    /// `generation`: how many children ran before this one; their numbers for strings and requests are not
    /// used again.
    Parser(RingReader& ring, int channel, std::uint32_t generation);
    /// Until the helper hangs up. False: it did not keep to the rules, or could not be written to.
    bool run();
    /// One turn: waits at most `timeoutMs` for a question. False as run(), or at the helper's end.
    bool turn(int timeoutMs);
    /// The helper has hung up.
    bool finished() const { return m_finished; }

private:
    bool readQuestions();
    bool answer(const wire::Frame& frame);
    /// True: nothing was left in it.
    bool readRing(std::size_t most);
    bool send();

    RingReader& m_ring;
    int m_channel;
    http::HttpMachine m_machine;
    EngineStreams m_engines;
    std::uint64_t m_engineTickNs = 0;
    std::uint64_t m_newestNs = 0; ///< time of the newest event that was read
    wire::FrameReader m_reader;
    std::vector<std::byte> m_out; ///< frames
    std::size_t m_attached = 0;
    bool m_finished = false;
};

/// Cuts records into frames.
void appendRecordFrames(std::vector<std::byte>& out, std::span<const std::byte> records);

/// The forked child: confines itself and parses until the helper goes. Never returns.
[[noreturn]] void runParserChild(RingReader& ring, int channel, std::uint32_t generation);

} // namespace prism::probes
