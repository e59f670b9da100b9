// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/claims.h"
#include "core/import/protocol.h"
#include "core/model/result.h"
#include "core/model/trace.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// What is told of a file, part by part, by a parser whose claims can be. A part that nobody wants does
/// nothing.
class FrameTaker {
public:
    virtual ~FrameTaker() = default;

    virtual Result<void> recognised(const protocol::Recognised&) { return {}; }
    virtual Result<void> member(const std::string&) { return {}; } ///< name; what follows is of it
    virtual Result<void> bytes(std::string_view) { return {}; } ///< of the member
    virtual Result<void> point(LoadPoint&) { return {}; } ///< until the next one
    /// Rows are decoded for those who want them; else only their number is told.
    virtual bool wantsRows() const { return false; }
    virtual Result<void> requests(std::uint32_t /*point*/, std::vector<RequestRow>&&) { return {}; }
    virtual Result<void> requestCount(std::size_t) { return {}; }
    virtual Result<void> gaps(std::uint32_t /*point*/, std::uint32_t /*request*/, const std::vector<double>&)
    {
        return {};
    }
    virtual Result<void> series(std::uint32_t /*point*/, TimeSeries&&) { return {}; }
    virtual Result<void> spans(const TraceBatch&) { return {}; }
    virtual Result<void> sheet(const TraceSheet&) { return {}; }
    virtual Result<void> warning(Warning&&) { return {}; }
    virtual Result<void> count(const std::string& /*what*/, std::uint64_t) { return {}; }
    virtual Result<void> progress(std::uint64_t /*bytes*/) { return {}; }
    virtual Result<void> end(const protocol::End&) { return {}; }
};

/// Walks the frames of one file or archive: sees that they come in order, decodes them, holds against the
/// parser what cannot be, and gives the rest on. The one place where the parser's words are doubted, for an
/// import, its preview and a look at one file alike.
class FrameWalk {
public:
    /// `file` as the parser was told it.
    explicit FrameWalk(std::string file);

    /// What the frame claims and cannot be, empty when it can; an error is the taker's own. Points are
    /// decoded into `scratch`, whose texts keep their memory from one to the next.
    Result<std::string> take(const protocol::Frame& frame, FrameTaker& taker, LoadPoint& scratch);
    /// What the taker keeps of the file is the parser's doing too: false when it is more than a file needs.
    bool hold(std::size_t bytes) { return m_claims.hold(bytes); }

private:
    Result<void> dispatch(
        const protocol::Frame& frame, protocol::Decoder& d, FrameTaker& taker, LoadPoint& scratch);
    Result<void> takePoint(protocol::Decoder& d, FrameTaker& taker, LoadPoint& scratch);
    Result<void> takeRequests(protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeGaps(protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeSeries(protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeSpans(std::string_view bytes, protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeSheet(std::string_view bytes, protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeWarning(protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeCounts(protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeMember(protocol::Decoder& d, FrameTaker& taker);
    Result<void> takeEnd(protocol::Decoder& d, FrameTaker& taker);

    /// Of the file itself or of the member that is being read.
    struct Part {
        std::size_t warnings = 0;
        std::uint64_t spans = 0; ///< of its timeline
        std::uint32_t laneEnd = 0; ///< one behind the largest index that its spans and flows point to
        std::uint32_t nameEnd = 0;
        bool hasSheet = false;
    };

    Claims m_claims;
    Part m_part;
    std::string m_lie;
};

} // namespace prism
