// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/protocol/record.h"

#include <cstdint>

namespace prism::probes::http {

/// A request and its answer while they run.
struct Exchange {
    std::uint32_t number = 0; ///< on its connection
    std::uint32_t path = 0; ///< Text
    std::uint32_t key = 0; ///< Text
    std::uint32_t thread = 0; ///< that read it
    std::uint64_t bodyBytes = wire::unknownBytes;
    std::uint64_t arrivalNs = 0;
    std::uint64_t readNs = 0;
    std::uint64_t metNs = 0; ///< where its request was not seen: the first write of its answer that was
    std::uint64_t bytesIn = 0;
    std::uint64_t bytesOut = 0;
    std::uint64_t usageNs = 0; ///< the write that told token counts last
    std::uint32_t writes = 0;
    std::uint32_t chunks = 0;
    std::uint32_t events = 0;
    std::uint32_t tokenEvents = 0;
    wire::HttpMethod method = wire::HttpMethod::Other;
    std::uint8_t flags = 0; ///< wire::HttpRequestFlag
    std::uint8_t recordFlags = 0; ///< wire::RecordFlag of its HttpRequest
    bool connectMethod = false;
    bool reported = false; ///< its HttpRequest is out
    bool answered = false; ///< the final answer's header is out, or was not seen
    bool wroteThisCall = false;
};

} // namespace prism::probes::http
