// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>

/// What the kernel programs saw on the TCP sockets of a target, one call or packet each. The HTTP machine
/// takes these and nothing else; it is fed from the kernel's ring in the parser child and by hand in tests.
///
/// Order: as the kernel made them. Events of one connection are near enough in order of time: a packet that
/// leaves inside a write comes before that write, which is told when it returns.
namespace prism::probes {

enum class SocketEventKind : std::uint8_t {
    Read, ///< the target took bytes; `bytes` 0 without error: the peer has finished. A peek is no event.
    Write, ///< the target gave bytes; `error`: it was refused (EPIPE, ECONNRESET …). Never one for EAGAIN.
    PacketIn, ///< a segment with data reached the socket (tcp_probe); pure ACKs are no event
    PacketOut, ///< a segment with data was given to the device (net_dev_queue); retransmissions may repeat
    Established, ///< the first of a connection, unless it was lost; `role` says who connected
    PeerFinished, ///< the peer's FIN arrived (TCP_CLOSE_WAIT, or CLOSING)
    LocalFinished, ///< the target closed or shut down first (TCP_FIN_WAIT1 or TCP_LAST_ACK)
    Closed, ///< the last of this connection; `error` is the socket's error: not 0 when the peer reset it
    BytesIn, ///< bytes went in by a way of which the content is not seen (io_uring, splice)
    BytesOut, ///< likewise out (io_uring, sendfile, splice)
};

enum class SocketRole : std::uint8_t { Unknown, Server, Client }; ///< of the target

/// Where the connection leads. Told with Established.
struct SocketAddresses {
    std::uint8_t family = 0; ///< 4 or 6; 0: not known
    std::uint16_t localPort = 0; ///< host byte order
    std::uint16_t peerPort = 0;
    std::array<std::uint8_t, 16> local {}; ///< IPv4 in the first four bytes
    std::array<std::uint8_t, 16> peer {};
};

struct SocketEvent {
    SocketEventKind kind = SocketEventKind::Closed;
    SocketRole role = SocketRole::Unknown;
    bool hasSequence = false;
    bool seen = false; ///< Established: it was there before; what went before was not observed
    std::int32_t error = 0; ///< errno as a positive number; 0: none
    std::uint32_t target = 0; ///< the helper's number of the target
    std::uint32_t thread = 0; ///< that made the call; 0 for packets
    /// Stands for a socket and the time of its establishment, as sockets are reused: never used again.
    std::uint64_t connection = 0;
    /// Of the call; where its begin is not seen, the time at which a write's bytes left, or its end. For
    /// packets and changes of state the instant.
    std::uint64_t enterNs = 0;
    std::uint64_t exitNs = 0; ///< of the call; equal to enterNs for the others
    std::uint64_t leftNs
        = 0; ///< Write: all its bytes left for the device then; 0: PacketOut tells when, if at all
    std::uint64_t bytes = 0; ///< that really went (the call's result), or the payload of the segment
    /// TCP sequence number of the first of these bytes: for a write `write_seq` before it, for a read
    /// `copied_seq` before it (after the call: minus its result), for packets the header's. With it a lost
    /// event is noticed to the byte and packets are joined to calls exactly; without it by order.
    std::uint32_t sequence = 0;
    std::uint32_t readSequence = 0; ///< Established, with hasSequence: of the next byte that is read
    std::uint32_t writeSequence = 0; ///< and written
    /// The first bytes of what went, contiguous over all iovecs. 512 (the first two writes with events: 1024)
    /// tell the events of real servers; of a request's first read everything up to the end of its header is
    /// worth having: what lies behind the copied part is not known, Content-Length neither.
    std::span<const std::uint8_t> prefix {};
    /// The last bytes of what went, at most 8 of them; may overlap `prefix`. Empty: not copied.
    std::span<const std::uint8_t> tail {};
    SocketAddresses addresses {};
};

} // namespace prism::probes
