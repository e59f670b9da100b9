// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/frame_walk.h"

#include "core/store/trace_blobs.h"

#include <algorithm>
#include <utility>

namespace prism {

FrameWalk::FrameWalk(std::string file)
    : m_claims(std::move(file))
{
}

Result<std::string> FrameWalk::take(const protocol::Frame& frame, FrameTaker& taker, LoadPoint& scratch)
{
    m_lie = m_claims.order(frame.type);
    if (!m_lie.empty()) {
        return m_lie;
    }
    protocol::Decoder d(frame.payload);
    if (auto done = dispatch(frame, d, taker, scratch); !done) {
        return done.error();
    }
    using protocol::Type;
    const bool isPacked
        = frame.type == Type::Bytes || frame.type == Type::Spans || frame.type == Type::TraceSheet;
    const bool isSkipped = frame.type == Type::Requests ? !taker.wantsRows() : isPacked;
    if (m_lie.empty() && (!d.ok() || (!d.atEnd() && !isSkipped))) {
        m_lie = "rows that make no sense";
    }
    return m_lie;
}

Result<void> FrameWalk::dispatch(
    const protocol::Frame& frame, protocol::Decoder& d, FrameTaker& taker, LoadPoint& scratch)
{
    using protocol::Type;
    switch (frame.type) {
    case Type::Ready:
        break;
    case Type::Recognised: {
        const protocol::Recognised recognised = protocol::decodeRecognised(d);
        m_lie = m_claims.recognised(recognised);
        return m_lie.empty() && d.ok() ? taker.recognised(recognised) : Result<void>();
    }
    case Type::Point:
        return takePoint(d, taker, scratch);
    case Type::Requests:
        return takeRequests(d, taker);
    case Type::Gaps:
        return takeGaps(d, taker);
    case Type::Series:
        return takeSeries(d, taker);
    case Type::Spans:
        return takeSpans(frame.payload, d, taker);
    case Type::TraceSheet:
        return takeSheet(frame.payload, d, taker);
    case Type::Warn:
        return takeWarning(d, taker);
    case Type::Attach:
        return takeCounts(d, taker);
    case Type::Member:
        return takeMember(d, taker);
    case Type::Bytes:
        return taker.bytes(frame.payload);
    case Type::Progress: {
        const std::uint64_t bytes = d.integer();
        return d.ok() ? taker.progress(bytes) : Result<void>();
    }
    case Type::End:
        return takeEnd(d, taker);
    }
    return {};
}

Result<void> FrameWalk::takePoint(protocol::Decoder& d, FrameTaker& taker, LoadPoint& scratch)
{
    protocol::decodePoint(d, scratch);
    if (!d.ok()) {
        return {};
    }
    m_lie = Claims::point(scratch);
    return m_lie.empty() ? taker.point(scratch) : Result<void>();
}

Result<void> FrameWalk::takeRequests(protocol::Decoder& d, FrameTaker& taker)
{
    const auto point = static_cast<std::uint32_t>(d.integer());
    const std::size_t count = d.count(1, protocol::mostRows);
    if (!taker.wantsRows()) {
        return d.ok() ? taker.requestCount(count) : Result<void>();
    }
    std::vector<RequestRow> rows;
    for (std::size_t i = 0; i < count && d.ok() && m_lie.empty(); ++i) {
        m_lie = Claims::request(rows.emplace_back(protocol::decodeRequest(d)));
    }
    return d.ok() && m_lie.empty() ? taker.requests(point, std::move(rows)) : Result<void>();
}

Result<void> FrameWalk::takeGaps(protocol::Decoder& d, FrameTaker& taker)
{
    const auto point = static_cast<std::uint32_t>(d.integer());
    for (std::size_t left = d.count(1, protocol::mostRows); left > 0 && d.ok(); --left) {
        const auto request = static_cast<std::uint32_t>(d.integer());
        const std::vector<double> gaps = d.numbers();
        if (auto done = d.ok() ? taker.gaps(point, request, gaps) : Result<void>(); !done) {
            return done;
        }
    }
    return {};
}

Result<void> FrameWalk::takeSeries(protocol::Decoder& d, FrameTaker& taker)
{
    const auto point = static_cast<std::uint32_t>(d.integer());
    TimeSeries series = protocol::decodeSeries(d);
    return d.ok() ? taker.series(point, std::move(series)) : Result<void>();
}

/// Bytes that are no timeline make `d` fail.
Result<void> FrameWalk::takeSpans(std::string_view bytes, protocol::Decoder& d, FrameTaker& taker)
{
    TraceBatch batch;
    const auto behind = [](const std::vector<std::uint32_t>& column, std::uint32_t end) {
        const auto most = std::max_element(column.begin(), column.end());
        return most == column.end() ? end : std::max(end, *most == UINT32_MAX ? UINT32_MAX : *most + 1);
    };
    if (m_part.hasSheet || !store::readBatch(bytes, batch) || !Claims::areTimes(batch)
        || (m_part.spans += batch.spans.size()) > mostSpansOfTrace) {
        d.fail();
        return {};
    }
    m_part.laneEnd = behind(batch.flows.lane, behind(batch.spans.lane, m_part.laneEnd));
    m_part.nameEnd = behind(batch.spans.name, m_part.nameEnd);
    return taker.spans(batch);
}

Result<void> FrameWalk::takeSheet(std::string_view bytes, protocol::Decoder& d, FrameTaker& taker)
{
    TraceSheet sheet;
    if (std::exchange(m_part.hasSheet, true) || !store::readSheet(bytes, sheet)
        || m_part.laneEnd > sheet.lanes.size() || m_part.nameEnd > sheet.names.size()) {
        d.fail();
        return {};
    }
    return taker.sheet(sheet);
}

Result<void> FrameWalk::takeWarning(protocol::Decoder& d, FrameTaker& taker)
{
    Warning warning = protocol::decodeWarning(d);
    if (++m_part.warnings > protocol::mostWarnings
        || !hold(sizeof warning + warning.code.size() + warning.text.size() + warning.path.size())) {
        m_lie = "more warnings than a file can earn";
        return {};
    }
    return d.ok() ? taker.warning(std::move(warning)) : Result<void>();
}

Result<void> FrameWalk::takeCounts(protocol::Decoder& d, FrameTaker& taker)
{
    for (std::size_t left = d.count(1, protocol::mostOfPoint); left > 0 && d.ok(); --left) {
        const std::string what = d.text();
        const std::uint64_t number = d.integer();
        if (!hold(what.size() + 64)) {
            m_lie = "more kinds of content than a file can have";
            return {};
        }
        if (auto done = d.ok() ? taker.count(what, number) : Result<void>(); !done) {
            return done;
        }
    }
    return {};
}

Result<void> FrameWalk::takeMember(protocol::Decoder& d, FrameTaker& taker)
{
    const std::string name = d.text();
    m_lie = m_claims.member(name);
    m_part = {};
    return m_lie.empty() && d.ok() ? taker.member(name) : Result<void>();
}

Result<void> FrameWalk::takeEnd(protocol::Decoder& d, FrameTaker& taker)
{
    const protocol::End end = protocol::decodeEnd(d);
    if (!d.ok()) {
        return {};
    }
    m_lie = m_claims.end(end);
    m_part = m_lie.empty() && end.ofMember ? Part {} : m_part;
    return m_lie.empty() ? taker.end(end) : Result<void>();
}

} // namespace prism
