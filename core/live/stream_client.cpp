// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/stream_client.h"

#include <algorithm>
#include <cstring>

namespace prism::live {

namespace {

using Clock = std::chrono::steady_clock;

/// A password may have to be typed first; whoever waits can stop earlier.
constexpr auto programHandshakeTime = std::chrono::seconds(120);
constexpr auto serviceHandshakeTime = std::chrono::seconds(10);
constexpr auto slice = std::chrono::milliseconds(50);
constexpr std::uint64_t ourEndianness = 0x01020304;

std::string cut(std::string_view text)
{
    return std::string(text.substr(0, 256));
}

} // namespace

StreamClient::StreamClient(std::unique_ptr<Transport> transport, std::string shown)
    : m_transport(std::move(transport))
    , m_shown(std::move(shown))
{
}

Result<std::unique_ptr<StreamClient>> StreamClient::connect(
    const HelperAddress& address, const std::stop_token& stop)
{
    auto transport = Transport::open(address);
    if (!transport) {
        return transport.error();
    }
    const auto patience = address.kind == HelperAddress::Socket ? serviceHandshakeTime : programHandshakeTime;
    return connect(std::move(*transport), address.shown, patience, stop);
}

Result<std::unique_ptr<StreamClient>> StreamClient::connect(std::unique_ptr<Transport> transport,
    std::string shown, std::chrono::milliseconds patience, const std::stop_token& stop)
{
    std::unique_ptr<StreamClient> client(new StreamClient(std::move(transport), std::move(shown)));
    if (auto done = client->shakeHands(patience, stop); !done) {
        client->m_transport->abandon();
        return done.error();
    }
    return client;
}

Result<void> StreamClient::shakeHands(std::chrono::milliseconds patience, const std::stop_token& stop)
{
    wire::FieldWriter fields;
    fields.integer(wire::HelloKey::Version, wire::protocolVersion)
        .text(wire::HelloKey::Program, "prism")
        .integer(wire::HelloKey::Features, wire::FeatureT0 | wire::FeatureT1)
        .integer(wire::HelloKey::Endianness, ourEndianness);
    wire::appendFrame(m_out, wire::FrameType::Hello, fields.bytes());
    const auto until = Clock::now() + patience;
    while (!stop.stop_requested()) {
        if (Clock::now() > until) {
            return Error { m_shown, {}, "the helper does not answer", "Try again, or restart it" };
        }
        const auto ready = m_transport->wait(slice, !m_out.empty());
        if (ready.readable) {
            const auto more = fill();
            if (!more) {
                return more.error();
            }
            const auto frame = m_reader.next();
            if (frame && frame->type == wire::FrameType::Hello) {
                return hello(frame->payload);
            }
            if (frame && frame->type == wire::FrameType::Fault) {
                class Nobody : public Handler {
                    Result<void> records(std::span<const std::byte>) override { return {}; }
                    Result<void> reply(const wire::MessageHeader&, std::span<const std::byte>) override
                    {
                        return {};
                    }
                } nobody;
                return this->frame(*frame, nobody);
            }
            if (frame || m_reader.fault() != wire::FrameFault::None) {
                return frame ? Error { m_shown, {}, "the helper did not introduce itself", {} } : fault();
            }
            if (!*more) {
                return hungUp();
            }
        }
        if (ready.writable) {
            if (auto done = flush(); !done) {
                // What it said before it hung up tells more.
                return hungUp();
            }
        }
    }
    return Error { m_shown, {}, "stopped", {} };
}

Result<void> StreamClient::hello(std::span<const std::byte> payload)
{
    std::uint64_t version = 0;
    std::uint64_t endianness = ourEndianness;
    wire::FieldWalk walk(payload);
    while (const auto field = walk.next()) {
        if (field->is(wire::HelloKey::Version)) {
            version = field->integer;
        } else if (field->is(wire::HelloKey::Program)) {
            m_program = cut(field->text);
        } else if (field->is(wire::HelloKey::Features)) {
            m_features = field->integer;
        } else if (field->is(wire::HelloKey::Endianness)) {
            endianness = field->integer;
        }
    }
    if (version != wire::protocolVersion) {
        return Error { m_shown, {},
            wire::describe(wire::FrameFault::OtherVersion, static_cast<std::uint16_t>(version)), {} };
    }
    if (endianness != ourEndianness) {
        return Error { m_shown, {}, "the other machine orders its bytes the other way round", {} };
    }
    return {};
}

std::uint32_t StreamClient::ask(wire::Verb verb, const wire::FieldWriter& fields)
{
    const wire::MessageHeader header { m_nextQuestion++, static_cast<std::uint16_t>(verb), 0, 0 };
    std::vector<std::byte> payload(sizeof header);
    std::memcpy(payload.data(), &header, sizeof header);
    payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
    wire::appendFrame(m_out, wire::FrameType::Request, payload);
    return header.id;
}

Result<StreamClient::Pumped> StreamClient::pump(std::chrono::milliseconds patience, Handler& handler)
{
    const auto ready = m_transport->wait(patience, !m_out.empty());
    if (ready.writable) {
        if (auto done = flush(); !done && !ready.readable) {
            return done.error();
        }
    }
    Pumped pumped = Pumped::Nothing;
    if (!ready.readable) {
        return pumped;
    }
    const auto more = fill();
    if (!more) {
        return more.error();
    }
    while (const auto next = m_reader.next()) {
        pumped = Pumped::Something;
        if (auto done = frame(*next, handler); !done) {
            return done.error();
        }
    }
    if (m_reader.fault() != wire::FrameFault::None) {
        return fault();
    }
    if (!*more) {
        return m_reader.insideFrame() ? Result<Pumped>(hungUp()) : Result<Pumped>(Pumped::Ended);
    }
    return pumped;
}

Result<void> StreamClient::frame(const wire::Frame& frame, Handler& handler)
{
    switch (frame.type) {
    case wire::FrameType::Records:
        return handler.records(frame.payload);
    case wire::FrameType::Reply: {
        wire::MessageHeader header;
        if (frame.payload.size() < sizeof header) {
            return Error { m_shown, {}, "an answer of the helper is cut short", {} };
        }
        std::memcpy(&header, frame.payload.data(), sizeof header);
        return handler.reply(header, frame.payload.subspan(sizeof header));
    }
    case wire::FrameType::Fault: {
        wire::FieldWalk walk(frame.payload);
        std::string reason;
        while (const auto field = walk.next()) {
            if (field->is(wire::FaultKey::Reason)) {
                reason = cut(field->text);
            }
        }
        return Error { m_shown, {}, "the helper hung up: " + (reason.empty() ? "it gave no reason" : reason),
            {} };
    }
    case wire::FrameType::Hello:
    case wire::FrameType::Request:
        break;
    }
    return Error { m_shown, {}, "the helper sent what only a client may send", {} };
}

Result<void> StreamClient::flush()
{
    const auto taken = m_transport->write(m_out);
    if (!taken) {
        return taken.error();
    }
    m_out.erase(m_out.begin(), m_out.begin() + static_cast<std::ptrdiff_t>(*taken));
    return {};
}

Result<bool> StreamClient::fill()
{
    const auto size = m_transport->read(m_reader.space());
    if (!size) {
        return size.error();
    }
    if (*size > 0) {
        m_reader.arrived(static_cast<std::size_t>(*size));
    }
    return *size != 0;
}

Error StreamClient::fault() const
{
    return { m_shown, {}, wire::describe(m_reader.fault(), m_reader.theirVersion()), {} };
}

Error StreamClient::hungUp()
{
    std::string words = m_transport->lastWords();
    while (!words.empty() && (words.back() == '.' || words.back() == '\n')) {
        words.pop_back(); // the sentence has its own end
    }
    if (words.find("command not found") != std::string::npos) {
        return { m_shown, {}, "prism-probed is not installed there",
            "Install the prism-probed package on it" };
    }
    return { m_shown, {}, "the helper ended" + (words.empty() ? " without a word" : ": " + cut(words)), {} };
}

} // namespace prism::live
