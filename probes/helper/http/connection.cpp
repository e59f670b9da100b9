// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>

namespace prism::probes::http {

namespace {
constexpr std::uint64_t opaqueGatherNs = 5'000'000;

std::string_view asText(Bytes bytes)
{
    return { reinterpret_cast<const char*>(bytes.data()), bytes.size() };
}

bool looksLikeRequest(std::string_view text)
{
    constexpr std::string_view methods[]
        = { "GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PRI " };
    return std::any_of(
        std::begin(methods), std::end(methods), [&](std::string_view m) { return text.starts_with(m); });
}

bool looksLikeAnswer(std::string_view text)
{
    return text.starts_with("HTTP/1.");
}

/// A TLS record: type, version 3.0 to 3.4, a length that is allowed (RFC 8446 section 5.1).
bool looksLikeTls(Bytes bytes)
{
    constexpr unsigned mostLength = (1u << 14) + 2048;
    return bytes.size() >= 5 && bytes[0] >= 0x14 && bytes[0] <= 0x17 && bytes[1] == 3 && bytes[2] <= 4
        && (static_cast<unsigned>(bytes[3]) << 8 | bytes[4]) <= mostLength;
}

wire::ApplicationProtocol protocolOf(Bytes bytes)
{
    const auto text = asText(bytes);
    if (text.starts_with("PRI * HTTP/2.0")) {
        return wire::ApplicationProtocol::Http2;
    }
    if (looksLikeRequest(text) || looksLikeAnswer(text)) {
        return wire::ApplicationProtocol::Http1;
    }
    return looksLikeTls(bytes) ? wire::ApplicationProtocol::Tls : wire::ApplicationProtocol::Unknown;
}
} // namespace

Connection::Connection(Recorder& recorder, const SocketEvent& first, std::uint32_t firstRequest)
    : m_recorder(recorder)
    , m_queue(recorder)
    , m_connection(first.connection)
    , m_target(first.target)
    , m_openedNs(first.enterNs)
    , m_nextRequest(firstRequest)
{
}

void Connection::event(const SocketEvent& event)
{
    if (m_closed) {
        return;
    }
    switch (event.kind) {
    case SocketEventKind::Established:
        return open(event);
    case SocketEventKind::Read:
    case SocketEventKind::Write:
    case SocketEventKind::BytesIn:
    case SocketEventKind::BytesOut:
        return transfer(event);
    case SocketEventKind::PacketIn:
        m_in.packets.add(event.sequence, event.bytes, event.enterNs);
        return;
    case SocketEventKind::PacketOut:
        return packetLeft(event.sequence, event.bytes, event.enterNs);
    case SocketEventKind::PeerFinished:
        m_peerFinished = true;
        return;
    case SocketEventKind::LocalFinished:
        // Only the server's end is sure to be the end: a client may finish sending and go on listening.
        if (m_role != SocketRole::Client) {
            finished(event, false);
        }
        return;
    case SocketEventKind::Closed:
        m_peerReset = m_peerReset || event.error != 0;
        finished(event, true);
        return;
    }
}

void Connection::packetLeft(std::uint32_t sequence, std::uint64_t bytes, std::uint64_t timeNs)
{
    m_packetsLeave = true;
    m_out.packets.add(sequence, bytes, timeNs);
    m_queue.left(sequence, sequence + static_cast<std::uint32_t>(bytes), timeNs);
}

void Connection::open(const SocketEvent& event)
{
    m_addresses = event.addresses;
    m_role = m_role == SocketRole::Unknown ? event.role : m_role;
    if (m_in.sequenceKnown || m_out.sequenceKnown || m_told) {
        return; // its opening was lost or late: what has passed is not known
    }
    m_openedNs = event.enterNs;
    m_seen = event.seen;
    if (event.hasSequence) {
        m_in.sequenceKnown = m_out.sequenceKnown = true;
        m_in.next = event.readSequence;
        m_out.next = event.writeSequence;
    }
    m_requestSide = m_answerSide = m_seen ? Side::Unsynchronised : Side::Start;
}

bool Connection::isInput(const SocketEvent& event) const
{
    return event.kind == SocketEventKind::Read || event.kind == SocketEventKind::BytesIn;
}

void Connection::transfer(const SocketEvent& event)
{
    const bool input = isInput(event);
    if (event.error != 0) {
        const bool byPeer = event.error == ECONNRESET || event.error == EPIPE || event.error == ETIMEDOUT;
        m_peerReset = m_peerReset || byPeer;
        m_writeFailed = m_writeFailed || (!byPeer && !input);
        return;
    }
    if (event.bytes == 0) {
        if (input) {
            m_peerFinished = true;
            if (m_role == SocketRole::Client) { // everything that the server sent has been read
                finished(event, false);
            }
        }
        return;
    }
    settleRole(event);
    if (!input && event.leftNs != 0) {
        packetLeft(event.sequence, event.bytes, event.leftNs);
    }
    if (!m_told) {
        m_protocol = protocolOf(event.prefix);
        tellConnection(
            m_seen ? wire::ConnectionChange::Seen : wire::ConnectionChange::Established, m_openedNs);
    }
    Way& way = input ? m_in : m_out;
    const std::uint64_t begin = event.enterNs != 0 ? event.enterNs : event.exitNs;
    Call call { event, input == (m_role == SocketRole::Server), input ? event.exitNs : begin,
        input ? 0 : event.exitNs - std::min(begin, event.exitNs) };
    call.lost = missing(way, event);
    if (m_opaqueFor) {
        opaque(event, *m_opaqueFor, event.bytes);
    } else if (m_role == SocketRole::Unknown) {
        opaque(event, wire::OpaqueReason::Unsynchronised, event.bytes);
    } else if (call.request) {
        request(call);
    } else {
        answer(call);
    }
    if (event.hasSequence) {
        way.packets.forgetBefore(event.sequence + static_cast<std::uint32_t>(event.bytes));
    } else {
        way.packets.forgetUntil(event.exitNs);
    }
}

void Connection::settleRole(const SocketEvent& event)
{
    if (m_role != SocketRole::Unknown && !m_seen) {
        return;
    }
    const auto text = asText(event.prefix);
    const bool input = isInput(event);
    if (looksLikeRequest(text)) {
        m_role = input ? SocketRole::Server : SocketRole::Client;
    } else if (looksLikeAnswer(text)) {
        m_role = input ? SocketRole::Client : SocketRole::Server;
    } else if (m_role == SocketRole::Unknown
        && beginsEvent(contentOfChunk(event.prefix), BodyReader::Format::EventStream)) {
        m_role = input ? SocketRole::Client : SocketRole::Server;
    }
}

std::uint64_t Connection::missing(Way& way, const SocketEvent& event)
{
    if (!event.hasSequence) {
        return 0;
    }
    const std::int32_t distance = way.sequenceKnown ? sequenceDistance(way.next, event.sequence) : 0;
    way.sequenceKnown = true;
    way.next = event.sequence + static_cast<std::uint32_t>(event.bytes);
    if (distance == 0) {
        return 0;
    }
    m_lostBefore = true;
    if (distance < 0) {
        return unknownLoss; // two calls at once: their order is not known
    }
    m_recorder.counts(m_target).missedBytes += static_cast<std::uint64_t>(distance);
    return static_cast<std::uint64_t>(distance);
}

void Connection::tellConnection(wire::ConnectionChange change, std::uint64_t timeNs)
{
    m_told = true;
    wire::Connection told {};
    told.connection = m_connection;
    told.change = static_cast<std::uint8_t>(change);
    told.role = static_cast<std::uint8_t>(
        m_role == SocketRole::Client ? wire::ConnectionRole::Client : wire::ConnectionRole::Server);
    told.protocol = static_cast<std::uint8_t>(m_protocol);
    told.family = m_addresses.family;
    told.localPort = m_addresses.localPort;
    told.peerPort = m_addresses.peerPort;
    std::copy(m_addresses.local.begin(), m_addresses.local.end(), told.localAddress);
    std::copy(m_addresses.peer.begin(), m_addresses.peer.end(), told.peerAddress);
    m_queue.put(Recorder::header(m_target, timeNs), told);
}

std::uint8_t Connection::takeLostFlag()
{
    const std::uint8_t flag = m_lostBefore ? wire::LostBefore : 0;
    m_lostBefore = false;
    return flag;
}

void Connection::opaque(const SocketEvent& event, wire::OpaqueReason reason, std::uint64_t bytes)
{
    if (event.kind == SocketEventKind::BytesIn || event.kind == SocketEventKind::BytesOut) {
        reason = wire::OpaqueReason::IoUring;
    } else if (reason == wire::OpaqueReason::Unsynchronised && looksLikeTls(event.prefix)) {
        m_opaqueFor = reason = wire::OpaqueReason::Tls;
    }
    const bool sent = !isInput(event);
    if (m_opaque.bytes > 0
        && (m_opaque.sent != sent || m_opaque.reason != reason
            || event.exitNs > m_opaque.fromNs + opaqueGatherNs)) {
        flushOpaque();
    }
    if (m_opaque.bytes == 0) {
        m_opaque = { 0, event.exitNs, event.exitNs, event.thread, sent, reason };
    }
    m_opaque.bytes += bytes;
    m_opaque.toNs = event.exitNs;
    if (reason == wire::OpaqueReason::Unsynchronised) {
        m_recorder.counts(m_target).unreadBytes += bytes;
    }
}

void Connection::flushOpaque()
{
    if (m_opaque.bytes == 0) {
        return;
    }
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    m_queue.put(Recorder::header(m_target, m_opaque.fromNs, m_opaque.toNs - m_opaque.fromNs, m_opaque.thread,
                    takeLostFlag()),
        wire::OpaqueBytes { m_connection, static_cast<std::uint32_t>(std::min(most, m_opaque.bytes)),
            static_cast<std::uint8_t>(m_opaque.sent ? 1 : 0), static_cast<std::uint8_t>(m_opaque.reason),
            0 });
    m_opaque.bytes = 0;
}

void Connection::finished(const SocketEvent& event, bool closed)
{
    const bool server = m_role != SocketRole::Client;
    const bool byPeer = m_peerReset || m_peerFinished;
    const bool wholeByClose = m_answerSide == Side::Body && m_answerBody.endsWithConnection()
        && m_answerBody.state() == BodyFraming::State::Within
        && (server ? !byPeer : m_peerFinished && !m_peerReset);
    if (wholeByClose && !m_exchanges.empty()) {
        end(0, wire::EndReason::Complete, event.enterNs);
    }
    wire::EndReason reason = byPeer == server ? wire::EndReason::ClientClosed : wire::EndReason::ServerClosed;
    if (server && m_writeFailed && !byPeer) {
        reason = wire::EndReason::Error;
    }
    endAllBut(0, reason, event.enterNs);
    m_answerSide = m_answerSide == Side::Unsynchronised ? m_answerSide : Side::Start;
    if (closed) {
        m_closed = true;
        flushOpaque();
        if (m_told) {
            m_addresses.localPort = 0;
            tellConnection(wire::ConnectionChange::Closed, event.enterNs);
        }
        m_queue.releaseAll();
        m_requestHead.release();
        m_answerHead.release();
        m_reader.start(BodyReader::Format::Opaque);
        std::vector<Exchange>().swap(m_exchanges);
    }
}

void Connection::detach(std::uint64_t timeNs)
{
    endAllBut(0, wire::EndReason::Detached, timeNs);
    flushOpaque();
    m_queue.releaseAll();
}

void Connection::evict(std::uint64_t timeNs)
{
    if (!m_closed && m_requestSide == Side::Head && !m_reading) {
        ++m_recorder.counts(m_target).lost; // no more than a part of a request line came: nothing told it
    }
    endAllBut(0, wire::EndReason::Unsynchronised, timeNs);
    flushOpaque();
    m_queue.releaseAll();
}

void Connection::release(std::uint64_t timeNs)
{
    if (m_opaque.bytes > 0 && m_opaque.fromNs + opaqueGatherNs <= timeNs) {
        flushOpaque();
    }
    constexpr std::uint64_t packetWaitNs = 250'000'000;
    m_queue.release(timeNs - std::min(timeNs, packetWaitNs));
}

} // namespace prism::probes::http
