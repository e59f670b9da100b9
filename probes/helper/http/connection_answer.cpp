// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/connection.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace prism::probes::http {

namespace {
BodyReader::Format formatOf(const Head& head)
{
    if (head.encoded) {
        return BodyReader::Format::Opaque;
    }
    switch (head.content) {
    case Head::Content::EventStream:
        return BodyReader::Format::EventStream;
    case Head::Content::JsonLines:
        return BodyReader::Format::JsonLines;
    case Head::Content::Json:
        return BodyReader::Format::Json;
    case Head::Content::Other:
        break;
    }
    return BodyReader::Format::Opaque;
}

bool isStream(BodyReader::Format format)
{
    return format == BodyReader::Format::EventStream || format == BodyReader::Format::JsonLines;
}
} // namespace

void Connection::answer(Call& call)
{
    if (call.lost == unknownLoss) {
        answerLost(call);
    } else if (call.lost > 0) {
        answerGap(call, call.lost);
    }
    resynchroniseAnswer(call);
    const SocketEvent& event = call.event;
    const auto seen = static_cast<std::size_t>(std::min<std::uint64_t>(event.prefix.size(), event.bytes));
    const auto tail
        = static_cast<std::size_t>(std::min<std::uint64_t>(event.tail.size(), event.bytes - seen));
    answerSeen(call, event.prefix.first(seen));
    if (!call.done && event.bytes > seen + tail) {
        const std::uint64_t gap = event.bytes - seen - tail;
        call.inside = true;
        answerGap(call, gap);
        call.offset += call.done ? 0 : gap;
    }
    if (!call.done) {
        answerSeen(call, event.tail.last(tail));
    }
    if (m_answerSide == Side::Body) {
        if (m_reader.format() != BodyReader::Format::Opaque && m_answerBody.endsIn(event.tail)) {
            answerEnded(call);
        } else {
            flushChunk(call);
        }
    }
    m_headWrites += m_answerSide == Side::Head ? 1 : 0;
    m_callBody = 0;
    m_callUnseen = false;
    for (Exchange& exchange : m_exchanges) {
        exchange.wroteThisCall = false;
    }
}

void Connection::answerSeen(Call& call, Bytes bytes)
{
    while (!bytes.empty() && !call.done) {
        switch (m_answerSide) {
        case Side::Start:
            m_answerSide = Side::Head;
            m_answerHead.start(true);
            m_headBytes = m_headWrites = 0;
            m_headNs = call.timeNs;
            m_headDurationNs = call.durationNs;
            [[fallthrough]];
        case Side::Head:
            answerHead(call, bytes);
            break;
        case Side::Body:
            answerBody(call, bytes);
            break;
        case Side::Unknown:
        case Side::Unsynchronised:
            answerUnread(call, call.event.bytes - call.offset, false);
            return;
        }
    }
}

void Connection::answerHead(Call& call, Bytes& bytes)
{
    const std::size_t taken = m_answerHead.take(bytes);
    bytes = bytes.subspan(taken);
    if (m_answerHead.state() == HeadParser::State::Malformed) {
        m_answerSide = Side::Unsynchronised;
        m_answerHead.release();
        answerUnread(call, call.event.bytes - call.offset, false);
        return;
    }
    m_headBytes += taken;
    call.offset += taken;
    if (m_answerHead.state() == HeadParser::State::Done) {
        answerHeadEnded(call, true);
    }
}

/// The request that is answered now. One that was not seen ran before the attach, or its bytes were lost, or
/// the server answers what is no request.
Exchange& Connection::answering(Call& call)
{
    if (m_exchanges.empty()) {
        Exchange unseen;
        unseen.number = m_nextRequest++;
        unseen.flags = static_cast<std::uint8_t>(
            wire::ArrivalUnknown | (m_seen || m_lostBefore ? wire::InProgress : 0));
        unseen.metNs = call.event.enterNs;
        unseen.thread = call.event.thread;
        unseen.recordFlags = takeLostFlag();
        HttpCounts& counts = m_recorder.counts(m_target);
        ++counts.begun;
        counts.inProgress += unseen.flags & wire::InProgress ? 1 : 0;
        m_exchanges.push_back(unseen);
    }
    Exchange& exchange = m_exchanges.front();
    if (!exchange.wroteThisCall) {
        exchange.wroteThisCall = true;
        ++exchange.writes;
    }
    report(exchange);
    return exchange;
}

void Connection::answerHeadEnded(Call& call, bool whole)
{
    const Head& head = m_answerHead.head();
    Exchange& exchange = answering(call);
    exchange.bytesOut += m_headBytes;
    exchange.writes += m_headWrites;
    m_headBytes = m_headWrites = 0;
    m_answerSide = Side::Start;
    if (head.status < 200 && head.status != 101 && whole) {
        return;
    }
    exchange.answered = true;
    const bool none = exchange.method == wire::HttpMethod::Head || head.status == 204 || head.status == 304
        || head.status == 101 || (exchange.connectMethod && head.status < 300);
    m_answerBody = !whole    ? BodyFraming::unknown()
        : none               ? BodyFraming::none()
        : head.chunked       ? BodyFraming::chunked()
        : head.contentLength ? BodyFraming::length(*head.contentLength)
                             : BodyFraming::untilClose();
    const bool untilClose = m_answerBody.endsWithConnection() && whole;
    const auto flags = static_cast<std::uint16_t>(
        (head.content == Head::Content::EventStream ? wire::Streamed : 0) | (head.chunked ? wire::Chunked : 0)
        | (head.encoded ? wire::Encoded : 0) | (untilClose ? wire::UntilClose : 0));
    const std::uint64_t bodyBytes = none      ? 0
        : head.contentLength && !head.chunked ? *head.contentLength
                                              : wire::unknownBytes;
    m_queue.put(Recorder::header(m_target, m_headNs, m_headDurationNs, call.event.thread,
                    static_cast<std::uint8_t>(takeLostFlag() | (whole ? 0 : wire::Truncated))),
        wire::HttpResponse { m_connection, exchange.number, head.status, flags, bodyBytes });
    m_reader.start(formatOf(head));
    m_answerSide = Side::Body;
    if (head.status == 101 || (exchange.connectMethod && head.status < 300)) {
        m_opaqueFor = head.upgradeWebsocket ? wire::OpaqueReason::Websocket
            : head.upgradeHttp2             ? wire::OpaqueReason::Http2
                                            : wire::OpaqueReason::Unsynchronised;
        answerEnded(call);
        if (call.offset < call.event.bytes) {
            opaque(call.event, *m_opaqueFor, call.event.bytes - call.offset);
        }
        call.done = true;
    } else if (m_answerBody.state() == BodyFraming::State::Done) {
        answerEnded(call);
    }
    m_answerHead.release();
}

void Connection::answerBody(Call& call, Bytes& bytes)
{
    Exchange& exchange = answering(call);
    const auto step = m_answerBody.take(bytes);
    std::size_t taken = step.taken;
    m_reader.content(step.content);
    if (m_answerBody.state() == BodyFraming::State::Lost) {
        taken = bytes.size(); // it belongs to this answer, but who knows where its chunks begin
        const Bytes rest = bytes.subspan(step.taken);
        m_reader.gap(rest.size());
        // An empty line and a line end as the last bytes end an event, wherever the chunk began.
        if (call.inside && rest.size() > 2 && rest[rest.size() - 2] == '\r' && rest.back() == '\n') {
            m_reader.content(rest.first(rest.size() - 2));
        }
        m_callUnseen = true;
    }
    exchange.bytesOut += taken;
    m_callBody += taken;
    call.offset += taken;
    bytes = bytes.subspan(taken);
    if (m_answerBody.state() == BodyFraming::State::Done) {
        answerEnded(call);
    } else if (m_answerBody.state() == BodyFraming::State::Malformed) {
        flushChunk(call);
        end(0, wire::EndReason::Error, call.timeNs);
        m_answerSide = Side::Unsynchronised;
    }
}

void Connection::answerGap(Call& call, std::uint64_t bytes)
{
    if (m_answerSide == Side::Head && m_answerHead.state() == HeadParser::State::Fields) {
        m_headBytes += bytes;
        answerHeadEnded(call, false);
        m_callUnseen = true;
        return;
    }
    if (m_answerSide == Side::Body) {
        Exchange& exchange = answering(call);
        const auto skip = m_answerBody.skip(bytes);
        const bool lost = m_answerBody.state() == BodyFraming::State::Lost;
        const std::uint64_t taken = lost ? bytes : skip.taken;
        m_reader.gap(lost ? bytes : skip.content);
        m_callUnseen = m_callUnseen || lost;
        exchange.bytesOut += taken;
        m_callBody += call.inside ? taken : 0;
        if (m_answerBody.state() == BodyFraming::State::Done) {
            answerEnded(call);
        }
        bytes -= taken;
        if (bytes == 0) {
            return;
        }
        call.offset += call.inside ? taken : 0;
    }
    m_answerSide = Side::Unsynchronised;
    answerUnread(call, call.inside ? call.event.bytes - call.offset : bytes, !call.inside);
}

/// Bytes of this call that could not be read, or those that were lost before it. Where one request alone is
/// running they are its answer's.
void Connection::answerUnread(Call& call, std::uint64_t bytes, bool lost)
{
    if (m_exchanges.size() == 1) {
        m_exchanges.front().bytesOut += m_headBytes + bytes;
    }
    m_headBytes = 0;
    if (!lost) {
        opaque(call.event, wire::OpaqueReason::Unsynchronised, bytes);
        call.done = true;
    }
}

/// Bytes went by of which neither content nor number is known.
void Connection::answerLost(Call&)
{
    if (m_answerSide == Side::Body) {
        m_answerBody.lose();
        m_reader.gap(1);
        m_callUnseen = true;
    } else {
        m_answerSide = Side::Unsynchronised;
    }
}

/// Looks for a certain beginning at the start of a call: of an answer, or of a chunk.
void Connection::resynchroniseAnswer(Call& call)
{
    const bool lost = m_answerSide == Side::Body && m_answerBody.state() == BodyFraming::State::Lost;
    if (!lost && m_answerSide != Side::Unsynchronised) {
        return;
    }
    const SocketEvent& event = call.event;
    HeadParser trial;
    trial.start(true);
    trial.take(event.prefix);
    const bool statusLine
        = trial.state() == HeadParser::State::Fields || trial.state() == HeadParser::State::Done;
    if (statusLine && (!lost || m_exchanges.size() > 1)) {
        // Whose answer it is, is certain only where one request waits.
        const std::size_t waiting = static_cast<std::size_t>(std::count_if(m_exchanges.begin(),
            m_exchanges.end(), [](const Exchange& exchange) { return !exchange.answered; }));
        endAllBut(waiting == 1 ? 1 : 0, wire::EndReason::Unsynchronised, call.timeNs);
        m_answerSide = Side::Start;
        return;
    }
    if (lost) {
        if (m_answerBody.resynchronise(event.prefix, event.tail, event.bytes)
            && beginsEvent(contentOfChunk(event.prefix), m_reader.format())) {
            m_reader.eventBegins();
        }
        return;
    }
    BodyFraming framing = BodyFraming::lostChunked();
    if (m_exchanges.size() <= 1 && event.bytes > 5
        && beginsEvent(contentOfChunk(event.prefix), BodyReader::Format::EventStream)
        && framing.resynchronise(event.prefix, event.tail, event.bytes)) {
        answering(call).answered = true;
        m_answerBody = framing;
        m_reader.start(BodyReader::Format::EventStream);
        m_answerSide = Side::Body;
    }
}

std::uint64_t Connection::wireTime(const Call& call, std::uint64_t end) const
{
    const bool leaves = m_role != SocketRole::Client;
    const PacketTimes& packets = leaves ? m_out.packets : m_in.packets;
    const std::uint32_t lastByte = call.event.sequence + static_cast<std::uint32_t>(end) - 1;
    const std::uint64_t time = call.event.hasSequence ? packets.timeOf(lastByte) : packets.newestTime();
    if (!leaves) {
        return time <= call.timeNs ? time : 0;
    }
    const bool ours = time >= call.timeNs && (call.event.hasSequence || time <= call.event.exitNs);
    return ours ? time : 0;
}

void Connection::flushChunk(Call& call)
{
    if (m_callBody == 0) {
        return;
    }
    Exchange& exchange = m_exchanges.front();
    const EventCounts counts = m_reader.takeCounts();
    const bool unseen = m_reader.takeUnseen() || m_callUnseen;
    const bool truncated = unseen && isStream(m_reader.format());
    HttpCounts& totals = m_recorder.counts(m_target);
    ++totals.writes;
    totals.truncatedWrites += truncated ? 1 : 0;
    exchange.events += counts.all();
    exchange.tokenEvents += counts.tokens();
    if (m_reader.takeUsageNews()) {
        exchange.usageNs = call.timeNs;
    }
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    wire::HttpChunk chunk {};
    chunk.connection = m_connection;
    chunk.request = exchange.number;
    chunk.index = exchange.chunks++;
    chunk.bytes = static_cast<std::uint32_t>(std::min(most, m_callBody));
    chunk.events = static_cast<std::uint16_t>(std::min(counts.all(), 0xffffu));
    chunk.text = counts[EventClass::Text];
    chunk.empty = counts[EventClass::Empty];
    chunk.role = counts[EventClass::Role];
    chunk.finish = counts[EventClass::Finish];
    chunk.usage = counts[EventClass::Usage];
    chunk.done = counts[EventClass::Done];
    chunk.other = counts[EventClass::Other];
    chunk.wireNs = wireTime(call, call.offset);
    m_callBody = 0;
    const auto header = Recorder::header(m_target, call.timeNs, call.durationNs, call.event.thread,
        static_cast<std::uint8_t>(takeLostFlag() | (truncated ? wire::Truncated : 0)));
    if (chunk.wireNs == 0 && m_packetsLeave && call.event.hasSequence && m_role != SocketRole::Client) {
        m_queue.putWaiting(header, chunk, call.event.sequence + static_cast<std::uint32_t>(call.offset) - 1);
    } else {
        m_queue.put(header, chunk);
    }
    if (const std::uint64_t id = m_reader.takeId(); id != 0) {
        m_queue.put(Recorder::header(m_target, call.timeNs),
            wire::HttpAnswerKey { m_connection, exchange.number, 0, id });
    }
}

void Connection::answerEnded(Call& call)
{
    m_reader.end();
    flushChunk(call);
    const std::uint64_t left = m_role == SocketRole::Client ? 0 : wireTime(call, call.offset);
    end(0, wire::EndReason::Complete, left != 0 ? left : call.event.exitNs);
    m_answerSide = Side::Start;
}

void Connection::endAllBut(std::size_t kept, wire::EndReason reason, std::uint64_t timeNs)
{
    while (m_exchanges.size() > kept) {
        end(0, reason, timeNs);
    }
}

void Connection::end(std::size_t index, wire::EndReason reason, std::uint64_t timeNs)
{
    Exchange& exchange = m_exchanges[index];
    report(exchange);
    HttpCounts& totals = m_recorder.counts(m_target);
    if (exchange.answered) {
        m_reader.end();
        const EventCounts rest = m_reader.takeCounts();
        exchange.events += rest.all();
        exchange.tokenEvents += rest.tokens();
        const TokenUsage& usage = m_reader.usage();
        if (usage.known != 0) {
            const std::uint64_t told = exchange.usageNs != 0 ? exchange.usageNs : timeNs;
            m_queue.put(Recorder::header(m_target, told),
                wire::HttpUsage { m_connection, exchange.number, usage.known, usage.prompt, usage.completion,
                    usage.cached, usage.reasoning });
        }
        if (reason == wire::EndReason::Complete && m_reader.failed()) {
            reason = wire::EndReason::Error;
        }
        m_reader.start(BodyReader::Format::Opaque);
    }
    ++(reason == wire::EndReason::Unsynchronised ? totals.lost : totals.ended);
    m_queue.put(Recorder::header(m_target, timeNs, 0, exchange.thread, takeLostFlag()),
        wire::HttpEnd { m_connection, exchange.number, static_cast<std::uint8_t>(reason), 0, 0,
            exchange.bytesIn, exchange.bytesOut, exchange.writes, exchange.events, exchange.tokenEvents, 0 });
    m_exchanges.erase(m_exchanges.begin() + static_cast<std::ptrdiff_t>(index));
}

} // namespace prism::probes::http
