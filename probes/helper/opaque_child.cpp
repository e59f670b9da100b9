// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/opaque_child.h"

#include "probes/bpf/events.h"
#include "probes/protocol/frame.h"
#include "probes/protocol/message.h"

#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace prism::probes {

namespace {
template <class Event>
Event as(std::span<const std::byte> bytes)
{
    Event event {};
    std::memcpy(&event, bytes.data(), std::min(bytes.size(), sizeof event));
    return event;
}

void tell(std::vector<std::byte>& out, std::span<const std::byte> bytes)
{
    const auto event = as<prism_event>(bytes);
    wire::RecordHeader header {};
    header.timeNs = event.time_ns;
    header.target = event.target;
    header.thread = event.tid;
    if (event.kind == PRISM_READ || event.kind == PRISM_WRITE) {
        const auto io = as<prism_io>(bytes);
        if (io.result > 0) {
            wire::appendRecord(out, header,
                wire::OpaqueBytes { io.connection, static_cast<std::uint32_t>(io.result),
                    static_cast<std::uint8_t>(event.kind == PRISM_WRITE),
                    static_cast<std::uint8_t>(wire::OpaqueReason::Unsynchronised), 0 });
        }
    } else if (event.kind == PRISM_OPENED || event.kind == PRISM_CLOSED) {
        const auto told = as<prism_connection>(bytes);
        wire::Connection connection {};
        connection.connection = told.connection;
        connection.change = event.kind == PRISM_CLOSED ? 1 : (event.flags & PRISM_SEEN) != 0 ? 2 : 0;
        connection.role = (event.flags & PRISM_CLIENT) != 0 ? 1 : 0;
        connection.family = told.family;
        connection.localPort = told.local_port;
        connection.peerPort = told.peer_port;
        std::memcpy(connection.localAddress, told.local_address, sizeof connection.localAddress);
        std::memcpy(connection.peerAddress, told.peer_address, sizeof connection.peerAddress);
        wire::appendRecord(out, header, connection);
    }
}

void sendAll(int channel, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t sent = send(channel, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            _exit(1);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
}
} // namespace

void runOpaqueChild(RingReader& ring, int channel)
{
    wire::FrameReader reader;
    while (true) {
        pollfd watched { channel, POLLIN, 0 };
        poll(&watched, 1, 5);
        std::vector<std::byte> replies;
        if ((watched.revents & (POLLIN | POLLHUP)) != 0) {
            const auto space = reader.space();
            const ssize_t got = read(channel, space.data(), space.size());
            if (got <= 0) {
                _exit(0);
            }
            reader.arrived(static_cast<std::size_t>(got));
            while (const auto frame = reader.next()) {
                wire::appendFrame(replies, wire::FrameType::Reply, frame->payload);
            }
        }
        std::vector<std::byte> records;
        std::vector<std::byte> frames;
        ring.consume(
            [&](std::span<const std::byte> bytes) {
                tell(records, bytes);
                if (records.size() > 60000) {
                    wire::appendFrame(frames, wire::FrameType::Records, records);
                    records.clear();
                }
            },
            SIZE_MAX);
        if (!records.empty()) {
            wire::appendFrame(frames, wire::FrameType::Records, records);
        }
        frames.insert(frames.end(), replies.begin(), replies.end());
        sendAll(channel, frames);
    }
}

} // namespace prism::probes
