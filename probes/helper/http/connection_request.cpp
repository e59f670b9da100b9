// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/connection.h"

#include <algorithm>

namespace prism::probes::http {

namespace {
constexpr std::size_t mostRunning = 64; // pipelined requests of one connection
}

void Connection::request(Call& call)
{
    if (call.lost == unknownLoss) {
        m_requestSide = m_reading ? Side::Unknown : Side::Unsynchronised;
    } else if (call.lost > 0) {
        requestGap(call, call.lost);
    }
    if ((m_requestSide == Side::Unknown || m_requestSide == Side::Unsynchronised) && mayBeginRequest()) {
        m_requestSide = Side::Start;
        m_tentative = true;
    } else if (m_tentative && m_requestSide == Side::Head && !m_reading && beginsRequest(call.event.prefix)) {
        m_requestSide = Side::Start; // so what came before was none
    }
    const SocketEvent& event = call.event;
    const auto seen = static_cast<std::size_t>(std::min<std::uint64_t>(event.prefix.size(), event.bytes));
    const auto tail
        = static_cast<std::size_t>(std::min<std::uint64_t>(event.tail.size(), event.bytes - seen));
    requestSeen(call, event.prefix.first(seen));
    if (!call.done && event.bytes > seen + tail) {
        const std::uint64_t gap = event.bytes - seen - tail;
        call.inside = true;
        requestGap(call, gap);
        call.offset += gap;
    }
    if (!call.done) {
        requestSeen(call, event.tail.last(tail));
    }
}

/// A request may begin with this call although the length of what came before is not known.
bool Connection::mayBeginRequest() const
{
    if (m_requestSide == Side::Unknown) {
        return m_exchanges.empty();
    }
    return m_exchanges.empty() || m_answerSide == Side::Unsynchronised
        || (m_answerSide == Side::Body && m_answerBody.state() == BodyFraming::State::Lost);
}

/// These bytes begin with a whole request line.
bool Connection::beginsRequest(Bytes bytes)
{
    HeadParser trial;
    trial.start(false);
    trial.take(bytes);
    return trial.state() == HeadParser::State::Fields || trial.state() == HeadParser::State::Done;
}

Exchange* Connection::reading()
{
    const auto found = std::find_if(m_exchanges.begin(), m_exchanges.end(),
        [&](const Exchange& exchange) { return m_reading == exchange.number; });
    return found == m_exchanges.end() ? nullptr : &*found;
}

void Connection::requestSeen(Call& call, Bytes bytes)
{
    while (!bytes.empty() && !call.done) {
        switch (m_requestSide) {
        case Side::Start:
            if (bytes.front() == '\r' || bytes.front() == '\n') { // an empty line too many
                bytes = bytes.subspan(1);
                ++call.offset;
                break;
            }
            beginRequest(call);
            [[fallthrough]];
        case Side::Head:
            requestHead(call, bytes);
            break;
        case Side::Body: {
            const auto step = m_requestBody.take(bytes);
            if (auto* exchange = reading()) {
                exchange->bytesIn += step.taken;
            }
            call.offset += step.taken;
            bytes = bytes.subspan(step.taken);
            if (m_requestBody.state() == BodyFraming::State::Done) {
                m_requestSide = Side::Start;
                m_reading.reset();
                call.requestEnded = true;
            } else if (m_requestBody.state() != BodyFraming::State::Within) {
                m_requestSide = Side::Unknown;
            }
            break;
        }
        case Side::Unknown:
            if (auto* exchange = reading()) {
                exchange->bytesIn += bytes.size();
            }
            call.offset += bytes.size();
            return;
        case Side::Unsynchronised:
            opaque(call.event, wire::OpaqueReason::Unsynchronised, call.event.bytes - call.offset);
            call.done = true;
            return;
        }
    }
}

void Connection::beginRequest(Call& call)
{
    m_requestSide = Side::Head;
    m_reading.reset();
    m_requestHead.start(false);
    m_pending = {};
    // Of a client, its request's bytes leave; of a server they arrive.
    const PacketTimes& packets = m_role == SocketRole::Client ? m_out.packets : m_in.packets;
    m_pending.arrivalNs = call.event.hasSequence ? packets.timeOf(call.sequence()) : packets.oldestTime();
    m_pending.readNs = call.event.exitNs;
    if (m_pending.arrivalNs > m_pending.readNs) {
        m_pending.arrivalNs = 0; // the numbers have gone round since
    }
    m_pending.thread = call.event.thread;
    m_pending.recordFlags = takeLostFlag();
    m_pending.flags = static_cast<std::uint8_t>((m_pending.arrivalNs == 0 ? wire::ArrivalUnknown : 0)
        | (call.requestEnded || !m_exchanges.empty() ? wire::Pipelined : 0));
}

void Connection::requestHead(Call& call, Bytes& bytes)
{
    const std::size_t taken = m_requestHead.take(bytes);
    const auto state = m_requestHead.state();
    if (!m_reading && state != HeadParser::State::FirstLine && state != HeadParser::State::Malformed) {
        createExchange();
    }
    if (auto* exchange = reading()) {
        exchange->bytesIn += taken;
    }
    m_pending.bytes += taken;
    call.offset += taken;
    bytes = bytes.subspan(taken);
    if (state == HeadParser::State::Malformed) {
        requestMalformed(call);
    } else if (state == HeadParser::State::Done) {
        requestHeadEnded();
        call.requestEnded = m_requestSide == Side::Start;
    }
}

Exchange& Connection::createExchange()
{
    const bool answerLost = m_answerSide == Side::Unsynchronised
        || (m_answerSide == Side::Body && m_answerBody.state() == BodyFraming::State::Lost);
    if (!m_exchanges.empty() && (answerLost || m_exchanges.size() >= mostRunning)) {
        // Without pipelining the answer before has ended somewhere in what could not be followed.
        endAllBut(0, wire::EndReason::Unsynchronised, m_pending.readNs);
        m_answerSide = answerLost ? Side::Start : Side::Unsynchronised;
    }
    m_tentative = false;
    const Head& head = m_requestHead.head();
    Exchange exchange;
    exchange.number = m_nextRequest++;
    exchange.method = head.method;
    exchange.connectMethod = head.connectMethod;
    exchange.thread = m_pending.thread;
    exchange.arrivalNs = m_pending.arrivalNs;
    exchange.readNs = m_pending.readNs;
    exchange.bytesIn = m_pending.bytes;
    exchange.flags = m_pending.flags;
    exchange.recordFlags = m_pending.recordFlags;
    m_reading = exchange.number;
    ++m_recorder.counts(m_target).begun;
    return m_exchanges.emplace_back(exchange);
}

void Connection::requestHeadEnded()
{
    const Head& head = m_requestHead.head();
    m_requestBody
        = head.chunked ? BodyFraming::chunked() : BodyFraming::length(head.contentLength.value_or(0));
    if (auto* exchange = reading()) {
        exchange->bodyBytes = head.chunked ? wire::unknownBytes : head.contentLength.value_or(0);
        report(*exchange);
    }
    m_requestHead.release();
    m_requestSide = Side::Body;
    if (m_requestBody.state() == BodyFraming::State::Done) {
        m_requestSide = Side::Start;
        m_reading.reset();
    }
}

void Connection::requestMalformed(Call& call)
{
    if (m_reading) { // a header line that cannot be: it is the server's to refuse
        m_requestSide = Side::Unknown;
        return;
    }
    m_requestSide = Side::Unsynchronised;
    auto reason = wire::OpaqueReason::Unsynchronised;
    if (m_requestHead.head().http2) {
        m_opaqueFor = reason = wire::OpaqueReason::Http2;
    }
    opaque(call.event, reason, call.event.bytes);
    m_requestHead.release();
    call.done = true;
}

void Connection::requestGap(Call& call, std::uint64_t bytes)
{
    switch (m_requestSide) {
    case Side::Head:
        m_requestHead.cut();
        if (!m_reading && m_requestHead.state() == HeadParser::State::Fields) {
            createExchange();
        }
        if (auto* exchange = reading()) {
            exchange->bytesIn += bytes;
            exchange->recordFlags |= wire::Truncated;
            report(*exchange);
            m_requestHead.release();
            m_requestSide = Side::Unknown;
            return;
        }
        break;
    case Side::Body: {
        const auto skip = m_requestBody.skip(bytes);
        auto* exchange = reading();
        if (exchange) {
            exchange->bytesIn += skip.taken;
        }
        if (m_requestBody.state() == BodyFraming::State::Within) {
            return;
        }
        if (m_requestBody.state() == BodyFraming::State::Lost) {
            m_requestSide = Side::Unknown;
            if (exchange) {
                exchange->bytesIn += bytes - skip.taken;
            }
            return;
        }
        m_requestSide = Side::Start;
        m_reading.reset();
        call.requestEnded = true;
        bytes -= skip.taken;
        if (bytes == 0) {
            return;
        }
        call.offset += call.inside ? skip.taken : 0;
        break;
    }
    case Side::Unknown:
        if (auto* exchange = reading()) {
            exchange->bytesIn += bytes;
        }
        return;
    case Side::Start:
    case Side::Unsynchronised:
        break;
    }
    m_requestSide = Side::Unsynchronised;
    m_reading.reset();
    if (call.inside) {
        opaque(call.event, wire::OpaqueReason::Unsynchronised, call.event.bytes - call.offset);
        call.done = true;
    }
}

void Connection::report(Exchange& exchange)
{
    if (exchange.reported) {
        return;
    }
    exchange.reported = true;
    if (m_reading == exchange.number) {
        const Head& head = m_requestHead.head();
        exchange.path = m_recorder.text(m_target, exchange.readNs, head.path);
        exchange.key = m_recorder.singleText(m_target, exchange.readNs, head.requestId);
        if (!head.pathKnown) {
            exchange.recordFlags |= wire::Truncated;
        }
    }
    const std::uint64_t read = exchange.readNs != 0 ? exchange.readNs : exchange.metNs;
    const std::uint64_t begin = exchange.arrivalNs != 0 ? exchange.arrivalNs : read;
    m_queue.put(Recorder::header(m_target, begin, read - begin, exchange.thread, exchange.recordFlags),
        wire::HttpRequest { m_connection, exchange.number, exchange.path, exchange.bodyBytes,
            exchange.arrivalNs, exchange.readNs, static_cast<std::uint8_t>(exchange.method), exchange.flags,
            0, exchange.key });
}

} // namespace prism::probes::http
