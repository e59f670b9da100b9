// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/bpf/events.h"
#include "probes/helper/http/http_machine.h"
#include "probes/helper/parser/ring_event.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace prism;
using namespace prism::probes;

/// Events of the kernel's ring, each led by { u16 length }, through decoder and machine.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    http::HttpOptions options;
    options.mostConnections = 4;
    http::HttpMachine machine(options);
    machine.attach(1, 1);
    while (size >= 2) {
        const std::size_t length = std::min<std::size_t>(data[0] | data[1] << 8, size - 2);
        const auto given = std::as_bytes(std::span(data + 2, length));
        std::vector<std::byte> bytes(given.begin(), given.end()); // so that the sanitizer sees its end
        if (bytes.size() >= sizeof(prism_event)) {
            prism_event head;
            std::memcpy(&head, bytes.data(), sizeof head);
            head.target = 1;
            std::memcpy(bytes.data(), &head, sizeof head);
        }
        if (const auto event = socketEvent(bytes)) {
            if (event->prefix.size() > event->bytes || event->tail.size() > event->bytes
                || event->enterNs > event->exitNs) {
                std::abort();
            }
            machine.event(*event);
            machine.tick(event->exitNs);
        }
        data += 2 + length;
        size -= 2 + length;
    }
    machine.detach(1, 1);
    wire::RecordWalk walk(machine.records());
    while (walk.next()) { }
    if (!walk.wellFormed()) {
        std::abort();
    }
    return 0;
}
