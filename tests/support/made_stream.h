// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/frame.h"
#include "probes/protocol/message.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::test {

inline constexpr std::int64_t millisecond = 1'000'000;
inline constexpr std::int64_t second = 1'000 * millisecond;

/// A request as a script tells it; times in nanoseconds.
struct ScriptedRequest {
    std::uint64_t connection = 1;
    std::uint32_t number = 0;
    std::int64_t arrival = 0;
    std::int64_t readAfter = millisecond;
    std::int64_t firstTokenAfter = 50 * millisecond; ///< since the arrival
    std::int64_t gap = 10 * millisecond;
    unsigned tokens = 8;
    std::uint16_t status = 200;
    bool usage = true;
    prism::wire::EndReason ended = prism::wire::EndReason::Complete;
    std::string_view path = "/v1/chat/completions";
    std::string_view key = {};
    std::string_view answer = {}; ///< the id that the answer names itself by
    std::uint32_t thread = 0; ///< that reads it

    std::int64_t end() const
    {
        return arrival + firstTokenAfter + gap * (std::int64_t(tokens) - 1) + millisecond;
    }
};

/// Records as a helper would send them: numbered by source, texts sent once.
class MadeStream {
public:
    std::uint32_t target = 1;

    std::uint32_t text(std::string_view text);
    std::uint32_t singleText(std::string_view text); ///< told for one record alone, as a request's key is
    template <class Body>
    void add(wire::Source source, std::int64_t at, const Body& body, std::uint8_t flags = 0,
        std::uint32_t thread = 0, std::uint32_t durationNs = 0)
    {
        wire::RecordHeader header {};
        header.timeNs = static_cast<std::uint64_t>(at);
        header.source = static_cast<std::uint8_t>(source);
        header.flags = flags;
        header.target = target;
        header.thread = thread;
        header.durationNs = durationNs;
        header.sequence = m_next.at(header.source)++;
        wire::appendRecord(m_records, header, body);
    }
    /// Numbers pass that are never sent.
    void lose(wire::Source source, std::uint32_t records);

    void connection(std::int64_t at, std::uint64_t number, wire::ConnectionRole role, std::uint16_t localPort,
        std::uint16_t peerPort);
    /// A whole streamed answer: role event, tokens, finish with usage, [DONE]. Order of time.
    void request(const ScriptedRequest& request);
    // Its parts, for tests that leave some out.
    void asked(const ScriptedRequest& request, std::uint8_t flags = 0);
    void head(const ScriptedRequest& request, std::int64_t at);
    void answered(const ScriptedRequest& request, std::int64_t at);
    void chunk(const ScriptedRequest& request, std::uint32_t index, std::int64_t at, unsigned role,
        unsigned text, unsigned empty = 0, std::uint8_t flags = 0);
    void end(const ScriptedRequest& request, std::int64_t at, std::uint32_t events, std::uint32_t tokens,
        std::uint32_t writes);
    void clock(std::int64_t at, std::int64_t slept = 0, std::int64_t unixEpoch = 1'700'000'000'000'000'000);

    /// The records since the last call.
    std::vector<std::byte> take() { return std::exchange(m_records, {}); }

private:
    std::vector<std::byte> m_records;
    std::array<std::uint32_t, wire::sourceCount> m_next {};
    std::map<std::string, std::uint32_t, std::less<>> m_texts;
    std::uint32_t m_newestText = 0;
};

/// Three requests, one a second from two seconds behind `from` on, that reach target 1, a router, and that it
/// asks of target 2, whose connection served `before` others already. The stream stands at target 2 then.
void routed(MadeStream& stream, std::int64_t from, std::uint32_t before = 0);

} // namespace prism::test
