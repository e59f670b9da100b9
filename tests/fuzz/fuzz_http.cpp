// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/http_machine.h"

#include <algorithm>
#include <cstdlib>

using namespace prism;
using namespace prism::probes;

/// Plays calls on three connections: { u8 kind and connection, u8 copied / 4, u8 lost, u16 length, bytes }.
/// Of the records it must hold that they are well formed, that memory is bounded, and that no request ends
/// twice or ends without having begun.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    http::HttpOptions options;
    options.mostConnections = 2;
    http::HttpMachine machine(options);
    machine.attach(1, 1);
    std::uint32_t next[3][2] {};
    std::uint64_t now = 1'000'000;
    constexpr std::size_t headBytes = 5;
    while (size >= headBytes) {
        SocketEvent event;
        event.kind = static_cast<SocketEventKind>(data[0] % 10);
        const std::size_t number = data[0] / 10 % 3;
        const bool input = event.kind == SocketEventKind::Read || event.kind == SocketEventKind::BytesIn
            || event.kind == SocketEventKind::PacketIn;
        event.role = static_cast<SocketRole>(data[0] / 30 % 3);
        event.seen = data[2] % 2 != 0;
        event.hasSequence = data[2] < 200;
        event.target = 1;
        event.connection = number;
        event.enterNs = now;
        event.exitNs = now += 1000;
        const std::size_t length = std::min<std::size_t>(data[3] | data[4] << 8, size - headBytes);
        const std::span bytes(data + headBytes, length);
        // Half of the calls are much longer than what is there: unseen bytes.
        event.bytes = length + (data[2] % 8 == 7 ? 100'000 : 0);
        event.error = data[2] == 250 ? 104 : 0;
        event.prefix = bytes.first(std::min<std::size_t>(length, data[1] * 4U));
        event.tail = bytes.last(std::min<std::size_t>(length, 8));
        std::uint32_t& sequence = next[number][input ? 0 : 1];
        event.sequence = sequence += data[2] % 16 == 5 ? data[1] : 0;
        if (event.kind != SocketEventKind::PacketIn && event.kind != SocketEventKind::PacketOut) {
            sequence += static_cast<std::uint32_t>(event.bytes);
        }
        machine.event(event);
        machine.tick(now);
        if (machine.connections() > options.mostConnections) {
            std::abort();
        }
        data += headBytes + length;
        size -= headBytes + length;
    }
    machine.detach(1, now);

    std::vector<std::pair<std::uint64_t, std::uint32_t>> running;
    wire::RecordWalk walk(machine.records());
    while (const auto record = walk.next()) {
        if (const auto begun = record->as<wire::HttpRequest>()) {
            running.emplace_back(begun->connection, begun->request);
        } else if (const auto ended = record->as<wire::HttpEnd>()) {
            const auto found
                = std::find(running.begin(), running.end(), std::pair(ended->connection, ended->request));
            if (found == running.end()) {
                std::abort();
            }
            running.erase(found);
        } else if (const auto loss = record->as<wire::Loss>()) {
            if (loss->attempted != loss->emitted + loss->dropped) {
                std::abort();
            }
        }
    }
    if (!walk.wellFormed() || !running.empty()) {
        std::abort();
    }
    return 0;
}
