// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/frame.h"

#include <cstdint>
#include <functional>
#include <set>
#include <tuple>

namespace prism::probes {

/// Requests that the parser has told the begin of and not the end, kept on the privileged side: should the
/// parser die, their end is told in its place.
class RunningRequests {
public:
    /// To be called with every record of the parser.
    void follow(const wire::RecordView& record);
    /// Tells that each of them ended as Unsynchronised, and forgets them.
    void endAll(std::uint64_t timeNs, const std::function<void(const wire::RecordView&)>& tell);
    std::size_t count() const { return m_running.size(); }

private:
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint32_t>>
        m_running; ///< target, connection, request
};

} // namespace prism::probes
