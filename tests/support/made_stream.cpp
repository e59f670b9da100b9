// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_stream.h"

#include "probes/protocol/id_number.h"

#include <algorithm>

namespace prism::test {

std::uint32_t MadeStream::text(std::string_view text)
{
    if (text.empty()) {
        return 0;
    }
    const auto known = m_texts.find(text);
    if (known != m_texts.end()) {
        return known->second;
    }
    const std::uint32_t id = singleText(text);
    m_texts.emplace(text, id);
    return id;
}

std::uint32_t MadeStream::singleText(std::string_view text)
{
    if (text.empty()) {
        return 0;
    }
    const std::uint32_t id = ++m_newestText;
    wire::RecordHeader header {};
    header.source = static_cast<std::uint8_t>(wire::Source::Supervisor);
    header.sequence = m_next[0]++;
    wire::appendRecord(m_records, header, wire::Text { id, static_cast<std::uint32_t>(text.size()) }, text);
    return id;
}

void MadeStream::lose(wire::Source source, std::uint32_t records)
{
    m_next.at(static_cast<std::size_t>(source)) += records;
}

void MadeStream::connection(std::int64_t at, std::uint64_t number, wire::ConnectionRole role,
    std::uint16_t localPort, std::uint16_t peerPort)
{
    wire::Connection body {};
    body.connection = number;
    body.change = static_cast<std::uint8_t>(wire::ConnectionChange::Established);
    body.role = static_cast<std::uint8_t>(role);
    body.family = 4;
    body.localPort = localPort;
    body.peerPort = peerPort;
    body.localAddress[0] = body.peerAddress[0] = 127;
    body.localAddress[3] = body.peerAddress[3] = 1;
    add(wire::Source::Http, at, body);
}

void MadeStream::asked(const ScriptedRequest& request, std::uint8_t flags)
{
    wire::HttpRequest body {};
    body.connection = request.connection;
    body.request = request.number;
    body.path = text(request.path);
    body.key = singleText(request.key);
    body.bodyBytes = 700;
    body.arrivalNs = (flags & wire::ArrivalUnknown) != 0 ? 0 : static_cast<std::uint64_t>(request.arrival);
    body.readNs = static_cast<std::uint64_t>(request.arrival + request.readAfter);
    body.method = static_cast<std::uint8_t>(wire::HttpMethod::Post);
    body.flags = flags;
    add(wire::Source::Http, request.arrival, body, 0, request.thread);
}

void MadeStream::head(const ScriptedRequest& request, std::int64_t at)
{
    wire::HttpResponse body {};
    body.connection = request.connection;
    body.request = request.number;
    body.status = request.status;
    body.flags = wire::Streamed | wire::Chunked;
    body.bodyBytes = wire::unknownBytes;
    add(wire::Source::Http, at, body);
}

void MadeStream::answered(const ScriptedRequest& request, std::int64_t at)
{
    if (!request.answer.empty()) {
        add(prism::wire::Source::Http, at,
            prism::wire::HttpAnswerKey {
                request.connection, request.number, 0, prism::wire::idNumber(request.answer) });
    }
}

void MadeStream::chunk(const ScriptedRequest& request, std::uint32_t index, std::int64_t at, unsigned role,
    unsigned text, unsigned empty, std::uint8_t flags)
{
    wire::HttpChunk body {};
    body.connection = request.connection;
    body.request = request.number;
    body.index = index;
    body.bytes = 200;
    body.role = static_cast<std::uint16_t>(role);
    body.text = static_cast<std::uint16_t>(text);
    body.empty = static_cast<std::uint16_t>(empty);
    body.events = static_cast<std::uint16_t>(role + text + empty);
    add(wire::Source::Http, at, body, flags);
}

void MadeStream::end(const ScriptedRequest& request, std::int64_t at, std::uint32_t events,
    std::uint32_t tokens, std::uint32_t writes)
{
    wire::HttpEnd body {};
    body.connection = request.connection;
    body.request = request.number;
    body.reason = static_cast<std::uint8_t>(request.ended);
    body.bytesIn = 812;
    body.bytesOut = 185 + 200ull * writes;
    body.writes = writes;
    body.events = events;
    body.tokenEvents = tokens;
    add(wire::Source::Http, at, body);
}

void MadeStream::request(const ScriptedRequest& request)
{
    asked(request);
    const std::int64_t first = request.arrival + request.firstTokenAfter;
    head(request, first - 2 * millisecond);
    chunk(request, 0, first - millisecond, 1, 0);
    answered(request, first - millisecond);
    for (unsigned i = 0; i < request.tokens; ++i) {
        chunk(request, i + 1, first + std::int64_t(i) * request.gap, 0, 1);
    }
    wire::HttpChunk last {};
    last.connection = request.connection;
    last.request = request.number;
    last.index = request.tokens + 1;
    last.bytes = 200;
    last.finish = last.done = 1;
    last.usage = request.usage ? 1 : 0;
    last.events = static_cast<std::uint16_t>(last.finish + last.done + last.usage);
    const std::int64_t at = request.end();
    add(wire::Source::Http, at, last);
    if (request.usage) {
        wire::HttpUsage usage {};
        usage.connection = request.connection;
        usage.request = request.number;
        usage.known = 3;
        usage.promptTokens = 120;
        usage.completionTokens = request.tokens;
        add(wire::Source::Http, at, usage);
    }
    end(request, at, request.tokens + 1 + last.events, request.tokens, request.tokens + 2);
}

void MadeStream::clock(std::int64_t at, std::int64_t slept, std::int64_t unixEpoch)
{
    wire::ClockSync body {};
    body.bootNs = static_cast<std::uint64_t>(at + slept);
    body.realNs = unixEpoch + at + slept;
    add(wire::Source::Supervisor, at, body);
}

void routed(MadeStream& stream, std::int64_t from, std::uint32_t before)
{
    stream.target = 1;
    stream.connection(from, 1, wire::ConnectionRole::Server, 8080, 50000);
    stream.connection(from, 2, wire::ConnectionRole::Client, 51000, 8000);
    stream.target = 2;
    stream.connection(from, 9, wire::ConnectionRole::Server, 8000, 51000);
    for (std::uint32_t i = 0; i < 3; ++i) {
        ScriptedRequest in, out, served;
        in.number = out.number = i;
        served.number = i + before;
        in.connection = 1;
        out.connection = 2;
        served.connection = 9;
        in.arrival = from + (2 + std::int64_t(i)) * second;
        out.arrival = in.arrival + 2 * millisecond;
        served.arrival = out.arrival + millisecond / 10;
        stream.target = 1;
        stream.asked(in);
        stream.asked(out);
        stream.target = 2;
        stream.request(served);
        stream.target = 1;
        stream.head(out, out.arrival + 48 * millisecond);
        stream.end(out, served.end() + millisecond, 12, 8, 10);
        stream.head(in, in.arrival + 54 * millisecond);
        stream.end(in, served.end() + 2 * millisecond, 12, 8, 10);
    }
    stream.target = 2;
}

} // namespace prism::test
