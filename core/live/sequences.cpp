// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/sequences.h"

#include <algorithm>

namespace prism::live {

void Sequences::beginsLate()
{
    m_beginsLate = true;
}

std::optional<LossGap> Sequences::check(const wire::RecordHeader& header, Nanoseconds at)
{
    ++m_received;
    if (header.source >= m_sources.size()) {
        return std::nullopt; // a source of a later version
    }
    Source& source = m_sources[header.source];
    const std::uint32_t hole = header.sequence - source.next;
    const bool first = !source.begun;
    const Nanoseconds before = first ? at : source.last;
    source.begun = true;
    source.last = at;
    // The number wraps after 2^32 records; one behind the expected is no hole but a repetition.
    const bool behind = hole > 0x7fffffff;
    if (!behind || (first && m_beginsLate)) {
        source.next = header.sequence + 1;
    }
    if (hole == 0 || behind || (first && m_beginsLate)) {
        return std::nullopt;
    }
    m_missing += hole;
    LossGap gap;
    gap.from = std::min(before, at);
    gap.to = std::max(before, at);
    gap.program = "stream";
    gap.stage = LossStage::Way;
    gap.reason = wire::LossReason::SocketBackpressure;
    gap.dropped = hole;
    return gap;
}

} // namespace prism::live
