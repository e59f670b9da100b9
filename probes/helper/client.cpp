// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/client.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace prism::probes {

namespace {
void doNotBlock(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}
} // namespace

Client::Client(std::uint64_t id, int in, int out, std::size_t queueLimit)
    : m_id(id)
    , m_in(in)
    , m_out(out)
    , m_outbox(queueLimit)
{
    doNotBlock(m_in);
    doNotBlock(m_out);
    wire::FieldWriter hello;
    hello.integer(wire::HelloKey::Version, wire::protocolVersion)
        .text(wire::HelloKey::Program, "prism-probed " PRISM_VERSION)
        .integer(wire::HelloKey::Features, wire::FeatureT0 | wire::FeatureT1)
        .integer(wire::HelloKey::Endianness, 0x01020304);
    m_outbox.message(wire::FrameType::Hello, hello.bytes());
}

Client::~Client()
{
    close(m_in);
    if (m_out != m_in) {
        close(m_out);
    }
}

bool Client::read(const std::function<void(const Question&)>& ask)
{
    while (!m_faulted) {
        const std::span<std::byte> space = m_reader.space();
        const ssize_t got = ::read(m_in, space.data(), space.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return true;
        }
        if (got <= 0) {
            return false;
        }
        m_reader.arrived(static_cast<std::size_t>(got));
        while (const auto frame = m_reader.next()) {
            if (!take(*frame, ask)) {
                return false;
            }
        }
        if (m_reader.fault() != wire::FrameFault::None) {
            fault(wire::describe(m_reader.fault(), m_reader.theirVersion()));
        }
    }
    return false;
}

bool Client::take(const wire::Frame& frame, const std::function<void(const Question&)>& ask)
{
    if (!m_greeted) {
        if (frame.type != wire::FrameType::Hello) {
            fault("The first frame must be a Hello");
            return false;
        }
        return takeHello(frame.payload);
    }
    if (frame.type != wire::FrameType::Request || frame.payload.size() < sizeof(wire::MessageHeader)) {
        fault("Only requests are expected from a client");
        return false;
    }
    Question question;
    std::memcpy(&question.header, frame.payload.data(), sizeof question.header);
    question.fields = frame.payload.subspan(sizeof question.header);
    ask(question);
    return !m_faulted;
}

bool Client::takeHello(std::span<const std::byte> payload)
{
    std::uint64_t version = 0;
    wire::FieldWalk walk(payload);
    while (const auto field = walk.next()) {
        if (field->is(wire::HelloKey::Version)) {
            version = field->integer;
        }
    }
    if (!walk.wellFormed() || version != wire::protocolVersion) {
        fault(wire::describe(wire::FrameFault::OtherVersion, static_cast<std::uint16_t>(version)));
        return false;
    }
    m_greeted = true;
    return true;
}

void Client::reply(
    wire::MessageHeader header, wire::Status status, bool more, const wire::FieldWriter& fields)
{
    header.status = static_cast<std::uint8_t>(status);
    header.more = more ? 1 : 0;
    std::vector<std::byte> payload(sizeof header);
    std::memcpy(payload.data(), &header, sizeof header);
    payload.insert(payload.end(), fields.bytes().begin(), fields.bytes().end());
    m_outbox.message(wire::FrameType::Reply, payload);
}

void Client::fault(std::string_view reason)
{
    wire::FieldWriter fields;
    fields.text(wire::FaultKey::Reason, reason);
    m_outbox.message(wire::FrameType::Fault, fields.bytes());
    m_faulted = true;
}

std::uint32_t Client::text(std::uint32_t id, std::string_view text, std::uint64_t timeNs)
{
    if (id >= m_told.size()) {
        m_told.resize(id + 1);
    }
    if (!m_told[id]) {
        m_told[id] = true;
        wire::RecordHeader header {};
        header.timeNs = timeNs;
        m_outbox.record(header, wire::Text { id, static_cast<std::uint32_t>(text.size()) }, text);
    }
    return id;
}

} // namespace prism::probes
