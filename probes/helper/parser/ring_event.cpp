// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/ring_event.h"

#include "probes/bpf/events.h"

#include <algorithm>
#include <cstring>

namespace prism::probes {

namespace {
template <class Event>
std::optional<Event> as(std::span<const std::byte> bytes)
{
    Event event {};
    if (bytes.size() < sizeof event) {
        return std::nullopt;
    }
    std::memcpy(&event, bytes.data(), sizeof event);
    return event;
}

std::optional<SocketEventKind> kindOf(unsigned kind)
{
    switch (kind) {
    case PRISM_READ:
        return SocketEventKind::Read;
    case PRISM_WRITE:
        return SocketEventKind::Write;
    case PRISM_PACKET_IN:
        return SocketEventKind::PacketIn;
    case PRISM_PACKET_OUT:
        return SocketEventKind::PacketOut;
    case PRISM_BYTES_IN:
        return SocketEventKind::BytesIn;
    case PRISM_BYTES_OUT:
        return SocketEventKind::BytesOut;
    case PRISM_OPENED:
        return SocketEventKind::Established;
    case PRISM_PEER_CLOSING:
        return SocketEventKind::PeerFinished;
    case PRISM_CLOSING:
        return SocketEventKind::LocalFinished;
    case PRISM_CLOSED:
        return SocketEventKind::Closed;
    default:
        return std::nullopt;
    }
}

bool takeCall(SocketEvent& event, std::span<const std::byte> bytes)
{
    const auto io = as<prism_io>(bytes);
    if (!io) {
        return false;
    }
    event.connection = io->connection;
    if (io->result < 0) {
        event.error = -std::max(io->result, -4095);
        return true;
    }
    const auto went = static_cast<std::uint32_t>(io->result);
    // Where the begin of a call is not seen, bytes that left within it tell when it was, to some
    // microseconds.
    event.leftNs = std::min<std::uint64_t>(io->left_ns, event.exitNs);
    if (const std::uint64_t begin = io->start_ns != 0 ? io->start_ns : event.leftNs; begin != 0) {
        event.enterNs = std::min<std::uint64_t>(begin, event.exitNs);
    }
    event.bytes = went;
    event.hasSequence = true;
    event.sequence = io->sequence_end - went;
    const auto payload = bytes.subspan(sizeof *io);
    const std::size_t copied = std::min<std::size_t>({ io->copied, went, payload.size() });
    event.prefix = { reinterpret_cast<const std::uint8_t*>(payload.data()), copied };
    if (copied == went) {
        event.tail = event.prefix.last(std::min<std::size_t>(went, PRISM_TAIL));
    } else if ((io->event.flags & PRISM_UNREADABLE) == 0) {
        const std::size_t known = std::min<std::size_t>(went, PRISM_TAIL);
        event.tail = { reinterpret_cast<const std::uint8_t*>(bytes.data()) + offsetof(prism_io, tail)
                + PRISM_TAIL - known,
            known };
    }
    return true;
}

bool takeConnection(SocketEvent& event, std::span<const std::byte> bytes)
{
    const auto told = as<prism_connection>(bytes);
    if (!told) {
        return false;
    }
    event.connection = told->connection;
    event.error = told->error;
    event.role = (told->event.flags & PRISM_CLIENT) != 0 ? SocketRole::Client : SocketRole::Server;
    event.seen = (told->event.flags & PRISM_SEEN) != 0;
    event.hasSequence = true;
    event.readSequence = told->read_sequence;
    event.writeSequence = told->write_sequence;
    event.addresses.family = told->family;
    event.addresses.localPort = told->local_port;
    event.addresses.peerPort = told->peer_port;
    std::copy(std::begin(told->local_address), std::end(told->local_address), event.addresses.local.begin());
    std::copy(std::begin(told->peer_address), std::end(told->peer_address), event.addresses.peer.begin());
    return true;
}
} // namespace

std::optional<SocketEvent> socketEvent(std::span<const std::byte> bytes)
{
    const auto head = as<prism_event>(bytes);
    const auto kind = head ? kindOf(head->kind) : std::nullopt;
    if (!kind) {
        return std::nullopt;
    }
    SocketEvent event;
    event.kind = *kind;
    event.target = head->target;
    event.thread = head->tid;
    event.enterNs = event.exitNs = head->time_ns;
    switch (*kind) {
    case SocketEventKind::Read:
    case SocketEventKind::Write:
        return takeCall(event, bytes) ? std::optional(event) : std::nullopt;
    case SocketEventKind::PacketIn:
    case SocketEventKind::PacketOut: {
        const auto packet = as<prism_packet>(bytes);
        event.connection = packet ? packet->connection : 0;
        event.bytes = packet ? packet->bytes : 0;
        event.sequence = packet ? packet->sequence : 0;
        event.hasSequence = true;
        return packet ? std::optional(event) : std::nullopt;
    }
    case SocketEventKind::BytesIn:
    case SocketEventKind::BytesOut: {
        const auto went = as<prism_bytes>(bytes);
        event.connection = went ? went->connection : 0;
        event.bytes = went ? went->bytes : 0;
        event.sequence = went ? went->sequence_end - went->bytes : 0;
        event.hasSequence = true;
        return went ? std::optional(event) : std::nullopt;
    }
    case SocketEventKind::Established:
    case SocketEventKind::PeerFinished:
    case SocketEventKind::LocalFinished:
    case SocketEventKind::Closed:
        return takeConnection(event, bytes) ? std::optional(event) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace prism::probes
