// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/parser_child.h"

#include "probes/helper/parser/confinement.h"
#include "probes/helper/parser/ring_event.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::probes {

namespace {
/// Each wake-up takes a CPU from the server where all are busy. The ring of 4 MB holds 60 ms of 100 000
/// events a second.
constexpr int intervalMs = 20;
constexpr std::size_t eventsATurn = 8192; ///< then questions have their turn
constexpr std::size_t recordsASend = 60'000; ///< bytes
constexpr std::uint32_t firstText = 0x80000000; ///< as ParserLink has it
constexpr unsigned generationBits = 24;
constexpr std::uint64_t engineTickNs = 1'000'000'000;

std::uint64_t nowNs()
{
    timespec now {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

http::HttpOptions optionsFor(std::uint32_t generation)
{
    http::HttpOptions options;
    options.firstText = firstText | (generation << generationBits & ~firstText) | 1;
    options.firstRequest = generation << generationBits;
    return options;
}
} // namespace

Parser::Parser(RingReader& ring, int channel, std::uint32_t generation)
    : m_ring(ring)
    , m_channel(channel)
    , m_machine(optionsFor(generation))
    , m_engines(firstText | (generation << generationBits & ~firstText)) // the machine begins one above
{
}

bool Parser::run()
{
    while (turn(m_attached > 0 ? intervalMs : -1)) { }
    return m_finished;
}

bool Parser::turn(int timeoutMs)
{
    pollfd watched { m_channel, POLLIN, 0 };
    // A full turn leaves more in the ring: no time to wait.
    const int ready = poll(&watched, 1, m_ring.waiting() > 0 && m_attached > 0 ? 0 : timeoutMs);
    if (ready < 0 && errno != EINTR) {
        return false;
    }
    if (ready > 0 && !readQuestions()) {
        return false;
    }
    // The time is taken before the ring is read: this process may be held up in between, and a packet that
    // lies there is not to be taken for one that never left.
    const std::uint64_t now = nowNs();
    const bool all = readRing(eventsATurn);
    m_machine.tick(all ? now : std::min(now, m_newestNs));
    if (now - m_engineTickNs >= engineTickNs) {
        m_engineTickNs = now;
        m_engines.tick(now);
    }
    return send();
}

bool Parser::readQuestions()
{
    const auto space = m_reader.space();
    const ssize_t got = read(m_channel, space.data(), space.size());
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    if (got == 0) {
        m_finished = true;
        return false;
    }
    m_reader.arrived(static_cast<std::size_t>(got));
    while (const auto frame = m_reader.next()) {
        if (!answer(*frame)) {
            return false;
        }
    }
    return m_reader.fault() == wire::FrameFault::None;
}

bool Parser::answer(const wire::Frame& frame)
{
    wire::MessageHeader question {};
    if (frame.type != wire::FrameType::Request || frame.payload.size() < sizeof question) {
        return false;
    }
    std::memcpy(&question, frame.payload.data(), sizeof question);
    std::uint32_t target = 0;
    std::uint64_t startNs = 0;
    wire::FieldWalk fields(frame.payload.subspan(sizeof question));
    while (const auto field = fields.next()) {
        if (field->is(wire::AttachKey::Target)) {
            target = static_cast<std::uint32_t>(field->integer);
        } else if (field->is(wire::AttachKey::StartNs)) {
            startNs = field->integer;
        }
    }
    switch (static_cast<wire::Verb>(question.verb)) {
    case wire::Verb::Attach:
        m_machine.attach(target, startNs);
        m_engines.attach(target);
        ++m_attached;
        break;
    case wire::Verb::Detach:
        // Everything that was made before the probes were switched off is in the ring by now.
        readRing(m_ring.waiting());
        m_machine.detach(target, nowNs());
        m_engines.detach(target, nowNs());
        m_attached -= m_attached > 0 ? 1 : 0;
        break;
    default:
        return false;
    }
    if (!send()) {
        return false;
    }
    const wire::MessageHeader reply { question.id, question.verb, static_cast<std::uint8_t>(wire::Status::Ok),
        0 };
    wire::appendFrame(m_out, wire::FrameType::Reply, std::as_bytes(std::span(&reply, 1)));
    return true;
}

bool Parser::readRing(std::size_t most)
{
    const std::size_t taken = m_ring.consume(
        [this](std::span<const std::byte> bytes) {
            if (const auto event = socketEvent(bytes)) {
                m_newestNs = event->exitNs;
                m_machine.event(*event);
            } else {
                m_engines.event(bytes);
            }
            if (m_machine.records().size() + m_engines.records().size() > recordsASend) {
                if (!send()) {
                    _exit(1);
                }
            }
        },
        most);
    return taken < most;
}

bool Parser::send()
{
    for (std::vector<std::byte>* records : { &m_engines.records(), &m_machine.records() }) {
        appendRecordFrames(m_out, *records);
        records->clear();
    }
    std::span<const std::byte> rest(m_out);
    while (!rest.empty()) {
        const ssize_t sent = ::send(m_channel, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        rest = rest.subspan(static_cast<std::size_t>(sent));
    }
    m_out.clear();
    return true;
}

void appendRecordFrames(std::vector<std::byte>& out, std::span<const std::byte> records)
{
    while (!records.empty()) {
        std::size_t end = 0;
        while (end < records.size()) {
            wire::RecordHeader header;
            std::memcpy(&header, records.data() + end, sizeof header);
            if (end > 0 && end + header.bytes > wire::mostFramePayload) {
                break;
            }
            end += header.bytes;
        }
        wire::appendFrame(out, wire::FrameType::Records, records.first(end));
        records = records.subspan(end);
    }
}

void runParserChild(RingReader& ring, int channel, std::uint32_t generation)
{
    if (const char* const reason = confine(channel)) {
        std::fprintf(stderr, "prism-probed: the parser %s: %s\n", reason, std::strerror(errno));
        _exit(2);
    }
    Parser parser(ring, confinedSocket, generation);
    _exit(parser.run() ? 0 : 1);
}

} // namespace prism::probes
