// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/events.h"
#include "probes/helper/ring.h"

#include <cstring>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace prism::probes {

/// A kernel ring buffer in plain memory, and events as the kernel's programs put them in.
class FakeRing {
public:
    explicit FakeRing(std::size_t bytes = 1 << 20)
        : m_page(static_cast<std::size_t>(sysconf(_SC_PAGESIZE)))
        , m_bytes(bytes)
        , m_consumer(m_page / sizeof(std::uint64_t))
        , m_producer((m_page + 2 * bytes) / sizeof(std::uint64_t))
        , reader(consumer(), producer(), bytes)
    {
    }

private:
    std::size_t m_page;
    std::size_t m_bytes;
    std::vector<std::uint64_t> m_consumer; ///< of words, so that they are aligned
    std::vector<std::uint64_t> m_producer;

public:
    RingReader reader;
    std::uint64_t now = 1'000'000;
    std::uint32_t readNext = 100;
    std::uint32_t writeNext = 900;

    void put(std::span<const std::byte> event)
    {
        std::uint64_t at = m_producer[0];
        const auto length = static_cast<std::uint32_t>(event.size());
        for (std::size_t i = 0; i < 4; ++i) {
            set(at + i, reinterpret_cast<const std::byte*>(&length)[i]);
            set(at + 4 + i, std::byte { 0 });
        }
        for (std::size_t i = 0; i < event.size(); ++i) {
            set(at + 8 + i, event[i]);
        }
        m_producer[0] = at + (event.size() + 8 + 7) / 8 * 8;
    }
    template <class Event>
    void put(const Event& event)
    {
        put(std::as_bytes(std::span(&event, 1)));
    }

    static prism_event head(std::uint16_t kind, std::uint64_t timeNs, std::uint16_t flags = 0)
    {
        return { timeNs, kind, flags, 5, 4711, 4712 };
    }
    void opened(std::uint64_t connection, std::uint16_t flags = 0)
    {
        prism_connection event {};
        event.event = head(PRISM_OPENED, now += 1000, flags);
        event.connection = connection;
        event.read_sequence = readNext;
        event.write_sequence = writeNext;
        event.family = 4;
        event.local_port = 8000;
        put(event);
    }
    void closed(std::uint64_t connection)
    {
        prism_connection event {};
        event.event = head(PRISM_CLOSED, now += 1000);
        event.connection = connection;
        put(event);
    }
    std::vector<std::byte> ioBytes(std::uint16_t kind, std::uint64_t connection, std::string_view bytes,
        std::size_t copied = PRISM_COPY_MOST)
    {
        prism_io event {};
        std::uint32_t& next = kind == PRISM_READ ? readNext : writeNext;
        next += static_cast<std::uint32_t>(bytes.size());
        now += 1000;
        event.event = head(kind, now);
        event.connection = connection;
        event.start_ns = kind == PRISM_WRITE ? now - 500 : 0;
        event.result = static_cast<std::int32_t>(bytes.size());
        event.copied = static_cast<std::uint32_t>(std::min(bytes.size(), copied));
        event.sequence_end = next;
        const std::size_t tail = std::min<std::size_t>(PRISM_TAIL, bytes.size());
        std::memcpy(event.tail + PRISM_TAIL - tail, bytes.data() + bytes.size() - tail, tail);
        std::vector<std::byte> out(sizeof event + event.copied);
        std::memcpy(out.data(), &event, sizeof event);
        std::memcpy(out.data() + sizeof event, bytes.data(), event.copied);
        return out;
    }
    void io(std::uint16_t kind, std::uint64_t connection, std::string_view bytes)
    {
        put(std::span<const std::byte>(ioBytes(kind, connection, bytes)));
    }

private:
    std::byte* consumer() { return reinterpret_cast<std::byte*>(m_consumer.data()); }
    std::byte* producer() { return reinterpret_cast<std::byte*>(m_producer.data()); }
    void set(std::uint64_t at, std::byte byte)
    {
        producer()[m_page + at % m_bytes] = byte;
        producer()[m_page + m_bytes + at % m_bytes] = byte;
    }
};

} // namespace prism::probes
