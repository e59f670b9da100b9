// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/http_machine.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// A target with one connection, played by hand: what it reads and writes goes to the machine as the kernel's
/// programs would tell it, and the records that come out are sorted by kind.
namespace prism::probes {

template <class Body>
struct Told {
    wire::RecordHeader header;
    Body body;
};

struct Records {
    std::vector<Told<wire::Connection>> connections;
    std::vector<Told<wire::HttpRequest>> requests;
    std::vector<Told<wire::HttpResponse>> answers;
    std::vector<Told<wire::HttpChunk>> chunks;
    std::vector<Told<wire::HttpUsage>> usages;
    std::vector<Told<wire::HttpEnd>> ends;
    std::vector<Told<wire::OpaqueBytes>> opaque;
    std::vector<Told<wire::HttpAnswerKey>> keys;
    std::vector<Told<wire::Loss>> losses;
    std::map<std::uint32_t, std::string> texts;
    bool wellFormed = true;

    std::string path(std::size_t request) const { return textOf(requests.at(request).body.path); }
    std::string key(std::size_t request) const { return textOf(requests.at(request).body.key); }
    std::string textOf(std::uint32_t id) const { return id == 0 ? std::string("-") : texts.at(id); }
    wire::EndReason ended(std::size_t end) const
    {
        return static_cast<wire::EndReason>(ends.at(end).body.reason);
    }

    struct Sums {
        unsigned events = 0, text = 0, empty = 0, role = 0, finish = 0, usage = 0, done = 0, other = 0;
        std::uint64_t bytes = 0;
        bool operator==(const Sums&) const = default;
    };
    Sums sums() const
    {
        Sums sums;
        for (const auto& [header, chunk] : chunks) {
            sums.events += chunk.events;
            sums.text += chunk.text;
            sums.empty += chunk.empty;
            sums.role += chunk.role;
            sums.finish += chunk.finish;
            sums.usage += chunk.usage;
            sums.done += chunk.done;
            sums.other += chunk.other;
            sums.bytes += chunk.bytes;
        }
        return sums;
    }
};

inline Records sorted(std::span<const std::byte> bytes)
{
    Records told;
    wire::RecordWalk walk(bytes);
    const auto keep = [](auto& list, const wire::RecordView& view) {
        using Body = decltype(std::remove_reference_t<decltype(list)>::value_type::body);
        if (const auto body = view.as<Body>()) {
            list.push_back({ view.header, *body });
        }
    };
    while (const auto view = walk.next()) {
        keep(told.connections, *view);
        keep(told.requests, *view);
        keep(told.answers, *view);
        keep(told.chunks, *view);
        keep(told.usages, *view);
        keep(told.ends, *view);
        keep(told.opaque, *view);
        keep(told.keys, *view);
        keep(told.losses, *view);
        if (const auto text = view->as<wire::Text>()) {
            told.texts[text->id] = view->text();
        }
    }
    told.wellFormed = walk.wellFormed();
    return told;
}

class WireScene {
public:
    static constexpr std::uint32_t target = 3;
    static constexpr std::uint64_t callNs = 10'000;

    explicit WireScene(const http::HttpOptions& options = {})
        : machine(options)
    {
        machine.attach(target, now);
    }

    http::HttpMachine machine;
    std::uint64_t now = 1'000'000'000;
    std::uint64_t connection = 77;
    std::size_t copyIn = 1024; ///< of a read
    std::size_t copyOut = 1024; ///< of a write
    bool sequences = true;
    std::uint32_t inNext = 0xfffffff0; ///< so that they go round
    std::uint32_t outNext = 5000;

    SocketEvent plain(SocketEventKind kind)
    {
        now += 1000;
        SocketEvent event;
        event.kind = kind;
        event.target = target;
        event.connection = connection;
        event.enterNs = event.exitNs = now;
        return event;
    }
    void opened(SocketRole role = SocketRole::Server, bool seen = false)
    {
        SocketEvent event = plain(SocketEventKind::Established);
        event.role = role;
        event.seen = seen;
        event.hasSequence = sequences;
        event.readSequence = inNext;
        event.writeSequence = outNext;
        event.addresses = { 4, 8000, 40000, { 127, 0, 0, 1 }, { 127, 0, 0, 1 } };
        machine.event(event);
    }
    void call(SocketEventKind kind, std::string_view bytes, std::size_t copied)
    {
        const bool input = kind == SocketEventKind::Read || kind == SocketEventKind::BytesIn;
        SocketEvent event = plain(kind);
        now += callNs;
        event.exitNs = now;
        event.thread = 42;
        event.bytes = bytes.size();
        const std::span all(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        event.prefix = all.first(std::min(copied, bytes.size()));
        event.tail = copied == 0 ? all.first(0) : all.last(std::min<std::size_t>(8, bytes.size()));
        event.hasSequence = sequences;
        std::uint32_t& next = input ? inNext : outNext;
        event.sequence = next;
        next += static_cast<std::uint32_t>(bytes.size());
        machine.event(event);
    }
    void read(std::string_view bytes) { call(SocketEventKind::Read, bytes, copyIn); }
    void write(std::string_view bytes) { call(SocketEventKind::Write, bytes, copyOut); }
    /// The kernel's ring was full.
    void loseRead(std::string_view bytes) { inNext += static_cast<std::uint32_t>(bytes.size()); }
    void loseWrite(std::string_view bytes) { outNext += static_cast<std::uint32_t>(bytes.size()); }
    /// A packet with the next `bytes` that will be read, `ahead` of what was read. Returns its time.
    std::uint64_t packetIn(std::size_t bytes, std::size_t ahead = 0)
    {
        SocketEvent event = plain(SocketEventKind::PacketIn);
        event.bytes = bytes;
        event.sequence = inNext + static_cast<std::uint32_t>(ahead);
        event.hasSequence = true;
        machine.event(event);
        return event.enterNs;
    }
    std::uint64_t packetOut(std::size_t bytes, std::int64_t ahead = 0)
    {
        SocketEvent event = plain(SocketEventKind::PacketOut);
        event.bytes = bytes;
        event.sequence = outNext + static_cast<std::uint32_t>(ahead);
        event.hasSequence = true;
        machine.event(event);
        return event.enterNs;
    }
    void failed(SocketEventKind kind, int error)
    {
        SocketEvent event = plain(kind);
        event.error = error;
        machine.event(event);
    }
    void endOfInput() { machine.event(plain(SocketEventKind::Read)); }
    void peerFinished() { machine.event(plain(SocketEventKind::PeerFinished)); }
    void localFinished() { machine.event(plain(SocketEventKind::LocalFinished)); }
    void closed(int error = 0)
    {
        SocketEvent event = plain(SocketEventKind::Closed);
        event.error = error;
        machine.event(event);
    }
    /// Everything that was told since the last call.
    Records told()
    {
        machine.tick(now += 300'000'000);
        std::vector<std::byte> bytes;
        bytes.swap(machine.records());
        return sorted(bytes);
    }
};

/// One chunk of a chunked body.
inline std::string chunk(std::string_view content)
{
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", content.size());
    return size + std::string(content) + "\r\n";
}

inline const std::string lastChunk = "0\r\n\r\n";
inline const std::string streamHeader
    = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
      "Transfer-Encoding: chunked\r\nKeep-Alive: timeout=5, max=100\r\n\r\n";

inline std::string post(std::string_view path, std::string_view body, std::string_view more = {})
{
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more)
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string chatEvent(std::string_view delta, std::string_view finish = "null")
{
    return "data: "
           "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"tiny\",\"choices\":[{"
           "\"index\":0,\"delta\":"
        + std::string(delta) + ",\"finish_reason\":" + std::string(finish) + "}]}\n\n";
}
inline const std::string roleEvent = chatEvent(R"({"role":"assistant","content":""})");
inline std::string tokenEvent(std::string_view text)
{
    return chatEvent("{\"content\":\"" + std::string(text) + "\"}");
}
inline const std::string doneEvent = "data: [DONE]\n\n";

} // namespace prism::probes
