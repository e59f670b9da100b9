// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/body_reader.h"
#include "probes/helper/http/exchange.h"
#include "probes/helper/http/head.h"
#include "probes/helper/http/packet_times.h"
#include "probes/helper/http/record_queue.h"
#include "probes/helper/http/recorder.h"
#include "probes/helper/http/socket_event.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace prism::probes::http {

/// One TCP connection of a target: follows HTTP/1.1 both ways and tells requests, answers, writes and ends.
///
/// Of a server the times of a request are: arrival = the packet with its first byte reached the socket, read
/// = the first read of it returned; those of an answer: the begin of the write, and its packet as wireNs.
/// Where the target is the client (a proxy towards its upstream) directions are swapped: arrival = the packet
/// with the request's first byte left, read = the first write of it returned; the time of a chunk is the
/// return of the read, wireNs the packet's arrival. An answer's end is the packet with its last byte where it
/// was seen to leave within the write, else the return of the call.
///
/// An answer that ends before its request was read to the end ends the request: later bytes of it are in no
/// count.
class Connection {
public:
    Connection(Recorder& recorder, const SocketEvent& first, std::uint32_t firstRequest);

    void event(const SocketEvent& event);
    /// Ends what runs, because nobody watches any more.
    void detach(std::uint64_t timeNs);
    /// Ends what runs, because memory is bounded.
    void evict(std::uint64_t timeNs);
    /// Sends records that have waited for a packet since before `timeNs`, and opaque bytes that were
    /// gathered.
    void release(std::uint64_t timeNs);

    bool closed() const { return m_closed; }
    bool waiting() const { return m_queue.waiting() || m_opaque.bytes > 0; }
    std::uint32_t target() const { return m_target; }

private:
    enum class Side : std::uint8_t { Start, Head, Body, Unknown, Unsynchronised };

    /// One call's bytes in one direction, in order, seen and unseen.
    struct Call {
        const SocketEvent& event;
        bool request; ///< towards the server
        std::uint64_t timeNs; ///< of what it tells
        std::uint64_t durationNs;
        std::uint64_t offset = 0; ///< of the next byte
        std::uint64_t lost = 0; ///< bytes before, of which no event came; unknownLoss: not known how many
        bool requestEnded = false; ///< a request ended in it
        bool inside = false; ///< a gap is within this call, not before it
        bool done = false; ///< the rest of its bytes is told as opaque
        std::uint32_t sequence() const { return event.sequence + static_cast<std::uint32_t>(offset); }
    };
    struct PendingRequest {
        std::uint64_t arrivalNs = 0;
        std::uint64_t readNs = 0;
        std::uint64_t bytes = 0;
        std::uint32_t thread = 0;
        std::uint8_t flags = 0;
        std::uint8_t recordFlags = 0;
    };
    struct Opaque {
        std::uint64_t bytes = 0;
        std::uint64_t fromNs = 0;
        std::uint64_t toNs = 0;
        std::uint32_t thread = 0;
        bool sent = false;
        wire::OpaqueReason reason = wire::OpaqueReason::Unsynchronised;
    };
    struct Way { ///< one direction
        bool sequenceKnown = false;
        std::uint32_t next = 0; ///< TCP number of the next byte that a call takes or gives
        PacketTimes packets;
    };

    static constexpr std::uint64_t unknownLoss = ~std::uint64_t { 0 };

    // connection.cpp
    void open(const SocketEvent& event);
    void packetLeft(std::uint32_t sequence, std::uint64_t bytes, std::uint64_t timeNs);
    void transfer(const SocketEvent& event);
    void settleRole(const SocketEvent& event);
    std::uint64_t missing(Way& way, const SocketEvent& event);
    void tellConnection(wire::ConnectionChange change, std::uint64_t timeNs);
    void opaque(const SocketEvent& event, wire::OpaqueReason reason, std::uint64_t bytes);
    void flushOpaque();
    void finished(const SocketEvent& event, bool closed);
    bool isInput(const SocketEvent& event) const;
    std::uint8_t takeLostFlag();

    // connection_request.cpp
    void request(Call& call);
    void requestSeen(Call& call, Bytes bytes);
    void requestGap(Call& call, std::uint64_t bytes);
    void beginRequest(Call& call);
    void requestHead(Call& call, Bytes& bytes);
    void requestHeadEnded();
    void requestMalformed(Call& call);
    bool mayBeginRequest() const;
    static bool beginsRequest(Bytes bytes);
    Exchange& createExchange();
    Exchange* reading();
    void report(Exchange& exchange);

    // connection_answer.cpp
    void answer(Call& call);
    void answerSeen(Call& call, Bytes bytes);
    void answerGap(Call& call, std::uint64_t bytes);
    void answerBody(Call& call, Bytes& bytes);
    void answerHead(Call& call, Bytes& bytes);
    void answerHeadEnded(Call& call, bool whole);
    void answerLost(Call& call);
    void answerUnread(Call& call, std::uint64_t bytes, bool lost);
    void resynchroniseAnswer(Call& call);
    void flushChunk(Call& call);
    void answerEnded(Call& call);
    void endAllBut(std::size_t kept, wire::EndReason reason, std::uint64_t timeNs);
    void end(std::size_t index, wire::EndReason reason, std::uint64_t timeNs);
    Exchange& answering(Call& call);
    std::uint64_t wireTime(const Call& call, std::uint64_t end) const;

    Recorder& m_recorder;
    RecordQueue m_queue;
    std::uint64_t m_connection;
    std::uint32_t m_target;
    SocketAddresses m_addresses;
    std::uint64_t m_openedNs = 0;
    wire::ApplicationProtocol m_protocol = wire::ApplicationProtocol::Unknown;
    SocketRole m_role = SocketRole::Unknown;
    bool m_seen = true; ///< it was there before the attach
    bool m_told = false; ///< its Connection record is out
    bool m_closed = false;
    bool m_peerFinished = false;
    bool m_peerReset = false;
    bool m_writeFailed = false; ///< for a reason that is not the peer's
    bool m_lostBefore = false; ///< events were lost since the last record
    bool m_packetsLeave = false; ///< packets out are seen at all
    std::optional<wire::OpaqueReason> m_opaqueFor; ///< it speaks no HTTP/1.1 (any more)
    Opaque m_opaque;

    Way m_in;
    Way m_out;

    std::vector<Exchange> m_exchanges; ///< running, oldest first: the answers come in this order
    std::uint32_t m_nextRequest;

    Side m_requestSide = Side::Unsynchronised;
    HeadParser m_requestHead;
    BodyFraming m_requestBody = BodyFraming::none();
    std::optional<std::uint32_t> m_reading; ///< number of the request whose bytes come
    PendingRequest m_pending;
    bool m_tentative = false; ///< what is taken for a request's beginning may be the rest of a body

    Side m_answerSide = Side::Unsynchronised;
    HeadParser m_answerHead;
    BodyFraming m_answerBody = BodyFraming::none();
    BodyReader m_reader;
    std::uint64_t m_headBytes = 0; ///< of the answer's header so far
    std::uint32_t m_headWrites = 0; ///< that ended within it
    std::uint64_t m_headNs = 0; ///< the write with the status line
    std::uint64_t m_headDurationNs = 0;
    std::uint64_t m_callBody = 0; ///< body bytes of this call
    bool m_callUnseen = false; ///< chunk framing was lost in it
};

} // namespace prism::probes::http
