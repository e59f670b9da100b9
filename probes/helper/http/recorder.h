// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/frame.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::probes::http {

/// What became of the requests of a target.
struct HttpCounts {
    std::uint64_t begun = 0;
    std::uint64_t ended = 0; ///< whose end was seen or came with the detach
    std::uint64_t lost = 0; ///< whose end is not known: unsynchronised or evicted
    std::uint64_t inProgress = 0; ///< of `begun`: ran already at the attach
    std::uint64_t unreadBytes = 0; ///< told as OpaqueBytes of the reason Unsynchronised
    std::uint64_t missedBytes = 0; ///< of which the TCP sequence tells that their events were lost
    std::uint64_t writes = 0; ///< of body bytes
    std::uint64_t truncatedWrites = 0; ///< of them: in which events may have been missed
};

/// Makes records of the parser: headers, numbers for strings, counts for each target.
class Recorder {
public:
    explicit Recorder(std::uint32_t firstText)
        : m_nextText(firstText)
    {
    }

    /// Where records go. Taken away and emptied by whoever sends them.
    std::vector<std::byte> out;
    /// Bytes of records that wait for their packets, of all connections.
    std::size_t held = 0;

    static wire::RecordHeader header(std::uint32_t target, std::uint64_t timeNs, std::uint64_t durationNs = 0,
        std::uint32_t thread = 0, std::uint8_t flags = 0);

    /// Number of a path or program name; its Text record goes before. Strings of a target are kept by number,
    /// up to a bound, after which numbering begins anew.
    std::uint32_t text(std::uint32_t target, std::uint64_t timeNs, std::string_view text);
    /// Number of a string that comes once.
    std::uint32_t singleText(std::uint32_t target, std::uint64_t timeNs, std::string_view text);

    HttpCounts& counts(std::uint32_t target) { return m_counts[target]; }
    void forgetTarget(std::uint32_t target);

    /// Loss records of what happened since `before`; with `final` the totals.
    void losses(
        std::uint32_t target, const HttpCounts& before, std::uint64_t fromNs, std::uint64_t toNs, bool final);

private:
    std::uint32_t m_nextText;
    std::map<std::uint32_t, std::unordered_map<std::string, std::uint32_t>> m_texts;
    std::map<std::uint32_t, HttpCounts> m_counts;
};

} // namespace prism::probes::http
