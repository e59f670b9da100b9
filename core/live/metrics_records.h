// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/metrics_poller.h"
#include "probes/protocol/frame.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace prism::live {

/// Writes what a server says at /metrics as records of a stream, so that it is assembled, recorded and
/// replayed like everything else. One for a session: it numbers its records and texts.
class MetricsRecords {
public:
    /// From here on the server is asked, at `url`.
    std::vector<std::byte> begins(TargetNumber target, std::uint64_t atNs, const std::string& url);
    /// An answer, or why there was none (told when that changes).
    std::vector<std::byte> reading(TargetNumber target, const MetricsReading& reading);
    void ends(TargetNumber target);
    /// The clocks of this machine, now: where no helper tells them.
    std::vector<std::byte> clocks();

    static constexpr const char* probeName = "metrics"; ///< of its State records

private:
    /// The helper numbers its texts from 1 on, its parser from 2^31.
    static constexpr std::uint32_t firstText = 0x70000000;

    wire::RecordHeader header(TargetNumber target, std::uint64_t atNs);
    std::uint32_t text(std::vector<std::byte>& out, const wire::RecordHeader& like, const std::string& text);
    void state(std::vector<std::byte>& out, TargetNumber target, std::uint64_t atNs, wire::ProbeState state,
        const std::string& hint);

    std::uint32_t m_sequence = 0;
    std::map<std::string, std::uint32_t> m_texts;
    std::map<TargetNumber, std::string> m_problems; ///< of those that were told of; empty: it answers
};

} // namespace prism::live
